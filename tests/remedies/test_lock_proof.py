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


@pytest.mark.parametrize("name", PROVED)
def test_no_schedule_goes_wrong_after(name: str) -> None:
    text = OUTSIDE + PROVED[name]
    assert check_before(text, LOCK_SCENARIO).mode == "fifo"
    rule = "AWA102" if "is None" in text else "AWA101"
    result = carried(REMEDY, rule, text)
    assert check_after(result.text, LOCK_SCENARIO) == []
    assert check_alone(text, result.text, LOCK_SCENARIO) == []
