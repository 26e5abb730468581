"""A class below may make a property of an attribute: then reading it once more, or later, is no plain read any more."""

from __future__ import annotations

import pytest

from awaitomic import fix_source

PROGRAM = """\
import asyncio


async def price():
    await asyncio.sleep(1)
    return 1


class Socket:
    async def close(self):
        await asyncio.sleep(1)


class Client:
    def __init__(self):
        self.ws = None
        self.total = 0

    async def open(self):
        await asyncio.sleep(1)
        self.ws = Socket()

    async def close(self):
        if self.ws is not None:
            await self.ws.close()
            self.ws = None

    async def add(self):
        {add}


class {below}:
    @property
    def {name}(self):
        print("asked")
        return self._kept

    @{name}.setter
    def {name}(self, value):
        self._kept = value
"""


ADDS = (
    "self.total += await price()",
    "n = self.total\n        print(n)\n        await price()\n        self.total = n + 1",
)


@pytest.mark.parametrize("add", ADDS)
@pytest.mark.parametrize(
    ("below", "name", "safe"),
    [
        ("Tls(Client)", "ws", {"hoist"}),
        ("Tls(Client)", "total", {"recheck"}),
        ("Tls(Client)", "other", {"hoist", "recheck"}),
        ("Tls", "ws", {"hoist", "recheck"}),
    ],
)
def test_a_property_of_a_class_below_makes_a_fix_unsafe(below: str, name: str, safe: set[str], add: str) -> None:
    applied = fix_source(PROGRAM.format(below=below, name=name, add=add), confidence="possible").applied
    assert {finding.fix.strategy for finding in applied if finding.fix} - {"lock"} == safe
