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

    async def look(self):
        if not self.ready:
            await self.later()

    async def later(self):
        await asyncio.sleep(0.1)
        await self.look()

    def check(self):
        if self.rows is None:
            raise LookupError

    def check_all(self):
        self.check()

    async def until_checked(self):
        try:
            self.check()
        except LookupError:
            await asyncio.sleep(0.1)
            await self.until_checked()

    async def until_asked(self):
        while True:
            try:
                return await self.check_by_asking()
            except LookupError:
                await asyncio.sleep(0.1)

    async def check_by_asking(self):
        self.check()

    async def until_it_fails(self):
        while True:
            self.check()
            await asyncio.sleep(0.1)

    async def some_turns(self):
        for _ in range(9):
            if self.ready:
                break
            await asyncio.sleep(0.1)

    async def until_flagged(self):
        done = False
        while not done:
            if self.ready:
                done = True
            await asyncio.sleep(0.1)

    async def once_again(self, more):
        if more:
            await asyncio.sleep(0.1)
            await self.not_more()

    async def not_more(self):
        await self.once_again(False)

    def check_filled(self):
        if self.filled is None:
            raise LookupError

    def label(self):
        return f"{{self.rows}} of the box"

    async def take(self):
        if self.rows is None:
            self.rows = await load()
            {then}

    async def fill(self, rows):
        self.rows = rows
        await asyncio.sleep(0)

async def load():
    await asyncio.sleep(1)

async def retry(action):
    while True:
        try:
            return action()
        except LookupError:
            await asyncio.sleep(0.1)

async def report(on_error):
    await asyncio.sleep(0.1)
    print(on_error())

async def until(test):
    while not test():
        await asyncio.sleep(0.1)

async def until_it_says(test):
    while not await test():
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
    "a flag": "done = False\n            while not done:\n                await asyncio.sleep(0.1)\n"
    "                done = self.ready",
    "turns without an end": "for _ in itertools.count():\n                if self.ready:\n                    break\n"
    "                await asyncio.sleep(0.1)",
    "an error": "while True:\n                try:\n                    self.check()\n                    break\n"
    "                except LookupError:\n                    await asyncio.sleep(0.1)",
    "an error further in": "while True:\n                try:\n                    return self.check_all()\n"
    "                except LookupError:\n                    await asyncio.sleep(0.1)",
    "an error alone": "await self.until_it_fails()",
    "a missing entry": "while True:\n                try:\n                    return self.rows[0]\n"
    "                except TypeError:\n                    await asyncio.sleep(0.1)",
    "a ticker": "async for _ in ticks():\n                if self.ready:\n                    return",
    "a callee": "await self.until_ready()",
    "a callee in time": "await asyncio.wait_for(self.until_ready(), 1)",
    "a callee by parameter": "await filled(self)",
    "a generator": "async for _ in self.ticks_until_ready():\n                pass",
    "a recursion": "await self.again()",
    "a recursion by an error": "await self.until_checked()",
    "a recursion over two": "await self.look()",
    "a recursion over two from its other end": "await self.later()",
    "a check that is handed on": "await retry(self.check)",
    "a test that is handed on, among others": "await asyncio.gather(until(self.is_ready), load())",
    "a coroutine that is handed on": "await until_it_says(self.ask)",
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
    "some turns": "for _ in range(9):\n                if self.ready:\n                    break\n"
    "                await asyncio.sleep(0.1)",
    "an error of other things": "for _ in range(9):\n                try:\n                    self.check_filled()\n"
    "                    break\n                except LookupError:\n                    await asyncio.sleep(0.1)",
    "a check of other things that is handed on": "await retry(self.check_filled)",
    "a recursion over two that looks at nothing": "await self.once_again(True)",
    "a check that is made once": "await asyncio.sleep(0.1)\n            self.check()",
}

MAYBE = {
    "a coroutine that fails": ("await self.until_asked()", "of `Box.until_asked` may wait until"),
    "some turns in a callee": ("await self.some_turns()", "of `Box.some_turns` may wait until"),
    "a branch that sets a flag": (
        "await self.until_flagged()",
        "of `Box.until_flagged` may wait until",
    ),
    "a check that is handed to who calls it once": ("await report(self.check)", "may wait with a test of the state"),
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


@pytest.mark.parametrize("name", MAYBE)
def test_a_lock_that_may_keep_them_out_is_unsafe(name: str) -> None:
    then, why = MAYBE[name]
    found = carried(REMEDY, "AWA102", BOX.format(then=then)).proposal
    assert str(found.applicability) == "unsafe"
    assert any(why in each for each in found.because), found.because


def test_a_text_of_the_state_is_no_test_of_it() -> None:
    taken = "before = self.sum\n        await asyncio.sleep(0)"
    handed = HOLDER.format(waits="pass").replace(taken, "before = self.sum\n        await send(n, on_error=self.label)")
    label = "    def label(self):\n        return {}\n\n    def is_empty"
    text = handed.replace("    def is_empty", label.format('f"{self.sum} paid"'))
    assert "self._lock" in carried(REMEDY, "AWA101", text).text
    test = handed.replace("    def is_empty", label.format("self.sum > 0"))
    assert refusal(REMEDY, "AWA101", test).code == "waits-for-holder"


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


def test_a_holder_that_asks_others_about_it_waits_for_them_and_not_for_the_state() -> None:
    asks = HOLDER.format(
        waits="while True:\n                answer = await send(self.sum)\n                if answer.ok:\n"
        "                    break"
    )
    assert "        async with self._lock:\n            before = self.sum\n" in carried(REMEDY, "AWA101", asks).text
    by_it = asks.replace("if answer.ok", "if self.sum")
    assert refusal(REMEDY, "AWA101", by_it).code == "waits-for-holder"
    some = by_it.replace("while True", "for _ in range(3)")
    assert "        async with self._lock:\n            before = self.sum\n" in carried(REMEDY, "AWA101", some).text
