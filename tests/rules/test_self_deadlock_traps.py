"""AWA301: whole programs that look as if a task would wait for itself, and that end when they are run."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of
from rules.running import hangs

HEAD = """
import functools
from contextlib import asynccontextmanager, nullcontext

class Scheduler:
    async def spawn(self, job):
        self.task = asyncio.ensure_future(job)
        await asyncio.sleep(0)

class Node:
    def __init__(self):
        self.lock = asyncio.Lock()

    async def put(self):
        async with self.lock:
            await asyncio.sleep(0)
"""

KEYED = """
class Store:
    def __init__(self):
        self.locks: dict[str, asyncio.Lock] = {{"a": asyncio.Lock(), "b": asyncio.Lock()}}

    @asynccontextmanager
    async def session(self, name):
        key = name.lower()
        async with self.locks[key]:
            yield

    async def put(self, name):
        key = name.lower()
        async with self.locks[key]:
            await asyncio.sleep(0)

    async def put_under(self, key):
        async with self.locks[key]:
            await asyncio.sleep(0)

    async def load(self, one="a", other="b"):
        {body}
"""

KEYS = [
    ("async with self.session(one): await self.put(other)", False),
    ("async with self.locks[one]: await self.put_under(other)", False),
    ("async with self.locks[one]: await self.put_under(one)", True),
    ("async with self.locks[one]:\n            one = other\n            await self.put_under(one)", False),
    ("for one in self.locks:\n            async with self.locks[one]: await asyncio.sleep(0)", False),
]


def _deadlocks(source: str) -> set[str]:
    return {finding.function for finding in find(program_of(HEAD + source)) if finding.rule == "AWA301"}


@pytest.mark.parametrize(("body", "waits"), KEYS)
def test_the_lock_of_a_key_is_another_than_that_of_another_key(body: str, *, waits: bool) -> None:
    source = KEYED.format(body=body)
    assert _deadlocks(source) == ({"Store.load"} if waits else set())
    assert hangs(HEAD + source, "Store", "load") == waits


FLAGS = """
class Store:
    def __init__(self):
        self.lock = asyncio.Lock()

    async def by_hand(self, locked=False):
        take = not locked
        if take:
            await self.lock.acquire()
        try:
            await asyncio.sleep(0)
        finally:
            if take:
                self.lock.release()

    async def chosen(self, locked=False):
        async with nullcontext() if locked else self.lock:
            await asyncio.sleep(0)

    async def named(self, locked=False):
        turn = nullcontext() if locked else self.lock
        async with turn:
            await asyncio.sleep(0)

    async def given(self, lock=None):
        async with lock or self.lock:
            await asyncio.sleep(0)

    async def load(self):
        async with self.lock:
            await self.{call}
"""


@pytest.mark.parametrize(
    ("call", "reported"),
    [
        ("by_hand(locked=True)", False),
        ("by_hand(True)", False),
        ("by_hand()", True),
        ("by_hand(locked=False)", True),
        ("chosen(True)", False),
        ("named(locked=True)", False),
        ("given(nullcontext())", False),
    ],
)
def test_an_argument_that_keeps_the_callee_from_the_lock(call: str, *, reported: bool) -> None:
    source = FLAGS.format(call=call)
    assert _deadlocks(source) == ({"Store.load"} if reported else set())
    assert hangs(HEAD + source, "Store", "load") == reported


STORE = """
class Store:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.changed = asyncio.Condition(self.lock)
        self.scheduler = Scheduler()
        self.nodes: dict[str, Node] = {{"a": Node(), "b": Node()}}
        self.handlers = {{}}
        self.queue = asyncio.Queue()

    async def put(self):
        async with self.lock:
            await asyncio.sleep(0)

    async def start(self, job):
        self.task = asyncio.create_task(job)

    def begin_locked(self):
        self.task = asyncio.create_task(self.put())

    async def on(self, event, handler):
        self.handlers[event] = handler
        await asyncio.sleep(0)

    async def try_to(self):
        if self.lock.locked():
            return False
        await self.lock.acquire()
        return True

    async def take_unless(self, skip):
        if not skip:
            await self.lock.acquire()

    async def wait_a_little(self):
        await asyncio.wait_for(self.changed.wait_for(lambda: True), 1)

    async def load(self):
        {body}
"""

BODIES = [
    ("a job for a scheduler", "async with self.lock: await self.scheduler.spawn(self.put())"),
    ("a job that is started", "async with self.lock: await self.start(self.put())"),
    ("a task that a plain function makes", "async with self.lock: self.begin_locked()"),
    ("a handler that is called later", "async with self.lock: await self.on('x', self.put)"),
    ("a job in a queue", "async with self.lock: await self.queue.put(self.put)"),
    (
        "each with all others",
        "for a in self.nodes.values():\n            async with a.lock:\n"
        "                for b in self.nodes.values():\n                    if b is not a: await b.put()",
    ),
    (
        "the lock is not there in time",
        "await self.lock.acquire()\n        try:\n            await asyncio.wait_for(self.lock.acquire(), 0.01)\n"
        "        except TimeoutError:\n            self.lock.release()\n            await self.put()",
    ),
    ("a lock that was not to be had", "if not await self.try_to(): await self.put()"),
    ("a lock that is taken on some ways", "await self.take_unless(True)\n        await self.put()"),
    ("a wait for the condition in a callee", "async with self.changed: await self.wait_a_little()"),
    (
        "a wait that ends before the tasks do",
        "async with self.lock: await asyncio.wait([asyncio.create_task(self.put())], timeout=0.01)",
    ),
    (
        "a wait for the first of several",
        "async with self.lock:\n            jobs = [asyncio.create_task(self.put()), "
        "asyncio.create_task(asyncio.sleep(0))]\n"
        "            await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)",
    ),
]


@pytest.mark.parametrize("body", [case[1] for case in BODIES], ids=[case[0] for case in BODIES])
def test_nobody_waits_for_himself(body: str) -> None:
    source = STORE.format(body=body)
    expected = {"Store.load"} if "wait_for(self.lock.acquire" in body else set()
    assert _deadlocks(source) == expected
    assert not hangs(HEAD + source, "Store", "load")


BY_NAME = """
def locked_by(name):
    def decorate(method):
        @functools.wraps(method)
        async def alone(self, *args):
            async with getattr(self, name):
                return await method(self, *args)
        return alone
    return decorate

class Store:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.other = asyncio.Lock()

    @locked_by("lock")
    async def put(self): ...

    @locked_by("{name}")
    async def load(self):
        await self.put()
"""


@pytest.mark.parametrize(("name", "waits"), [("lock", True), ("other", False)])
def test_a_decorator_fetches_the_lock_by_its_name(name: str, *, waits: bool) -> None:
    source = BY_NAME.format(name=name)
    assert _deadlocks(source) == ({"Store.load"} if waits else set())
    assert hangs(HEAD + source, "Store", "load") == waits


def test_a_semaphore_of_several_around_each_call_lets_the_task_in_again() -> None:
    source = BY_NAME.format(name="lock").replace("asyncio.Lock()", "asyncio.Semaphore(2)")
    assert not _deadlocks(source)
    assert not hangs(HEAD + source, "Store", "load")


def test_a_lock_sixty_calls_away_is_found() -> None:
    hops = "".join(f"    async def hop{n}(self): await self.hop{n + 1}()\n" for n in range(60))
    source = (
        "class Store:\n    def __init__(self): self.lock = asyncio.Lock()\n"
        f"{hops}    async def hop60(self):\n        async with self.lock: ...\n"
        "    async def load(self):\n        async with self.lock: await self.hop0()\n"
    )
    assert _deadlocks(source) == {"Store.load"}
    assert hangs(HEAD + source, "Store", "load")


MIGRATING = """
class Base:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.versions = {{}}

    async def migrate(self, conn):
        async with self.lock:
            await self.run(conn)

    async def run(self, conn):
        if {test}:
            async with self.lock:
                await conn.execute("update")
"""


@pytest.mark.parametrize(
    ("test", "confidence"),
    [
        ("conn.schema is not None", Confidence.POSSIBLE),
        ("isinstance(conn, str)", Confidence.POSSIBLE),
        ("conn not in self.versions", Confidence.LIKELY),
        ("self.versions", Confidence.LIKELY),
    ],
)
def test_what_an_argument_alone_decides_its_giver_mostly_knows(test: str, confidence: Confidence) -> None:
    found = [each for each in find(program_of(MIGRATING.format(test=test))) if each.rule == "AWA301"]
    assert [each.confidence for each in found] == [confidence]


WAITING_IN_A_LOOP = """
async def wait_for(job, seconds):
    async with asyncio.timeout(seconds):
        return await job

class Store:
    def __init__(self):
        self.changed = asyncio.{kind}()
        self.turns = 2

    async def load(self):
        while self.turns:
            self.turns -= 1
            try:
                async def enter():
                    await self.changed.acquire()
                    await asyncio.sleep(0)

                {first}
                await wait_for(enter(), 1)
            finally:
                self.changed.release()
"""


@pytest.mark.parametrize("kind", ["Lock", "Condition"])
@pytest.mark.parametrize(("first", "waits"), [("pass", False), ("await self.changed.acquire()", True)])
def test_what_a_coroutine_takes_it_does_not_wait_for_itself(kind: str, first: str, *, waits: bool) -> None:
    source = WAITING_IN_A_LOOP.format(kind=kind, first=first)
    assert _deadlocks(source) == ({"Store.load"} if waits else set())
    assert waits or not hangs(HEAD + source, "Store", "load")


NEW_OBJECT = """
class Client:
    lock = asyncio.Lock()
    env: "Client" = None

    def __init__(self):
        self.stale = False

    @classmethod
    async def from_env(cls):
        async with cls.lock:
            client = {client}
            await client.open()
            cls.env = client

    async def open(self):
        if self.stale: await self.from_env()
"""


@pytest.mark.parametrize(("client", "sure"), [("Client()", Confidence.POSSIBLE), ("cls.env", Confidence.LIKELY)])
def test_a_new_object_is_hardly_in_the_state_that_it_takes(client: str, sure: Confidence) -> None:
    found = [each for each in find(program_of(NEW_OBJECT.format(client=client))) if each.rule == "AWA301"]
    assert [each.confidence for each in found] == [sure]
