"""Which relatives are split with a method: those that a caller with the lock may reach, and no others."""

from __future__ import annotations

import pytest

from awaitomic.remedies.split import REMEDY
from awaitomic.rules import find
from remedies.carried_out import carried, facts_of, refusal

FEED = """
import asyncio

class Feed:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.dialled = 0

    async def reconnect(self, tries=2):
        {head}
            self.dialled += 1
            await asyncio.sleep(0)
"""

STUBBORN = """
class Stubborn(Feed):
    async def reconnect(self, tries=2):
        async with self._lock:
            self.dialled += 1
            await asyncio.sleep(0)
            if tries:
                {again}
"""

AGAIN = "await self.reconnect(tries - 1)"
LOCKED = FEED.format(head="async with self._lock:")
ABOVE = {
    "it takes the lock": LOCKED,
    "it takes another lock": FEED.format(head="async with asyncio.Lock():"),
    "it takes none": FEED.format(head="if tries:"),
}


@pytest.mark.parametrize("name", ABOVE)
def test_what_is_overridden_stays_as_it_is(name: str) -> None:
    result = carried(REMEDY, "AWA301", ABOVE[name] + STUBBORN.format(again=AGAIN))
    assert result.verdict == "safe"
    assert result.text.startswith(ABOVE[name])
    assert result.text.count("async def _reconnect_locked(") == 1
    assert [finding for finding in find(facts_of(result.text)) if finding.rule == "AWA301"] == []


def test_a_variant_that_is_there_is_called_by_others_whatever_it_overrides() -> None:
    split = carried(REMEDY, "AWA301", LOCKED + STUBBORN.format(again=AGAIN)).text
    more = "\n    async def insist(self):\n        async with self._lock:\n            await self.reconnect()\n"
    result = carried(REMEDY, "AWA301", split + more)
    assert result.verdict == "safe"
    assert result.text == split + more.replace("self.reconnect()", "self._reconnect_locked()")


def test_what_the_variant_calls_by_super_is_split_too() -> None:
    text = LOCKED + STUBBORN.format(again=f"{AGAIN}\n                await super().reconnect()")
    result = carried(REMEDY, "AWA301", text)
    assert result.text.count("async def _reconnect_locked(") == 2
    assert "await super()._reconnect_locked()\n" in result.text
    assert [finding for finding in find(facts_of(result.text)) if finding.rule == "AWA301"] == []


def test_what_a_holder_above_may_reach_is_split_too() -> None:
    holder = "\n    async def start(self):\n        async with self._lock:\n            await self.reconnect()\n"
    result = carried(REMEDY, "AWA301", LOCKED + holder + STUBBORN.format(again="print()"))
    assert result.text.count("async def _reconnect_locked(") == 2


def test_what_may_stand_in_for_the_method_in_a_class_of_both_is_split_too() -> None:
    other = STUBBORN.replace("Stubborn", "Loud").format(again="print()")
    both = "\nclass Both(Loud, Stubborn):\n    pass\n"
    result = carried(REMEDY, "AWA301", LOCKED + STUBBORN.format(again=AGAIN) + other + both)
    assert result.text.startswith(LOCKED)
    assert result.text.count("async def _reconnect_locked(") == 2


def test_what_locks_in_another_way_and_may_be_reached_is_refused() -> None:
    holder = "\n    async def start(self):\n        async with self._lock:\n            await self.reconnect()\n"
    text = FEED.format(head="if tries:") + holder + STUBBORN.format(again="print()")
    assert refusal(REMEDY, "AWA301", text).code == "overridden"


MIDDLE = """
class Middle(Feed):
    async def reconnect(self, tries=2):
        async with self._lock:
            self.dialled += 2
            await asyncio.sleep(0)

    async def start(self):
        async with self._lock:
            await self.reconnect()

class Low(Middle):
    async def reconnect(self, tries=2):
        await super({start}).reconnect()
"""


def test_what_is_called_behind_another_class_is_split_too() -> None:
    result = carried(REMEDY, "AWA301", LOCKED + MIDDLE.format(start="Middle, self"))
    assert result.verdict == "safe"
    assert result.text.count("async def _reconnect_locked(") == 3
    assert "await super(Middle, self)._reconnect_locked()\n" in result.text


@pytest.mark.parametrize("start", ["", "Low, self"])
def test_what_nobody_calls_behind_another_class_stays_as_it_is(start: str) -> None:
    result = carried(REMEDY, "AWA301", LOCKED + MIDDLE.format(start=start))
    assert result.verdict == "safe"
    assert result.text.startswith(LOCKED)
    assert result.text.count("async def _reconnect_locked(") == 2


@pytest.mark.parametrize("start", ["type(self).__mro__[1], self", "self.__class__.__base__, self"])
def test_what_is_called_behind_a_class_that_is_not_known_is_refused(start: str) -> None:
    assert refusal(REMEDY, "AWA301", LOCKED + MIDDLE.format(start=start)).code == "overridden"
