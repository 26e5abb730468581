"""Ways to give a lock back that look right and are wrong: the explorer catches them, and passes what widen makes."""

from __future__ import annotations

from functools import partial
from types import ModuleType

import pytest

from awaitomic.remedies.managed import propose
from explorer import Scenario, World, check_after
from remedies.outcome import outcome

PROGRAM = """
import asyncio
from explorer import outside

class Counter:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.done = 0

    async def step(self):
{body}

counter = Counter()
"""
WORK = ["done = self.done", "await outside('work')", "self.done = done + 1"]
LEAKING = ["await self.lock.acquire()", *WORK, "self.lock.release()"]

WRONG = {
    "the try begins before the lock is there": [
        "try:",
        "    await self.lock.acquire()",
        *(f"    {line}" for line in WORK),
        "finally:",
        "    self.lock.release()",
    ],
    "somebody holds it, but who": [
        "try:",
        "    await self.lock.acquire()",
        *(f"    {line}" for line in WORK),
        "finally:",
        "    if self.lock.locked():",
        "        self.lock.release()",
    ],
    "a cancellation is no Exception": [
        "await self.lock.acquire()",
        "try:",
        *(f"    {line}" for line in WORK),
        "except Exception:",
        "    self.lock.release()",
        "    raise",
        "self.lock.release()",
    ],
    "the wait stands between the lock and the try": [
        "await self.lock.acquire()",
        "done = self.done",
        "await outside('work')",
        "try:",
        "    self.done = done + 1",
        "finally:",
        "    self.lock.release()",
    ],
    "given back too early": [
        "async with self.lock:",
        "    done = self.done",
        "await outside('work')",
        "self.done = done + 1",
    ],
}


def _program(lines: list[str]) -> str:
    return PROGRAM.format(body="\n".join(f"        {line}" for line in lines))


def _scenario() -> Scenario:
    def setup(module: ModuleType, count: int) -> World:
        counter = module.counter
        return World([counter.step] * count, observe=lambda: counter.done)

    return Scenario("counter", setup)


@pytest.mark.parametrize("lines", WRONG.values(), ids=WRONG.keys())
def test_caught(lines: list[str]) -> None:
    assert check_after(_program(lines), _scenario())


@pytest.mark.parametrize("lines", [LEAKING, *list(WRONG.values())[:2]])
def test_what_the_remedy_writes_is_right(lines: list[str]) -> None:
    made = outcome(propose, "AWA206", _program(lines)).text
    assert made is not None
    assert check_after(_program(lines), _scenario())
    assert check_after(made, _scenario()) == []


WIRE = """
import asyncio

class Wire:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.answers = []
        self.got = []

    async def ask(self, what):
        {taken}
            {first}
            await asyncio.sleep(0)
            {then}
            self.got.append((what, {answer}))
        {given}

wire = Wire()
"""
SENT = {"first": "self.answers.append(what)", "then": "pass", "answer": "self.answers.pop(0)"}
"""The request is on its way while the task waits: who is cancelled leaves the answer to the next one."""
SENT_LATER = {"first": "pass", "then": "self.answers.append(what)", "answer": "self.answers[-1]"}
"""Nothing is on its way while the task waits; and what is looked at need not be there to be taken out."""


def _asking() -> Scenario:
    def setup(module: ModuleType, count: int) -> World:
        wire = module.wire
        return World(
            [partial(wire.ask, what) for what in "abc"[:count]],
            observe=lambda: all(asked == answer for asked, answer in wire.got),
        )

    return Scenario("wire", setup, invariant=lambda ending: ending.state is True)


@pytest.mark.parametrize(("work", "verdict"), [(SENT, "unsafe"), (SENT_LATER, "safe")])
def test_who_is_cancelled_may_leave_an_answer_to_the_next_one(work: dict[str, str], verdict: str) -> None:
    by_hand = WIRE.format(taken="await self.lock.acquire()\n        if True:", given="self.lock.release()", **work)
    made = outcome(propose, "AWA206", by_hand)
    assert made.verdict == verdict
    assert made.text is not None
    assert (check_after(made.text, _asking(), faults=("cancel",)) == []) is (verdict == "safe")
