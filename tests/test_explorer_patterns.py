"""The textbook cases of asyncio races, each with its repair: what is wrong goes wrong, and the repair holds."""

from __future__ import annotations

import pytest

from explorer import Scenario, World, check_after, check_before, explore, find_violation

BANK_CHECK = """
import asyncio

balance = 1000

async def bank_check():
    await asyncio.sleep(0.01)

async def credit(amount):
    global balance
    current = balance
    await bank_check()
    balance = current + amount
"""

BANK_CHECK_HOISTED = """
import asyncio

balance = 1000

async def bank_check():
    await asyncio.sleep(0.01)

async def credit(amount):
    global balance
    await bank_check()
    current = balance
    balance = current + amount
"""

CREDIT = Scenario("credit", lambda module, count: World([lambda: module.credit(1)] * count, lambda: module.balance))


def test_1_1_concurrent_credits_are_lost() -> None:
    violation = check_before(BANK_CHECK, CREDIT)
    assert violation.ending.state == 1001
    assert [ending.state for ending in violation.allowed] == [1002]


def test_1_1_the_timeline_shows_both_reads_before_both_writes() -> None:
    timeline = check_before(BANK_CHECK, CREDIT).timeline()
    lines = timeline.splitlines()
    assert [part.strip() for part in lines[0].split("|")] == ["task 1", "task 2"]
    reads = [i for i, line in enumerate(lines) if "current = balance" in line]
    writes = [i for i, line in enumerate(lines) if "balance = current + amount" in line]
    assert len(reads) == len(writes) == 2
    assert max(reads) < min(writes)
    assert lines[reads[0]].index("current") < lines[0].index("|") < lines[reads[1]].index("current")


def test_1_1_the_hoisted_form_loses_nothing() -> None:
    assert check_after(BANK_CHECK_HOISTED, CREDIT) == []


def test_1_7_a_lock_stays_held_across_an_await() -> None:
    source = """
import asyncio

lock = asyncio.Lock()
counter = 0

async def count():
    global counter
    async with lock:
        current = counter
        await asyncio.sleep(0)
        counter = current + 1
"""
    scenario = Scenario("count", lambda module, count: World([module.count] * count, lambda: module.counter))
    assert check_after(source, scenario) == []
    outcome = explore(source, scenario, 3, "any_ready")
    assert outcome.complete
    assert [ending.state for ending in outcome.endings] == [3]


STORE = """
import asyncio

class Store:
    def __init__(self):
        self.n = 0
        self._lock = asyncio.Lock()

    async def fetch(self):
        await asyncio.sleep(1)
        return 1

    async def add(self):
{add}

    async def reset(self):
{reset}

store = Store()
"""

ATOMIC_RESET = "        self.n = 10"


def store(add: str, reset: str = ATOMIC_RESET) -> str:
    return STORE.replace("{add}", add.strip("\n")).replace("{reset}", reset.strip("\n"))


ADDERS = Scenario("add", lambda module, count: World([module.store.add] * count, lambda: module.store.n))
ADD_AND_RESET = Scenario(
    "add and reset",
    lambda module, count: World(
        [module.store.add, module.store.reset, module.store.add][:count], lambda: module.store.n
    ),
)

READ_ABOVE_LOCK = """
        n = self.n
        async with self._lock:
            self.n = n + await self.fetch()
"""

WHOLE_SPAN = """
        async with self._lock:
            n = self.n
            self.n = n + await self.fetch()
"""

AWAIT_BETWEEN_REGIONS = """
        async with self._lock:
            n = self.n
        d = await self.fetch()
        async with self._lock:
            self.n = n + d
"""

ONLY_THE_WRITE = """
        n = self.n
        d = await self.fetch()
        async with self._lock:
            self.n = n + d
"""

FRESH_IN_SECOND_REGION = """
        async with self._lock:
            n = self.n
        d = await self.fetch()
        async with self._lock:
            n = self.n
            self.n = n + d
"""


@pytest.mark.parametrize(
    ("broken", "repaired"),
    [
        pytest.param(READ_ABOVE_LOCK, WHOLE_SPAN, id="1.8 locked too late, widened"),
        pytest.param(AWAIT_BETWEEN_REGIONS, FRESH_IN_SECOND_REGION, id="1.9 locked too narrowly, rechecked"),
        pytest.param(AWAIT_BETWEEN_REGIONS, WHOLE_SPAN, id="1.9 locked too narrowly, widened"),
        pytest.param(ONLY_THE_WRITE, WHOLE_SPAN, id="1.9 only the write locked, widened"),
    ],
)
def test_1_8_and_1_9_a_lock_that_misses_part_of_the_span(broken: str, repaired: str) -> None:
    assert check_before(store(broken), ADDERS).reason == "not serializable"
    assert check_after(store(repaired), ADDERS) == []


def test_1_10_a_writer_without_the_lock() -> None:
    violation = check_before(store(WHOLE_SPAN), ADD_AND_RESET)
    assert violation.ending.state == 1, "the reset to 10 is lost"
    locked_reset = "        async with self._lock:\n            self.n = 10"
    assert check_after(store(WHOLE_SPAN, locked_reset), ADD_AND_RESET) == []


def test_1_10_a_writer_without_the_lock_harms_nobody_if_no_span_suspends() -> None:
    atomic_add = "        async with self._lock:\n            self.n += 1"
    assert check_after(store(atomic_add), ADD_AND_RESET) == []


def test_1_10_a_callee_that_now_may_suspend_breaks_its_caller() -> None:
    """`n = self.n; await self.note(); self.n = n + 1` is right while `note` takes no lock that is ever waited for."""
    caller = "        n = self.n\n        await self.reset()\n        self.n = n + 1"
    slow = "\n    async def slow(self):\n        async with self._lock:\n            await self.fetch()\n"
    unlocked, locked = "        pass", "        async with self._lock:\n            pass"
    scenario = Scenario(
        "add beside slow",
        lambda module, count: World(
            [module.store.slow, module.store.add, module.store.add][:count], lambda: module.store.n
        ),
    )
    assert check_after(store(caller, unlocked + slow), scenario) == []
    assert check_before(store(caller, locked + slow), scenario).count == 3


LOCK_ORDER = """
import asyncio

a, b = asyncio.Lock(), asyncio.Lock()
done = 0

async def forth():
    global done
    async with {forth}:
        await asyncio.sleep(1)
        done += 1

async def back():
    global done
    async with {back}:
        await asyncio.sleep(1)
        done += 1

async def slow_forth():
    async with a:
        await asyncio.sleep(1)
        async with b:
            pass

async def slow_back():
    async with b:
        await asyncio.sleep(1)
        async with a:
            pass
"""
INVERTED = LOCK_ORDER.replace("{forth}", "a, b").replace("{back}", "b, a")
ORDERED = LOCK_ORDER.replace("{forth}", "a, b").replace("{back}", "a, b")

TIGHT = Scenario(
    "lock order", lambda module, count: World([module.forth, module.back, module.forth][:count], lambda: module.done)
)


def test_1_13_a_tight_lock_order_inversion_hangs_three_tasks_though_not_two() -> None:
    assert check_after(INVERTED, TIGHT, counts=(2,)) == []
    violation = check_before(INVERTED, TIGHT)
    assert violation.count == 3
    assert violation.reason.startswith("deadlock")
    assert "(waits for ever)" in violation.timeline()


def test_1_13_with_an_await_between_two_tasks_are_enough() -> None:
    scenario = Scenario("slow", lambda module, count: World([module.slow_forth, module.slow_back], lambda: None))
    violation = find_violation(INVERTED, scenario, 2)
    assert violation is not None
    assert violation.ending.blocked == (0, 1)


def test_1_13_one_order_for_all_does_not_hang() -> None:
    assert check_after(ORDERED, TIGHT) == []


def test_1_11_taking_the_own_lock_again_is_a_deadlock_of_one() -> None:
    twice = """
        async with self._lock:
            self.n += await self.fetch()
            await self.reset()
"""
    locked_reset = "        async with self._lock:\n            self.n = 10"
    violation = find_violation(store(twice, locked_reset), ADDERS, 1)
    assert violation is not None
    assert violation.ending.blocked == (0,)
    assert violation.ending.locks_held == ("Lock",)
    assert check_after(store(twice, ATOMIC_RESET), ADDERS) == []
