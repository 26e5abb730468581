"""Repairs that look right and are not: the explorer has to catch every one of them, and to pass its correct twin."""

from __future__ import annotations

import pytest

from explorer import Scenario, Violation, World, check_after, check_alone, check_before

HEAD = """
import asyncio
from explorer import outside, Journal

journal = Journal()
lock = asyncio.Lock()
balance = 0
pool = None
status = "idle"
"""

RACE = """
async def task(amount):
    global balance
    current = balance
    await outside("bank")
    balance = current + amount
"""

LOCKED = """
async def task(amount):
    global balance
    async with lock:
        current = balance
        await outside("bank")
        balance = current + amount
"""

HOISTED = """
async def task(amount):
    global balance
    await outside("bank")
    current = balance
    balance = current + amount
"""

WRONG = {
    "a lock per call": """
async def task(amount):
    global balance
    async with asyncio.Lock():
        current = balance
        await outside("bank")
        balance = current + amount
""",
    "a lock taken too late": """
async def task(amount):
    global balance
    current = balance
    async with lock:
        await outside("bank")
        balance = current + amount
""",
    "a lock too narrow": """
async def task(amount):
    global balance
    async with lock:
        current = balance
    await outside("bank")
    async with lock:
        balance = current + amount
""",
    "a lock made lazily, with an await between test and set": """
guard = None

async def get_guard():
    global guard
    if guard is None:
        await asyncio.sleep(0)
        guard = asyncio.Lock()
    return guard

async def task(amount):
    global balance
    async with await get_guard():
        current = balance
        await outside("bank")
        balance = current + amount
""",
    "a double check without the second check": """
async def connect():
    journal.note("connect")
    await outside("connect")
    return "pool"

async def task(amount):
    global pool
    if pool is None:
        async with lock:
            pool = await connect()
    return pool
""",
    "a split that lost its lock": """
async def _task_locked(amount):
    global balance
    current = balance
    await outside("bank")
    balance = current + amount

async def task(amount):
    await _task_locked(amount)
""",
    "a writer without the lock": """
async def task(amount):
    global balance
    if amount == 2:
        balance -= 1
        return
    async with lock:
        current = balance
        await outside("bank")
        balance = current + amount
""",
    "acquire() without finally": """
async def task(amount):
    global balance
    await lock.acquire()
    current = balance
    await outside("bank")
    balance = current + amount
    lock.release()
""",
    "a lock that is taken twice": """
async def read():
    async with lock:
        return balance

async def task(amount):
    global balance
    async with lock:
        current = await read()
        await outside("bank")
        balance = current + amount
""",
    "a semaphore of two": """
gate = asyncio.Semaphore(2)

async def task(amount):
    global balance
    async with gate:
        current = balance
        await outside("bank")
        balance = current + amount
""",
}

RIGHT = {
    "a lock over the span": LOCKED,
    "a hoist": HOISTED,
    "a lock made lazily, without an await": WRONG["a lock made lazily, with an await between test and set"].replace(
        "        await asyncio.sleep(0)\n", ""
    ),
    "a double check": """
async def connect():
    journal.note("connect")
    await outside("connect")
    return "pool"

async def task(amount):
    global pool
    if pool is None:
        async with lock:
            if pool is None:
                pool = await connect()
    return pool
""",
    "a split": WRONG["a split that lost its lock"].replace(
        "    await _task_locked(amount)\n", "    async with lock:\n        await _task_locked(amount)\n"
    ),
    "every writer under the lock": """
async def task(amount):
    global balance
    async with lock:
        if amount == 2:
            balance -= 1
            return
        current = balance
        await outside("bank")
        balance = current + amount
""",
    "acquire() with finally": """
async def task(amount):
    global balance
    await lock.acquire()
    try:
        current = balance
        await outside("bank")
        balance = current + amount
    finally:
        lock.release()
""",
    "a semaphore of one": WRONG["a semaphore of two"].replace("Semaphore(2)", "Semaphore(1)"),
    "a lock in a local timeout": """
async def task(amount):
    global balance
    async with lock:
        current = balance
        async with asyncio.timeout(5):
            await outside("bank")
        balance = current + amount
""",
}

SCENARIO = Scenario(
    "task",
    lambda module, count: World(
        [lambda amount=i: module.task(amount) for i in range(1, count + 1)],  # type: ignore[misc]  # default binds i
        lambda: (module.balance, module.pool, module.status),
        module.journal,
    ),
)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_fix_is_caught(name: str) -> None:
    violations = check_after(HEAD + WRONG[name], SCENARIO)
    assert violations
    assert all(isinstance(violation, Violation) for violation in violations)
    assert violations[0].timeline().startswith("task 1")


@pytest.mark.parametrize("name", RIGHT)
def test_its_correct_twin_passes(name: str) -> None:
    assert check_after(HEAD + RIGHT[name], SCENARIO) == []


@pytest.mark.parametrize("name", [name for name in WRONG if name != "acquire() without finally"])
def test_all_but_the_lost_release_go_wrong_on_a_schedule_that_asyncio_can_take(name: str) -> None:
    assert check_before(HEAD + WRONG[name], SCENARIO).mode == "fifo"


def test_a_lost_release_needs_a_fault() -> None:
    violations = check_after(HEAD + WRONG["acquire() without finally"], SCENARIO)
    assert {violation.faults for violation in violations} == {"exception", "cancel"}
    assert all(violation.ending.blocked for violation in violations)


STATUS = """
async def task(amount):
    global balance, status
    status = "pricing"
    balance += await outside("price", amount)
    status = "idle"
"""

ABOVE_STATUS = """
async def task(amount):
    global balance, status
    price = await outside("price", amount)
    status = "pricing"
    balance += price
    status = "idle"
"""

BELOW_STATUS = """
async def task(amount):
    global balance, status
    status = "pricing"
    price = await outside("price", amount)
    balance += price
    status = "idle"
"""


def test_a_hoist_above_a_status_write_shows_when_the_wait_fails() -> None:
    assert check_alone(HEAD + STATUS, HEAD + ABOVE_STATUS, SCENARIO) == [
        "unexpected: exception at price #1: state was (0, None, 'pricing'), is (0, None, 'idle')",
        "unexpected: cancel at price #1: state was (0, None, 'pricing'), is (0, None, 'idle')",
    ]


def test_a_hoist_below_it_changes_nothing_for_one_task() -> None:
    assert check_alone(HEAD + STATUS, HEAD + BELOW_STATUS, SCENARIO) == []


@pytest.mark.parametrize("repaired", [LOCKED], ids=["lock"])
def test_a_lock_changes_nothing_for_one_task(repaired: str) -> None:
    assert check_alone(HEAD + RACE, HEAD + repaired, SCENARIO) == []
