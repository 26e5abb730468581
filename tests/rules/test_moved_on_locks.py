"""AWA301 and split where the path of a held lock leads to another lock: replaced by a callee, or of another key."""

from __future__ import annotations

import pytest

from awaitomic.remedies.split import REMEDY
from awaitomic.rules import find
from program.reading import program_of
from remedies.carried_out import carried, refusal
from rules.running import hangs

REEL = """
from collections import defaultdict

class Line:
    def __init__(self):
        self.lock = asyncio.Lock()

    async def dial(self):
        async with self.lock:
            await asyncio.sleep(0)

class Reel:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.line = Line()
        self.locks = defaultdict(asyncio.Lock)
        self.at = 0
        self.other = 0

    def reset(self):
        self.lock = asyncio.Lock()

    def ensure(self):
        if self.lock is None:
            self.lock = asyncio.Lock()

    async def reopen(self):
        await asyncio.sleep(0)
        self.line = Line()

    def count(self):
        self.other += 1

    async def wind(self):
        async with self.lock:
            await asyncio.sleep(0)

    async def turn(self, key):
        async with self.locks[key]:
            await asyncio.sleep(0)

    async def next(self, key):
        key += 1
        await self.turn(key)

    async def run(self, key=0):
        {body}
"""

REPLACED = [
    ("async with self.lock: self.reset(); await self.wind()", False),
    ("async with self.lock: self.ensure(); await self.wind()", True),
    ("async with self.lock: self.count(); await self.wind()", True),
    ("async with self.lock: await self.wind(); self.reset()", True),
    ("async with self.line.lock: await self.reopen(); await self.line.dial()", False),
    ("async with self.line.lock: await self.line.dial(); await self.reopen()", True),
    ("async with self.locks[key]: key += 1; await self.turn(key)", False),
    ("async with self.locks[key]: await self.turn(key); key += 1", True),
    ("async with self.locks[key]: await self.next(key)", False),
    ("async with self.locks[self.at]: self.at += 1; await self.turn(self.at)", False),
    ("async with self.locks[self.at]: self.count(); await self.turn(self.at)", True),
    ("lock = self.locks[key]; key += 1\n        async with lock: await self.turn(key)", False),
    ("key += 1; lock = self.locks[key]\n        async with lock: await self.turn(key)", True),
]


@pytest.mark.parametrize(("body", "waits"), REPLACED, ids=[case[0] for case in REPLACED])
def test_only_the_lock_that_is_held_is_taken_again(body: str, *, waits: bool) -> None:
    source = REEL.format(body=body)
    found = [each.function for each in find(program_of(source)) if each.rule == "AWA301"]
    assert found == ["Reel.run"] * waits
    assert hangs(source, "Reel", "run") == waits


@pytest.mark.parametrize(
    ("held", "call"),
    [
        ("self.lock", "self.reset(); await self.wind()"),
        ("self.locks[key]", "key += 1; await self.turn(key)"),
        ("self.locks[key]", "await self.next(key)"),
    ],
)
def test_a_split_for_another_caller_leaves_the_call_alone_that_takes_the_other_lock(held: str, call: str) -> None:
    same = "self.wind()" if held == "self.lock" else "self.turn(key)"
    body = f"async with {held}: await {same}\n\n    async def other(self, key=0):\n        async with {held}: {call}"
    result = carried(REMEDY, "AWA301", "import asyncio\n" + REEL.format(body=body))
    assert result.verdict == "safe"
    assert "_locked(" in result.text
    assert call in result.text
    assert not hangs(result.text, "Reel", "run")


def test_no_caller_goes_without_the_lock_where_others_may_move_its_key_on() -> None:
    source = REEL.format(
        body="async with self.locks[self.at]: await self.turn(self.at)\n\n    def move(self):\n        self.at += 1"
    )
    assert refusal(REMEDY, "AWA301", "import asyncio\n" + source).code == "other-lock"
