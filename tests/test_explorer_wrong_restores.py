"""Repairs of state that is set for a while: wrong ones that the explorer catches, and the lock, which passes."""

from __future__ import annotations

from types import ModuleType

import pytest

from awaitomic.remedies.lock.for_a_while import REMEDY
from explorer import Scenario, World, check_after, check_alone, check_before
from remedies.carried_out import carried, refusal

CLIENT = """
import asyncio
from explorer import outside

class Client:
    def __init__(self):
        self.limit = 5

    async def upload(self, limit):
        old = self.limit
        self.limit = limit
        try:
            await outside("send")
        finally:
            self.limit = old

async def main():
    client = Client()
    await asyncio.gather(client.upload(60), client.upload(90))
"""

TESTED = CLIENT.replace(
    "            self.limit = old\n", "            if self.limit == limit:\n                self.limit = old\n"
)
LATE = CLIENT.replace(
    "        finally:\n            self.limit = old\n",
    "        finally:\n            async with self._lock:\n                self.limit = old\n",
).replace("self.limit = 5\n", "self.limit = 5\n        self._lock = asyncio.Lock()\n")


def _setup(module: ModuleType, count: int) -> World:
    client = module.Client()
    tasks = [lambda: client.upload(60), lambda: client.upload(90), lambda: client.upload(30)]
    return World(tasks[:count], lambda: client.limit)


SCENARIO = Scenario("uploads", _setup)


@pytest.mark.parametrize("text", [TESTED, LATE], ids=["tested before it is put back", "put back under a lock"])
def test_a_wrong_restore_is_caught(text: str) -> None:
    assert text != CLIENT
    assert check_after(text, SCENARIO, (2, 3), (None,))


def test_one_run_at_a_time_puts_back_what_was_there() -> None:
    check_before(CLIENT, SCENARIO)
    made = carried(REMEDY, "AWA106", CLIENT)
    assert made.verdict == "unsafe"
    assert made.proposal.because[:2] == (
        "runs of `Client.upload` wait for each other for all of the time for which `self.limit` is set",
        "who reads `self.limit` without the lock still finds what is set for the time",
    )
    assert check_after(made.text, SCENARIO) == []
    assert check_alone(CLIENT, made.text, SCENARIO) == []


MANAGER = """
import asyncio
import contextlib

class Client:
    def __init__(self):
        self.limit = 5

    @contextlib.contextmanager
    def limited(self, limit):
        old = self.limit
        self.limit = limit
        try:
            yield
        finally:
            self.limit = old

    async def upload(self, limit):
        with self.limited(limit):
            await asyncio.sleep(1)

async def main():
    client = Client()
    await asyncio.gather(client.upload(60), client.upload(90))
"""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            CLIENT.replace(
                "    async def upload", "    def limit_to(self, n):\n        self.limit = n\n\n    async def upload"
            ),
            id="a plain function sets it",
        ),
        pytest.param(MANAGER, id="a plain manager sets it"),
    ],
)
def test_who_cannot_wait_for_the_lock_refuses_it(text: str) -> None:
    assert refusal(REMEDY, "AWA106", text).code == "sync-writer"
