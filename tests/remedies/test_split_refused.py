"""Where a method is not split: each reason with its code and a program."""

from __future__ import annotations

import pytest

from awaitomic.remedies.split import REMEDY
from remedies.carried_out import refusal
from remedies.stores import FILL, HEAD, PUT

REFUSED = {
    "a shielded call": ("outlives-lock", HEAD + PUT + FILL.replace("self.put(1)", "asyncio.shield(self.put(1))")),
    "a timeout around a shielded call": (
        "outlives-lock",
        HEAD + PUT + FILL.replace("self.put(1)", "asyncio.wait_for(asyncio.shield(self.put(1)), 5)"),
    ),
    "an awaited task": ("outlives-lock", HEAD + PUT + FILL.replace("self.put(1)", "asyncio.create_task(self.put(1))")),
    "several calls at once": (
        "runs-beside",
        HEAD + PUT + FILL.replace("self.put(1)", "asyncio.gather(self.put(1), self.put(2))"),
    ),
    "a context manager that is entered before the lock": (
        "split-partial-region",
        HEAD + PUT.replace("async with self._lock:", "async with session(), self._lock:") + FILL,
    ),
    "a lock that a name is bound to": (
        "split-partial-region",
        HEAD + PUT.replace("async with self._lock:", "async with self._lock as held:") + FILL,
    ),
    "a lock that is looked up by a local which is used otherwise": (
        "split-partial-region",
        HEAD
        + PUT.replace("async with self._lock:", "lock = self._lock\n        async with lock:\n            print(lock)")
        + FILL,
    ),
    "a lock that is looked up by a local, with a wait in between": (
        "split-partial-region",
        HEAD
        + PUT.replace("async with self._lock:", "lock = self._lock\n        await io()\n        async with lock:")
        + FILL,
    ),
    "a lock that is looked up by a local, behind a wait": (
        "split-partial-region",
        HEAD
        + PUT.replace("async with self._lock:", "await io()\n        lock = self._lock\n        async with lock:")
        + FILL,
    ),
    "a variant that takes other arguments than the method": (
        "name-taken",
        HEAD
        + "    async def put(self, key):\n        async with self._lock:\n"
        + "            return await self._put_locked(key)\n\n"
        + "    async def _put_locked(self, row):\n        self.rows[row] = row\n"
        + FILL,
    ),
    "a static method of a class in a class": (
        "decorated",
        """
import asyncio

class Outer:
    class Store:
        def __init__(self):
            self._lock = asyncio.Lock()

        @staticmethod
        async def put(store: "Outer.Store"):
            async with store._lock:
                await asyncio.sleep(0)

        async def fill(self):
            async with self._lock:
                await self.put(self)
""",
    ),
    "a generator that looks at what is sent into it": (
        "generator",
        HEAD
        + "    async def put(self):\n        async with self._lock:\n            n = yield 1\n            print(n)\n"
        + FILL.replace("await self.put(1)", "async for row in self.put():\n                print(row)"),
    ),
    "a generator of which a decorator may make something else": (
        "decorated",
        HEAD
        + "    @traced\n    async def put(self):\n        async with self._lock:\n            yield 1\n"
        + FILL.replace("await self.put(1)", "async for row in self.put():\n                print(row)"),
    ),
    "a generator whose part is used behind it": (
        "split-partial-region",
        HEAD
        + "    async def put(self):\n        await asyncio.sleep(0)\n        n = 0\n        async with self._lock:\n"
        + "            for row in self.rows:\n                n += 1\n                yield row\n        yield n\n"
        + FILL.replace("await self.put(1)", "async for row in self.put():\n                print(row)"),
    ),
    "a helper that hands out what it waits for": (
        "helper-of-both",
        HEAD
        + "    async def put(self):\n        async with self._lock:\n            yield 1\n\n"
        + "    async def odd(self):\n        async for row in self.put():\n            yield row\n"
        + FILL.replace("await self.put(1)", "async for row in self.odd():\n                print(row)"),
    ),
    "a cached property": (
        "decorated",
        HEAD
        + "    @cached_property\n    async def size(self):\n        async with self._lock:\n"
        + "            return await count()\n"
        + FILL.replace("self.put(1)", "self.size"),
    ),
    "an override that is no property": (
        "overridden",
        HEAD
        + "    @property\n    async def size(self):\n        async with self._lock:\n            return await count()\n"
        + FILL.replace("self.put(1)", "self.size")
        + "\nclass Sub(Store):\n    async def size(self):\n        async with self._lock:\n"
        + "            return await count()\n",
    ),
    "a property whose task is awaited": (
        "outlives-lock",
        HEAD
        + "    @property\n    async def size(self):\n        async with self._lock:\n            return await count()\n"
        + FILL.replace("self.put(1)", "asyncio.shield(self.size)"),
    ),
    "a property among several at once": (
        "runs-beside",
        HEAD
        + "    @property\n    async def size(self):\n        async with self._lock:\n            return await count()\n"
        + FILL.replace("self.put(1)", "asyncio.gather(self.size, self.size)"),
    ),
    "a manager that is given to a stack": (
        "outlives-lock",
        HEAD.replace("import asyncio", "import asyncio\nfrom contextlib import AsyncExitStack, asynccontextmanager")
        + "    @asynccontextmanager\n    async def change(self):\n        async with self._lock:\n            yield\n\n"
        + "    async def fill(self):\n        async with AsyncExitStack() as stack:\n"
        + "            async with self._lock:\n"
        + "                await stack.enter_async_context(self.change())\n            await asyncio.sleep(0)\n",
    ),
    "tasks of a group": (
        "runs-beside",
        HEAD
        + PUT
        + FILL.replace(
            "await self.put(1)",
            "async with asyncio.TaskGroup() as group:\n                group.create_task(self.put(1))",
        ),
    ),
    "an acquisition by a call": (
        "explicit-acquire",
        HEAD
        + "    async def put(self, key):\n        await self._lock.acquire()\n        try:\n"
        + "            self.rows[key] = 1\n"
        + "        finally:\n            self._lock.release()\n"
        + FILL,
    ),
    "a helper of both kinds of callers that waits for something else, too": (
        "helper-of-both",
        HEAD
        + PUT
        + FILL.replace("self.put(1)", "self.helper()")
        + "\n    async def helper(self):\n        await self.put(3)\n        await other()\n",
    ),
    "a name that is taken": ("name-taken", HEAD + PUT + FILL + "\n    async def _put_locked(self):\n        pass\n"),
    "a bound method in a local": (
        "implicit-call",
        HEAD + PUT + FILL.replace("async with", "put = self.put\n        async with").replace("self.put(1)", "put(1)"),
    ),
    "a name that is a local of a caller": (
        "name-taken",
        "import asyncio\nlock = asyncio.Lock()\nasync def put(key):\n    async with lock:\n        print(key)\n"
        "async def fill(_put_locked):\n    async with lock:\n        await put(_put_locked)\n",
    ),
    "an override that does not lock": (
        "overridden",
        HEAD + PUT + FILL + "\nclass Loud(Store):\n    async def put(self, *more):\n        print(more)\n",
    ),
    "an asynchronous context manager": (
        "lock-in-manager",
        HEAD
        + "    async def __aenter__(self):\n        async with self._lock:\n            return self\n\n"
        + "    async def __aexit__(self, *exc):\n        pass\n"
        + FILL.replace("await self.put(1)", "async with self:\n                pass"),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_is(name: str) -> None:
    code, text = REFUSED[name]
    assert refusal(REMEDY, "AWA301", text).code == code
