"""AWA301 where no plain call shows that a lock is taken or held: managers, decorators, callbacks, stacks, arguments."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence, Finding
from awaitomic.rules import find
from program.reading import program_of

HEAD = """
import contextvars
import functools
from contextlib import AsyncExitStack, asynccontextmanager

held = contextvars.ContextVar("held", default=False)
"""

STORE = (
    HEAD
    + """
def locked(method):
    @functools.wraps(method)
    async def alone(self, *args):
        async with self.lock:
            return await method(self, *args)
    return alone

def background(method):
    async def start(self, *args):
        asyncio.create_task(method(self, *args))
    return start

class Turn:
    def __init__(self, lock):
        self.lock = lock
    async def __aenter__(self):
        await self.lock.acquire()
    async def __aexit__(self, *exc):
        self.lock.release()

class Store:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.plain = asyncio.Lock()
        self.one = asyncio.Semaphore(1)
        self.bounded = asyncio.BoundedSemaphore()
        self.two = asyncio.Semaphore(2)
        self.changed = asyncio.Condition(self.lock)
        self.other_changed = asyncio.Condition()
        self.rows = {{}}
        self.waiting = []

    async def put(self, key=1):
        async with self.lock:
            await asyncio.sleep(0)

    @locked
    async def store(self): ...

    @background
    async def later(self):
        async with self.lock: ...

    @asynccontextmanager
    async def session(self, locked=False):
        if locked:
            yield
        else:
            async with self.lock:
                yield

    @asynccontextmanager
    async def turn(self):
        await self.lock.acquire()
        try:
            yield
        finally:
            self.lock.release()

    @asynccontextmanager
    async def before(self):
        async with self.lock: ...
        yield

    @asynccontextmanager
    async def after(self):
        yield
        async with self.lock: ...

    async def __aenter__(self):
        await self.lock.acquire()

    async def __aexit__(self, *exc):
        self.lock.release()

    def __aiter__(self):
        return self

    async def __anext__(self):
        async with self.lock:
            return self.waiting.pop()

    async def run(self, work):
        return await work()

    async def run_with(self, work, *args):
        return await self.run(functools.partial(work, *args))

    async def hand_on(self, work):
        return await self.run(work)

    async def alone(self, work):
        async with self.turn():
            return await work()

    async def wait_for(self, job):
        return await job

    async def under(self, lock):
        async with lock:
            await asyncio.sleep(0)

    def forward(self, key):
        return self.put(key)

    async def take(self, guard):
        async with guard: ...

    async def one_more(self):
        async with self.one: ...

    async def two_more(self):
        async with self.two: ...

    async def bounded_more(self):
        async with self.bounded: ...

    async def tell(self):
        async with self.changed:
            self.changed.notify_all()

    async def tell_others(self):
        async with self.other_changed: ...

    @property
    def busy(self):
        return self.lock.locked()

    def is_busy(self):
        return self.lock.locked()

    async def put_unless_busy(self):
        if self.busy:
            return
        async with self.lock: ...

    async def put_if_free(self):
        if not self.is_busy():
            async with self.lock: ...

    async def put_later(self):
        await self.put_if_free()

    async def note_and_put(self):
        if self.lock.locked():
            print("busy")
        async with self.lock: ...

    async def step_aside(self):
        self.lock.release()
        try:
            await self.put()
        finally:
            await self.lock.acquire()

    def leave(self):
        self.lock.release()

    async def leave_soon(self):
        self.lock.release()

    async def f(self, key, keys, stack, work):
        {body}
"""
)

HANGS = [
    ("a manager takes it on entering", "async with self.lock:\n            async with self.session(): ..."),
    ("a manager acquires it by hand", "async with self.lock:\n            async with self.turn(): ..."),
    (
        "a manager that gives it back before its yield",
        "async with self.lock:\n            async with self.before(): ...",
    ),
    ("a manager takes it on leaving", "async with self.lock:\n            async with self.after(): ..."),
    ("a manager holds it", "async with self.session(): await self.put()"),
    ("a manager that is entered again", "async with self.turn():\n            async with self.turn(): ..."),
    ("an object that takes what it was given", "async with self.lock:\n            async with Turn(self.lock): ..."),
    ("an object that holds what it was given", "async with Turn(self.lock): await self.put()"),
    ("an object that is kept in a local", "turn = Turn(self.lock)\n        async with turn: await self.put()"),
    ("the object itself is entered", "async with self: await self.put()"),
    ("the object is entered twice", "async with self:\n            async with self: ..."),
    (
        "a stack holds it",
        "async with AsyncExitStack() as s:\n            await s.enter_async_context(self.lock)\n"
        "            await self.put()",
    ),
    (
        "a stack holds a manager",
        "async with AsyncExitStack() as s:\n            await s.enter_async_context(self.turn())\n"
        "            await self.put()",
    ),
    ("a stack enters a manager", "async with self.lock: await stack.enter_async_context(self.session())"),
    ("each step takes it", "async with self.lock:\n            async for row in self: ..."),
    ("a decorator takes it", "async with self.lock: await self.store()"),
    ("a partial", "save = functools.partial(self.put, key)\n        async with self.lock: await save()"),
    ("a method that is handed on", "async with self.lock: await self.run(self.put)"),
    ("a method that is handed on twice", "async with self.lock: await self.hand_on(self.put)"),
    ("a partial that is handed on", "async with self.lock: await self.run(functools.partial(self.put, key))"),
    ("a lambda that is handed on", "async with self.lock: await self.run(lambda: self.put(key))"),
    (
        "a nested function",
        "async def inner():\n            await self.put()\n        async with self.lock: await inner()",
    ),
    (
        "a nested function that is handed on",
        "async def inner():\n            await self.put()\n        async with self.lock: await self.run(inner)",
    ),
    ("a coroutine that is handed on", "async with self.lock: await self.wait_for(self.put())"),
    ("who awaits it holds the lock", "await self.alone(self.put)"),
    ("a lambda that is awaited with the lock held", "await self.alone(lambda: self.put(key))"),
    ("the lock as an argument", "async with self.lock: await self.under(self.lock)"),
    ("another name of the method", "put = self.put\n        async with self.lock: await put()"),
    ("a plain function that returns the coroutine", "async with self.lock: await self.forward(key)"),
    ("one of two coroutines", "async with self.lock: await (self.put() if key else self.store())"),
    (
        "a list that is filled before",
        "async with self.lock:\n            jobs = []\n            for k in keys:\n"
        "                jobs.append(self.put(k))\n            await asyncio.gather(*jobs)",
    ),
    ("what map makes", "async with self.lock: await asyncio.gather(*map(self.put, keys))"),
    (
        "all as they are completed",
        "async with self.lock:\n            for job in asyncio.as_completed([self.put(1)]): await job",
    ),
    ("a semaphore of one", "async with self.one: await self.one_more()"),
    ("a bounded semaphore of one", "async with self.bounded: await self.bounded_more()"),
    ("the condition of the lock", "async with self.lock: await self.tell()"),
    ("the lock of the condition", "async with self.changed: await self.put()"),
    ("both, one in the other", "async with self.lock:\n            async with self.changed: ..."),
    ("acquired twice by hand", "await self.lock.acquire()\n        await self.lock.acquire()"),
    (
        "acquire and release around a call",
        "await self.lock.acquire()\n        try:\n            await self.put()\n"
        "        finally:\n            self.lock.release()",
    ),
    ("a test of the lock that decides nothing", "async with self.lock: await self.note_and_put()"),
]


def _of(body: str) -> list[Finding]:
    found = find(program_of(STORE.format(body=body)))
    return [finding for finding in found if finding.rule == "AWA301" and finding.function == "Store.f"]


@pytest.mark.parametrize("body", [case[1] for case in HANGS], ids=[case[0] for case in HANGS])
def test_the_task_waits_for_itself(body: str) -> None:
    assert _of(body)


GOES_ON = [
    ("a manager after the release", "async with self.lock: ...\n        async with self.session(): ..."),
    (
        "a manager that an argument keeps from it",
        "async with self.lock:\n            async with self.session(True): ...",
    ),
    ("a manager that has given it back", "async with self.before(): await self.put()"),
    ("a manager that takes it afterwards", "async with self.after(): await self.put()"),
    ("a manager that has been left", "async with self.session(): ...\n        await self.put()"),
    ("an object with another lock", "async with self.lock:\n            async with Turn(self.plain): ..."),
    (
        "a stack that has ended",
        "async with AsyncExitStack() as s:\n            await s.enter_async_context(self.turn())\n"
        "        await self.put()",
    ),
    ("a decorator's lock after the release", "async with self.lock: ...\n        await self.store()"),
    ("a decorator that starts a task", "async with self.lock: await self.later()"),
    (
        "a partial that is not called",
        "async with self.lock: save = functools.partial(self.put, key)\n        await save()",
    ),
    ("a callback of which nothing is known", "async with self.lock: await self.run(work)"),
    ("a callback that nobody awaits", "async with self.lock: work(self.put)"),
    ("a callback under another lock", "async with self.plain: await self.run(self.put)"),
    ("a callback after the release", "async with self.lock: ...\n        await self.run(self.put)"),
    ("another lock as an argument", "async with self.lock: await self.under(self.plain)"),
    ("a coroutine that is only returned", "async with self.lock: return self.put()"),
    ("a semaphore of two", "async with self.two: await self.two_more()"),
    ("a condition with a lock of its own", "async with self.lock: await self.tell_others()"),
    ("a wait for the condition", "async with self.changed: await self.changed.wait()"),
    ("a property says that it is held", "async with self.lock: await self.put_unless_busy()"),
    ("a method says that it is held", "async with self.lock: await self.put_if_free()"),
    ("a call further down asks", "async with self.lock: await self.put_later()"),
    ("the holder asks", "async with self.lock:\n            if not self.lock.locked(): await self.put()"),
    ("the callee gives it back meanwhile", "async with self.lock: await self.step_aside()"),
    (
        "the holder gives it back meanwhile",
        "async with self.lock:\n            self.lock.release()\n            try:\n"
        "                await self.put()\n            finally:\n                await self.lock.acquire()",
    ),
    ("a method has given it back", "await self.lock.acquire()\n        self.leave()\n        await self.put()"),
    (
        "a coroutine has given it back",
        "await self.lock.acquire()\n        await self.leave_soon()\n        await self.put()",
    ),
    (
        "a finally has given it back",
        "await self.lock.acquire()\n        try: ...\n        finally: self.lock.release()\n        await self.put()",
    ),
    (
        "hand over hand",
        "await self.lock.acquire()\n        await self.plain.acquire()\n        self.lock.release()\n"
        "        await self.put()",
    ),
    ("one of two locks", "lock = self.plain if key else self.lock\n        async with lock: await self.put()"),
]


@pytest.mark.parametrize("body", [case[1] for case in GOES_ON], ids=[case[0] for case in GOES_ON])
def test_nobody_waits_for_himself(body: str) -> None:
    assert _of(body) == []


@pytest.mark.parametrize(
    "body",
    [
        "async with self.lock: await asyncio.wait_for(self.put(), 1)",
        "async with self.lock: await asyncio.wait_for(self.lock.acquire(), timeout=1)",
        "async with self.lock:\n            async with asyncio.timeout(1): await self.put()",
        "async with asyncio.timeout(1), self.lock: await self.put()",
    ],
)
def test_a_limit_does_not_help_and_the_message_says_so(body: str) -> None:
    assert [finding.message.rpartition(": ")[2] for finding in _of(body)] == ["the wait always times out"]


def _deadlocks(source: str) -> set[str]:
    return {finding.function for finding in find(program_of(HEAD + source)) if finding.rule == "AWA301"}


REENTRANT = """
class Again:
    def __init__(self):
        self._lock = asyncio.Lock()
        self._owner = None

    def _mine(self):
        return self._owner is asyncio.current_task()

    async def __aenter__(self):
        {enter}
        await self._lock.acquire()
        self._owner = asyncio.current_task()
        return self

    async def __aexit__(self, *exc):
        self._lock.release()

class Store:
    def __init__(self):
        self.guard = Again()

    async def put(self):
        async with self.guard: ...

    async def load(self):
        async with self.guard: await self.put()
"""


@pytest.mark.parametrize(
    ("enter", "hangs"),
    [
        ("if self._owner is asyncio.current_task(): return self", False),
        ("me = asyncio.current_task()\n        if self._owner == me: return self", False),
        ("if self._mine(): return self", False),
        ("if held.get(): return self", False),
        ("task = asyncio.current_task()\n        print(task)", True),
    ],
)
def test_a_lock_that_asks_who_comes_is_reentrant(enter: str, *, hangs: bool) -> None:
    assert _deadlocks(REENTRANT.format(enter=enter)) == ({"Store.load"} if hangs else set())


DECORATED = """
lock = asyncio.Lock()
other = asyncio.Lock()

def synchronized(with_lock):
    def decorate(function):
        @functools.wraps(function)
        async def alone(*args):
            {test}
            async with with_lock:
                return await function(*args)
        return alone
    return decorate

@synchronized({first})
async def put(): ...

@synchronized({second})
async def load(): await put()
"""


@pytest.mark.parametrize(
    ("first", "second", "test", "hangs"),
    [
        ("lock", "lock", "pass", True),
        ("lock", "with_lock=lock", "pass", True),
        ("lock", "other", "pass", False),
        ("lock", "lock", "if held.get(): return await function(*args)", False),
    ],
)
def test_a_decorator_holds_the_lock_that_it_was_given(first: str, second: str, test: str, *, hangs: bool) -> None:
    found = _deadlocks(DECORATED.format(first=first, second=second, test=test))
    assert found == ({"load"} if hangs else set())


SETTLED = """
class Pool:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.rows = {{}}
        self.conn = None
        self.state = "new"
        self.fast = False

    async def get(self, key):
        if key not in self.rows:
            async with self.lock:
                self.rows[key] = await load(key)
        return self.rows[key]

    async def connect(self):
        if self.conn is None:
            async with self.lock:
                self.conn = await load(1)

    async def open(self):
        if self.state == "open":
            return
        async with self.lock: self.state = "open"

    async def put(self):
        if self.fast:
            return
        async with self.lock: ...

    async def f(self, key, other):
        async with self.lock:
            {body}

    async def close(self):
        self.fast = self.conn = None
"""


@pytest.mark.parametrize(
    ("body", "hangs"),
    [
        ("await self.get(key)", True),
        ("self.rows[key] = await load(key)\n            await self.get(key)", False),
        ("self.rows[other] = await load(other)\n            await self.get(key)", True),
        ("if key in self.rows: await self.get(key)", False),
        ("if key not in self.rows: await self.get(key)", True),
        ("self.conn = await load(1)\n            await self.connect()", False),
        ("self.conn = None\n            await self.connect()", True),
        ("if key: self.conn = await load(1)\n            await self.connect()", True),
        ("if self.conn is not None: await self.connect()", False),
        ("self.state = 'open'\n            await self.open()", False),
        ("await self.open()", True),
        ("self.fast = True\n            try: await self.put()\n            finally: self.fast = False", False),
    ],
)
def test_what_the_holder_has_settled_keeps_it_from_the_lock(body: str, *, hangs: bool) -> None:
    assert _deadlocks(SETTLED.format(body=body)) == ({"Pool.f"} if hangs else set())


@pytest.mark.parametrize(
    ("body", "confidence"),
    [
        ("async with self.lock: ...", Confidence.CERTAIN),
        ("await asyncio.sleep(1)\n        async with self.lock: ...", Confidence.CERTAIN),
        ("if not key: return\n        async with self.lock: ...", Confidence.LIKELY),
        ("if key not in self.rows:\n            async with self.lock: ...", Confidence.LIKELY),
        ("try: ...\n        except ValueError:\n            async with self.lock: ...", Confidence.LIKELY),
    ],
)
def test_what_the_callee_does_on_some_ways_only_is_likely(body: str, confidence: Confidence) -> None:
    source = f"""
class Store:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.rows = {{}}

    async def take(self, key):
        {body}

    async def load(self, key):
        async with self.lock: await self.take(key)
"""
    assert [f.confidence for f in find(program_of(source)) if f.rule == "AWA301"] == [confidence]


def test_a_manager_that_enters_itself_on_its_first_use_waits_for_itself() -> None:
    source = """
class Database:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.ready = False

    @asynccontextmanager
    async def connection(self):
        if not self.ready:
            async with self.lock:
                if not self.ready:
                    await self.initialize()
                    self.ready = True
        yield id(asyncio.current_task())

    async def initialize(self):
        async def make(db): ...
        await self.execute(make)

    async def execute(self, operation):
        async with self.connection() as db:
            return await operation(db)
"""
    (finding,) = (each for each in find(program_of(HEAD + source)) if each.rule == "AWA301")
    assert finding.function == "Database.connection"
    assert [step.note for step in finding.trace] == [
        "`self.lock` is taken",
        "`Database.initialize` is awaited with `self.lock` held",
        "`Database.execute` is awaited",
        "`Database.connection` is entered",
        "waits for the lock that its own caller holds",
    ]
