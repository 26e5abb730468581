"""No new lock goes around a wait for itself, under whatever name: an object may have been given that very lock."""

from __future__ import annotations

import pytest

from awaitomic.config import Settings
from awaitomic.engine.fix import fix_text
from awaitomic.model.finding import Confidence
from awaitomic.source.text import decode

UNSAFE = Settings(confidence=Confidence.LIKELY, unsafe_fixes=True)

SHOP = """\
import asyncio

class Journal:
    def __init__(self, lock: asyncio.Lock):
        self._lock = lock

    async def write(self):
        async with self._lock:
            await asyncio.sleep(0)

class Shop:
    def __init__(self):
        self._lock = asyncio.Lock()
        self._other = asyncio.Lock()
        self._journal = Journal({given})
        self.sold = 0

    async def restock(self):
        async with self._lock:
            sold = self.sold
            await asyncio.sleep(0)
            self.sold = sold + 1

    async def sell(self):
        sold = self.sold
        await self._journal.write()
        self.sold = sold + 1

    async def run(self):
        await asyncio.gather(self.restock(), self.sell(), self.sell())
"""


@pytest.mark.parametrize(("given", "fixed"), [("self._lock", False), ("self._other", True)])
def test_the_lock_of_the_fix_is_the_one_that_is_waited_for(given: str, *, fixed: bool) -> None:
    result = fix_text(decode("shop.py", SHOP.format(given=given).encode()), UNSAFE)
    assert bool(result.applied) == fixed
    codes = {each.refusal.code for each in result.remaining if each.refusal is not None}
    assert codes == (set() if fixed else {"gate-new-finding"})
