"""Swaps and second tests that look right and are wrong: the explorer catches them, and passes what is offered."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest

from awaitomic.remedies import recheck, swap
from awaitomic.remedies.recheck import settled
from awaitomic.remedies.swap import flag
from explorer import Ending, Scenario, World, check_after, check_before
from remedies.outcome import Propose, outcome

HEAD = """
import asyncio

stored = []
asked = []


class Wire:
    def __init__(self, name):
        self.name = name

    def __eq__(self, other):
        return True

    __hash__ = None

    async def close(self):
        stored.append(self.name)
        await asyncio.sleep(1)


class Box:
    def __init__(self):
        self.lines = ["first"]
        self.number = 0
        self.wire = Wire("old")
        self.pool = None
        self.closed = False
        self.answer: asyncio.Future[int] = asyncio.Future()

    async def write(self, lines):
        await asyncio.sleep(1)
        stored.extend(lines)

    async def connect(self):
        asked.append("pool")
        number = len(asked)
        await asyncio.sleep(1)
        return [number]

    async def add(self):
        self.lines.append("second")

    async def open(self):
        self.wire = Wire("new")

    async def work(self):
"""


def _no_line_is_lost(ending: Ending) -> bool:
    kept, written, *_ = ending.state
    return sorted([*kept, *written]) == ["first", *["second" for _ in ending.results[1::2]]]


def _numbers_differ(ending: Ending) -> bool:
    return len(set(ending.state[1])) == len(ending.state[1])


def _new_wire_stays(ending: Ending) -> bool:
    return ending.state[2] == "new" or "new" in ending.state[1]


def _all_have_what_is_kept(ending: Ending) -> bool:
    return all(result == ("returns", ending.state[3]) for result in ending.results)


def _is_closed_once(ending: Ending) -> bool:
    return len(ending.state[1]) == 1


def _nothing_is_raised(ending: Ending) -> bool:
    return all(result[0] == "returns" for result in ending.results)


Judge = Callable[[Ending], bool]
FLUSH = ("work", "add"), _no_line_is_lost
NUMBERS = ("work",), _numbers_differ
CLOSE = ("work", "open"), _new_wire_stays
LAZY = ("work",), _all_have_what_is_kept
SHUT = ("work",), _is_closed_once
SETTLE = ("work",), _nothing_is_raised


def program(body: str) -> str:
    return HEAD + "".join(f"        {line}\n" for line in body.split("\n")) + "\n\nbox = Box()\n"


def scenario(tasks: tuple[str, ...], judge: Judge) -> Scenario:
    def setup(module: ModuleType, count: int) -> World:
        box = module.Box()  # its future belongs to the loop that runs
        return World(
            [getattr(box, tasks[number % len(tasks)]) for number in range(count)],
            observe=lambda: (box.lines, module.stored, box.wire and box.wire.name, box.pool),
        )

    return Scenario("box", setup, invariant=judge)


WRONG = {
    "a copy is taken first, and all is thrown away in the end": (
        FLUSH,
        "batch = list(self.lines)\nawait self.write(batch)\nself.lines.clear()",
    ),
    "what is taken is emptied, too": (FLUSH, "batch = self.lines\nself.lines.clear()\nawait self.write(batch)"),
    "something is waited for between the copy and the reset": (
        FLUSH,
        "batch = list(self.lines)\nawait self.connect()\nself.lines = []\nawait self.write(batch)",
    ),
    "a number is taken first, and the next one is counted from it in the end": (
        NUMBERS,
        "number = self.number\nawait self.write([number])\nself.number = number + 1",
    ),
    "the second test asks if there is any": (
        CLOSE,
        "wire = self.wire\nawait wire.close()\nif self.wire is not None:\n    self.wire = None",
    ),
    "the second test asks if they are equal": (
        CLOSE,
        "wire = self.wire\nawait wire.close()\nif self.wire == wire:\n    self.wire = None",
    ),
    "the local is bound behind the wait": (
        CLOSE,
        "await self.wire.close()\nwire = self.wire\nif self.wire is wire:\n    self.wire = None",
    ),
    "something is waited for behind the second test": (
        CLOSE,
        "wire = self.wire\nif self.wire is wire:\n    await wire.close()\n    self.wire = None",
    ),
    "who comes second goes on with what is not kept": (
        LAZY,
        "pool = self.pool\nif pool is None:\n    pool = await self.connect()\n"
        "    if self.pool is None:\n        self.pool = pool\nreturn pool",
    ),
    "the second test stands in front of the wait": (
        LAZY,
        "if self.pool is None:\n    if self.pool is None:\n"
        "        self.pool = await self.connect()\n    return self.pool\nreturn self.pool",
    ),
    "the flag is set behind the first of two waits": (
        SHUT,
        "if self.closed:\n    return\nawait self.connect()\nself.closed = True\nawait self.write(['closed'])",
    ),
    "the future is asked again in front of the wait": (
        SETTLE,
        "if not self.answer.done():\n    pool = await self.connect()\n    self.answer.set_result(pool)",
    ),
}
RIGHT = {
    "what is taken is nobody else's": (
        FLUSH,
        swap.propose,
        "AWA103",
        "await self.write(self.lines)\nself.lines = []",
        "lines, self.lines = self.lines, []\nawait self.write(lines)",
    ),
    "a number is taken and the next one counted at once": (
        NUMBERS,
        swap.propose,
        "AWA103",
        "await self.write([self.number])\nself.number += 1",
        "number = self.number\nself.number += 1\nawait self.write([number])",
    ),
    "only what was closed is forgotten": (
        CLOSE,
        recheck.propose,
        "AWA103",
        "if self.wire:\n    await self.wire.close()\n    self.wire = None",
        "if self.wire:\n    wire = self.wire\n    await wire.close()\n    if self.wire is wire:\n"
        "        self.wire = None",
    ),
    "who comes second goes on with what is kept": (
        LAZY,
        recheck.propose,
        "AWA102",
        "if self.pool is None:\n    self.pool = await self.connect()\nreturn self.pool",
        "if self.pool is None:\n    pool = await self.connect()\n    if self.pool is None:\n        self.pool = pool\n"
        "return self.pool",
    ),
    "the flag is set directly behind its test": (
        SHUT,
        flag.propose,
        "AWA102",
        "if self.closed:\n    return\nawait self.write(['closed'])\nself.closed = True",
        "if self.closed:\n    return\nself.closed = True\nawait self.write(['closed'])",
    ),
    "the future is asked again right before it is settled": (
        SETTLE,
        settled.propose,
        "AWA102",
        "if not self.answer.done():\n    pool = await self.connect()\n    self.answer.set_result(pool)",
        "if not self.answer.done():\n    pool = await self.connect()\n    if not self.answer.done():\n"
        "        self.answer.set_result(pool)",
    ),
}


@pytest.mark.parametrize(("case", "body"), WRONG.values(), ids=WRONG)
def test_a_wrong_repair_is_caught(case: tuple[tuple[str, ...], Judge], body: str) -> None:
    assert check_before(program(body), scenario(*case)).mode == "fifo"


@pytest.mark.parametrize(("case", "propose", "rule", "before", "after"), RIGHT.values(), ids=RIGHT)
def test_what_the_remedy_writes_passes(
    case: tuple[tuple[str, ...], Judge], propose: Propose, rule: str, before: str, after: str
) -> None:
    found = outcome(propose, rule, program(before))
    assert found.text == program(after)
    assert check_after(found.text, scenario(*case), faults=(None,)) == []
