"""Skipping states that were seen loses nothing, also where state hides (operands, iterators, unbound locals ...)."""

from __future__ import annotations

import pytest

from explorer import Faults, Mode, Scenario, World, explore

HEAD = """
import asyncio
import logging
from explorer import outside

log = logging.getLogger("program")
total = 0
items = []
"""

HIDING_PLACES = {
    "an operand on the value stack": """
async def main(me):
    global total
    total += await outside("io", me + 1)
    await outside("again")
""",
    "an iterator in the middle of a list": """
async def main(me):
    global total
    items.append(me)
    for item in items:
        await outside("io")
        total = total * 10 + item
""",
    "nothing but the position of an iterator": """
feed = iter([1, 2, 3])
raised = False
async def main(me):
    global total, raised
    if me:
        raised = True
        await outside("io")
        raised = False
    elif raised:
        next(feed)
    await outside("more")
    total = total * 10 + next(feed)
""",
    "an iterator over a dict that changes": """
table = {}
async def main(me):
    global total
    table[me] = me
    for key in table:
        await outside("io")
        total = total * 10 + key
""",
    "a local that is not bound on every path": """
async def main(me):
    global total
    total += 1
    if total == 1:
        first = 1
    else:
        second = 1
    await outside("io")
    total = total * 10 + ("first" in locals()) + me
""",
    "an object that only two frames share": """
async def child(box, me):
    n = box[0]
    await outside("io")
    box[0] = n + me
async def main(me):
    global total
    box = [0]
    await asyncio.gather(child(box, 1), child(box, 2))
    total = total * 4 + box[0]
""",
    "an alias of an object that was replaced": """
class Box:
    def __init__(self):
        self.n = 0
box = Box()
async def main(me):
    global box, total
    mine = box
    await outside("io")
    mine.n += me + 1
    if me == 0:
        box = Box()
    await outside("again")
    total = total * 10 + box.n
""",
    "a closure": """
def counter():
    n = 0
    def advance(by):
        nonlocal n
        n += by
        return n
    return advance
advance = counter()
async def main(me):
    global total
    n = advance(0)
    await outside("io")
    total = total * 10 + advance(n + me + 1)
""",
    "a class attribute": """
class Shared:
    n = 0
    async def main(self, me):
        n = self.n
        await outside("io")
        type(self).n = n + me + 1
async def main(me):
    global total
    await Shared().main(me)
    total = Shared.n
""",
    "a generator": """
def numbers():
    n = 1
    while True:
        n += (yield n) or 0
source = numbers()
next(source)
async def main(me):
    global total
    n = source.send(1)
    await outside("io")
    total = total * 10 + source.send(n + me)
""",
    "a type whose state cannot be seen": """
import itertools
pairs = itertools.pairwise(range(10))
async def main(me):
    global total
    a, b = next(pairs)
    await outside("io")
    total = total * 10 + a + b + me
""",
}

MAIN = Scenario(
    "main",
    lambda module, count: World(
        [lambda me=i: module.main(me) for i in range(count)],  # type: ignore[misc]  # the default binds i
        lambda: (module.total, module.items),
    ),
)


INNER_TASKS = "an object that only two frames share"


def tasks_of(name: str) -> int:
    """One task is enough where the program makes its own; its unreduced search would take minutes with two."""
    return 1 if name == INNER_TASKS else 2


@pytest.mark.parametrize(("mode", "faults"), [("fifo", None), ("any_ready", None), ("any_ready", "cancel")])
@pytest.mark.parametrize("name", HIDING_PLACES)
def test_no_ending_is_lost(name: str, mode: Mode, faults: Faults) -> None:
    short = explore(HEAD + HIDING_PLACES[name], MAIN, tasks_of(name), mode, faults)
    full = explore(HEAD + HIDING_PLACES[name], MAIN, tasks_of(name), mode, faults, reduce=False)
    assert full.complete
    assert {ending.verdict_key() for ending in short.endings} == {ending.verdict_key() for ending in full.endings}


@pytest.mark.parametrize("name", [name for name in HIDING_PLACES if "cannot be seen" not in name])
def test_states_are_recognised(name: str) -> None:
    """Were a state of these programs unknown, the search would be as long as without the shortcut."""
    short = explore(HEAD + HIDING_PLACES[name], MAIN, tasks_of(name), "fifo")
    full = explore(HEAD + HIDING_PLACES[name], MAIN, tasks_of(name), "fifo", reduce=False)
    assert short.runs < full.runs


def test_an_unknown_state_is_no_state() -> None:
    source = HEAD + HIDING_PLACES["a type whose state cannot be seen"]
    assert explore(source, MAIN, 2, "fifo").runs == explore(source, MAIN, 2, "fifo", reduce=False).runs


def totals(tasks: int, waits: int) -> set[int]:
    """What `total += await ...`, `waits` times in each task, can leave: a model with no asyncio in it.

    A step writes what the task read before, plus one, and reads again at once: no suspension lies in between.
    """
    found: set[int] = set()
    seen: set[tuple[int, tuple[tuple[int, int], ...]]] = set()
    todo = [(0, ((0, 0),) * tasks)]
    while todo:
        total, positions = state = todo.pop()
        if state in seen:
            continue
        seen.add(state)
        if all(steps > waits for steps, _ in positions):
            found.add(total)
        for i, (steps, read) in enumerate(positions):
            if steps <= waits:
                written = read + 1 if steps else total
                todo.append((written, (*positions[:i], (steps + 1, written), *positions[i + 1 :])))
    return found


def test_three_tasks_with_three_waits_each_finish_quickly() -> None:
    source = HEAD + "async def main(me):\n    global total\n" + "    total += await outside('io', 1)\n" * 3
    outcome = explore(source, MAIN, 3, "any_ready")
    assert outcome.complete
    assert {ending.state[0] for ending in outcome.endings} == totals(3, 3)
    assert outcome.runs < 34_650 / 5, "all schedules would be 12! / (4! 4! 4!)"
