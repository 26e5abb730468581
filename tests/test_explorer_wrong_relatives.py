"""Splits of a method without a relative that a caller with the lock comes to: the explorer tells."""

from __future__ import annotations

from awaitomic.remedies.split import REMEDY
from explorer import Scenario, World, check_after, check_alone
from remedies.carried_out import carried

STORE = """
import asyncio
from explorer import outside

class Store:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.rows = []

    async def put(self, row):
        async with self._lock:
            await outside("save", row)
            self.rows.append(row)

    async def fill(self):
        async with self._lock:
            await self.put("a")
"""

LOUD = """
class Loud(Store):
    async def put(self, row):
        async with self._lock:
            await outside("shout", row)
            {more}
"""

TASKS = """
store = Loud()

async def fill():
    await store.fill()

async def put():
    await store.put("b")

async def more():
    await store.put("c")

tasks = [fill, put, more]
"""

PUBLIC = '''    async def put(self, row):
        async with self._lock:
            await self._put_locked(row)

    async def _put_locked(self, row):
        """Do the work of `put`. Caller must hold `_lock`."""
'''
SAVE, SHOUT = '        await outside("save", row)\n', '        await outside("shout", row)\n'
STORE_SPLIT = STORE.partition("    async def put")[0] + PUBLIC + SAVE + "        self.rows.append(row)\n"
FILLS = STORE[STORE.index("\n    async def fill") :].replace("self.put", "self._put_locked")

SCENARIO = Scenario("tasks", lambda module, count: World(module.tasks[:count], lambda: module.store.rows))


def _split_by_hand(more: str) -> str:
    return "\nclass Loud(Store):\n" + PUBLIC + SHOUT + f"        {more}\n"


def test_an_override_that_is_left_out_is_passed_over() -> None:
    more = "self.rows.append(row.upper())"
    right = carried(REMEDY, "AWA301", STORE + LOUD.format(more=more) + TASKS)
    assert right.verdict == "safe"
    assert check_after(right.text, SCENARIO) == []
    by_hand = STORE_SPLIT + FILLS + _split_by_hand(more) + TASKS
    assert check_alone(right.text, by_hand, SCENARIO) == []
    assert check_alone(right.text, STORE_SPLIT + FILLS + LOUD.format(more=more) + TASKS, SCENARIO)


def test_what_is_called_by_super_and_left_out_hangs_as_before() -> None:
    more = "await super().put(row)"
    text = STORE.replace('await self.put("a")', "pass") + LOUD.format(more=more) + TASKS
    right = carried(REMEDY, "AWA301", text)
    assert right.verdict == "safe"
    assert check_after(right.text, SCENARIO) == []
    assert check_after(text.replace(LOUD.format(more=more), _split_by_hand(more)), SCENARIO)
