"""Whose lock a caller takes for what a helper writes: that of the object whose helper it calls, none if it is new."""

from __future__ import annotations

import pytest

from awaitomic.remedies import lock
from awaitomic.rules import find
from remedies.carried_out import carried, facts_of, refusal

TANK = """\
import asyncio


class Tank:
    def __init__(self, pump):
        self.pump = pump
        self.tanks = []
        self.level = 5

    def _empty(self):
        self.level = 0

    async def _refill(self):
        self.level = await measured(self.level)

    async def fill(self):
        self.level = await measured(self.level)

    {decorator}async def other({signature}):
        {body}


async def measured(level):
    await asyncio.sleep(0)
    return level + 1


async def main(tank: Tank, other: Tank):
    await asyncio.gather(tank.fill(), tank.fill(), other.other(tank))
"""


def _program(*body: str, signature: str = "self, tank: 'Tank'", decorator: str = "") -> str:
    return TANK.format(body="\n        ".join(body), signature=signature, decorator=decorator)


def _other(text: str) -> list[str]:
    """Give the lines of the body of ``other``."""
    lines = text[text.index("async def other(") :].split("\n")
    return [line.removeprefix("        ") for line in lines[1 : lines.index("")]]


def test_the_lock_of_the_object_whose_helper_is_called_is_taken() -> None:
    text = carried(lock.REMEDY, "AWA101", _program("await measured(0)", "tank._empty()")).text
    assert _other(text) == ["await measured(0)", "async with tank._lock:", "    tank._empty()"]


def test_a_helper_in_between_is_followed() -> None:
    program = _program("tank._drain()").replace(
        "    def _empty(self):", "    def _drain(self):\n        self._empty()\n\n    def _empty(self):"
    )
    text = carried(lock.REMEDY, "AWA101", program).text
    assert _other(text) == ["async with tank._lock:", "    tank._empty()".replace("_empty", "_drain")]


def test_ones_own_helper_is_called_under_ones_own_lock() -> None:
    text = carried(lock.REMEDY, "AWA101", _program("await measured(0)", "self._empty()")).text
    assert _other(text) == ["await measured(0)", "async with self._lock:", "    self._empty()"]


@pytest.mark.parametrize(
    ("signature", "decorator", "made"),
    [
        ("cls, pump", "@classmethod\n    ", "cls(pump)"),
        ("pump", "@staticmethod\n    ", "Tank(pump)"),
        ("self, pump", "", "Tank(pump)"),
    ],
)
def test_an_object_that_was_just_made_needs_no_lock(signature: str, decorator: str, made: str) -> None:
    body = (f"tank = {made}", "await measured(0)", "tank._empty()", "return tank")
    text = carried(lock.REMEDY, "AWA101", _program(*body, signature=signature, decorator=decorator)).text
    assert _other(text) == list(body)


def test_an_object_that_can_be_replaced_meanwhile_is_refused() -> None:
    program = _program("await measured(0)", "self.pump._empty()").replace(
        "    def _empty(self):", "    def swap(self, pump):\n        self.pump = pump\n\n    def _empty(self):"
    )
    program = program.replace("def __init__(self, pump):", "def __init__(self, pump: 'Tank'):")
    assert refusal(lock.REMEDY, "AWA101", program).code == "foreign-state"


def test_who_writes_the_state_of_two_objects_is_refused() -> None:
    program = _program("tank._empty()", "await measured(0)", "self._empty()")
    assert refusal(lock.REMEDY, "AWA101", program).code == "foreign-state"


def test_what_is_only_done_to_new_objects_comes_into_no_span() -> None:
    text = """\
import asyncio


class Tank:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.level = 5

    def _empty(self):
        self._set(0)

    def _set(self, level):
        self.level = level

    async def fill(self):
        async with self._lock:
            self.level = await measured(self.level)

    @classmethod
    async def new(cls):
        tank = cls()
        await measured(0)
        tank._empty()
        return tank


async def measured(level):
    await asyncio.sleep(0)
    return level + 1


async def main(tank: Tank):
    await asyncio.gather(tank.fill(), tank.fill(), Tank.new())
"""
    assert not find(facts_of(text))
    assert [each.rule for each in find(facts_of(text.replace("tank = cls()", "tank = made")))] == ["AWA202"]
