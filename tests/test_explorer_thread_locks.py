"""What the explorer puts in the place of locks of threads does to tasks what the real ones do to them."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

from explorer import Scenario, World, check_after, explore
from scenarios import product

PROGRAM = """
import asyncio
import threading

lock = threading.{kind}()
n = 0

async def step():
    global n
    with lock:
        old = n
        await asyncio.sleep(0)
        n = old + 1
"""
RUN = (
    PROGRAM
    + """
async def main():
    await asyncio.gather(step(), step())
    print(n)

asyncio.run(main())
"""
)


def _really(kind: str) -> str | None:
    """What two tasks count up to, or None if they hang."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", RUN.format(kind=kind)], capture_output=True, text=True, timeout=5, check=True
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout.strip()


def _counting() -> Scenario:
    def setup(module: ModuleType, count: int) -> World:
        return World([module.step] * count, observe=lambda: module.n)

    return Scenario("threads", setup)


def _explored(kind: str) -> set[str | None]:
    found = explore(PROGRAM.format(kind=kind), _counting(), 2, "fifo")
    return {None if ending.blocked else str(ending.state) for ending in found.endings}


@pytest.mark.parametrize(("kind", "ends"), [("Lock", None), ("RLock", "1")])
def test_two_tasks_at_a_lock_of_threads(kind: str, ends: str | None) -> None:
    assert _really(kind) == ends
    assert ends in _explored(kind)


def test_the_repaired_program_ends() -> None:
    text = product.after("thread_lock/blocks_the_loop.py")
    done = subprocess.run(
        [sys.executable, "-c", text, "--hang"], capture_output=True, text=True, timeout=20, check=True
    )
    assert done.stdout.startswith("['coffee', 'tea']")


COUNTER = """
import asyncio
import threading

{locks}
n = 0

async def step():
    global n
    {take}
        old = n
        await asyncio.sleep(0)
        n = old + 1
"""


@pytest.mark.parametrize(
    ("locks", "take"),
    [
        ("lock = threading.Lock()", "with lock:"),
        ("lock = threading.RLock()", "with lock:"),
        ("lock = asyncio.Semaphore(2)", "async with lock:"),
        ("", "async with asyncio.Lock():"),
    ],
)
def test_wrong_ways_out_are_caught(locks: str, take: str) -> None:
    assert check_after(COUNTER.format(locks=locks, take=take), _counting(), faults=(None,))


def test_a_lock_of_the_event_loop_is_right() -> None:
    text = COUNTER.format(locks="lock = asyncio.Lock()", take="async with lock:")
    assert check_after(text, _counting()) == []
