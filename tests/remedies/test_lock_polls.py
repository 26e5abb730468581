"""What waits until others have changed the state goes under no lock that those others need: it would hang."""

from __future__ import annotations

import pytest

from awaitomic.remedies.lock import REMEDY
from remedies.carried_out import carried, refusal

BOX = """
import asyncio

class Box:
    def __init__(self):
        self.rows = None
        self.filled = asyncio.Condition()

    @property
    def ready(self):
        return self.rows is not None

    def is_ready(self):
        return bool(self.rows)

    async def ask(self):
        return bool(self.rows)

    async def until_ready(self):
        while not self.ready:
            await asyncio.sleep(0.1)

    async def ticks_until_ready(self):
        while not self.ready:
            await asyncio.sleep(0.1)
            yield

    async def again(self):
        if not self.ready:
            await asyncio.sleep(0.1)
            await self.again()

    async def take(self):
        if self.rows is None:
            self.rows = await load()
            {then}

    async def fill(self, rows):
        self.rows = rows
        await asyncio.sleep(0)

async def load():
    await asyncio.sleep(1)

async def until(test):
    while not test():
        await asyncio.sleep(0.1)

async def filled(box):
    while not box.rows:
        await asyncio.sleep(0.1)

async def ticks():
    while True:
        yield
        await asyncio.sleep(0.1)

async def main():
    box = Box()
    await asyncio.gather(box.take(), box.fill([]), box.take())
"""

POLLS = {
    "a read": "while not self.rows:\n                await asyncio.sleep(0.1)",
    "a property": "while not self.ready:\n                await asyncio.sleep(0.1)",
    "a method": "while not self.is_ready():\n                await asyncio.sleep(0.1)",
    "a coroutine": "while not await self.ask():\n                await asyncio.sleep(0.1)",
    "a break": "while True:\n                if self.ready:\n                    break\n"
    "                await asyncio.sleep(0.1)",
    "some turns": "for _ in range(9):\n                if self.ready:\n                    break\n"
    "                await asyncio.sleep(0.1)",
    "a ticker": "async for _ in ticks():\n                if self.ready:\n                    return",
    "a callee": "await self.until_ready()",
    "a callee in time": "await asyncio.wait_for(self.until_ready(), 1)",
    "a callee by parameter": "await filled(self)",
    "a generator": "async for _ in self.ticks_until_ready():\n                pass",
    "a recursion": "await self.again()",
    "a lambda": "await until(lambda: self.rows)",
    "a method that is handed on": "await until(self.is_ready)",
    "a condition": "async with self.filled:\n                await self.filled.wait_for(lambda: self.ready)",
}

KEPT = {
    "a loop over other things": "for row in self.rows:\n                if row is None:\n                    break\n"
    "                await asyncio.sleep(0)",
    "a callee that looks once": "await self.ask()",
    "a loop that fills it": "for _ in range(9):\n                if self.ready:\n                    break\n"
    "                self.rows = await load()",
    "an order of work": "await until(lambda: load)",
}


@pytest.mark.parametrize("name", POLLS)
def test_no_lock_comes_over(name: str) -> None:
    found = refusal(REMEDY, "AWA102", BOX.format(then=POLLS[name]))
    assert found.code == "waits-for-holder", found
    assert "until" in found.message
    assert found.message.endswith("who would wait for the lock")


@pytest.mark.parametrize("name", KEPT)
def test_a_lock_comes_over(name: str) -> None:
    assert "async with self._lock:" in carried(REMEDY, "AWA102", BOX.format(then=KEPT[name])).text


HOLDER = """
import asyncio

class Till:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.open = False
        self.sum = 0

    def is_empty(self):
        return not self.sum

    async def drain(self):
        async with self._lock:
            {waits}
            self.sum = 0

    async def pay(self, n):
        before = self.sum
        await asyncio.sleep(0)
        self.sum = before + n

async def main():
    till = Till()
    await asyncio.gather(till.pay(1), till.pay(2), till.drain())
"""


def test_what_a_holder_polls_for_is_not_made_to_wait_for_the_holder() -> None:
    polls = HOLDER.format(waits="while self.is_empty():\n                await asyncio.sleep(0.1)")
    found = refusal(REMEDY, "AWA101", polls)
    assert (found.code, "the loop on line 15 of `Till.drain` waits until" in found.message) == (
        "waits-for-holder",
        True,
    )
    waits = HOLDER.format(waits="while not self.open:\n                await asyncio.sleep(0.1)")
    assert "        async with self._lock:\n            before = self.sum\n" in carried(REMEDY, "AWA101", waits).text
