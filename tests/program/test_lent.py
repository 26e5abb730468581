"""A private method that is lent to a helper runs as who lends it, if the helper only awaits it."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.across import findings_at, lay_out
from program.reading import program_of

CERTAIN, POSSIBLE = Confidence.CERTAIN, Confidence.POSSIBLE

SENDER = """
class Sender:
    def __init__(self):
        self.n = 0
        self.kept = None
        self._lock = asyncio.Lock()
        self._busy = False

    async def _open(self, x=1):
        v = self.n
        await asyncio.sleep(1)
        self.n = v + 1

    async def _helper(self, operation, x=1):
        {helper}

    async def send(self):
        {send}

async def main():
    sender = Sender()
    await asyncio.gather(*(sender.send() for _ in range(3)))
"""

RETRIES = (
    "for turn in range(3):\n            try:\n                return await operation(x)\n"
    "            except OSError:\n                await asyncio.sleep(1)"
)
LEND = "await self._helper(self._open)"
AGAIN = "await self._again(operation)\n\n    async def _again(self, operation):\n        await operation()"


def told(helper: str = RETRIES, send: str = LEND) -> tuple[Confidence | None, str]:
    found = [f for f in find(program_of(SENDER.format(helper=helper, send=send))) if f.rule == "AWA101"]
    return (found[0].confidence, found[0].evidence[0]) if found else (None, "")


@pytest.mark.parametrize(
    ("helper", "send"),
    [
        ("pass", "await self._open()"),  # what all the others have to come to
        (RETRIES, LEND),
        (RETRIES, "await self._helper(operation=self._open)"),
        ("return await asyncio.wait_for(operation(x), 1)", LEND),
        (f"if operation is None: return\n        print(getattr(operation, '__name__', ''))\n        {AGAIN}", LEND),
        (RETRIES, "async def attempt(x):\n            await self._open()\n        await self._helper(attempt)"),
        ("async with span():\n            return await operation(x)", LEND),
    ],
)
def test_what_is_lent_runs_as_who_lends_it(helper: str, send: str) -> None:
    confidence, why = told(helper, send)
    assert confidence is CERTAIN
    assert why.startswith("several tasks run `Sender.send`")


@pytest.mark.parametrize(
    ("helper", "send"),
    [
        ("self.kept = operation\n        await operation(x)", LEND),
        ("later = operation\n        self.kept = later\n        await operation(x)", LEND),
        ("await asyncio.gather(operation(x), operation(x))", LEND),
        ("await asyncio.shield(operation(x))", LEND),
        ("await unknown(operation)", LEND),
        ("async def inner():\n            await operation(x)\n        self.kept = inner", LEND),
        ("operation = x or operation\n        await operation()", LEND),
        (RETRIES, f"self.kept = self._open\n        {LEND}"),
        # the helper may see to it that only one runs
        ("async with self._lock:\n            return await operation(x)", LEND),
        ("async with self.turn():\n            return await operation(x)\n\n    def turn(self):\n        ...", LEND),
        (
            "if self._busy: return\n        self._busy = True\n        try:\n            return await operation(x)\n"
            "        finally:\n            self._busy = False",
            LEND,
        ),
    ],
)
def test_what_is_kept_or_more_than_awaited_is_anybodys(helper: str, send: str) -> None:
    confidence, why = told(helper, send)
    assert confidence is POSSIBLE
    assert why.startswith("`Sender._open` can be called by whoever has the object")


def test_what_the_helper_makes_a_task_of_runs_as_a_task() -> None:
    confidence, why = told("asyncio.create_task(operation(x))")
    assert confidence is Confidence.LIKELY
    assert why.endswith("makes another task that runs `Sender._open`")


def test_the_lock_of_who_lends_is_held() -> None:
    assert told(send=f"async with self._lock:\n            {LEND}") == (None, "")


BASE = """
    class Retrying:
        async def _with_retry(self, operation):
            return await operation()
"""
LINK = """
    import asyncio
    from base import Retrying

    class Link(Retrying):
        def __init__(self):
            self.n = 0

        async def _open(self):
            v = self.n
            await asyncio.sleep(1)
            self.n = v + 1

        async def run(self):
            await self._with_retry(self._open)

    link = Link()
"""


def test_a_helper_of_a_base_class_in_another_file(tmp_path: Path) -> None:
    """`run` is a lifecycle method, which runs once: so does what it lends."""
    lay_out(tmp_path, {"base.py": BASE, "link.py": LINK})
    assert findings_at(tmp_path, "link.py") == []
    (tmp_path / "base.py").write_text((tmp_path / "base.py").read_text().replace("return await", "self.kept ="))
    assert [finding.rule for finding in findings_at(tmp_path, "link.py")] == ["AWA101"]
