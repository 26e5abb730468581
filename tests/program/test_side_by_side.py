"""Which ways to start coroutines make several tasks at once, and which only look like it."""

from __future__ import annotations

import textwrap

import pytest

from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of

PROGRAM = """
import anyio, trio
from functools import partial
from itertools import starmap

n = 0

async def _work(x):
    global n
    v = n
    await asyncio.sleep(1)
    n = v + 1

async def main(xs):
"""

IN_GROUP = "async with asyncio.TaskGroup() as group:\n    "
CERTAIN = [
    ("map", "await asyncio.gather(*map(_work, xs))"),
    ("starmap", "await asyncio.gather(*starmap(_work, xs))"),
    ("map over a partial", "await asyncio.gather(*map(partial(_work), xs))"),
    ("map over a lambda", "await asyncio.gather(*map(lambda x: _work(x), xs))"),
    ("map over a function inside", "async def one(x):\n    await _work(x)\nawait asyncio.gather(*map(one, xs))"),
    ("a generator", "await asyncio.gather(*(_work(x) for x in xs))"),
    ("a list that is kept", "coros = [_work(x) for x in xs]\nawait asyncio.gather(*coros)"),
    ("a map that is kept", "coros = map(_work, xs)\nawait asyncio.gather(*coros)"),
    ("a list of a map", "await asyncio.gather(*list(map(_work, xs)))"),
    ("a tuple of a generator", "await asyncio.gather(*tuple(_work(x) for x in xs))"),
    ("what is left of a map", "await asyncio.gather(*filter(None, map(_work, xs)))"),
    ("a set of tasks", "await asyncio.wait({asyncio.create_task(_work(1)), asyncio.create_task(_work(2))})"),
    ("a map of tasks", "await asyncio.wait(list(map(asyncio.create_task, map(_work, xs))))"),
    ("the values of a dict", "named = {x: _work(x) for x in xs}\nawait asyncio.gather(*named.values())"),
    ("a sum of lists", "await asyncio.gather(*([_work(1)] + [_work(2)]))"),
    ("a list that a loop fills", "coros = []\nfor x in xs:\n    coros.append(_work(x))\nawait asyncio.gather(*coros)"),
    ("a list that is filled twice", "coros = [_work(1)]\ncoros.append(_work(2))\nawait asyncio.gather(*coros)"),
    ("a list that is extended", "coros = []\ncoros.extend(_work(x) for x in xs)\nawait asyncio.gather(*coros)"),
    ("wait for a map", "await asyncio.wait(map(_work, xs))"),
    ("as they are completed", "for done in asyncio.as_completed(map(_work, xs)):\n    await done"),
    ("with a timeout around all", "await asyncio.wait_for(asyncio.gather(*map(_work, xs)), 1)"),
    ("a group, over zip", f"{IN_GROUP}for x, y in zip(xs, xs):\n        group.create_task(_work(x))"),
    ("a group, over enumerate", f"{IN_GROUP}for i, x in enumerate(xs):\n        group.create_task(_work(x))"),
    ("a group, in a comprehension", f"{IN_GROUP}made = [group.create_task(_work(x)) for x in xs]"),
    ("tasks of a comprehension", "made = {x: asyncio.create_task(_work(x)) for x in xs}"),
    (
        "anyio",
        "async with anyio.create_task_group() as group:\n    for x in xs:\n        group.start_soon(_work, x)",
    ),
    ("trio", "async with trio.open_nursery() as nursery:\n    for x in xs:\n        nursery.start_soon(_work, x)"),
    (
        "a loop that gives up waiting, and not the task",
        "for x in xs:\n    task = asyncio.create_task(_work(x))\n    try:\n"
        "        await asyncio.wait_for(asyncio.shield(task), 1)\n    except TimeoutError:\n        pass",
    ),
    ("a loop that waits for something else", "for x in xs:\n    task = asyncio.create_task(_work(x))\n    await x"),
]

SILENT = [
    ("one is gathered", "await asyncio.gather(_work(1))"),
    ("one, and others by map", "await asyncio.gather(*map(other, xs))\nawait _work(1)"),
    ("a function that is started once", f"{IN_GROUP}group.start_soon(_work, 1)"),
    ("each task is awaited in the loop", "for x in xs:\n    await asyncio.create_task(_work(x))"),
    ("each is kept, and awaited", "for x in xs:\n    task = asyncio.create_task(_work(x))\n    await task"),
    (
        "each is awaited with a timeout",
        "for x in xs:\n    task = asyncio.create_task(_work(x))\n    await asyncio.wait_for(task, 1)",
    ),
    (
        "each has a group of its own",
        "for x in xs:\n    async with asyncio.TaskGroup() as group:\n        group.create_task(_work(x))",
    ),
    (
        "each has a nursery of its own",
        "for x in xs:\n    async with trio.open_nursery() as nursery:\n        nursery.start_soon(_work, x)",
    ),
    ("a task that is only waited for", "task = asyncio.create_task(_work(1))\nawait asyncio.gather(task, other())"),
    ("a list of one", "coros = []\ncoros.append(_work(1))\nawait asyncio.gather(*coros)"),
    (
        "a list of one each",
        "for x in xs:\n    coros = []\n    coros.append(_work(x))\n    await asyncio.gather(*coros)",
    ),
    (
        "a list of one or the other",
        "some = []\nif xs:\n    some.append(_work(1))\nelse:\n    some.append(_work(2))\nawait asyncio.gather(*some)",
    ),
    ("a list that holds itself", "coros = []\ncoros.append(coros)\nawait asyncio.gather(*coros)\nawait _work(1)"),
]

ONE_AFTER_THE_OTHER = (
    "task = asyncio.create_task(_work(1))\nawait task\ntask = asyncio.create_task(_work(2))\nawait task"
)
TWO_GROUPS = f"{IN_GROUP}group.create_task(_work(1))\n{IN_GROUP.replace('group', 'other')}other.create_task(_work(2))"


def strongest(source: str) -> Confidence | None:
    return max((finding.confidence for finding in find(program_of(source)) if finding.rule == "AWA101"), default=None)


def run_by(body: str) -> Confidence | None:
    return strongest(PROGRAM + textwrap.indent(body, "    "))


@pytest.mark.parametrize("body", [case[1] for case in CERTAIN], ids=[case[0] for case in CERTAIN])
def test_several_tasks(body: str) -> None:
    assert run_by(body) is Confidence.CERTAIN


@pytest.mark.parametrize("body", [case[1] for case in SILENT], ids=[case[0] for case in SILENT])
def test_one_task_at_a_time(body: str) -> None:
    assert run_by(body) is None


@pytest.mark.parametrize("body", [ONE_AFTER_THE_OTHER, TWO_GROUPS])
def test_one_task_after_the_other(body: str) -> None:
    assert run_by(body) is Confidence.POSSIBLE


OF_OBJECTS = """
class Worker:
    def __init__(self):
        self.n = 0

    async def _run(self):
        v = self.n
        await asyncio.sleep(1)
        self.n = v + 1

    async def all_of(self, workers: list[Worker]):
        await asyncio.gather(*map({function}, workers))
"""


@pytest.mark.parametrize(
    ("function", "confidence"),
    [
        ("lambda x: self._run()", Confidence.CERTAIN),
        ("Worker._run", Confidence.POSSIBLE),
        ("lambda w: w._run()", Confidence.POSSIBLE),
    ],
)
def test_objects_of_their_own_each(function: str, confidence: Confidence) -> None:
    """What each of several tasks does with an object of its own says nothing of two on one."""
    assert strongest(OF_OBJECTS.format(function=function)) is confidence
