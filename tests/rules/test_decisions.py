"""What decides a write: conditions of loops, nested tests, tests for an attribute, membership in a list."""

from __future__ import annotations

import pytest

from awaitomic.rules import find
from program.reading import program_of

THING = """
class Thing:
    def __init__(self):
        self.link = None
        self.busy = False
        self.running = True
        self.rows = []
        self.others = []

    def change(self, key):
        self.link, self.busy, self.running = key, key, key

    async def f(self, key):
        {body}

thing = Thing()

async def main(keys):
    await asyncio.gather(*(thing.f(key) for key in keys))
"""
RETRY = ["try:", "    self.link = await dial()", "except OSError:", "    await asyncio.sleep(1)"]


def indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def rules(*lines: str) -> set[str]:
    text = THING.format(body="\n        ".join(lines))
    return {finding.rule for finding in find(program_of(text)) if finding.function == "Thing.f"}


REPORTED = [
    ("a loop until it is there", ["while self.link is None:", "    self.link = await dial()"]),
    ("a loop that tries again", ["while not self.link:", *indented(RETRY)]),
    (
        "a wait until it is free, and another wait",
        ["while self.busy:", "    await asyncio.sleep(0)", "await dial()", "self.busy = True"],
    ),
    (
        "a test in a test, and the return",
        ["if self.link is not None:", "    if self.link.alive:", "        return", "self.link = await dial()"],
    ),
    ("a test in a test", ["if key:", "    if self.link is None:", "        self.link = await dial()"]),
    ("an element that is not in a list", ["if key not in self.rows:", "    await dial()", "    self.rows.append(key)"]),
    ("an element that is in a list", ["if key in self.rows:", "    return", "await dial()", "self.rows.append(key)"]),
    ("no attribute so far", ["if not hasattr(self, 'pool'):", "    self.pool = await dial()"]),
    ("a missing attribute", ["try:", "    return self.pool", "except AttributeError:", "    self.pool = await dial()"]),
]


@pytest.mark.parametrize("lines", [case[1] for case in REPORTED], ids=[case[0] for case in REPORTED])
def test_reported(lines: list[str]) -> None:
    assert rules(*lines) == {"AWA102"}


SILENT = [
    ("a loop as long as it runs", ["while self.running:", "    await dial()", "self.running = False"]),
    (
        "a loop that is ended from inside",
        ["while self.running:", "    if await dial():", "        self.running = False"],
    ),
    (
        "a loop that looks again",
        [
            "while self.link is None:",
            "    link = await dial()",
            "    if self.link is None:",
            "        self.link = link",
        ],
    ),
    (
        "a wait until it is free, and nothing more",
        ["while self.busy:", "    await asyncio.sleep(0)", "self.busy = True", "await dial()"],
    ),
    (
        "a test in a test beside something else",
        [
            "if self.link is not None:",
            "    print(key)",
            "    if self.link.alive:",
            "        print(key)",
            "self.link = await dial()",
        ],
    ),
    (
        "a test in a test, and a claim",
        ["if key:", "    if self.link is None:", "        self.link = key", "        await dial()"],
    ),
    (
        "an element that stands for who is at work",
        ["if key in self.rows:", "    return", "self.rows.append(key)", "await dial()", "self.rows.remove(key)"],
    ),
    ("another element", ["if key not in self.rows:", "    row = await dial()", "    self.rows.append(row)"]),
    ("another list", ["if key not in self.rows:", "    await dial()", "    self.others.append(key)"]),
    (
        "an element that is looked for again",
        [
            "if key not in self.rows:",
            "    await dial()",
            "    if key not in self.rows:",
            "        self.rows.append(key)",
        ],
    ),
    (
        "no attribute so far, then a task",
        ["if not hasattr(self, 'pool'):", "    self.pool = start()", "await self.pool"],
    ),
    ("asked for behind the wait", ["pool = await dial()", "if not hasattr(self, 'pool'):", "    self.pool = pool"]),
    ("no attribute of something else", ["if not hasattr(key, 'pool'):", "    self.pool = await dial()"]),
    (
        "another missing attribute",
        ["try:", "    return key.pool", "except AttributeError:", "    self.pool = await dial()"],
    ),
]


@pytest.mark.parametrize("lines", [case[1] for case in SILENT], ids=[case[0] for case in SILENT])
def test_silent(lines: list[str]) -> None:
    assert rules(*lines) == set()
