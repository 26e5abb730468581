"""Who calls a function: which locks all callers hold, and whether one task runs it, or several."""

from __future__ import annotations

import pytest

from .reading import program_of

HELD = [
    (
        "every caller of a private method holds the lock",
        """
        async def one(self):
            async with self.lock:
                await self._f()

        async def two(self):
            async with self.lock:
                await self._f()
        """,
        ["self.lock"],
    ),
    (
        "one caller forgets the lock",
        """
        async def one(self):
            async with self.lock:
                await self._f()

        async def two(self):
            await self._f()
        """,
        [],
    ),
    (
        "the callers hold different locks",
        """
        async def one(self):
            async with self.lock:
                await self._f()

        async def two(self):
            async with self.other:
                await self._f()
        """,
        [],
    ),
    (
        "the caller is itself only called with the lock held",
        """
        async def one(self):
            async with self.lock:
                await self._between()

        async def _between(self):
            await self._f()
        """,
        ["self.lock"],
    ),
    (
        "the lock is held under a time limit",
        """
        async def one(self):
            async with self.lock:
                await asyncio.wait_for(self._f(), 1)
        """,
        ["self.lock"],
    ),
    (
        "the calls run side by side under one lock",
        """
        async def one(self):
            async with self.lock:
                await asyncio.gather(self._f(), self._f())
        """,
        [],
    ),
    (
        "a task is made of it, which outlives the lock",
        """
        async def one(self):
            async with self.lock:
                asyncio.create_task(self._f())
        """,
        [],
    ),
    (
        "it is also handed out as a callback",
        """
        async def one(self, bus):
            bus.subscribe(self._f)
            async with self.lock:
                await self._f()
        """,
        [],
    ),
    (
        "the recursion adds no caller from outside",
        """
        async def one(self):
            async with self.lock:
                await self._f()

        async def _f(self):
            await self._f()
        """,
        ["self.lock"],
    ),
    ("nobody calls it in this file", "", []),
]

STORE = """
class Store:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.other = asyncio.Lock()
        self.n = 0

    async def _f(self):
        self.n += 1
"""


@pytest.mark.parametrize(("callers", "locks"), [case[1:] for case in HELD], ids=[case[0] for case in HELD])
def test_locks_held_at_the_entry(callers: str, locks: list[str]) -> None:
    indented = "\n".join(line[4:] for line in callers.splitlines())
    program = program_of(STORE + indented)
    assert [str(lock) for lock in program.callers.held_at_entry(program.named("Store._f").function)] == locks


def test_a_public_method_is_open_to_callers_that_nobody_sees() -> None:
    source = STORE.replace("_f", "f") + (
        "\n    async def one(self):\n        async with self.lock:\n            await self.f()\n"
    )
    program = program_of(source)
    assert program.callers.held_at_entry(program.named("Store.f").function) == frozenset()


SPAWNS = [
    ("one task", "asyncio.create_task(work(1))", [False]),
    ("one task, by a project's own name for it", "app.sys_create_task(work(1))", [False]),
    ("one task in a loop", "for n in range(3):\n        asyncio.create_task(work(n))", [True]),
    ("two tasks in two places", "asyncio.create_task(work(1))\n    asyncio.create_task(work(2))", [False, False]),
    ("gathered twice", "await asyncio.gather(work(1), work(2))", [True, True]),
    ("gathered with something else", "await asyncio.gather(work(1), asyncio.sleep(1))", [False]),
    ("gathered for each", "await asyncio.gather(*(work(n) for n in range(3)))", [True]),
    ("gathered from a list", "await asyncio.gather(*[work(n) for n in range(3)])", [True]),
    ("a function and its argument", "group.start_soon(work, 1)", [False]),
    ("a task group", "async with asyncio.TaskGroup() as group:\n        group.create_task(work(1))", [False]),
    ("awaited and no task", "await work(1)", []),
]


@pytest.mark.parametrize(("body", "many"), [case[1:] for case in SPAWNS], ids=[case[0] for case in SPAWNS])
def test_tasks(body: str, many: list[bool]) -> None:
    program = program_of(f"async def work(n): ...\n\nasync def f(group):\n    {body}\n")
    spawns = program.callers.spawns(program.named("work").function)
    assert [spawn.many for spawn in spawns] == many
