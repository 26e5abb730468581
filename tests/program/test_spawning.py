"""Calls that make tasks under another name: renamed, by a helper of the project, by a callback, from another thread."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence
from program.reading import strongest

TILL = """
import asyncio as aio
from asyncio import create_task as go

def fire(coroutine):
    task = asyncio.ensure_future(coroutine)
    task.add_done_callback(print)
    return task

class Till:
    def __init__(self):
        self.n = 0
        self.tasks = set()

    async def _add(self, x=1):
        n = self.n
        await asyncio.sleep(0)
        self.n = n + x

    def _in_background(self, coroutine):
        self.tasks.add(asyncio.create_task(coroutine))

    def _call(self, work, *args):
        self.tasks.add(asyncio.create_task(work(*args)))

    async def _begin(self, coroutine):
        self.tasks.add(asyncio.create_task(coroutine))

    def _make(self, coroutine):
        return asyncio.create_task(coroutine)

    def _keep(self, coroutine):
        self.task = asyncio.create_task(coroutine)

    async def _wait(self, coroutine):
        await asyncio.create_task(coroutine)

    async def _wait_with(self, coroutine):
        task = asyncio.create_task(coroutine)
        BODY

    async def _in_group(self, coroutine):
        async with asyncio.TaskGroup() as group:
            group.create_task(coroutine)

    def _keep_by_name(self, name, coroutine):
        self.by_name[name].cancel()
        self.by_name[name] = asyncio.create_task(coroutine)

    def _two(self, coroutine, other):
        self.tasks.add(asyncio.create_task(coroutine))
        self.other = other

    async def day(self, items, source, loop):
        {body}
"""


def told(*lines: str, waits: str = "await task") -> Confidence | None:
    return strongest(TILL.format(body="\n        ".join(lines)).replace("BODY", waits))


SEVERAL = [
    ("renamed", "go(self._add(x))"),
    ("of a renamed module", "aio.create_task(self._add(x))"),
    ("made by its class", "asyncio.Task(self._add(x))"),
    ("by a method", "self._in_background(self._add(x))"),
    ("by a function", "fire(self._add(x))"),
    ("by a coroutine that goes on", "await self._begin(self._add(x))"),
    ("called by the helper", "self._call(self._add, x)"),
]


@pytest.mark.parametrize("line", [case[1] for case in SEVERAL], ids=[case[0] for case in SEVERAL])
def test_each_turn_of_a_loop_makes_a_task(line: str) -> None:
    assert told("for x in items:", f"    {line}") is Confidence.CERTAIN


ONE = [
    ("waited for where it is made", "await self._make(self._add(x))"),
    ("waited for by its name", "task = self._make(self._add(x))\n            await task"),
    ("waited for by the helper", "await self._wait(self._add(x))"),
    ("waited for by the group of the helper", "await self._in_group(self._add(x))"),
    ("kept as the only one of a name", "self._keep_by_name(items.name, self._add(x))"),
    ("kept as the only one", "self._keep(self._add(x))"),
    ("handed over for something else", "self._two(asyncio.sleep(0), self._add(x))"),
]


@pytest.mark.parametrize("line", [case[1] for case in ONE], ids=[case[0] for case in ONE])
def test_what_is_waited_for_or_kept_is_one(line: str) -> None:
    assert told("for x in items:", f"    {line}") in {None, Confidence.POSSIBLE}


@pytest.mark.parametrize(
    "waits",
    [
        "await asyncio.wait_for(task, 3)",
        "await asyncio.shield(task)",
        "await asyncio.gather(task, self.work())",
        "await asyncio.wait({task})",
        "loop.run_until_complete(task)",
        "task.result()",
    ],
)
def test_a_helper_that_waits_for_its_task_makes_one_at_a_time(waits: str) -> None:
    assert told("for x in items:", "    await self._wait_with(self._add(x))", waits=waits) in {
        None,
        Confidence.POSSIBLE,
    }


def test_a_helper_that_only_looks_at_its_task_makes_several() -> None:
    looks = "task.add_done_callback(print)"
    assert told("for x in items:", "    await self._wait_with(self._add(x))", waits=looks) is Confidence.CERTAIN


CALLBACKS = [
    ("a lambda", "source.on('data', lambda x: asyncio.ensure_future(self._add(x)))"),
    ("from a thread", "loop.call_soon_threadsafe(lambda: asyncio.ensure_future(self._add()))"),
    ("from a thread, one a message", "for x in items: loop.call_soon_threadsafe(asyncio.create_task, self._add(x))"),
]


@pytest.mark.parametrize("line", [case[1] for case in CALLBACKS], ids=[case[0] for case in CALLBACKS])
def test_a_callback_makes_a_task_each_time(line: str) -> None:
    found = told(line)
    assert found is not None
    assert found >= Confidence.LIKELY


def test_a_handler_of_a_signal_is_called_once() -> None:
    assert told("loop.add_signal_handler(15, lambda: asyncio.ensure_future(self._add()))") is None
