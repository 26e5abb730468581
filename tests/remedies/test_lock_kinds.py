"""A lock over a span that goes through a generator, reads a property or enters a manager which take it, too."""

from __future__ import annotations

from types import ModuleType

import pytest

from awaitomic.remedies.lock import REMEDY
from explorer import Scenario, World, check_after, check_before
from remedies.carried_out import carried

STORE = """
import asyncio
from contextlib import asynccontextmanager
from explorer import outside

class Store:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.total = 0

    async def scan(self):
        async with self._lock:
            for row in range(2):
                await outside("read")
                yield row

    @property
    async def size(self):
        async with self._lock:
            await outside("size")
            return 2

    @asynccontextmanager
    async def change(self):
        async with self._lock:
            await outside("begin")
            yield 2

    async def add(self):
        async with self._lock:
            seen = self.total
            await outside("add")
            self.total = seen + 1

    async def count(self):
        seen = self.total
        {wait}
        self.total = seen + found

async def main():
    store = Store()
    await asyncio.gather(store.count(), store.count(), store.add())
"""

WAITS = {
    "scan": "found = len([row async for row in self.scan()])",
    "size": "found = await self.size",
    "change": "async with self.change() as found: await outside('change')",
}


def _setup(module: ModuleType, count: int) -> World:
    store = module.Store()
    return World([store.count, store.add, store.count][:count], lambda: store.total)


SCENARIO = Scenario("counts", _setup)


@pytest.mark.parametrize("name", WAITS)
def test_what_takes_the_lock_is_split_in_the_same_fix(name: str) -> None:
    before = STORE.format(wait=WAITS[name])
    check_before(before, SCENARIO)
    made = carried(REMEDY, "AWA101", before)
    assert f"    async def _{name}_locked(self):\n" in made.text
    assert check_after(made.text, SCENARIO) == []
