"""Locks that were proposed, proved: every schedule of the program before and after, and of one task alone."""

from __future__ import annotations

import pytest

from awaitomic.remedies.lock import REMEDY
from explorer import Scenario, World, check_after, check_alone, check_before
from remedies.carried_out import carried

OUTSIDE = """
import asyncio
from explorer import outside
"""

LOCK_SCENARIO = Scenario(
    "add",
    lambda module, count: World(
        [lambda amount=i: module.bank.add(amount) for i in range(1, count)] + [module.bank.last],
        lambda: module.bank.total,
    ),
)

PROVED = {
    "a lock over read and write, and in the other writer": """
class Bank:
    def __init__(self):
        self.total = 0

    async def add(self, amount):
        total = self.total
        await outside("bank")
        self.total = total + amount

    async def last(self):
        await asyncio.sleep(0)
        self.total += 10

bank = Bank()
""",
    "a lock, and a split of the method that is awaited under it": """
class Bank:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.total = 0

    async def note(self, amount):
        async with self._lock:
            total = self.total
            await outside("note")
            self.total = total + amount

    async def last(self):
        await self.note(100)

    async def add(self, amount):
        total = self.total
        await outside("bank")
        self.total = total + amount
        await self.note(0)

bank = Bank()
""",
    "a lock that the callers of a helper hold": """
class Bank:
    def __init__(self):
        self.total = None

    async def add(self, amount):
        if self.total is None:
            await self._open(amount)
        return self.total

    async def last(self):
        if not self.total:
            await self._open(100)
        return self.total

    async def _open(self, amount):
        await outside("open")
        self.total = amount

bank = Bank()
""",
}


TOGETHER = """
class Pool:
    def __init__(self):
        self._free = 9
        self._used = 0

    async def take(self):
        used = self._used
        free = self._free
        await self.grow(used, free)
        self._used = used + 1
        self._free = free - 1

    async def give(self):
        free = self._free
        await self.grow(0, free)
        self._free = free + 1

    async def grow(self, used, free):
        await outside("grow")

pool = Pool()
"""


def test_state_of_which_the_spans_overlap_gets_one_lock() -> None:
    scenario = Scenario(
        "pool",
        lambda module, count: World(
            [module.pool.take, module.pool.give, module.pool.take][:count],
            lambda: (module.pool._used, module.pool._free),
        ),
    )
    text = OUTSIDE + TOGETHER
    assert check_before(text, scenario).mode == "fifo"
    result = carried(REMEDY, "AWA101", text)
    assert result.text.count("asyncio.Lock()") == 1
    assert (
        "        async with self._lock:\n            used = self._used\n            free = self._free\n"
        "            await self.grow(used, free)\n            self._used = used + 1\n"
        "            self._free = free - 1\n"
    ) in result.text
    assert result.text.count("async with self._lock:") == 2
    assert check_after(result.text, scenario) == []
    assert check_alone(text, result.text, scenario) == []


def test_the_whole_span_comes_in_where_the_others_cannot_take_the_lock_and_the_reasons_say_so() -> None:
    plain = "    def set(self, n):\n        self._free += n\n\n    async def give"
    result = carried(REMEDY, "AWA101", OUTSIDE + TOGETHER.replace("    async def give", plain))
    assert "            self._used = used + 1\n            self._free = free - 1\n" in result.text
    assert result.text.count("async with self._used_lock:") == 1
    assert (result.verdict, result.proposal.because[-1]) == (
        "unsafe",
        "`self._free` comes under the lock here, too, and stays unprotected: "
        "`Pool.set` (line 18) writes the state, and a plain function cannot take the lock",
    )


@pytest.mark.parametrize("name", PROVED)
def test_no_schedule_goes_wrong_after(name: str) -> None:
    text = OUTSIDE + PROVED[name]
    assert check_before(text, LOCK_SCENARIO).mode == "fifo"
    rule = "AWA102" if "is None" in text else "AWA101"
    result = carried(REMEDY, rule, text)
    assert check_after(result.text, LOCK_SCENARIO) == []
    assert check_alone(text, result.text, LOCK_SCENARIO) == []
