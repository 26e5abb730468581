"""AWA301 through objects that keep what they were given when they were made: the lock, or the object that has it."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of
from rules.running import hangs

SHOP = """
class Journal:
    def __init__(self, lock: asyncio.Lock):
        self.lock = lock

    async def write(self):
        async with self.lock: await asyncio.sleep(0)

    {more}

class Apart(Journal):
    def __init__(self, lock):
        super().__init__(asyncio.Lock())

class Till:
    def __init__(self, shop: "Shop"):
        self.shop = shop

    async def count(self):
        await self.shop.sell()

class Shop:
    def __init__(self, other: "Shop" = None):
        self.lock = asyncio.Lock()
        self.second = asyncio.Lock()
        {made}

    async def sell(self):
        async with self.lock: await asyncio.sleep(0)

    {used}

    async def close(self):
        {body}
"""
WRITE = "async with self.lock: await self.journal.write()"
COUNT = "async with self.lock: await self.till.count()"
JOURNAL = "self.journal = Journal(self.lock)"

HANG = [
    ("the lock that it was given", JOURNAL, WRITE),
    ("by a keyword", "self.journal = Journal(lock=self.lock)", WRITE),
    ("held by the name of the one who was given it", JOURNAL, "async with self.journal.lock: await self.sell()"),
    ("the object that made it", "self.till = Till(self)", COUNT),
    ("two objects that were given it", JOURNAL, "async with self.journal.lock: await self.journal.write()"),
]
END = [
    ("another lock", "self.journal = Journal(self.second)", WRITE, {}),
    ("a lock of its own", "self.journal = Journal(asyncio.Lock())", WRITE, {}),
    ("a class that keeps another one", "self.journal = Apart(self.lock)", WRITE, {}),
    ("the lock is made anew", f"{JOURNAL}; self.lock = asyncio.Lock()", WRITE, {}),
    ("the object is given another one", f"{JOURNAL}; self.journal.lock = asyncio.Lock()", WRITE, {}),
    ("another object", "self.till = Till(other or Shop(self))", COUNT, {}),
    ("the object can be another one", JOURNAL, WRITE, {"used": "def use(self, journal): self.journal = journal"}),
    ("it can take another one", JOURNAL, WRITE, {"more": "def detach(self): self.lock = asyncio.Lock()"}),
]


def _source(made: str, body: str, *, more: str = "", used: str = "") -> str:
    return SHOP.format(made=made, body=body, more=more, used=used)


def _found(source: str) -> list[Confidence]:
    return [each.confidence for each in find(program_of(source)) if each.rule == "AWA301"]


@pytest.mark.parametrize(("made", "body"), [case[1:] for case in HANG], ids=[case[0] for case in HANG])
def test_the_lock_under_another_name_is_the_same(made: str, body: str) -> None:
    assert _found(_source(made, body)) == [Confidence.CERTAIN]
    assert hangs(_source(made, body), "Shop", "close")


@pytest.mark.parametrize(("made", "body", "rest"), [case[1:] for case in END], ids=[case[0] for case in END])
def test_nothing_is_said_where_it_may_be_another_lock(made: str, body: str, rest: dict[str, str]) -> None:
    assert not _found(_source(made, body, **rest))
    assert bool(rest) or not hangs(_source(made, body), "Shop", "close")
