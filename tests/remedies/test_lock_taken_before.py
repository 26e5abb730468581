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
