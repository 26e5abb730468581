"""Repairs of a lock that covers a part of a span, as they are made by hand and are wrong: the explorer catches them."""

from __future__ import annotations

from types import ModuleType

import pytest

from awaitomic.remedies import recheck, widen
from explorer import Scenario, World, check_after, check_before
from remedies.carried_out import carried

HEAD = """
import asyncio

loads = []

async def load(key):
    await asyncio.sleep(1)
    loads.append(key)
    return []

async def price():
    await asyncio.sleep(1)
    return 1


class Shop:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.rows = {}
        self.total = 0

    async def main(self):
        await asyncio.gather(self.get("a"), self.get("a"), self.add(), self.add(), self.take())

    async def take(self):
        async with self._lock:
            self.total -= 1

"""

GET = """
    async def get(self, key):
        if key not in self.rows:
            async with self._lock:
                self.rows[key] = await load(key)
        return self.rows[key]
"""

ADD = """
    async def add(self):
        async with self._lock:
            total = self.total
        more = await price()
        async with self._lock:
            self.total = total + more
"""

WRONG = {
    "the test is made again, but in front of the lock": """
    async def get(self, key):
        if key not in self.rows:
            if key not in self.rows:
                async with self._lock:
                    self.rows[key] = await load(key)
        return self.rows[key]
""",
    "what is tested again is the old answer": """
    async def get(self, key):
        missing = key not in self.rows
        if missing:
            async with self._lock:
                if missing:
                    self.rows[key] = await load(key)
        return self.rows[key]
""",
    "the lock is given back between the second test and the store": """
    async def get(self, key):
        if key not in self.rows:
            async with self._lock:
                missing = key not in self.rows
            if missing:
                row = await load(key)
                async with self._lock:
                    self.rows[key] = row
        return self.rows[key]
""",
    "the larger region has the smaller ones inside": """
    async def add(self):
        async with self._lock:
            async with self._lock:
                total = self.total
            more = await price()
            async with self._lock:
                self.total = total + more
""",
    "the region grows over the await, and not over the write": """
    async def add(self):
        async with self._lock:
            total = self.total
            more = await price()
        async with self._lock:
            self.total = total + more
        await price()
""",
    "the acquisition by hand stays inside": """
    async def add(self):
        async with self._lock:
            total = self.total
            await self._lock.acquire()
            try:
                self.total = total + await price()
            finally:
                self._lock.release()
""",
    "the release by hand stays inside": """
    async def add(self):
        async with self._lock:
            total = self.total
            try:
                await price()
            finally:
                self._lock.release()
            self.total = total + await price()
""",
    "the block begins where the lock was taken by hand": """
    async def add(self):
        total = self.total
        async with self._lock:
            self.total = total + await price()
""",
    "the second region goes, and the first one does not grow": """
    async def get(self, key):
        async with self._lock:
            known = self.rows.get(key)
        if known is None:
            self.rows[key] = await load(key)
        return self.rows[key]
""",
    "another writer stays outside": """
    async def add(self):
        async with self._lock:
            total = self.total
            more = await price()
            self.total = total + more

    async def take(self):
        self.total -= 1
""",
}

BY_HAND = """
    async def add(self):
        total = self.total
        await self._lock.acquire()
        try:
            self.total = total + await price()
        finally:
            self._lock.release()
"""

RIGHT = {
    "double-checked": """
    async def get(self, key):
        if key not in self.rows:
            async with self._lock:
                if key not in self.rows:
                    self.rows[key] = await load(key)
        return self.rows[key]
""",
    "one region": """
    async def add(self):
        async with self._lock:
            total = self.total
            more = await price()
            self.total = total + more
""",
    "the read moves into the second region": """
    async def add(self):
        more = await price()
        async with self._lock:
            self.total = self.total + more
""",
}


def _of(*names: str) -> Scenario:
    def setup(module: ModuleType, count: int) -> World:
        shop = module.Shop()
        jobs = {"get": lambda: shop.get("a"), "add": getattr(shop, "add", None), "take": shop.take}
        return World(
            [jobs[names[number % len(names)]] for number in range(count)],
            observe=lambda: (shop.rows, shop.total),
            calls=lambda: module.loads,
        )

    return Scenario("shop", setup)


def _scenario_of(body: str) -> Scenario:
    return _of("get") if "def get" in body else _of("add", "take")


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_repair_is_caught(name: str) -> None:
    scenario = _of("add") if any(word in name for word in ("larger", "grows", "by hand")) else _scenario_of(WRONG[name])
    assert check_before(HEAD + WRONG[name], scenario)


@pytest.mark.parametrize("name", RIGHT)
def test_its_correct_twin_passes(name: str) -> None:
    assert check_after(HEAD + RIGHT[name], _scenario_of(RIGHT[name])) == []


def test_what_the_remedies_make_passes() -> None:
    asked = carried(recheck.REMEDY, "AWA201", HEAD + GET)
    assert check_after(asked.text, _of("get")) == []
    for add in (ADD, BY_HAND):
        grown = carried(widen.REMEDY, "AWA201", HEAD + add)
        assert check_after(grown.text, _of("add", "take")) == []
