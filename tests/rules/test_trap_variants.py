"""More of what real repositories do with state around an await: each case with its near twin."""

from __future__ import annotations

import pytest

from awaitomic.rules import find
from program.reading import program_of

THING = """
class Base:
    def mark(self, value):
        self.one = value

class Thing(Base):
    def __init__(self):
        self.n = 0
        self.top = 0
        self.seen = False
        self.one = None
        self.table = {{}}
        self.tasks = {{}}
        self.rows = []
        self.hooks = []
        self.changed = asyncio.Event()
        self.queue = asyncio.Queue(5)
        self.endless = asyncio.Queue()

    def change(self, key):
        self.n, self.one, self.seen, self.top = key, key, key, key
        self.table[key] = key
        self.rows.append(key)
        self.changed.set()

    async def io(self, value):
        await asyncio.sleep(0)
        return value

    async def quick(self, value):
        return value

    async def open(self, key):
        raise NotImplementedError

    async def f(self, key):
        {body}

thing = Thing()
"""


def rules(*lines: str) -> set[str]:
    program = program_of(THING.format(body="\n        ".join(lines)))
    return {finding.rule for finding in find(program) if finding.function == "Thing.f"}


REPORTED = [
    ("a dead re-read", "AWA101", ["n = self.n", "await self.io(1)", "other = self.n", "self.n = n + 1"]),
    ("a maximum of what was read before", "AWA101", ["self.top = max(self.top, await self.io(1))"]),
    (
        "a maximum that was tested before",
        "AWA102",
        ["if key > self.top:", "    await self.io(1)", "    self.top = key"],
    ),
    ("a truth value that was read before", "AWA101", ["self.seen = self.seen or await self.io(1)"]),
    ("a context manager is left", "AWA101", ["async with key.get() as r:", "    n = self.n", "self.n = n + 1"]),
    ("a step of an iteration", "AWA101", ["n = self.n", "async for x in key:", "    n += x", "self.n = n"]),
    ("a comprehension", "AWA101", ["n = self.n", "xs = [x async for x in key]", "self.n = n + len(xs)"]),
    (
        "hooks are awaited between test and store",
        "AWA102",
        [
            "if key not in self.table:",
            "    for hook in self.hooks:",
            "        await hook(key)",
            "    self.table[key] = 1",
        ],
    ),
    ("a base class writes", "AWA102", ["if self.one is None:", "    await self.io(1)", "    self.mark(key)"]),
    ("a coroutine that others override", "AWA101", ["n = self.n", "await self.open(1)", "self.n = n + 1"]),
    ("a snapshot, then cleared", "AWA103", ["for c in list(self.rows):", "    await c.close()", "self.rows.clear()"]),
    ("a slice, then replaced", "AWA103", ["for c in self.rows[:]:", "    await c.close()", "self.rows = []"]),
    (
        "all at once, then cleared",
        "AWA103",
        ["await asyncio.gather(*[c.close() for c in self.table.values()])", "self.table.clear()"],
    ),
    ("closed, then forgotten", "AWA103", ["if self.one:", "    await self.one.close()", "self.one = None"]),
    (
        "the state is read, but a wait follows before the event is cleared",
        "AWA103",
        ["await self.changed.wait()", "rows = list(self.rows)", "await self.io(rows)", "self.changed.clear()"],
    ),
    ("used, then advanced", "AWA103", ["await self.queue.put((1, self.n, key))", "self.n += 1"]),
    ("used for a queue of which nothing is known", "AWA103", ["await key.queue.put(self.n)", "self.n += 1"]),
    (
        "popped after the await",
        "AWA103",
        ["one = self.table.get(key)", "await self.io(one)", "self.table.pop(key, None)"],
    ),
    (
        "a task that is stored late",
        "AWA102",
        [
            "if key not in self.tasks:",
            "    await self.io(key)",
            "    self.tasks[key] = asyncio.create_task(self.io(key))",
            "return await self.tasks[key]",
        ],
    ),
]


@pytest.mark.parametrize(("rule", "lines"), [case[1:] for case in REPORTED], ids=[case[0] for case in REPORTED])
def test_reported(rule: str, lines: list[str]) -> None:
    assert rules(*lines) == {rule}


SILENT = [
    ("a re-read that is used", ["n = self.n", "await self.io(1)", "n = self.n", "self.n = n + 1"]),
    ("a maximum of what is so now", ["value = await self.io(1)", "self.top = max(self.top, value)"]),
    ("a maximum whose operand is awaited first", ["self.top = max(await self.io(1), self.top)"]),
    ("a truth value that is read afterwards", ["value = await self.io(1)", "self.seen = self.seen or value"]),
    ("inside a context manager", ["async with key.get() as r:", "    n = self.n", "    self.n = n + 1"]),
    ("fresh in each step", ["async for x in key:", "    self.n += x"]),
    (
        "hooks are awaited before the test",
        [
            "for hook in list(self.hooks):",
            "    await hook(key)",
            "if key not in self.table:",
            "    self.table[key] = 1",
        ],
    ),
    ("a coroutine that never waits", ["n = self.n", "await self.quick(1)", "self.n = n + 1"]),
    ("one by one from the front", ["while self.rows:", "    c = self.rows.pop(0)", "    await c.close()"]),
    ("one entry after the other", ["while self.table:", "    _, c = self.table.popitem()", "    await c.close()"]),
    ("swapped, then closed", ["one, self.one = self.one, None", "if one:", "    await one.close()"]),
    (
        "closed, and forgotten if it still is the same",
        ["one = self.one", "if one:", "    await one.close()", "    if self.one is one:", "        self.one = None"],
    ),
    (
        "the state is read after the event is cleared",
        [
            "await self.changed.wait()",
            "await self.io(1)",
            "self.changed.clear()",
            "rows = self.rows",
            "await self.io(rows)",
        ],
    ),
    (
        "the state is read right before the event is cleared",
        [
            "await self.changed.wait()",
            "await self.io(1)",
            "rows = list(self.rows)",
            "self.changed.clear()",
            "await self.io(rows)",
        ],
    ),
    ("advanced, then used", ["n = self.n", "self.n += 1", "await self.queue.put((1, n, key))"]),
    ("used for a queue that is never full", ["await self.endless.put((1, self.n, key))", "self.n += 1"]),
    ("put at once", ["self.queue.put_nowait((1, self.n, key))", "self.n += 1"]),
    ("popped before the await", ["one = self.table.pop(key, None)", "await self.io(one)"]),
    (
        "a test of an event decides about something else",
        ["if self.changed.is_set():", "    await self.io(1)", "    self.table[1] = 2"],
    ),
    (
        "a task as a placeholder",
        [
            "task = self.tasks.get(key)",
            "if task is None:",
            "    task = self.tasks[key] = asyncio.create_task(self.io(key))",
            "    task.add_done_callback(lambda _: self.tasks.pop(key, None))",
            "return await task",
        ],
    ),
    (
        "who comes second polls until the first is done",
        [
            "while self.seen:",
            "    await asyncio.sleep(0.1)",
            "if self.one is not None: return self.one",
            "self.seen = True",
            "try:",
            "    self.one = await self.io(key)",
            "finally:",
            "    self.seen = False",
        ],
    ),
]


@pytest.mark.parametrize("lines", [case[1] for case in SILENT], ids=[case[0] for case in SILENT])
def test_silent(lines: list[str]) -> None:
    assert rules(*lines) == set()
