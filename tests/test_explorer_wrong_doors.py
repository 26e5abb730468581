"""Ways to guard a write against a lock that others hold which look right and are wrong: the explorer catches them.

Each replaces the line of ``fixtures/inconsistent_lock/call_without_lock.py`` that does without the lock.
"""

from __future__ import annotations

import pytest

from explorer import check_after, check_before
from scenarios import SCENARIOS, product

PATH = "inconsistent_lock/call_without_lock.py"
DOOR = "        await asyncio.sleep(0)\n        self._count()\n"

WRONG = {
    "a lock of its own": "        async with asyncio.Lock():\n            self._count()\n",
    "the lock is given back before the write": (
        "        async with self._lock:\n            pass\n        await asyncio.sleep(0)\n        self._count()\n"
    ),
    "the old value is taken before the lock": (
        "        total = self.total\n        async with self._lock:\n            self.total = total + 1\n"
    ),
    "a look at the lock, and then a wait": (
        "        if not self._lock.locked():\n            await asyncio.sleep(0)\n            self._count()\n"
        "        else:\n            await self.count()\n"
    ),
}


def _with(door: str) -> str:
    text = product.before(PATH)
    assert text.count(DOOR) == 1
    return text.replace(DOOR, door)


@pytest.mark.parametrize("door", WRONG.values(), ids=WRONG)
def test_a_wrong_guard_loses_a_count(door: str) -> None:
    assert check_before(_with(door), SCENARIOS[PATH].scenario(PATH)).mode == "fifo"


RIGHT = "        await asyncio.sleep(0)\n        async with self._lock:\n            self._count()\n"


def test_the_lock_that_the_others_hold_is_what_fix_takes() -> None:
    assert product.after(PATH) == _with(RIGHT)


@pytest.mark.parametrize(
    "door", [RIGHT, "        async with self._lock:\n            await asyncio.sleep(0)\n        self._count()\n"]
)
def test_the_lock_guards_until_the_next_wait_even_if_it_is_given_back(door: str) -> None:
    assert check_after(_with(door), SCENARIOS[PATH].scenario(PATH)) == []
