"""Why nothing is taken before the wait, or written if nothing has changed: what is consumed, and what is filled."""

from __future__ import annotations

from .case import Refused

WRITER = """
import asyncio
import contextlib

stored = []


class Wire:
    pass


class Writer:
    def __init__(self):
        self.lines = ["first"]
        self.number = 1
        self.name = "none"
        self.pool = None
        self.open = 0

    async def write(self, lines):
        await asyncio.sleep(1)
        stored.extend(lines)
        return bool(lines)

    async def connect(self, key=0):
        await asyncio.sleep(1)
        return [key]

    def add(self, line):
        self.lines.append(line)

    async def late(self, line):
        self.add(line)

    async def rename(self, name):
        self.name = name

    def reset(self):
        self.lines = []

    async def open_wire(self):
        self.pool = Wire()

    async def use(self, wire):
        await asyncio.sleep(1)
        stored.append(wire is not None)

    async def note(self, rows):
        self.open = len(self.lines)
        await self.write(rows)

    async def create_listener(self):
        await asyncio.sleep(1)
        stored.append("listening")
        return [len(stored)]

    @contextlib.asynccontextmanager
    async def opened(self):
        await asyncio.sleep(1)
        self.open += 1
        response = [self.open]
        try:
            yield response
        finally:
            response.clear()

    async def peek(self):
        return self.open

    async def work(self):
{body}

writer = Writer()
"""
FLUSH = "await self.write(self.lines)\nself.lines = []"
TAKE = "lines, self.lines = self.lines, []\n"


def _indented(body: str) -> str:
    return "".join(f"        {line}\n" if line else "\n" for line in body.split("\n"))


def _writer(
    body: str,
    *instead: tuple[str, str],
    only: str = "swap",
    tasks: tuple[str, ...] = ("writer.work()", "writer.late('second')"),
    state: str = "stored, writer.lines, writer.number, writer.name, writer.pool, writer.open",
    alone: bool = False,
) -> Refused:
    """Give a method `work` of the writer; the pieces of `instead` are lines of its body."""
    return Refused(
        text=WRITER.format(body=_indented(body)),
        tasks=tasks,
        state=state,
        only=only,
        instead=tuple((_indented(old), _indented(new)) for old, new in instead),
        harm=("alone" if alone else "schedule") if instead else None,
    )


RESET = "self.lines = []"
CASES = {
    "set-before": _writer(
        "self.open = 5\nawait self.write(self.lines)\nself.open = 0", tasks=("writer.work()", "writer.peek()")
    ),
    "exits-between": _writer(
        "if not await self.write(self.lines):\n    return\nself.lines = []",
        (
            "if not await self.write(self.lines):\n    return\nself.lines = []",
            f"{TAKE}if not await self.write(lines):\n    return",
        ),
        alone=True,
    ),
    "depends-on-await": _writer(
        "await self.write([self.number])\nstep = await self.connect(2)\nself.number += step[0]",
        tasks=("writer.work()",),
    ),
    "read-again": _writer(
        "lines = self.lines\nawait self.write(lines)\nself.open = len(self.lines)\nself.lines = []",
        ("await self.write(lines)", "self.lines = []\nawait self.write(lines)"),
        ("self.open = len(self.lines)\nself.lines = []", "self.open = len(self.lines)"),
        alone=True,
    ),
    "closure-reads": _writer(
        "count = lambda: len(self.lines)\nawait self.write(self.lines)\nself.open = count()\nself.lines = []",
        ("await self.write(self.lines)", f"{TAKE}await self.write(lines)"),
        ("self.open = count()\nself.lines = []", "self.open = count()"),
        alone=True,
    ),
    "swap-shape": _writer(
        "self.lines = [*self.lines, 'next']\nline = self.lines[0]\nawait self.write([line])\nself.lines.pop()",
        ("await self.write([line])\nself.lines.pop()", "self.lines.pop(0)\nawait self.write([line])"),
        alone=True,
    ),
    "write-in-callee": _writer(
        "await self.write(self.lines)\nself.reset()",
    ),
    "read-by-callee": _writer(
        "await self.note(self.lines)\nself.lines = []",
        ("await self.note(self.lines)\nself.lines = []", f"{TAKE}await self.note(lines)"),
        tasks=("writer.work()", "writer.late('second')"),
        alone=True,
    ),
    "carries-news": _writer(
        "if self.pool is None:\n    self.pool = 1 + (await self.connect())[0]\nelse:\n    self.pool += 1",
        (
            "    self.pool = 1 + (await self.connect())[0]",
            "    pool = 1 + (await self.connect())[0]\n    if self.pool is None:\n        self.pool = pool",
        ),
        only="recheck",
        tasks=("writer.work()",),
    ),
    "no-identity": _writer(
        "await self.write([self.name])\nself.name = None",
        (
            "await self.write([self.name])\nself.name = None",
            "name = self.name\nawait self.write([name])\nif self.name is name:\n    self.name = None",
        ),
        only="recheck",
        tasks=("writer.work()", "writer.rename('none')"),
    ),
    "recheck-shape": _writer(
        "for _ in range(2):\n    await self.use(self.pool)\nself.pool = None",
        only="recheck",
        tasks=("writer.work()", "writer.open_wire()"),
    ),
    "stores-constant": _writer(
        "if not self.pool:\n    await self.connect()\n    self.number += 1\n    self.pool = True",
        ("    self.pool = True", "    if not self.pool:\n        self.pool = True"),
        only="recheck",
        tasks=("writer.work()",),
    ),
    "goes-on": _writer(
        "if self.pool is None:\n    listener = await self.create_listener()\n    self.pool = listener\n"
        "return self.pool",
        ("    self.pool = listener", "    if self.pool is None:\n        self.pool = listener"),
        only="recheck",
        tasks=("writer.work()",),
    ),
    "ends-here": _writer(
        "if self.pool is None:\n    async with self.opened() as response:\n        self.pool = [response]\n"
        "        await self.write(response)\nreturn self.pool",
        (
            "        self.pool = [response]",
            "        if self.pool is None:\n            self.pool = [response]",
        ),
        only="recheck",
        tasks=("writer.work()",),
    ),
    "several-states": _writer(
        "if self.pool is None and not self.open:\n    self.pool = await self.connect()\n    self.open += 1",
        only="recheck",
        tasks=("writer.work()", "writer.work()"),
    ),
    "keyed-fill": Refused(fixture="check_then_act/cache_fill.py", only="recheck"),
    "no-second-test": Refused(fixture="uncovered_access/counted_out.py", only="recheck"),
}
