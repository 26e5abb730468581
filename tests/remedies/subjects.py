"""Classes put together from a span that a lock mends and from another method that has to do with it: one of each."""

from __future__ import annotations

import textwrap

HEAD = """\
import asyncio

log = []


async def wait(result=1):
    await asyncio.sleep(1)
    return result


class Subject:
    def __init__(self):
        self.n = 0
        self.m = 0
        self.rows = []
        self.conn = None
        self.outer = asyncio.Lock()

    async def cost(self, n):
        await wait()
        return n + 1

    async def open(self):
        await wait()
        log.append("open")
        return "conn"

"""
PUT = "    def _put(self, n):\n        self.n = n\n\n"
SPANS = {
    "read and written": "n = self.n\nawait wait()\nself.n = await self.cost(n)",
    "tested and written": "if self.n < 3:\n    await wait()\n    self.n += 1\n    return True\nreturn False",
    "made when needed": "if self.conn is not None:\n    return self.conn\nself.conn = await self.open()\nself.m += 1",
    "two that go together": "n, m = self.n, self.m\nawait wait()\nself.n = await self.cost(n)\nself.m = m + 1",
    "cleaned up between": "n = self.n\ntry:\n    await wait()\nfinally:\n    self.m += 1\nself.n = await self.cost(n)",
    "read under another lock": "async with self.outer:\n    n = self.n\n    await wait()\nself.n = await self.cost(n)",
    "written under another lock": "n = self.n\nawait wait()\nasync with self.outer:\n    self.n = await self.cost(n)",
    "by cases": "match self.n:\n    case 0 | 1:\n        await wait()\n        self.n += 1\n    case _:\n        pass",
    "in a nested function": "async def step():\n    n = self.n\n    self.n = await self.cost(n)\nawait step()",
    "by a helper": "n = self.n\nawait wait()\nself._put(await self.cost(n))\nlog.append(n)",
}
OTHERS = {
    "resets": "await wait()\nself.n = 0\nself.conn = None",
    "calls twice": "await self.act()\nawait self.act()",
    "calls under the lock": "async with self.outer:\n    await self.act()",
    "writes under the lock": "async with self.outer:\n    self.n += 1\n    await wait()\n    self.n += 1",
    "waits with a limit": "return await asyncio.wait_for(self.act(), 3)",
    "makes a task": "return await asyncio.create_task(self.act())",
    "writes around the call": "n = self.n\nawait self.act()\nself.n = n + 5",
    "writes other state around the call": "m = self.m\nawait self.act()\nself.m = m + 1",
    "calls to clean up": "try:\n    await wait()\nfinally:\n    await self.act()",
    "handles a failure": "try:\n    await self.act()\nexcept Exception:\n    await wait()\n    self.n = 0",
    "calls in a loop": "while self.n < 2 and self.conn is None:\n    await self.act()\n    await wait()",
    "takes out": "n, self.n = self.n, 0\nawait wait()\nself.rows.append(n)",
}


def program(span: str, other: str) -> str:
    """Give the program of a span and another method, by their names."""
    act, rest = (textwrap.indent(body, " " * 8) for body in (SPANS[span], OTHERS[other]))
    put = PUT if "_put" in act else ""
    return f"{HEAD}{put}    async def act(self):\n{act}\n\n    async def other(self):\n{rest}\n"
