"""What is taken of the state right in front of a write goes under the lock with it: the wait for that comes between."""

from __future__ import annotations

import pytest

from awaitomic.remedies.lock import REMEDY
from explorer import Scenario, World, check_after
from remedies.carried_out import carried

TILL = """
import asyncio

class Till:
    def __init__(self):
        self.next = 0
        self.given = []

    async def give(self):
        {first}
        self.next += 1
        await asyncio.sleep(0)
        self.given.append({number})

    async def skip(self, many):
        number = self.next
        await asyncio.sleep(0)
        self.next = number + many

till = Till()

async def main():
    await asyncio.gather(till.give(), till.give(), till.skip(2), till.skip(3))
"""
TAKEN = TILL.format(first="number = self.next", number="number")
LOOKED = TILL.format(first="print(self.next)", number="1")


def scenario() -> Scenario:
    def setup(module: object, count: int) -> World:
        till = module.till  # type: ignore[attr-defined]  # it was made just now
        tasks = [till.give, till.give, lambda: till.skip(2)]
        return World(tasks[:count], observe=lambda: len(set(till.given)))

    return Scenario("till", setup)


def test_no_number_is_given_twice() -> None:
    made = carried(REMEDY, "AWA101", TAKEN).text
    assert "        async with self._lock:\n            number = self.next\n            self.next += 1\n" in made
    assert check_after(made, scenario(), faults=(None,)) == []
    apart = made.replace(
        "        async with self._lock:\n            number = self.next\n",
        "        number = self.next\n        async with self._lock:\n",
    )
    assert apart != made
    assert check_after(apart, scenario(), faults=(None,)) != []


@pytest.mark.parametrize(
    "text", [LOOKED, TAKEN.replace("number = self.next\n        self.next +=", "number = 1\n        self.next +=")]
)
def test_what_is_only_looked_at_stays_outside(text: str) -> None:
    assert "        async with self._lock:\n            self.next += 1\n" in carried(REMEDY, "AWA101", text).text


BESIDE = """
import asyncio

class Till:
    def __init__(self):
        self.next = 0
        self.last = None
        self.given = []

    async def give(self):
        {first}
        self.next += 1
        if self.last is None:
            await asyncio.sleep(0)
            self.last = 1
        {then}

    def peek(self):
        return self.next

    def both(self):
        return self.next, self.last

till = Till()

async def main():
    await asyncio.gather(till.give(), till.give(), till.give())
"""
UNDER = "        async with self._lock:\n            {first}\n            self.next += 1\n            if self.last is"


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("number = self.next", "self.given.append(number)"),
        ("number = self.peek()", "self.given.append(number)"),
        ("number = self.next + 1", "self.given.append(number)"),
        ("self.given.append(self.next)", "pass"),
    ],
)
def test_a_number_of_other_state_is_taken_with_its_advance(first: str, then: str) -> None:
    made = carried(REMEDY, "AWA102", BESIDE.format(first=first, then=then)).text
    assert UNDER.format(first=first) in made
    assert check_after(made, numbers(), faults=(None,)) == []
    apart = made.replace(
        f"        async with self._lock:\n            {first}\n", f"        {first}\n        async with self._lock:\n"
    )
    assert apart != made
    assert check_after(apart, numbers(), faults=(None,)) != []


def test_what_is_taken_behind_a_wait_keeps_the_advance_outside() -> None:
    first = "number = 0\n        if not self.given:\n            await asyncio.sleep(0)\n            number = self.next"
    made = carried(REMEDY, "AWA102", BESIDE.format(first=first, then="self.given.append(number)")).text
    assert "        self.next += 1\n        async with self._lock:\n            if self.last is None:\n" in made


@pytest.mark.parametrize("first", ["number = 1", "number = self.next\n        await asyncio.sleep(0)"])
def test_what_is_not_taken_at_once_stays_outside(first: str) -> None:
    made = carried(REMEDY, "AWA102", BESIDE.format(first=first, then="print(number)")).text
    assert f"        {first}\n        async with self._lock:\n            self.next += 1\n" in made


def numbers() -> Scenario:
    def setup(module: object, count: int) -> World:
        till = module.till  # type: ignore[attr-defined]  # it was made just now
        return World([till.give] * count, observe=lambda: len(set(till.given)))

    return Scenario("till", setup)
