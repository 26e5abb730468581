"""Swaps and rechecks in the explorer: every schedule before and after, and one task by itself."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from awaitomic.remedies import recheck, swap
from explorer import Ending, Scenario, World, check_after, check_alone, check_before

from .outcome import Propose, outcome

BUFFER = """\
import asyncio

written = []

async def write(lines):
    taken = list(lines)
    await asyncio.sleep(1)
    written.extend(taken)

class Writer:
    def __init__(self):
        self.buf = ["a"]

    async def add(self):
        self.buf.append("b")

    async def flush(self):
        if self.buf:
            await write(self.buf)
            self.buf = []
"""

NUMBERS = """\
import asyncio

sent = []

async def send(number):
    await asyncio.sleep(1)
    sent.append(number)

class Sender:
    def __init__(self):
        self.seq = 0

    async def put(self):
        await send(self.seq)
        self.seq += 1
"""

EVENT = """\
import asyncio

done = []

async def work(jobs):
    done.extend(jobs)
    jobs.clear()
    await asyncio.sleep(1)

jobs = ["first"]

class Worker:
    def __init__(self):
        self.wake = asyncio.Event()
        self.wake.set()

    async def add(self):
        jobs.append("second")
        self.wake.set()

    async def turn(self):
        await self.wake.wait()
        try:
            await work(jobs)
        finally:
            self.wake.clear()
"""

SOCKET = """\
import asyncio

closed = []

class Socket:
    def __init__(self, name):
        self.name = name

    async def close(self):
        closed.append(("close", self.name))
        await asyncio.sleep(1)

class Client:
    def __init__(self):
        self.ws = Socket("old")

    async def connect(self):
        self.ws = Socket("new")

    async def close(self):
        if self.ws:
            await self.ws.close()
            self.ws = None
"""


def scenario(
    name: str,
    subject: str,
    methods: tuple[str, ...],
    observe: Callable[[ModuleType, Any], object],
    **more: Any,  # noqa: ANN401 -- passed on to Scenario, whose fields are of different types
) -> Scenario:
    def setup(module: ModuleType, count: int) -> World:
        made = getattr(module, subject)()
        tasks = [getattr(made, methods[index % len(methods)]) for index in range(count)]
        return World(tasks, observe=lambda: observe(module, made))

    return Scenario(name, setup, **more)


def repaired(propose: Propose, text: str, verdict: str) -> str:
    found = outcome(propose, "AWA103", text)
    assert found.verdict == verdict
    assert found.text is not None
    return found.text


def nothing_is_lost(ending: Ending) -> bool:
    return bool("b" in ending.state and "a" in ending.state)


def test_a_swapped_buffer_loses_no_line_while_nothing_fails() -> None:
    case = scenario(
        "buffer",
        "Writer",
        ("flush", "add"),
        lambda module, writer: module.written + writer.buf,
        invariant=nothing_is_lost,
    )
    check_before(BUFFER, case)
    after = repaired(swap.propose, BUFFER, "unsafe")
    assert check_after(after, case, faults=(None,)) == []
    assert all(line.partition(":")[0] != "success" for line in check_alone(BUFFER, after, case))


def test_no_two_tasks_use_one_number_after_the_swap() -> None:
    case = scenario(
        "numbers",
        "Sender",
        ("put",),
        lambda module, sender: sorted(module.sent),
        invariant=lambda ending: len(set(ending.state)) == len(ending.state),
    )
    check_before(NUMBERS, case)
    assert check_after(repaired(swap.propose, NUMBERS, "unsafe"), case) == []


def test_a_wake_up_during_the_work_counts_and_one_task_sees_no_difference() -> None:
    case = scenario(
        "event",
        "Worker",
        ("turn", "add"),
        lambda module, worker: (list(module.jobs), worker.wake.is_set(), list(module.done)),
        invariant=lambda ending: not ending.state[0] or ending.state[1],
        deadlock_is_bug=False,
    )
    check_before(EVENT, case)
    after = repaired(swap.propose, EVENT, "safe")
    assert check_after(after, case) == []
    assert check_alone(EVENT, after, case) == []


def test_a_replacement_survives_the_closing_and_one_task_sees_no_difference() -> None:
    case = scenario(
        "socket",
        "Client",
        ("close", "connect"),
        lambda module, client: client.ws and client.ws.name,
        calls=lambda module: module.closed,
        may_repeat=("close",),
    )
    check_before(SOCKET, case)
    after = repaired(recheck.propose, SOCKET, "safe")
    assert check_after(after, case) == []
    assert check_alone(SOCKET, after, case) == []


ALIASED = BUFFER.replace(
    "            await write(self.buf)\n            self.buf = []\n",
    "            lines = self.buf\n            await write(lines)\n            lines.clear()\n",
)


def test_a_buffer_that_is_emptied_by_its_alias_loses_no_line() -> None:
    case = scenario(
        "alias",
        "Writer",
        ("flush", "add"),
        lambda module, writer: module.written + writer.buf,
        invariant=nothing_is_lost,
    )
    check_before(ALIASED, case)
    after = repaired(swap.propose, ALIASED, "unsafe")
    assert check_after(after, case, faults=(None,)) == []
    copy_emptied = after.replace("            self.buf.clear()\n", "            lines.clear()\n")
    assert copy_emptied != after
    apart = scenario("apart", "Writer", ("flush",), lambda module, writer: (module.written, writer.buf))
    assert all(line.partition(":")[0] != "success" for line in check_alone(ALIASED, after, apart))
    assert check_alone(ALIASED, copy_emptied, apart) != check_alone(ALIASED, after, apart)
