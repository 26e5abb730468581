"""Bodies of a method that hang on the lock of their object, and bodies that look like them and go on."""

from __future__ import annotations

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
    ("a wait for the condition", "async with self.changed: await self.changed.wait_for(lambda: True)"),
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
