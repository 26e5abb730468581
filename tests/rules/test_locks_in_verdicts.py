"""Locks of every form, each around the same lost update: which of them make it right, and which do not."""

from __future__ import annotations

import pytest

from awaitomic.rules import find
from program.reading import program_of

SOURCE = """
import anyio, trio, aiorwlock, contextlib
from collections import defaultdict
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakValueDictionary

class Fair(asyncio.Lock):
    pass

class Door:
    def __init__(self):
        self._turn = asyncio.Lock()

    async def __aenter__(self):
        await self._turn.__aenter__()

    async def __aexit__(self, *error):
        await self._turn.__aexit__(*error)

class Room:
    async def __aenter__(self): ...
    async def __aexit__(self, *error): ...

def new_turn():
    return asyncio.Lock()

class Shop:
    of_all = asyncio.Lock()

    def __init__(self):
        self.turn = asyncio.Lock()
        self.of_anyio = anyio.Lock()
        self.of_trio = trio.Lock()
        self.limit_one = anyio.CapacityLimiter(1)
        self.limit_five = anyio.CapacityLimiter(5)
        self.rw = aiorwlock.RWLock()
        self.changed = asyncio.Condition()
        self.one = asyncio.Semaphore(1)
        self.five = asyncio.Semaphore(5)
        self.fair = Fair()
        self.door = Door()
        self.room = Room()
        self.made = new_turn()
        self.optional = asyncio.Lock() if new_turn else None
        self.gates = defaultdict(asyncio.Lock)
        self.shards = [asyncio.Lock() for _ in range(8)]
        self.weak = WeakValueDictionary()
        self.filled = {{}}
        self.by_type: dict[str, asyncio.Lock] = {{}}
        self.n = 0
        self.d = {{}}

    def touch(self, k):
        self.n = k
        self.d[k] = k

    def gate_of(self, k):
        return self.filled.setdefault(k, asyncio.Lock())

    def lazy(self):
        if self._turn is None:
            self._turn = asyncio.Lock()
        return self._turn

    @asynccontextmanager
    async def exclusive(self):
        async with self.turn:
            yield

    @asynccontextmanager
    async def by_hand(self):
        await self.turn.acquire()
        try:
            yield
        finally:
            self.turn.release()

    @asynccontextmanager
    async def measured(self):
        yield

    @asynccontextmanager
    async def given_back(self):
        async with self.turn:
            self.opened = True
        yield

    @asynccontextmanager
    async def given_back_by_hand(self):
        await self.turn.acquire()
        try:
            self.opened = True
        finally:
            self.turn.release()
        yield

    @asynccontextmanager
    async def taken_at_the_end(self):
        yield
        async with self.turn:
            self.opened = False

    @asynccontextmanager
    async def looked_at(self):
        if self.turn.locked():
            raise RuntimeError
        yield

    @asynccontextmanager
    async def limited(self):
        async with self.five:
            yield

    @asynccontextmanager
    async def around_another(self):
        async with self.measured(), self.exclusive():
            yield

    @asynccontextmanager
    async def around_none(self):
        async with self.given_back():
            yield

    @asynccontextmanager
    async def of_a_key(self, k):
        gate = self.gate_of(k)
        async with gate:
            yield gate

    @asynccontextmanager
    async def handed_on(self):
        await take(self.turn)
        try:
            yield
        finally:
            self.turn.release()

    async def take_lock(self):
        await self.turn.acquire()

    @asynccontextmanager
    async def by_another(self):
        await self.take_lock()
        try:
            yield
        finally:
            self.turn.release()

    @asynccontextmanager
    async def if_wanted(self, wanted):
        if not wanted:
            yield
            return
        async with self.turn:
            yield

    @contextlib.contextmanager
    def marked(self):
        with self.shelf_lock:
            self.opened = True
        yield

    async def turn_of_all(self):
        return self.turn

    async def gate_later(self, k):
        return self.filled.setdefault(k, asyncio.Lock())

    async def begin(self):
        await self.turn.acquire()

    async def begin_unless_busy(self):
        if self.turn.locked():
            return False
        await self.turn.acquire()
        return True

    async def once(self):
        await self.turn.acquire()
        try:
            return self.opened
        finally:
            self.turn.release()

    async def f(self, k, given: asyncio.Lock):
        {body}
"""

COUNT = "self.n = self.n + await io()"
ENTRY = "self.d[k] = self.d[k] + await io()"
TOTAL = "self.d['all'] = self.d['all'] + await io()"


def is_reported(*lines: str) -> bool:
    program = program_of(SOURCE.format(body="\n        ".join(lines)))
    found = {finding.rule for finding in find(program) if finding.function == "Shop.f"}
    assert found <= {"AWA101", "AWA204"}
    return bool(found)


EXCLUSIVE = (
    "self.turn|self.of_anyio|self.of_trio|self.limit_one|self.changed|self.one|self.fair|self.door|self.made|given|"
    "self.exclusive()|self.by_hand()|self.lazy()|self.rw.writer_lock|self.rw.writer|getattr(self, 'turn')|"
    "self.turn, self.five|asyncio.timeout(3), self.turn|self.turn as _, self.five as x|held_for(self.turn, 3)|"
    "self.around_another()|self.handed_on()|self.by_another()|self.if_wanted(k)|await self.turn_of_all()|"
    "self.__class__.of_all|type(self).of_all|self.optional or contextlib.nullcontext()"
).split("|")


@pytest.mark.parametrize("manager", EXCLUSIVE)
def test_what_keeps_others_out(manager: str) -> None:
    assert not is_reported(f"async with {manager}:", f"    {COUNT}")


OPEN = (
    "self.five|self.limit_five|self.room|self.measured()|asyncio.timeout(3)|self.rw.reader_lock|self.rw.reader|"
    "self.given_back()|self.given_back_by_hand()|self.taken_at_the_end()|self.looked_at()|self.limited()|"
    "self.around_none()"
).split("|")


@pytest.mark.parametrize("manager", OPEN)
def test_what_lets_others_in(manager: str) -> None:
    assert is_reported(f"async with {manager}:", f"    {COUNT}")


OF_A_KEY = (
    "self.gates[k]|self.gate_of(k)|self.weak.setdefault(k, asyncio.Lock())|self.shards[hash(k)]|self.by_type[k]|"
    "await self.gate_later(k)"
).split("|")


@pytest.mark.parametrize("manager", OF_A_KEY)
def test_the_lock_of_a_key_protects_the_state_of_the_key(manager: str) -> None:
    assert not is_reported(f"async with {manager}:", f"    {ENTRY}")
    assert is_reported(f"async with {manager}:", f"    {COUNT}")
    assert is_reported(f"async with {manager}:", f"    {TOTAL}")


def test_a_context_manager_holds_the_lock_of_a_key_for_its_body() -> None:
    assert not is_reported("async with self.of_a_key(k):", f"    {ENTRY}")


def test_a_plain_context_manager_that_gives_its_lock_back_holds_nothing() -> None:
    assert is_reported("with self.marked():", f"    {COUNT}")


def test_a_lock_that_is_looked_up_or_made_and_stored_is_that_of_the_key() -> None:
    made = ["gate = self.filled.get(k)", "if gate is None:", "    gate = asyncio.Lock()", "    self.filled[k] = gate"]
    assert not is_reported(*made, "async with gate:", f"    {ENTRY}")
    assert is_reported(*made, "async with gate:", f"    {COUNT}")


BY_HAND = [
    ("an alias", False, ["turn = self.turn", "async with turn:", f"    {COUNT}"]),
    (
        "acquire before try",
        False,
        ["await self.turn.acquire()", "try:", f"    {COUNT}", "finally:", "    self.turn.release()"],
    ),
    (
        "acquire inside try",
        False,
        ["try:", "    await self.turn.acquire()", f"    {COUNT}", "finally:", "    self.turn.release()"],
    ),
    (
        "acquire with a timeout",
        False,
        [
            "await asyncio.wait_for(self.turn.acquire(), 3)",
            "try:",
            f"    {COUNT}",
            "finally:",
            "    self.turn.release()",
        ],
    ),
    (
        "released before the await",
        True,
        ["await self.turn.acquire()", "n = self.n", "self.turn.release()", "await io()", "self.n = n + 1"],
    ),
    (
        "the region ends before the await",
        True,
        ["async with self.turn:", "    n = self.n", "await io()", "self.n = n + 1"],
    ),
    ("a look at the lock takes nothing", True, ["if self.turn.locked():", "    return", COUNT]),
    (
        "a look at the lock, and then taking it",
        False,
        ["if self.turn.locked():", "    return", "async with self.turn:", f"    {COUNT}"],
    ),
    (
        "entered by a stack",
        False,
        ["async with AsyncExitStack() as stack:", "    await stack.enter_async_context(self.turn)", f"    {COUNT}"],
    ),
    (
        "the stack ends before the await",
        True,
        [
            "async with AsyncExitStack() as stack:",
            "    await stack.enter_async_context(self.turn)",
            "    n = self.n",
            "await io()",
            "self.n = n + 1",
        ],
    ),
    (
        "entered by a stack on one of two ways",
        True,
        [
            "async with AsyncExitStack() as stack:",
            "    if k:",
            "        await stack.enter_async_context(self.turn)",
            f"    {COUNT}",
        ],
    ),
    (
        "taken by a helper",
        False,
        ["await self.begin()", "try:", f"    {COUNT}", "finally:", "    self.turn.release()"],
    ),
    ("taken by a helper that says if", False, ["if not await self.begin_unless_busy():", "    return", COUNT]),
    ("taken by a helper and given back too early", True, ["await self.begin()", "self.turn.release()", COUNT]),
    ("taken and given back by a helper", True, ["await self.once()", COUNT]),
    ("the helper is not awaited", True, ["self.begin()", COUNT]),
    (
        "entered by a stack for each of several keys",
        False,
        [
            "async with AsyncExitStack() as stack:",
            "    for each in sorted(k):",
            "        await stack.enter_async_context(self.filled.setdefault(each, asyncio.Lock()))",
            "    for each in k:",
            "        self.d[each] = self.d[each] + await io()",
        ],
    ),
    (
        "the stack of several keys ends before the await",
        True,
        [
            "async with AsyncExitStack() as stack:",
            "    for each in sorted(k):",
            "        await stack.enter_async_context(self.filled.setdefault(each, asyncio.Lock()))",
            "self.d[k] = self.d[k] + await io()",
        ],
    ),
    ("taken on one of two ways", True, ["async with (self.turn if k else contextlib.nullcontext()):", f"    {COUNT}"]),
]


@pytest.mark.parametrize(("reported", "lines"), [case[1:] for case in BY_HAND], ids=[case[0] for case in BY_HAND])
def test_locks_by_hand(reported: bool, lines: list[str]) -> None:
    assert is_reported(*lines) is reported


def test_waiting_on_a_condition_makes_stale_what_was_read_before() -> None:
    body = ["async with self.changed:", "    n = self.n", "    await self.changed.wait()", "    self.n = n + 1"]
    program = program_of(SOURCE.format(body="\n        ".join(body)))
    (fact,) = (fact for fact in program.facts(program.named("Shop.f")).writes if str(fact.access.location) == "self.n")
    assert [token.is_stale for token in fact.value] == [True]
    assert [str(lock) for lock in fact.state.held] == ["self.changed"]
