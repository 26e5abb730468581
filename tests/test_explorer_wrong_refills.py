"""Refills that look right and show a part: the explorer catches them, and passes what the remedy writes."""

from __future__ import annotations

import pytest

from awaitomic.remedies import refill
from explorer import Scenario, World, check_after, check_before
from remedies.outcome import outcome

HEAD = """
import asyncio

async def read(name):
    await asyncio.sleep(1)
    return name.upper()

class Prices:
    def __init__(self):
        self.rows = {"a": "A", "b": "B"}

    def get(self, name):
        return self.rows.get(name)

    async def ask(self):
        return self.get("a"), self.get("b")

    async def update(self):
"""
TAIL = "\nprices = Prices()\n"

IN_PLACE = """
        self.rows.clear()
        for name in ("a", "b"):
            self.rows[name] = await read(name)
"""
REBOUND = IN_PLACE.replace("self.rows.clear()", "self.rows = {}")
FILLED = """
        rows = {}
        for name in ("a", "b"):
            rows[name] = await read(name)
"""
WRONG = {
    "emptied in place": IN_PLACE,
    "another one is put in its place, and then filled": REBOUND,
    "published too early": FILLED.replace("        for", "        self.rows = rows\n        for"),
    "published with each element": FILLED + "            self.rows = dict(rows)\n",
    "taken over with an await in between": FILLED
    + "        self.rows.clear()\n        await asyncio.sleep(1)\n        self.rows.update(rows)\n",
}
RIGHT = {
    IN_PLACE: FILLED + "        self.rows.clear()\n        self.rows.update(rows)\n",
    REBOUND: FILLED + "        self.rows = rows\n",
}


def _setup(module: object, count: int) -> World:
    prices = module.prices  # type: ignore[attr-defined]  # what the program makes
    tasks = [prices.update, prices.ask]
    return World([tasks[number % 2] for number in range(count)], observe=lambda: prices.rows)


BESIDE_A_READER = Scenario("prices", _setup)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_refill_is_caught(name: str) -> None:
    assert check_before(HEAD + WRONG[name] + TAIL, BESIDE_A_READER)


@pytest.mark.parametrize("before", RIGHT)
def test_what_the_remedy_writes_shows_all_or_nothing(before: str) -> None:
    found = outcome(refill.propose, "AWA105", HEAD + before + TAIL)
    assert found.text == HEAD + RIGHT[before] + TAIL
    assert check_after(found.text, BESIDE_A_READER) == []
