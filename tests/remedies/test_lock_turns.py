"""Loops that wait in each turn until somebody else has done something, under a lock or in what is awaited under it."""

from __future__ import annotations

import pytest

from remedies.verdicts import verdict

WAITS = """\
import asyncio


class Feed:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.size = 0
        self.ready = False

    async def read(self):
        {read}

    async def wait_ready(self):
        while not self.ready:
            await asyncio.sleep(0.1)

    async def ask_again(self):
        if not self.ready:
            await asyncio.sleep(0.1)
            await self.ask_again()

    async def try_twice(self):
        for _ in range(2):
            await asyncio.sleep(0.1)

    async def end(self):
        {end}
        self.ready = True

    async def grown(self, size):
        await asyncio.sleep(0)
        return size + 1
"""
NEW = "size = self.size\n        await self.{wait}()\n        self.size = await self.grown(size)"
RESET = "await asyncio.sleep(1)\n        self.size = 0"
HELD = "async with self.lock:\n            size = self.size\n            {}\n            self.size = size + 1"
POLL = "while not self.ready:\n                await asyncio.sleep(0.1)"
SPAN = "size = self.size\n        await asyncio.sleep(1)\n        self.size = await self.grown(size)"
IN_TURNS = """\
while self.size < 3:
            async with self.lock:
                size = self.size
                await asyncio.sleep(1)
                self.size = size + 1"""
OTHERS = "others hold the lock over the wait for `while not self.ready` (line {}): who takes it waits as long"


@pytest.mark.parametrize(
    ("read", "end", "reason"),
    [
        pytest.param(NEW.format(wait="try_twice"), RESET, "safe", id="a callee that counts its turns"),
        pytest.param(
            NEW.format(wait="wait_ready"),
            RESET,
            "the lock is held for as many turns as `while not self.ready` (line 16) takes",
            id="a callee that looks until another one is done",
        ),
        pytest.param(
            NEW.format(wait="ask_again"),
            RESET,
            "the lock is held for as many turns as `Feed.ask_again(…)` (line 19) takes",
            id="a callee that calls itself until then",
        ),
        pytest.param(HELD.format("await asyncio.sleep(1)"), RESET, "safe", id="a short wait of who holds the lock"),
        pytest.param(HELD.format(POLL), RESET, OTHERS.format(13), id="a holder that looks until another one is done"),
        pytest.param(HELD.format("await self.wait_ready()"), RESET, OTHERS.format(17), id="by a callee"),
        pytest.param(HELD.format(POLL), SPAN, OTHERS.format(13), id="to whom one with a span of its own comes"),
        pytest.param(
            HELD.format("await self.other.get()"),
            SPAN,
            "others hold the lock over the wait for `self.other.get()` (line 13): who takes it waits as long",
            id="a holder that waits for what is not known",
        ),
        pytest.param(
            IN_TURNS,
            RESET,
            "safe",
            id="a lock that is taken in each turn",
        ),
    ],
)
def test_who_looks_again_and_again_waits_for_others_as_who_waits_for_an_event(read: str, end: str, reason: str) -> None:
    """The one that is waited for may have to come by the lock first: then both wait for ever."""
    said = verdict(WAITS.format(read=read, end=end))
    assert said.startswith(reason)
