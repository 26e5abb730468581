"""AWA206 of locks of tasks that are taken like locks of threads: reported wherever that is done, and nothing else."""

from __future__ import annotations

import asyncio

import pytest

from awaitomic.findings.precedence import resolve
from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of

SHOP = """
import anyio
import threading
import trio
from asyncio import Lock

class Own(asyncio.Lock):
    def acquire(self): ...

    def __enter__(self): ...

    def __exit__(self, *args): ...

class Shop:
    def __init__(self, given):
        self.lock = asyncio.Lock()
        self.again = Lock()
        self.slots = asyncio.Semaphore(3)
        self.changed = asyncio.Condition()
        self.of_anyio = anyio.Lock()
        self.of_trio = trio.Lock()
        self.of_threads = threading.Lock()
        self.own = Own()
        self.given = given

    {kind} f(self):
        {body}
"""


def found(body: str, kind: str = "async def") -> list[tuple[str, str, Confidence]]:
    text = SHOP.format(kind=kind, body=body.replace("\n", "\n        "))
    return [(each.rule, each.state, each.confidence) for each in resolve(find(program_of(text)))]


LOCKS = ["self.lock", "self.again", "self.slots", "self.changed", "self.of_anyio", "self.of_trio"]
REPORTED = [
    "{lock}.acquire()",
    "{lock}.acquire()\nawait asyncio.sleep(0)\n{lock}.release()",
    "if {lock}.acquire():\n    pass",
    "if not {lock}.acquire():\n    return",
    "with {lock}:\n    await asyncio.sleep(0)",
]


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize("body", REPORTED)
def test_a_lock_of_tasks_that_is_taken_like_one_of_threads_is_not_taken(lock: str, body: str) -> None:
    assert found(body.format(lock=lock)) == [("AWA206", lock, Confidence.CERTAIN)]


@pytest.mark.parametrize("body", ["self.lock.acquire()", "with self.lock: pass"])
def test_nor_does_a_plain_function_take_it(body: str) -> None:
    assert found(body, "def") == [("AWA206", "self.lock", Confidence.CERTAIN)]


SILENT = [
    "await self.lock.acquire()\nself.lock.release()",
    "async with self.lock: pass",
    "task = asyncio.create_task(self.lock.acquire())",
    "await asyncio.wait_for(self.lock.acquire(), 1)\nself.lock.release()",
    "waits = self.lock.acquire()\nawait waits\nself.lock.release()",
    "return self.lock.acquire()",
    "self.of_threads.acquire()\nself.of_threads.release()",
    "with self.of_threads: pass",
    "self.own.acquire()",
    "with self.own: pass",
    "self.given.acquire()",
    "with self.given: pass",
    "with await self.lock: pass",
]


@pytest.mark.parametrize("body", SILENT)
def test_what_waits_for_the_lock_or_is_another_kind_is_silent(body: str) -> None:
    assert found(body) == []


def test_it_says_who_gives_back_the_lock_of_somebody_else() -> None:
    text = SHOP.format(kind="async def", body="self.lock.acquire()\n        self.lock.release()")
    (finding,) = resolve(find(program_of(text)))
    assert "is never taken, and `release` at line" in finding.message
    alone = SHOP.format(kind="async def", body="self.lock.acquire()")
    (finding,) = resolve(find(program_of(alone)))
    assert finding.message.endswith("is never taken")


@pytest.mark.parametrize(
    ("made", "message", "evidence"),
    [
        ("asyncio.Lock()", "the lock of somebody else", "`release` raises; else two tasks"),
        ("asyncio.Condition()", "the lock of somebody else", "`release` raises; else two tasks"),
        ("asyncio.Semaphore(3)", "a place that was not taken", "each such `release` lets in one task more"),
        ("asyncio.Semaphore(1)", "a place that was not taken", "each such `release` lets in one task more"),
        ("asyncio.BoundedSemaphore(3)", "the place of somebody else", "`release` raises; else one task more"),
        ("anyio.Semaphore(3)", "a place that was not taken", "each such `release` lets in one task more"),
        ("anyio.Lock()", "what was not taken", "`release` raises, unless this task"),
        ("trio.CapacityLimiter(3)", "what was not taken", "`release` raises, unless this task"),
    ],
)
def test_it_says_what_comes_of_giving_back_a_lock_of_that_kind(made: str, message: str, evidence: str) -> None:
    text = SHOP.format(kind="async def", body="self.lock.acquire()\n        self.lock.release()")
    (finding,) = resolve(find(program_of(text.replace("self.lock = asyncio.Lock()", f"self.lock = {made}"))))
    assert finding.message.endswith(f"gives back {message}")
    assert any(evidence in each for each in finding.evidence)
    assert not any("Lock.acquire" in each for each in finding.evidence)


def test_a_semaphore_takes_back_what_nobody_has_taken_and_then_lets_in_one_more() -> None:
    slots, bounded, lock = asyncio.Semaphore(1), asyncio.BoundedSemaphore(1), asyncio.Lock()

    async def one_more() -> bool:
        slots.release()
        await slots.acquire()
        return not slots.locked()

    assert asyncio.run(one_more())
    for other, error in ((bounded, ValueError), (lock, RuntimeError)):
        with pytest.raises(error):
            other.release()
