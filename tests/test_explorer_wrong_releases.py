"""Ways to give a lock back that look right and are wrong: the explorer catches them, and passes what widen makes."""

from __future__ import annotations

from types import ModuleType

import pytest

from awaitomic.remedies.managed import propose
from explorer import Scenario, World, check_after
from remedies.outcome import outcome

PROGRAM = """
import asyncio
from explorer import outside

class Counter:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.done = 0

    async def step(self):
{body}

counter = Counter()
"""
WORK = ["done = self.done", "await outside('work')", "self.done = done + 1"]
LEAKING = ["await self.lock.acquire()", *WORK, "self.lock.release()"]

WRONG = {
    "the try begins before the lock is there": [
        "try:",
        "    await self.lock.acquire()",
        *(f"    {line}" for line in WORK),
        "finally:",
        "    self.lock.release()",
    ],
    "somebody holds it, but who": [
        "try:",
        "    await self.lock.acquire()",
        *(f"    {line}" for line in WORK),
        "finally:",
        "    if self.lock.locked():",
        "        self.lock.release()",
    ],
    "a cancellation is no Exception": [
        "await self.lock.acquire()",
        "try:",
        *(f"    {line}" for line in WORK),
        "except Exception:",
        "    self.lock.release()",
        "    raise",
        "self.lock.release()",
    ],
    "the wait stands between the lock and the try": [
        "await self.lock.acquire()",
        "done = self.done",
        "await outside('work')",
        "try:",
        "    self.done = done + 1",
        "finally:",
        "    self.lock.release()",
    ],
    "given back too early": [
        "async with self.lock:",
        "    done = self.done",
        "await outside('work')",
        "self.done = done + 1",
    ],
}


def _program(lines: list[str]) -> str:
    return PROGRAM.format(body="\n".join(f"        {line}" for line in lines))


def _scenario() -> Scenario:
    def setup(module: ModuleType, count: int) -> World:
        counter = module.counter
        return World([counter.step] * count, observe=lambda: counter.done)

    return Scenario("counter", setup)


@pytest.mark.parametrize("lines", WRONG.values(), ids=WRONG.keys())
def test_caught(lines: list[str]) -> None:
    assert check_after(_program(lines), _scenario())


@pytest.mark.parametrize("lines", [LEAKING, *list(WRONG.values())[:2]])
def test_what_the_remedy_writes_is_right(lines: list[str]) -> None:
    made = outcome(propose, "AWA206", _program(lines)).text
    assert made is not None
    assert check_after(_program(lines), _scenario())
    assert check_after(made, _scenario()) == []
