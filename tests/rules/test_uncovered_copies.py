"""AWA201 where a copy of the state, or what a helper tells of it, is taken above the lock and written back under it."""

from __future__ import annotations

import pytest

from awaitomic.rules import find
from program.reading import program_of

STORE = """
class Store:
    def __init__(self):
        self._lock = asyncio.Lock()
        self._items = []
        self.total = 0

    def all(self):
        return list(self._items)

    async def read(self):
        async with self._lock:
            return self.total

    async def add(self, item):
        async with self._lock:
            await asyncio.sleep(0)
            self._items.append(item)
            self.total += item

    async def clean(self):
        {above}
        async with self._lock:
            {under}

async def main():
    store = Store()
    await asyncio.gather(store.clean(), store.add(1))
"""
WRITE = "self._items = [item for item in items if item]"
TOTAL = "self.total = total * 2"

REPORTED = [
    ("items = list(self._items)", WRITE, "self._items"),
    ("items = [each for each in self._items]", WRITE, "self._items"),
    ("items = self._items.copy()", WRITE, "self._items"),
    ("items = self._items[:]", WRITE, "self._items"),
    ("items = dict.fromkeys(self._items)", "self._items = list(items)", "self._items"),
    ("items = self.all()", WRITE, "self._items"),
    ("total = await self.read()", TOTAL, "self.total"),
    ("total = len(self._items)", "self._items = self._items[total:]", None),
    ("items = list(self._items)", "items = list(self._items); " + WRITE, None),
    ("print(self.all())", "items = self.all(); " + WRITE, None),
    ("total = await self.read()", "total = self.total; " + TOTAL, None),
]


@pytest.mark.parametrize(("above", "under", "state"), REPORTED, ids=[" | ".join(case[:2]) for case in REPORTED])
def test_what_is_taken_above_the_lock(above: str, under: str, state: str | None) -> None:
    found = [each.state for each in find(program_of(STORE.format(above=above, under=under))) if each.rule == "AWA201"]
    assert found == ([] if state is None else [state])
