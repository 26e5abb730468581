"""AWA301 where no plain call shows that a lock is taken or held: managers, decorators, callbacks, stacks, arguments."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest

from awaitomic.model.finding import Confidence, Finding
from awaitomic.rules import find
from program.reading import program_of
from rules.deadlock_forms import GOES_ON, HANGS, HEAD, STORE
from rules.running import hangs

ARGUMENTS = (1, [1, 2], AsyncExitStack(), None)


def _of(body: str) -> list[Finding]:
    found = find(program_of(STORE.format(body=body)))
    return [finding for finding in found if finding.rule == "AWA301" and finding.function == "Store.f"]


@pytest.mark.parametrize("body", [case[1] for case in HANGS], ids=[case[0] for case in HANGS])
def test_the_task_waits_for_itself(body: str) -> None:
    assert _of(body)
    assert hangs(STORE.format(body=body), "Store", "f", *ARGUMENTS)


@pytest.mark.parametrize("body", [case[1] for case in GOES_ON], ids=[case[0] for case in GOES_ON])
def test_nobody_waits_for_himself(body: str) -> None:
    assert _of(body) == []
    assert not hangs(STORE.format(body=body), "Store", "f", *ARGUMENTS)


@pytest.mark.parametrize(
    "body",
    [
        "async with self.lock: await asyncio.wait_for(self.put(), 1)",
        "async with self.lock: await asyncio.wait_for(self.lock.acquire(), timeout=1)",
        "async with self.lock:\n            async with asyncio.timeout(1): await self.put()",
        "async with asyncio.timeout(1), self.lock: await self.put()",
        "async with self.lock: await asyncio.wait_for(asyncio.shield(self.put()), 1)",
        "async with self.lock: await self.run(lambda: asyncio.wait_for(self.put(), 1))",
    ],
)
def test_a_limit_does_not_help_and_the_message_says_so(body: str) -> None:
    assert [finding.message.rpartition(": ")[2] for finding in _of(body)] == ["the wait always times out"]


@pytest.mark.parametrize(
    "body",
    [
        "async with self.lock: await asyncio.wait_for(self.put(), None)",
        "async with self.lock:\n            async with asyncio.timeout(None): await self.put()",
    ],
)
def test_a_limit_that_is_none_is_no_limit(body: str) -> None:
    assert [finding.message.rpartition(": ")[2] for finding in _of(body)] == ["the task waits for itself for ever"]


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
        held.set(True)
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
    ("enter", "waits"),
    [
        ("if self._owner is asyncio.current_task(): return self", False),
        ("me = asyncio.current_task()\n        if self._owner == me: return self", False),
        ("if self._mine(): return self", False),
        ("if held.get(): return self", False),
        ("task = asyncio.current_task()\n        print(task)", True),
    ],
)
def test_a_lock_that_asks_who_comes_is_reentrant(enter: str, *, waits: bool) -> None:
    source = REENTRANT.format(enter=enter)
    assert _deadlocks(source) == ({"Store.load"} if waits else set())
    assert hangs(HEAD + source, "Store", "load") == waits


DECORATED = """
lock = asyncio.Lock()
other = asyncio.Lock()

def synchronized(with_lock):
    def decorate(function):
        @functools.wraps(function)
        async def alone(*args):
            {test}
            async with with_lock:
                held.set(True)
                return await function(*args)
        return alone
    return decorate

@synchronized({first})
async def put(): ...

@synchronized({second})
async def load(): await put()
"""


@pytest.mark.parametrize(
    ("first", "second", "test", "waits"),
    [
        ("lock", "lock", "pass", True),
        ("lock", "with_lock=lock", "pass", True),
        ("lock", "other", "pass", False),
        ("lock", "lock", "if held.get(): return await function(*args)", False),
    ],
)
def test_a_decorator_holds_the_lock_that_it_was_given(first: str, second: str, test: str, *, waits: bool) -> None:
    source = DECORATED.format(first=first, second=second, test=test)
    assert _deadlocks(source) == ({"load"} if waits else set())
    assert hangs(HEAD + source, None, "load") == waits


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
    ("body", "waits"),
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
def test_what_the_holder_has_settled_keeps_it_from_the_lock(body: str, *, waits: bool) -> None:
    source = SETTLED.format(body=body)
    assert _deadlocks(source) == ({"Pool.f"} if waits else set())
    assert not hangs(HEAD + source, "Pool", "f", "one", "two") or waits


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


TOGETHER = """
class Store:
    def __init__(self):
        self._lock = asyncio.Lock()

    async def put(self, key):
        async with self._lock:
            await asyncio.sleep(0)

    async def put_all(self, keys):
        async with self._lock:
            {body}
"""


@pytest.mark.parametrize(
    "lines",
    [
        ["todo = {key: self.put(key) for key in keys}", "await asyncio.gather(*todo.values())"],
        ["todo = set()", "todo.add(self.put(1))", "await asyncio.gather(*todo)"],
        ["todo = []", "todo.extend([self.put(key) for key in keys])", "await asyncio.gather(*todo)"],
    ],
)
def test_what_is_put_together_in_any_collection_is_waited_for(lines: list[str]) -> None:
    found = find(program_of(TOGETHER.format(body="\n            ".join(lines))))
    assert [finding.rule for finding in found] == ["AWA301"]
    later = TOGETHER.format(body="\n        ".join(["pass", *lines]))
    assert find(program_of(later)) == []
