"""Locks for each key that look right and are wrong: the explorer catches them, and passes their twins."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from types import ModuleType
from typing import Any

import pytest

from awaitomic.model.preferences import Granularity, Preferences
from awaitomic.remedies import lock
from explorer import Scenario, World, check_after, check_before
from remedies.carried_out import carried

HEAD = """
import asyncio
import collections
import weakref
from explorer import outside

class Bank:
    def __init__(self):
        self.rows = {}
        self.locks = {table}

    async def rated(self, row):
        await outside("rate")
        return row

    async def add(self, key, amount):
"""
TAIL = """

bank = Bank()
"""
WORK = """
row = self.rows.get(key, 0)
row = await self.rated(row)
self.rows[key] = row + amount
"""


def _program(table: str, body: str) -> str:
    lines: list[str] = []
    for line in body.strip("\n").splitlines():
        margin = line[: len(line) - len(line.lstrip())]
        inner = WORK.strip("\n").splitlines() if line.strip() == "WORK" else [line.lstrip()]
        lines += [f"        {margin}{each}" for each in inner]
    return HEAD.replace("{table}", table) + "\n".join(lines) + TAIL


def _scenario(*keys: str) -> Scenario:
    """Each task adds another amount under its key."""
    return Scenario("bank", _setup(*keys, observe=lambda bank: bank.rows))


def _left(*keys: str) -> Scenario:
    """The same, and what has to be right is that no lock is left in the end."""
    setup = _setup(*keys, observe=lambda bank: len(bank.locks))
    return Scenario("bank", setup, invariant=lambda ending: ending.state == 0)


def _setup(*keys: str, observe: Callable[[Any], object]) -> Callable[[ModuleType, int], World]:

    def setup(module: ModuleType, count: int) -> World:
        bank = module.bank

        def task(number: int) -> Callable[[], Coroutine[Any, Any, None]]:
            return lambda: bank.add(keys[number % len(keys)], 10**number)

        return World([task(number) for number in range(count)], observe=lambda: observe(bank))

    return setup


WEAK = "weakref.WeakValueDictionary()"

WRONG = {
    "a lock that is thrown away after use, while others wait for it": (
        "{}",
        """
async with self.locks.setdefault(key, asyncio.Lock()):
    WORK
self.locks.pop(key, None)
""",
    ),
    "a lock that is thrown away under the lock": (
        "{}",
        """
async with self.locks.setdefault(key, asyncio.Lock()):
    WORK
    self.locks.pop(key, None)
""",
    ),
    "a lock of a table that makes them, dropped when nobody holds it any more": (
        "collections.defaultdict(asyncio.Lock)",
        """
async with self.locks[key]:
    WORK
if not self.locks[key].locked():
    del self.locks[key]
""",
    ),
    "a lock that nobody keeps while it is held": (
        WEAK,
        """
await self.locks.setdefault(key, asyncio.Lock()).acquire()
try:
    WORK
finally:
    if key in self.locks:
        self.locks[key].release()
""",
    ),
    "a lock that each task makes for itself": (
        WEAK,
        """
self.locks[key] = lock = asyncio.Lock()
async with lock:
    WORK
""",
    ),
    "a lock that the call has for itself": (
        "{}",
        """
async with asyncio.Lock():
    WORK
""",
    ),
    "a default that nobody stores": (
        "{}",
        """
async with self.locks.get(key, asyncio.Lock()):
    WORK
""",
    ),
    "a semaphore that lets two in": (
        "{}",
        """
async with self.locks.setdefault(key, asyncio.Semaphore(2)):
    WORK
""",
    ),
    "a lock inside a private one, in some calls only": (
        "{}",
        """
lock = self.locks.setdefault(key, asyncio.Lock()) if amount > 1 else asyncio.Lock()
async with lock:
    WORK
""",
    ),
}

RIGHT = {
    "a lock that lives as long as somebody holds it or waits for it": (
        WEAK,
        """
async with self.locks.setdefault(key, asyncio.Lock()):
    WORK
""",
    ),
    "the same, kept in a local, too": (
        WEAK,
        """
lock = self.locks.setdefault(key, asyncio.Lock())
async with lock:
    WORK
""",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_lock_of_a_key_is_caught(name: str) -> None:
    text = _program(*WRONG[name])
    assert check_before(text, _scenario("a", "a", "a"), counts=(2, 3)).mode == "fifo"


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("keys", ["aaa", "aba"])
def test_its_correct_twin_passes(name: str, keys: str) -> None:
    assert check_after(_program(*RIGHT[name]), _scenario(*keys)) == []


@pytest.mark.parametrize("name", RIGHT)
def test_no_lock_is_left_when_nobody_needs_it(name: str) -> None:
    assert check_after(_program(*RIGHT[name]), _left("a", "b", "a"), faults=(None,)) == []


def test_locks_that_are_never_thrown_away_stay_for_each_key_that_was_ever_seen() -> None:
    text = _program("{}", RIGHT["a lock that lives as long as somebody holds it or waits for it"][1])
    assert check_after(text, _scenario("a", "b", "a")) == []
    assert check_before(text, _left("a", "b"), counts=(2,)).mode == "fifo"


def test_what_the_remedy_writes_is_one_of_the_right_ones() -> None:
    bare = _program("{}", "WORK").replace("        self.locks = {}\n", "")
    written = carried(lock.REMEDY, "AWA101", bare, Preferences(Granularity.KEY)).text
    assert "    async with self._locks.setdefault(key, asyncio.Lock()):\n" in written
    assert "        self._locks = weakref.WeakValueDictionary()\n" in written
