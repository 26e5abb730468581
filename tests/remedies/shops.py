"""A shop of which one method holds the lock for only a part of what it does."""

from __future__ import annotations

from awaitomic.remedies import widen
from remedies.carried_out import Carried, carried

SHOP = """\
import asyncio

from services import connect, fetch, log

other = asyncio.Lock()


class Shop:
    def __init__(self):
        self._lock = asyncio.Lock()
        self._cond = asyncio.Condition()
        self._done = asyncio.Event()
        self.total = 0
        self.one = None
        self.rows = {{}}

{body}

    async def io(self):
        await asyncio.sleep(0)

    async def long(self):
        async with self._lock:
            await self.io()
            self.total, self.one = 0, None
            self.rows["all"] = 0


async def main():
    shop = Shop()
    await asyncio.gather(shop.f("a"), shop.f("b"), shop.long())
"""


def program(*lines: str) -> str:
    return SHOP.format(body="\n".join(f"    {line}" if line else "" for line in lines))


def body(text: str) -> list[str]:
    """Give the lines of ``f``, without its indentation."""
    lines = text[text.index("    async def f(") :].split("\n")
    end = next(index for index, line in enumerate(lines) if not line.strip())
    return [line.removeprefix("        ") for line in lines[1:end]]


def widened(*lines: str) -> Carried:
    return carried(widen.REMEDY, "AWA201", program("async def f(self, key):", *lines))
