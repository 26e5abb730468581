"""Locks of a key that a getter finds or makes: known for what they are if all that the table is given tells."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of
from rules.running import hangs

STORE = """
class Store:
    def __init__(self):
        self._locks = {{}}
        self._rows = {{"a": 1}}

    def lock_for(self, key, more=""):
{getter}

    async def put(self, key):
        async with self.lock_for(key):
            await asyncio.sleep(0)

    async def count(self, key):
        rows = self._rows[key]
        async with self.lock_for(key):
            await asyncio.sleep(0)
            self._rows[key] = rows + 1

    async def load(self, key="a", other="b"):
        {body}

    async def run(self):
        await asyncio.gather(self.count("a"), self.count("a"))
"""
AGAIN = "async with self.lock_for(key): await self.put(key)"
ASKED = "        if key not in self._locks:\n            self._locks[key] = {made}\n        return self._locks[key]"

GETTERS = [
    ("asked for first", ASKED.format(made="asyncio.Lock()")),
    ("setdefault", "        return self._locks.setdefault(key, asyncio.Lock())"),
    (
        "looked up, and made into the same local",
        "        lock = self._locks.get(key)\n        if lock is None:\n            lock = asyncio.Lock()\n"
        "            self._locks[key] = lock\n        return lock",
    ),
    (
        "bound where it is looked up",
        "        if (lock := self._locks.get(key)) is None:\n            lock = self._locks[key] = asyncio.Lock()\n"
        "        return lock",
    ),
    (
        "a key that is not there",
        "        try:\n            return self._locks[key]\n        except KeyError:\n"
        "            lock = self._locks[key] = asyncio.Lock()\n            return lock",
    ),
]


def _found(getter: str, body: str = "pass") -> list[tuple[str, str, Confidence]]:
    program = program_of(STORE.format(getter=getter, body=body))
    return [(each.rule, each.function, each.confidence) for each in find(program)]


@pytest.mark.parametrize("getter", [case[1] for case in GETTERS], ids=[case[0] for case in GETTERS])
def test_the_lock_of_a_getter_is_known(getter: str) -> None:
    found = _found(getter, AGAIN)
    assert ("AWA301", "Store.load", Confidence.CERTAIN) in found
    assert ("AWA201", "Store.count", Confidence.CERTAIN) in found
    assert hangs(STORE.format(getter=getter, body=AGAIN), "Store", "load")


BODIES = [
    ("another key", "async with self.lock_for(key): await self.put(other)"),
    ("the name means another key now", "async with self.lock_for(key):\n            key = other; await self.put(key)"),
    ("given back before", "async with self.lock_for(key): pass\n        await self.put(key)"),
    ("thrown away before", "async with self.lock_for(key):\n            self._locks.pop(key); await self.put(key)"),
]


@pytest.mark.parametrize("body", [case[1] for case in BODIES], ids=[case[0] for case in BODIES])
def test_nobody_waits_for_the_lock_of_another_key(body: str) -> None:
    getter = GETTERS[0][1]
    assert not [each for each in _found(getter, body) if each[0] == "AWA301"]
    assert not hangs(STORE.format(getter=getter, body=body), "Store", "load")


MADE_UP = [
    ("two parts", GETTERS[1][1].replace("(key,", "((key, more),")),
    ("a sum", "        key += more\n" + GETTERS[0][1]),
    ("several may come in", ASKED.format(made="asyncio.Semaphore(3)")),
    ("not all are locks", ASKED.format(made="asyncio.Semaphore(2) if more else asyncio.Lock()")),
]


@pytest.mark.parametrize("getter", [case[1] for case in MADE_UP], ids=[case[0] for case in MADE_UP])
def test_of_a_key_that_is_made_up_and_of_what_is_not_known_nothing_is_said(getter: str) -> None:
    body = 'async with self.lock_for(key, "x"): await self.put(key)'
    assert not [each for each in _found(getter, body) if each[0] == "AWA301"]
    assert not hangs(STORE.format(getter=getter, body=body), "Store", "load")


def test_of_a_table_that_others_put_something_into_nothing_is_said() -> None:
    getter = GETTERS[1][1] + "\n\n    def use(self, key, lock):\n        self._locks[key] = lock"
    assert not [each for each in _found(getter, AGAIN) if each[0] == "AWA301"]


@pytest.mark.parametrize(("other", "waits"), [("asyncio.Semaphore(2)", False), ("asyncio.Lock()", True)])
def test_a_lock_that_may_be_a_semaphore_is_none(other: str, *, waits: bool) -> None:
    source = f"""
class Store:
    def __init__(self, several=True):
        self._lock = asyncio.Lock() if not several else {other}

    async def put(self):
        async with self._lock:
            await asyncio.sleep(0)

    async def load(self):
        async with self._lock:
            await self.put()
"""
    assert bool([each for each in find(program_of(source)) if each.rule == "AWA301"]) == waits
    assert hangs(source, "Store", "load") == waits
