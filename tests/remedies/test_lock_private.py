"""A lock that each call makes for itself gives way to the new one, if it is taken by nothing but an ``async with``."""

from __future__ import annotations

from awaitomic.remedies.lock import REMEDY
from remedies.carried_out import carried, refusal

TILL = """
import asyncio
import contextlib

class Till:
    def __init__(self):
        self.total = 0

    @property
    def turn(self):
        return asyncio.Lock()

    @property
    def noted(self):
        self.asked = True
        return asyncio.Lock()

    @contextlib.asynccontextmanager
    async def region(self):
        async with asyncio.Lock():
            yield

    async def price(self):
        await asyncio.sleep(0)
        return 1

    async def add(self):
BODY

till = Till()
"""
WORK = """async with HEADER:
    note()
    total = self.total
    self.total = total + await self.price()
    note()
"""


def _program(*before: str, header: str, after: str = "") -> str:
    body = [*before, *WORK.replace("HEADER", header).splitlines(), *after.splitlines()]
    return TILL.replace("BODY", "\n".join(f"        {line}" for line in body))


def _added(text: str) -> str:
    return text.partition("    async def add(self):\n")[2].partition("\n\n")[0]


REGION = """        async with self._lock:
            note()
            total = self.total
            self.total = total + await self.price()
            note()"""


def test_the_new_lock_takes_the_place_of_one_that_is_made_on_the_spot() -> None:
    assert _added(carried(REMEDY, "AWA203", _program(header="asyncio.Lock()")).text) == REGION


def test_the_local_that_held_the_private_lock_goes() -> None:
    result = carried(REMEDY, "AWA203", _program("lock = asyncio.Lock()", header="lock"))
    assert _added(result.text) == REGION


def test_a_local_that_is_taken_again_stays() -> None:
    again = "async with lock:\n    await self.price()"
    result = carried(REMEDY, "AWA203", _program("lock = asyncio.Lock()", header="lock", after=again))
    assert _added(result.text).startswith("        lock = asyncio.Lock()\n        async with self._lock:\n")
    assert "        async with lock:\n            await self.price()" in result.text


def test_a_getter_that_does_nothing_else_is_asked_no_more() -> None:
    assert _added(carried(REMEDY, "AWA203", _program(header="self.turn")).text) == REGION


def test_what_does_more_than_to_make_a_lock_is_left_for_a_person() -> None:
    assert refusal(REMEDY, "AWA203", _program(header="self.noted")).code == "explicit-acquire"
    assert refusal(REMEDY, "AWA203", _program(header="self.region()")).code == "explicit-acquire"


def test_what_else_is_entered_with_it_stays() -> None:
    result = carried(REMEDY, "AWA203", _program(header="asyncio.timeout(3), asyncio.Lock()"))
    assert "        async with asyncio.timeout(3), self._lock:\n" in result.text


def test_a_lock_that_is_taken_by_hand_is_left_for_a_person() -> None:
    body = """        lock = asyncio.Lock()
        await lock.acquire()
        try:
            total = self.total
            self.total = total + await self.price()
        finally:
            lock.release()"""
    assert refusal(REMEDY, "AWA203", TILL.replace("BODY", body)).code == "explicit-acquire"
