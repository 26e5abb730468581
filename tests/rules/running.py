"""Runs small programs for real, so that what a test says of them is not only believed."""

from __future__ import annotations

import asyncio
import textwrap
import warnings
from typing import Any

_LONG_ENOUGH = 0.1
"""Nothing in these programs waits for anything but a turn of the event loop or a lock."""


def hangs(source: str, class_name: str | None, function: str, *arguments: object) -> bool:
    """Tell whether a coroutine function never ends, alone with a new object of its class."""
    namespace: dict[str, Any] = {"load": _load}
    exec(compile("import asyncio\n" + textwrap.dedent(source), "program.py", "exec"), namespace)

    async def run() -> bool:
        owner = namespace[class_name]() if class_name is not None else None
        call = namespace[function] if owner is None else getattr(owner, function)
        try:
            await asyncio.wait_for(call(*arguments), _LONG_ENOUGH)
        except TimeoutError:
            return True
        except Exception:  # noqa: BLE001 - the stand-ins for what is outside may fail: that is an end, too
            return False
        return False

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # coroutines that nobody awaits
        return asyncio.run(run())


async def _load(_: object) -> str:
    """Stand in for a read from outside."""
    return "loaded"
