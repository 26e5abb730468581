"""Small programs with a race in them, put together at random from pieces that stand in each other's way.

The pieces are those on which repairs go wrong: other names for one object, callbacks, special methods, containers
that change while they are awaited, values that code in between looks at. What is built compiles and ends by itself.
"""

from __future__ import annotations

import random
import textwrap

STATES = {
    "self.total": "self.total",
    "self.counts.get('k', 0)": "self.counts['k']",
    "shared.get('k', 0)": "shared['k']",
    "self.box.value": "self.box.value",
}
"""How the state is read → how it is written."""

PRELUDE = """\
import asyncio

log = []
shared = {}
holders = []


async def wait(result=1):
    await asyncio.sleep(1)
    return result


async def fill(rows):
    await asyncio.sleep(1)
    rows.append(4)
    return len(rows)


class Box:
    def __init__(self, holder):
        self.value = 0
        self.holder = holder

    async def touch(self):
        {box}
        return await wait(2)

    def __enter__(self):
        {enter}

    def __exit__(self, *error):
        log.append("left")
"""

CLASS = """\
class Subject:
    def __init__(self):
        self.total = 0
        self.extra = 1
        self.counts = {}
        self.box = Box(self)
        self.hook = self.helper
        self.lock = asyncio.Lock()
        holders.append(self)

    @property
    def size(self):
        {size}
        return self.extra

    async def helper(self):
        {helper}
        return await wait(3)

    async def other(self):
        {other}

    async def act(self, step=1):
        rows = [1, 2]
        later = None
{act}

    async def again(self):
        {again}
"""

EFFECTS = (
    "pass",
    "pass",
    'log.append("effect")',
    "{state} = 5",
    "self.extra += 1",
    "for holder in holders: holder.total = 7",
    "log.append({read})",
)
AWAITS = (
    "await wait()",
    "await wait(step)",
    "await fill(rows)",
    "await self.helper()",
    "await self.box.touch()",
    "await self.hook()",
    "await asyncio.wait_for(self.helper(), 9)",
    "await asyncio.gather(wait(), self.helper())",
)
COUNTS = ("await wait()", "await fill(rows)", "await self.helper()", "await self.box.touch()", "await self.hook()")
FILLERS = (
    "rows.append(3)",
    'log.append("between")',
    "step += 1",
    "extra = len(rows)",
    "print(current)",
    "log.append(current)",
    "log.append(self.size)",
    "if step > 4: return None",
    "later = current",
    "later = self.helper",
    "self.extra += 1",
    "with self.box: log.append(1)",
    "copy = rows",
    "copy = [current for current in rows]",
)
VALUES = ("current + 1", "current + step", "current + len(rows)", "new", "max(current, step)", "current + self.extra")
LOCKED = (
    "async with self.lock:\n    {body}",
    "async with self.lock:\n    await self.again()\n    {body}",
)


def program(seed: int, *, calm: bool = False) -> str:
    """Give the program with a number; the same in every process.

    In a calm one, nothing but the two methods themselves touches the state: their serial orders are all that is right.
    """
    chance = random.Random(seed)
    read, state = chance.choice(list(STATES.items()))

    def effect() -> str:
        return "pass" if calm else chance.choice(EFFECTS).format(state=state, read=read)

    act = _body(chance, read, state)
    other = chance.choice([f"{state} = {read} + 10", effect(), _inline(chance, read, state)])
    again = chance.choice(["pass", "async with self.lock:\n    await wait()\n    self.extra += 1", effect()])
    away = effect()
    of_box = "self.box.value" in away
    away = away.replace("self.box.value", "self.value") if of_box else away.replace("self.", "self.holder.")
    head = PRELUDE.replace("{box}", away).replace("{enter}", chance.choice(["pass", away]))
    parts = {"size": effect(), "helper": effect(), "other": other, "again": again}
    text = CLASS
    for name, part in parts.items():
        text = text.replace("        {" + name + "}", textwrap.indent(part, " " * 8))
    return f"{head}\n\n{text.replace('{act}', textwrap.indent(act, ' ' * 8))}"


def _inline(chance: random.Random, read: str, state: str) -> str:
    return f"current = {read}\n{chance.choice(COUNTS).replace('rows', '[]')}\n{state} = current + 20"


def _body(chance: random.Random, read: str, state: str) -> str:
    kind = chance.choice(["sink", "sink", "sink", "lift", "lift", "check", "locked"])
    if kind == "lift":
        operand = chance.choice(["", "len(rows) + ", "self.extra + ", "self.size + ", "step * "])
        lines = [*_fillers(chance, 1, current=False), f"{state} = {read} + {operand}{chance.choice(COUNTS)}"]
    elif kind == "check":
        inner = [*_fillers(chance, 1, current=False), chance.choice(AWAITS), f"{state} = {read} + 1"]
        lines = [f"if {read} < 3:", *(f"    {line}" for line in inner), *_fillers(chance, 1, current=False)]
    else:
        lines = [f"current = {read}", *_fillers(chance, 2)]
        lines += ["new = current + step"] if chance.random() < 0.5 else ["new = len(rows) + current"]
        lines += [*_fillers(chance, 1), chance.choice(AWAITS), *_fillers(chance, 1)]
        lines += [f"{state} = {chance.choice(VALUES)}"]
        lines += chance.choice([[], ["return current"], ["log.append(current)"]])
    text = "\n".join(lines)
    around = chance.choice(["{}", "{}", "{}", "try:\n{}\nfinally:\n    log.append(1)", "for turn in range(2):\n{}"])
    around = around if kind != "locked" else chance.choice(LOCKED).replace("    {body}", "{}")
    return around.format(text if around == "{}" else textwrap.indent(text, "    "))


def _fillers(chance: random.Random, most: int, *, current: bool = True) -> list[str]:
    usable = [line for line in FILLERS if current or "current" not in line]
    return [chance.choice(usable) for _ in range(chance.randint(0, most))]
