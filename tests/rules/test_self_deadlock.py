"""AWA301: reported where the task waits for itself for ever, silent wherever somebody else can let it go on."""

from __future__ import annotations

import pytest

from awaitomic.rules import find
from program.reading import program_of

STORE = """
class Store:
    def __init__(self, twin):
        self.lock = asyncio.Lock()
        self.again = Reentrant()
        self.changed = asyncio.Condition(self.lock)
        self.twin: Store = twin
        self.rows = {{}}

    async def put(self, key):
        async with self.lock:
            self.rows[key] = 1
            await asyncio.sleep(0)

    async def put_again(self, key):
        async with self.again:
            await asyncio.sleep(0)

    async def put_all(self, keys):
        for key in keys:
            await self.put(key)

    async def scan(self):
        async with self.lock:
            for row in self.rows:
                yield row

    async def names(self):
        yield 1

    @property
    async def size(self):
        async with self.lock:
            return await self.count()

    async def count(self): ...

    @property
    def room(self):
        return self.take_room()

    async def take_room(self):
        async with self.lock:
            return await self.count()

    async def collect(self, rows):
        return [row async for row in rows]

    async def f(self, key, task):
        {body}

class Reentrant(asyncio.Lock):
    async def acquire(self): ...
"""

HANGS = [
    ("an awaited call takes the lock", "async with self.lock: await self.put(key)"),
    ("a call two hops away takes the lock", "async with self.lock: await self.put_all(key)"),
    ("the lock is taken twice in one function", "async with self.lock:\n            async with self.lock: ..."),
    ("the lock was acquired by hand", "await self.lock.acquire()\n        await self.put(key)"),
    ("the condition made from the lock is held", "async with self.changed: await self.put(key)"),
    ("a time limit, which always runs out", "async with self.lock: await asyncio.wait_for(self.put(key), 1)"),
    ("the coroutine was made before the lock was taken", "c = self.put(key)\n        async with self.lock: await c"),
    ("the call runs in a task that is awaited", "async with self.lock: await asyncio.create_task(self.put(key))"),
    (
        "a generator takes the lock at its first step",
        "async with self.lock:\n            async for row in self.scan(): ...",
    ),
    ("a property gives a coroutine that takes the lock", "async with self.lock: await self.size"),
    ("a property returns a coroutine that takes the lock", "async with self.lock: await self.room"),
    ("a property with a time limit", "async with self.lock: await asyncio.wait_for(self.size, 1)"),
    ("a property among several at once", "async with self.lock: await asyncio.gather(self.size, asyncio.sleep(1))"),
    ("a single step of a generator", "async with self.lock: await anext(self.scan())"),
    (
        "a generator that is closed in the end",
        "async with self.lock, contextlib.aclosing(self.scan()) as rows:\n            async for row in rows: ...",
    ),
    (
        "a generator expression that an awaited call goes through",
        "async with self.lock: await self.collect(row async for row in self.scan())",
    ),
    (
        "a task of a group that is left with the lock held",
        "async with self.lock, asyncio.TaskGroup() as group: group.create_task(self.put(key))",
    ),
    ("one of several at once", "async with self.lock: await asyncio.gather(self.put(1), asyncio.sleep(1))"),
]


@pytest.mark.parametrize("body", [case[1] for case in HANGS], ids=[case[0] for case in HANGS])
def test_the_task_waits_for_itself(body: str) -> None:
    found = [finding for finding in find(program_of(STORE.format(body=body))) if finding.function == "Store.f"]
    assert [(finding.rule, finding.state) for finding in found] == [("AWA301", "self.lock")]


GOES_ON = [
    ("the lock is released before the call", "async with self.lock: ...\n        await self.put(key)"),
    (
        "the lock was given back by hand",
        "await self.lock.acquire()\n        self.lock.release()\n        await self.put(key)",
    ),
    ("another instance's lock is taken", "async with self.lock: await self.twin.put(key)"),
    ("a task is made of the call and not awaited", "async with self.lock: asyncio.create_task(self.put(key))"),
    ("a task that was given is awaited", "async with self.lock: await task"),
    (
        "a generator that takes the lock is run after it is released",
        "async with self.lock: ...\n        async for row in self.scan(): ...",
    ),
    (
        "a generator expression that is gone through after it is released",
        "async with self.lock: rows = (row async for row in self.scan())\n        async for row in rows: ...",
    ),
    ("a generator expression that is returned", "async with self.lock: return (row async for row in self.scan())"),
    (
        "a manager gives something else to go through",
        "async with self.lock, self.opened(self.scan()) as rows:\n            async for row in rows: ...",
    ),
    ("a generator that takes no lock", "async with self.lock:\n            async for row in self.names(): ..."),
    ("a property that takes the lock is awaited before", "n = await self.size\n        async with self.lock: print(n)"),
    (
        "a task of a group that is left after the lock is released",
        "async with asyncio.TaskGroup() as group:\n            async with self.lock: group.create_task(self.put(key))",
    ),
    ("the lock lets its owner in again", "async with self.again: await self.put_again(key)"),
    ("another lock is held", "async with self.again: await self.put(key)"),
    (
        "the coroutine is made under the lock and awaited after",
        "async with self.lock: c = self.put(key)\n        await c",
    ),
]


@pytest.mark.parametrize("body", [case[1] for case in GOES_ON], ids=[case[0] for case in GOES_ON])
def test_nobody_waits_for_himself(body: str) -> None:
    assert [finding for finding in find(program_of(STORE.format(body=body))) if finding.rule == "AWA301"] == []


def test_an_override_that_takes_the_lock_counts() -> None:
    source = """
    class Base:
        def __init__(self):
            self.lock = asyncio.Lock()

        async def save(self): ...

        async def close(self):
            async with self.lock:
                await self.save()

    class Journal(Base):
        async def save(self):
            async with self.lock:
                await asyncio.sleep(0)
    """
    assert [(f.rule, f.function) for f in find(program_of(source))] == [("AWA301", "Base.close")]


def test_the_base_called_through_super_counts() -> None:
    source = """
    class Base:
        def __init__(self):
            self.lock = asyncio.Lock()

        async def save(self):
            async with self.lock:
                await asyncio.sleep(0)

    class Journal(Base):
        async def save(self):
            async with self.lock:
                await super().save()
    """
    assert [(f.rule, f.function) for f in find(program_of(source))] == [("AWA301", "Journal.save")]


WIRE = """
class Wire:
    def __init__(self):
        self.lock = asyncio.Lock()

    async def login(self, level):
        async with self.lock:
            await self.send(level)

    async def send(self, command, force=False, again=0):
        {body}
        async with self.lock:
            await asyncio.sleep(0)

    async def f(self):
        async with self.lock:
            await self.send({arguments})
"""


@pytest.mark.parametrize(
    ("body", "closed", "open_"),
    [
        ("if command <= 2: return", "1", "3"),
        ("if force: raise ValueError", "3, force=True", "3, force=False"),
        ("if not force: return", "3", "3, True"),
        ("if command == 'hello' or again: return", "'hello'", "'rows'"),
        ("if command is None: return", "None", "0"),
    ],
)
def test_constant_arguments_are_followed_to_the_lock(body: str, closed: str, open_: str) -> None:
    assert "Wire.f" in _deadlocks(body, open_)
    assert "Wire.f" not in _deadlocks(body, closed)


def test_a_parameter_that_is_bound_anew_is_no_constant() -> None:
    assert "Wire.f" in _deadlocks("command = read()\n        if command <= 2: return", "1")


def _deadlocks(body: str, arguments: str) -> list[str]:
    found = find(program_of(WIRE.format(body=body, arguments=arguments)))
    return [finding.function for finding in found if finding.rule == "AWA301"]


LEFT_HELD = """
class Proxy:
    def __init__(self, parent=None):
        self._lock = asyncio.Lock()
        self._parent: Proxy | None = parent

    async def enter(self):
        {first}
        await self._lock.acquire()
        return self

    async def leave(self):
        self._lock.release()

    async def use(self):
        await self.enter()
        {use}
"""


@pytest.mark.parametrize(
    ("first", "use", "reported"),
    [
        ("pass", "await self.leave()", set()),
        ("pass", "await self.enter()", {"Proxy.use"}),
        ("pass", "async with self._lock:\n            pass", {"Proxy.use"}),
        ("pass", "self._lock.release()\n        await self.enter()", set()),
        ("if self._parent:\n            await self._parent.enter()", "pass", set()),
        ("if self._parent:\n            await self._parent.enter()", "await self.enter()", {"Proxy.use"}),
    ],
)
def test_a_call_that_leaves_a_lock_held_holds_it_from_its_end(first: str, use: str, reported: set[str]) -> None:
    """The wait in the call itself is the first, and only what comes after it waits for itself."""
    found = find(program_of(LEFT_HELD.format(first=first, use=use)))
    assert {finding.function for finding in found if finding.rule == "AWA301"} == reported


BATCHES = """
class Batch:
    def __init__(self):
        self.lock = asyncio.Lock()

    async def flush(self):
        async with self.lock:
            await self.send()

    async def send(self):
        pass

class Locked(Batch):
    {flush}

    async def send(self):
        async with self.lock:
            await asyncio.sleep(1)

class Below(Locked):
    {below}
"""


@pytest.mark.parametrize(
    ("flush", "below", "hangs"),
    [
        ("pass", "pass", True),
        ("async def flush(self):\n        await self.send()", "pass", False),
        ("async def flush(self):\n        await super().flush()", "pass", True),
        ("async def flush(self):\n        await Batch.flush(self)", "pass", True),
        ("async def flush(self): ...\n    async def all(self):\n        await super().flush()", "pass", True),
        (
            "async def flush(self):\n        await self.send()",
            "async def again(self):\n        await super().flush()",
            False,
        ),
    ],
)
def test_a_method_and_one_that_only_comes_with_its_replacement_never_run_on_one_object(
    flush: str, below: str, hangs: bool
) -> None:
    found = [finding.rule for finding in find(program_of(BATCHES.format(flush=flush, below=below)))]
    assert found == (["AWA301"] if hangs else [])


CODES = """
class Codes:
    def __init__(self):
        self.lock = asyncio.Lock()

    async def code(self):
        lock = self.lock
        await lock.acquire()
        {after}
        return 1

    async def both(self):
        return await self.code(), await self.code()
"""


@pytest.mark.parametrize(
    ("after", "hangs"),
    [("asyncio.get_running_loop().call_later(1, lock.release)", False), ("self.code.release", True), ("pass", True)],
)
def test_a_lock_whose_release_is_handed_out_is_given_back_by_somebody_else(after: str, hangs: bool) -> None:
    found = [finding.rule for finding in find(program_of(CODES.format(after=after)))]
    assert found == (["AWA301"] if hangs else [])
