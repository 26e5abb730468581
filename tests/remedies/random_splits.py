"""Methods that lock a part of what they do, put together at random: locals go in and out of the part in all ways."""

from __future__ import annotations

import random
import textwrap

PRELUDE = """\
import asyncio

log = []


async def wait(value):
    await asyncio.sleep(1)
    return value


class Subject:
    step = 2

    def __init__(self):
        self._lock = asyncio.Lock()
        self.total = 0
        self.rows = []

    async def act(self, a, b=1, *rest, c: int = 2):
        {doc}
{body}

    async def hold(self):
        async with self._lock:
            self.total += 1
            return await self.act(3, c=1)

    async def other(self):
        return await self.act(0, 2, 5, 7)

    async def again(self):
        return await self.act(3)
"""

GENERATOR = (
    PRELUDE.replace("import asyncio\n", "import asyncio\nfrom contextlib import aclosing\n", 1)
    .replace("return await self.act(3, c=1)", "return [row async for row in self.act(3, c=1)]")
    .replace("return await self.act(0, 2, 5, 7)", "return [row async for row in self.act(0, 2, 5, 7)]")
    .replace(
        "        return await self.act(3)\n",
        "        async with aclosing(self.act(3)) as rows:\n            async for row in rows:\n"
        "                return row\n",
    )
)

NAMES = ("a", "b", "c", "x", "y", "z")


class _Writer:
    def __init__(self, seed: int, *, yields: bool = False) -> None:
        self._random = random.Random(seed)
        self._yields = yields

    def _pick(self, *choices: str) -> str:
        return self._random.choice(choices)

    def expression(self) -> str:
        one, two = self._pick(*NAMES), self._pick(*NAMES)
        return self._pick(one, f"{one} + {two}", f"{one} + 1", "self.step", "len(rest)", f"({one}, {two}) and 4", "3")

    def statement(self, depth: int, *, waits: bool, loop: bool) -> list[str]:
        simple = [
            f"{self._pick(*NAMES)} = {self.expression()}",
            f"{self._pick(*NAMES)} = {self.expression()}",
            f"{self._pick(*NAMES)} += {self.expression()}",
            f"log.append({self.expression()})",
            f"self.rows.append({self.expression()})",
            f"x, y = y, {self.expression()}",
            f"z = [x + {self._pick(*NAMES)} for x in range(2)][0]",
        ]
        if waits:
            simple += [f"{self._pick(*NAMES)} = await wait({self.expression()})"] * 3
        if self._yields:
            simple += [f"yield {self.expression()}"] * 4
        rare = [
            "return" if self._yields else f"return {self.expression()}",
            f"raise ValueError({self.expression()})",
            "f = lambda: x",
        ]
        rare += ["break", "continue"] if loop else []
        if depth and self._random.random() < 0.35:
            return self._compound(depth - 1, waits=waits, loop=loop)
        return [self._pick(*rare) if self._random.random() < 0.06 else self._pick(*simple)]

    def _compound(self, depth: int, *, waits: bool, loop: bool) -> list[str]:
        kind = self._pick("if", "if", "else", "for", "try", "with")
        inner = [f"    {line}" for line in self.block(depth, 2, waits=waits, loop=loop or kind == "for")]
        more = [f"    {line}" for line in self.block(depth, 2, waits=waits, loop=loop)]
        if kind == "for":
            return [f"for {self._pick(*NAMES)} in range({self._pick('0', '2')}):", *inner]
        if kind == "try":
            return ["try:", *inner, "except ValueError:", *more]
        if kind == "with":
            return ["async with asyncio.timeout(9):" if waits else "with memoryview(b'') as y:", *inner]
        test = f"if {self.expression()} > {self._pick('0', '2', '9')}:"
        return [test, *inner, "else:", *more] if kind == "else" else [test, *inner]

    def block(self, depth: int, most: int, *, waits: bool, loop: bool = False) -> list[str]:
        count = self._random.randint(1, most)
        return [line for _ in range(count) for line in self.statement(depth, waits=waits, loop=loop)]

    def method(self) -> list[str]:
        waits = self._random.random() < 0.6
        around = self._pick("", "", "", "", "for z in range(2):", "if a > 0:", "try:")
        region = ["async with self._lock:"]
        region += [f"    {line}" for line in self.block(2, 4, waits=True, loop=around.startswith("for"))]
        if around:
            near = self.block(1, 1, waits=waits) if self._random.random() < 0.5 else []
            region = [around, *(f"    {line}" for line in [*near, *region])]
        if around == "try:":
            region += ["finally:", "    log.append(9)"]
        before = ["x = y = z = 0"] if self._random.random() < 0.8 else []
        if self._random.random() < 0.7:
            before += self.block(1, 2, waits=waits)
        after = self.block(1, 2, waits=waits) if self._random.random() < 0.7 else []
        last = [f"return {self._pick('x', 'a + x', '(x, y, z)')}"] if self._random.random() < 0.7 else []
        if self._yields:
            last = [f"yield {self._pick('x', 'a + x')}"] if not any("yield" in line for line in region) else []
        return [*before, *region, *after, *last]


def program(seed: int) -> str:
    """Give a program whose `Subject.hold` hangs in `Subject.act`, or would if it came so far."""
    writer = _Writer(seed)
    body = textwrap.indent("\n".join(writer.method()), "        ")
    return PRELUDE.format(doc='"""Act."""', body=body)


def generator(seed: int) -> str:
    """Give a program in which `Subject.act` is a generator, through which one method goes with the lock held.

    Another one goes through it to its end, and a third closes it after its first step.
    """
    body = textwrap.indent("\n".join(_Writer(seed, yields=True).method()), "        ")
    return GENERATOR.format(doc='"""Act."""', body=body)
