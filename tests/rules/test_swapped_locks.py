"""AWA301 where a lock is replaced while the old one is held: who takes it then takes the new one, and goes on."""

from __future__ import annotations

import pytest

from awaitomic.remedies.split import REMEDY
from awaitomic.rules import find
from program.reading import program_of
from remedies.carried_out import carried
from rules.running import hangs

WIRE = """
class Line:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.other = 0

class Wire:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.line = Line()
        self.spare = asyncio.Lock()

    async def dial(self):
        async with self.{lock}:
            await asyncio.sleep(0)

    async def renew(self):
        async with self.{lock}:
            {body}
"""

CASES = [
    ("lock", "self.lock = asyncio.Lock(); await self.dial()", False),
    ("lock", "await self.dial(); self.lock = asyncio.Lock()", True),
    ("lock", "self.spare = asyncio.Lock(); await self.dial()", True),
    ("lock", "self.lock, self.spare = self.spare, self.lock; await self.dial()", False),
    ("line.lock", "self.line = Line(); await self.dial()", False),
    ("line.lock", "self.line.other = 1; await self.dial()", True),
    ("line.lock", "await self.dial(); self.line = Line()", True),
]


@pytest.mark.parametrize(("lock", "body", "waits"), CASES, ids=[f"{case[0]}: {case[1]}" for case in CASES])
def test_only_the_lock_that_is_held_is_taken_again(lock: str, body: str, *, waits: bool) -> None:
    source = WIRE.format(lock=lock, body=body)
    assert [each.function for each in find(program_of(source)) if each.rule == "AWA301"] == ["Wire.renew"] * waits
    assert hangs(source, "Wire", "renew") == waits


def test_a_split_leaves_the_call_alone_that_takes_the_new_lock() -> None:
    again = "\n    async def again(self):\n        async with self.lock:\n            await self.dial()\n"
    source = "import asyncio\n" + WIRE.format(lock="lock", body="self.lock = asyncio.Lock(); await self.dial()") + again
    result = carried(REMEDY, "AWA301", source)
    assert result.text.count("await self.dial()") == 1
    assert result.text.count("await self._dial_locked()") == 2
    assert not hangs(result.text, "Wire", "renew")
    assert not hangs(result.text, "Wire", "again")
