"""Which locks a call takes, however many calls away, and in whose terms."""

from __future__ import annotations

import pytest

from awaitomic.model.identity import qualname_of

from .reading import program_of

FILE = """
class Store:
    def __init__(self, given):
        self.lock = asyncio.Lock()
        self.other = Store(given)
        self.write_lock = given

    async def direct(self):
        async with self.lock: ...

    async def by_hand(self):
        await self.lock.acquire()

    async def one_hop(self):
        await self.direct()

    async def two_hops(self):
        await self.one_hop()

    async def with_time_limit(self):
        await asyncio.wait_for(self.direct(), 1)

    async def round_and_round(self, n):
        await self.round_and_round(n - 1)
        await self.direct()

    async def of_the_other(self):
        await self.other.direct()

    async def spawned(self):
        asyncio.create_task(self.direct())

    async def spawned_and_awaited(self):
        await asyncio.create_task(self.direct())

    async def sounds_like_it(self):
        async with self.write_lock: ...

    async def on_request(self, hold_lock=True):
        if hold_lock:
            async with self.lock: ...

    async def not_asked_for(self):
        await self.on_request(hold_lock=False)

    async def asked_for(self):
        await self.on_request()

    async def perhaps_asked_for(self, wanted):
        await self.on_request(wanted)
"""

TAKEN = [
    ("where it stands", "direct", ["self.lock"]),
    ("by hand", "by_hand", ["self.lock"]),
    ("one call away", "one_hop", ["self.lock"]),
    ("two calls away", "two_hops", ["self.lock"]),
    ("under a time limit", "with_time_limit", ["self.lock"]),
    ("in a recursion", "round_and_round", ["self.lock"]),
    ("of another object, as that object's", "of_the_other", ["self.other.lock"]),
    ("by a task that nobody awaits: not by this call", "spawned", []),
    ("by a task, even if it is awaited: not by this call", "spawned_and_awaited", []),
    ("what is only named like a lock never counts", "sounds_like_it", []),
    ("on request, in the function that is asked", "on_request", ["self.lock"]),
    ("not when the argument says no", "not_asked_for", []),
    ("when the default says yes", "asked_for", ["self.lock"]),
    ("not when nobody can know the argument", "perhaps_asked_for", []),
]


@pytest.mark.parametrize(("name", "locks"), [case[1:] for case in TAKEN], ids=[case[0] for case in TAKEN])
def test_a_lock_is_taken(name: str, locks: list[str]) -> None:
    program = program_of(FILE)
    taken = program.acquisitions.of(program.named(f"Store.{name}").function)
    assert [str(acquisition.lock) for acquisition in taken] == locks


def test_the_way_to_the_acquisition_is_kept() -> None:
    program = program_of(FILE)
    (taken,) = program.acquisitions.of(program.named("Store.two_hops").function)
    assert qualname_of(taken.function) == "Store.direct"
    assert [qualname_of(name) for name, _, _ in taken.chain] == ["Store.one_hop", "Store.direct"]


CHAIN = """
class Source:
    async def read(self): ...

class Cached(Source):
    def __init__(self, source: Source):
        self.lock = asyncio.Lock()
        self.source: Source = source

    async def read(self):
        async with self.lock:
            return await self.source.read()
"""


def test_an_object_of_the_same_class_inside_the_object_is_followed_once() -> None:
    """It may have one of its own inside, and so on: there is no last one."""
    program = program_of(CHAIN)
    taken = program.acquisitions.of(program.named("Cached.read").function)
    assert {str(acquisition.lock) for acquisition in taken} == {"self.lock", "self.source.lock"}
