"""Locks of every form: what protects, under which name it is known, and what only looks like a lock."""

from __future__ import annotations

import pytest

from awaitomic.model.event import Call, Enter

from .reading import function_of

HOLDER = """
from asyncio import Lock as Mutex
from contextlib import AsyncExitStack, asynccontextmanager

class Gate:
    async def acquire(self): ...
    def release(self): ...

class Door:
    def __init__(self):
        self._lock = asyncio.Lock()

    async def __aenter__(self):
        await self._lock.acquire()

    async def __aexit__(self, *error):
        self._lock.release()

class Lockdown:
    async def __aenter__(self): ...
    async def __aexit__(self, *error): ...

class Fair(asyncio.Lock):
    pass

class Reentrant(asyncio.Lock):
    async def acquire(self): ...

class Holder:
    def __init__(self, given, declared: asyncio.Lock):
        self.turn = asyncio.Lock()
        self.mutex = Mutex()
        self.changed = asyncio.Condition(self.turn)
        self.one = asyncio.Semaphore(1)
        self.ten = asyncio.Semaphore(10)
        self.some = asyncio.Semaphore(given)
        self.gate = Gate()
        self.door = Door()
        self.lockdown = Lockdown()
        self.fair = Fair()
        self.again = Reentrant()
        self.declared = declared
        self.write_lock = given
        self.session = given
        self.locks = {{}}
        self.gates = {{}}

    @asynccontextmanager
    async def exclusive(self):
        async with self.turn:
            yield

    @asynccontextmanager
    async def measured(self):
        yield

    async def f(self, key, guard_lock, client):
        {body}

shared = asyncio.Lock()
"""

LOCKS = [
    ("a lock by its constructor", "self.turn", "self.turn"),
    ("a lock under an imported name", "self.mutex", "self.mutex"),
    ("a condition is the lock that it was made from", "self.changed", "self.turn"),
    ("a semaphore of one", "self.one", "self.one"),
    ("a semaphore of unknown size", "self.some", "self.some"),
    ("a class with acquire and release", "self.gate", "self.gate"),
    ("a class whose entry takes a lock", "self.door", "self.door"),
    ("a subclass of a lock", "self.fair", "self.fair"),
    ("a lock by the annotation of a parameter", "self.declared", "self.declared"),
    ("an unknown thing named like a lock", "self.write_lock", "self.write_lock"),
    ("a parameter named like a lock", "guard_lock", "guard_lock"),
    ("an attribute that getattr names", "getattr(self, 'turn')", "self.turn"),
    ("a lock of the module", "shared", "shared"),
    ("an entry of a table of locks", "self.locks[key]", "self.locks[key]"),
    ("an entry made on demand", "self.locks.setdefault(key, asyncio.Lock())", "self.locks[key]"),
    ("a method that takes a lock around its yield", "self.exclusive()", "Holder.exclusive()"),
]


def locks_at_entry(body: str) -> list[str]:
    program, resolver = function_of(HOLDER.format(body=body), "Holder.f")
    entered = [event for event in resolver.function.events if isinstance(event, Enter)]
    return [str(lock) for event in entered for lock in program.locks_of(resolver, event.manager)]


@pytest.mark.parametrize(("manager", "known_as"), [case[1:] for case in LOCKS], ids=[case[0] for case in LOCKS])
def test_what_protects(manager: str, known_as: str) -> None:
    assert locks_at_entry(f"async with {manager}: ...") == [known_as]


@pytest.mark.parametrize("alias", ["guard = self.turn", "guard = getattr(self, 'turn')"])
def test_a_lock_under_a_local_name(alias: str) -> None:
    assert locks_at_entry(f"{alias}\n        async with guard: ...") == ["self.turn"]


NO_LOCKS = [
    ("a class of the file that takes no lock, whatever its name", "self.lockdown"),
    ("an unknown thing that is not named like a lock", "self.session"),
    ("an unknown call", "client.transaction() as tx"),
    ("a context manager of the file that takes no lock", "self.measured()"),
    ("an entry of a table that is not named like locks", "self.gates[key]"),
    ("a timeout", "asyncio.timeout(5)"),
]


@pytest.mark.parametrize("manager", [case[1] for case in NO_LOCKS], ids=[case[0] for case in NO_LOCKS])
def test_what_does_not_protect(manager: str) -> None:
    assert locks_at_entry(f"async with {manager}: ...") == []


def test_a_semaphore_of_ten_is_held_and_keeps_nobody_out() -> None:
    program, resolver = function_of(HOLDER.format(body="async with self.ten: ..."), "Holder.f")
    (entered,) = (event for event in resolver.function.events if isinstance(event, Enter))
    (lock,) = program.locks_of(resolver, entered.manager)
    assert str(lock) == "self.ten"
    assert lock.flaw is not None
    assert lock.flaw.says == "10 tasks can hold it at once"
    assert not lock.excludes
    assert not lock.self_deadlocks


BY_HAND = [
    ("acquired", "await self.turn.acquire()", [("self.turn", True)]),
    ("released", "self.turn.release()", [("self.turn", False)]),
    (
        "entered by a stack",
        "stack = AsyncExitStack()\n        await stack.enter_async_context(self.turn)",
        [("self.turn", True)],
    ),
    ("a semaphore of ten acquired", "await self.ten.acquire()", [("self.ten", True)]),
    ("something else acquired", "await self.session.acquire()", []),
]


@pytest.mark.parametrize(("body", "expected"), [case[1:] for case in BY_HAND], ids=[case[0] for case in BY_HAND])
def test_locks_taken_and_given_back_by_calls(body: str, expected: list[tuple[str, bool]]) -> None:
    program, resolver = function_of(HOLDER.format(body=body), "Holder.f")
    calls = [event for event in resolver.function.events if isinstance(event, Call)]
    found = [(str(lock), taken) for event in calls for lock, taken in program.lock_calls(resolver, event)]
    assert found == expected


HANGS = [
    ("an asyncio lock", "self.turn", True),
    ("a condition", "self.changed", True),
    ("a semaphore of one", "self.one", True),
    ("a subclass of a lock", "self.fair", True),
    ("a subclass that acquires in its own way", "self.again", False),
    ("a class that nobody knows", "self.gate", False),
    ("what is only named like a lock", "self.write_lock", False),
]


@pytest.mark.parametrize(("manager", "hangs"), [case[1:] for case in HANGS], ids=[case[0] for case in HANGS])
def test_only_what_is_known_to_be_a_lock_can_make_its_own_holder_hang(manager: str, hangs: bool) -> None:
    program, resolver = function_of(HOLDER.format(body=f"async with {manager}: ..."), "Holder.f")
    entered = [event for event in resolver.function.events if isinstance(event, Enter)]
    assert [lock.self_deadlocks for event in entered for lock in program.locks_of(resolver, event.manager)] == [hangs]
