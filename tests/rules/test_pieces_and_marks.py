"""Pieces of a returned tuple, and marks of one's own that are compared after a wait."""

from __future__ import annotations

import pytest

from awaitomic.rules import find
from program.reading import program_of

THING = """
class Thing:
    def __init__(self):
        self.n = 0
        self.one = None
        self.turn = None

    def both(self):
        return self.n, self.one

    def mixed(self):
        if self.one:
            return 1, self.n
        return self.n, 1

    async def old(self):
        n = self.n
        await asyncio.sleep(0)
        return n, 5

    async def f(self):
        {body}

thing = Thing()

async def main():
    await asyncio.gather(thing.f(), thing.f())
"""


def rules(*lines: str) -> set[str]:
    text = THING.format(body="\n        ".join(lines))
    return {finding.rule for finding in find(program_of(text)) if finding.function == "Thing.f"}


WAIT = "await asyncio.sleep(0)"
REPORTED = [
    ("the piece itself", "AWA101", ["n, one = self.both()", WAIT, "self.n = n + 1"]),
    ("the whole", "AWA101", ["both = self.both()", WAIT, "self.n = both[0] + 1"]),
    ("one of several", "AWA101", ["n, *rest = self.both()", WAIT, "self.n = n + 1"]),
    ("either piece", "AWA101", ["n, other = self.mixed()", WAIT, "self.n = other + 1"]),
    ("an old piece", "AWA101", ["n, five = await self.old()", "self.n = n + 1"]),
    ("a tested piece", "AWA102", ["n, one = self.both()", "if one is None:", f"    {WAIT}", "    self.one = object()"]),
    ("a mark that nobody compares", "AWA101", ["turn = self.turn = object()", "self.one = await ask(self.one)"]),
    (
        "another mark",
        "AWA101",
        [
            "turn = self.turn = object()",
            "other = object()",
            "one = await ask(self.one)",
            "if self.turn is not other:",
            "    self.one = one",
        ],
    ),
    (
        "a mark compared before another wait",
        "AWA101",
        [
            "turn = self.turn = object()",
            "one = await ask(self.one)",
            "if self.turn is turn:",
            f"    {WAIT}",
            "    self.one = one",
        ],
    ),
]


@pytest.mark.parametrize(("rule", "lines"), [case[1:] for case in REPORTED], ids=[case[0] for case in REPORTED])
def test_reported(rule: str, lines: list[str]) -> None:
    assert rules(*lines) == {rule}


SILENT = [
    ("the other piece", ["n, one = self.both()", WAIT, "self.n = len(one)"]),
    ("the piece that is no state", ["n, five = await self.old()", "self.n = five"]),
    ("a test of the other piece", ["n, one = self.both()", "if n:", f"    {WAIT}", "    self.one = object()"]),
    (
        "a mark that still stands",
        ["turn = self.turn = object()", "one = await ask(self.one)", "if self.turn is turn:", "    self.one = one"],
    ),
    (
        "a mark put there in a line of its own",
        [
            "turn = object()",
            "self.turn = turn",
            "one = await ask(self.one)",
            "if turn is not self.turn:",
            "    return",
            "self.one = one",
        ],
    ),
]


@pytest.mark.parametrize("lines", [case[1] for case in SILENT], ids=[case[0] for case in SILENT])
def test_silent(lines: list[str]) -> None:
    assert rules(*lines) == set()
