"""What a hoist reads later than before, beside the state: where others change it meanwhile, it is not safe."""

from __future__ import annotations

import textwrap
from types import ModuleType

import pytest

from awaitomic import fix_source
from explorer import Scenario, World
from explorer.search import explore

SUBJECT = """\
import asyncio

class Part:
    def __init__(self):
        self.total = 0
        self.seen = 0

    async def work(self):
        self.seen += 1
        await asyncio.sleep(1)
        return 1

class Subject:
    def __init__(self):
        self.total = 0
        self.rate = 1
        self.unit = 1
        self.part = Part()
        self.parts = [self.part]
        self.counts = {{}}

    def factor(self):
        return self.rate

    async def change(self):
        self.rate, self.unit = 10, 10
        self.part = Part()
        self.parts.append(self.part)

    async def price(self, unit=1):
        await asyncio.sleep(1)
        return 100 // unit

    async def act(self):
{act}

async def main():
    one = Subject()
    await asyncio.gather(one.act(), one.act(), one.change())
"""


def _program(act: str) -> str:
    return SUBJECT.format(act=textwrap.indent(act, " " * 8))


UNSAFE = {
    "a factor": ("self.total += self.rate * await self.price(self.unit)", True),
    "by a call": ("self.total += self.factor() * await self.price(self.unit)", True),
    "in a statement of its own": (
        "total = self.total + self.rate\ngot = await self.price(self.unit)\nself.total = total * got",
        True,
    ),
    "the object that does the work": ("self.part.total += await self.part.work()", True),
    "an element beside it": ("self.total = len(self.parts) * (self.total + await self.price(self.unit))", True),
}
SAFE = {
    "nothing else": "self.total += await self.price(self.unit)",
    "what only leads there": "self.part.total += await self.price()",
    "a local of it": "part = self.part\npart.total += await self.price()",
    "the table that has the entry": "self.counts[1] = self.counts.get(1, 0) + await self.price()",
    "what is read before the await anyway": (
        "rate = self.rate\ntotal = self.total\ngot = await self.price(self.unit)\nself.total = total + rate * got"
    ),
}


def _endings(text: str) -> set[object]:
    def setup(module: ModuleType, count: int) -> World:
        one = module.Subject()
        return World(
            [one.act, one.change][:count],
            observe=lambda: (one.total, [(part.seen, part.total) for part in one.parts]),
        )

    return {ending.verdict_key() for ending in explore(text, Scenario("change", setup), 2, "any_ready").endings}


@pytest.mark.parametrize(("act", "shows"), UNSAFE.values(), ids=UNSAFE)
def test_what_others_change_meanwhile_is_not_read_later_unasked(act: str, shows: bool) -> None:
    text = _program(act)
    assert "hoist" not in {
        finding.fix.strategy for finding in fix_source(text, confidence="possible").applied if finding.fix
    }
    hoisted = fix_source(text, confidence="possible", unsafe_fixes=True, strategy=("hoist",)).text
    assert (_endings(hoisted) - _endings(text) != set()) is shows


@pytest.mark.parametrize("act", SAFE.values(), ids=SAFE)
def test_what_stays_the_same_thing_is_read_later(act: str) -> None:
    text = _program(act)
    fixed = fix_source(text, confidence="possible")
    assert {finding.fix.strategy for finding in fixed.applied if finding.fix} == {"hoist"}
    assert _endings(fixed.text) <= _endings(text)
