"""Why a lock of threads does not become one of the event loop: each program blocks its loop, and some cannot wait."""

from __future__ import annotations

from .case import Refused

PRICES = """
import asyncio
import contextlib
import threading


class Prices:
    def __init__(self):
        self.lock = {lock}
        self.prices = {{}}

    async def refresh(self, item):
        with self.lock:
            self.prices[item] = await self.fetch(item)
{more}
    async def fetch(self, item):
        await asyncio.sleep(1)
        return 1


prices = Prices()


async def main():
    await asyncio.gather(prices.refresh("a"), prices.refresh("b"))
"""
NO_LOOP = "    def look(self):\n        with self.lock:\n            return dict(self.prices)\n"


def _prices(more: str, lock: str = "threading.Lock()") -> Refused:
    return Refused(
        text=PRICES.format(lock=lock, more=more),
        tasks=("prices.refresh('a')", "prices.refresh('b')"),
        state="prices.prices",
    )


CASES = {
    "sync-user": Refused(fixture="thread_lock/plain_user.py"),
    "lock-passed-on": _prices("\n    async def look(self):\n        return self.lock\n"),
    "used-in-threads": _prices(
        "\n    def start(self):\n        threading.Thread(target=self.look).start()\n\n"
        "    def look(self):\n        return 1\n"
    ),
    "other-kind": _prices("", lock="threading.Condition(threading.Lock())"),
    "taken-again": Refused(
        text=PRICES.format(
            lock="threading.RLock()",
            more="            await self.clear()\n\n    async def clear(self):\n        with self.lock:\n"
            "            self.prices.pop('none', None)\n",
        ).replace(
            "self.prices[item] = await self.fetch(item)",
            "self.prices[0] = self.prices.get(0, 0) + await self.fetch(item)",
        ),
        tasks=("prices.refresh('a')",),
        state="prices.prices",
        instead=(
            ("threading.RLock()", "asyncio.Lock()"),
            (
                "        with self.lock:\n            self.prices[0]",
                "        async with self.lock:\n            self.prices[0]",
            ),
            (
                "        with self.lock:\n            self.prices.pop",
                "        async with self.lock:\n            self.prices.pop",
            ),
        ),
        harm="schedule",
    ),
    "with-several": _prices(
        "\n    async def look(self):\n        with contextlib.nullcontext(), self.lock:\n            return 1\n"
    ),
}
