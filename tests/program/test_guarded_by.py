"""The lock that guards a state is the one that most of its accesses hold."""

from __future__ import annotations

from awaitomic.model.location import AttributeStep, Location, Root
from awaitomic.program.locks.guarded_by import NOT_GUARDED, GuardedBy, Guarding

from .reading import program_of

SOURCE = """
class Shop:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.other = asyncio.Lock()
        self.stock = 0
        self.sold = 0
        self.seen = 0
        self.name = "shop"
        self.table = {}
        self.locks = {}

    async def add(self):
        async with self.lock:
            self.stock = 1
            self.sold = 2

    async def sell(self):
        async with self.lock:
            self.stock = 3
        async with self.other:
            self.sold = 4

    async def _inner(self):
        self.stock = 5

    async def outer(self):
        async with self.lock:
            await self._inner()

    def plain(self):
        self.stock = 6
        self.seen = 7

    async def read(self):
        return self.stock

    async def entry(self, key):
        async with self.locks[key]:
            self.table[key] = 1
"""


def guarding(attribute: str) -> Guarding:
    program = program_of(SOURCE)
    location = Location(Root.SELF, "program.py:Shop", "self", (AttributeStep(attribute),))
    return GuardedBy(program).guarding(program.named("Shop.add").key_of(location))


def test_the_majority_decides_and_a_private_helper_has_its_callers_locks() -> None:
    found = guarding("stock")
    assert str(found.lock) == "self.lock"
    assert found.fraction == 3 / 5
    assert found.writes == 3 / 4


def test_of_two_locks_with_equal_shares_the_first_by_name() -> None:
    found = guarding("sold")
    assert (str(found.lock), found.fraction) == ("self.lock", 1 / 2)


def test_state_that_no_access_locks() -> None:
    assert guarding("seen") == NOT_GUARDED


def test_state_that_nobody_changes_after_construction_has_no_accesses() -> None:
    assert guarding("name") == NOT_GUARDED


def test_a_lock_of_the_key_guards_the_entries() -> None:
    program = program_of(SOURCE)
    (key,) = {
        key for key in program.unit.writers if "table[" in "".join(map(str, (key.name, *key.steps))).replace(".", "")
    }
    found = GuardedBy(program).guarding(key)
    assert found.lock is not None
    assert str(found.lock.parent) == "self.locks"
    assert found.fraction == 1.0
