"""A lock around a stay that only somebody else can end: the explorer catches the hang, and passes the narrower lock.

The lock remedy refuses it (`other-work`); a function that sends requests to their handlers had got such a lock.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from types import ModuleType
from typing import Any

from explorer import Scenario, World, check_after, check_before

SESSION = """
import asyncio

class Session:
    def __init__(self):
        self.ended = asyncio.Event()
        self.terminated = False
        self.lock = asyncio.Lock()

    async def stream(self):
        await self.ended.wait()

    async def end(self):
        if not self.terminated:
            self.ended.set()
            await asyncio.sleep(0)
            self.terminated = True

    async def handle(self, request):
{body}

session = Session()
"""
OVER_ALL = """
        async with self.lock:
            if request == "stream":
                await self.stream()
            else:
                await self.end()
"""
OVER_ONE = """
        if request == "stream":
            await self.stream()
        else:
            async with self.lock:
                await self.end()
"""


def _setup(module: ModuleType, count: int) -> World:
    """Every other task streams, and the others end it."""

    def task(number: int) -> Callable[[], Coroutine[Any, Any, None]]:
        return lambda: module.session.handle("end" if number % 2 else "stream")

    return World([task(number) for number in range(count)], observe=lambda: module.session.terminated)


SCENARIO = Scenario("session", _setup)


def test_a_lock_over_all_requests_hangs() -> None:
    assert check_before(SESSION.format(body=OVER_ALL), SCENARIO, counts=(2,)).mode == "fifo"


def test_one_over_those_that_end_the_stream_does_not() -> None:
    assert check_after(SESSION.format(body=OVER_ONE), SCENARIO, counts=(2, 3), faults=(None,)) == []
