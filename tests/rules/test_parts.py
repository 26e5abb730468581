"""A test of one entry, or of one attribute of an entry, says nothing of its neighbours."""

from __future__ import annotations

import pytest

from awaitomic.rules import find
from program.reading import program_of

SHELF = """
class Shelf:
    def __init__(self):
        self.stats = {{"held": 0, "total": 0}}
        self.books: dict[str, Book] = {{}}
        self.lock = asyncio.Lock()

    async def f(self, name, other):
        {body}

class Book:
    def __init__(self):
        self.held = False
        self.pages = 0

async def main():
    shelf = Shelf()
    await asyncio.gather(*(shelf.f("a", "b") for _ in range(3)))
"""
WAIT = "await asyncio.sleep(1)"


def reported(*lines: str) -> list[tuple[str, str]]:
    body = "\n        ".join(lines)
    return [(finding.rule, finding.state) for finding in find(program_of(SHELF.format(body=body)))]


@pytest.mark.parametrize(
    "lines",
    [
        ['if self.stats["held"] > 0:', f"    {WAIT}", '    self.stats["total"] += 1'],
        ['held = self.stats["held"]', WAIT, "if held:", '    self.stats["total"] += 1'],
        [
            'held = self.stats["held"] > 0',
            "async with self.lock:",
            f"    {WAIT}",
            "    if held:",
            '        self.stats["total"] += 1',
        ],
        ["held = self.books[name].held", WAIT, "if held:", "    self.books[name].pages += 1"],
    ],
)
def test_neighbours_are_silent(lines: list[str]) -> None:
    assert reported(*lines) == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ['if self.stats["held"] > 0:', f"    {WAIT}", '    self.stats["held"] -= 1'],
            ("AWA102", "self.stats['held']"),
        ),
        (
            [
                'held = self.stats["held"] > 0',
                "async with self.lock:",
                f"    {WAIT}",
                "    if held:",
                '        self.stats["held"] -= 1',
            ],
            ("AWA201", "self.stats['held']"),
        ),
        (
            ['held = self.stats["held"]', WAIT, 'self.stats["held"] = held + 1'],
            ("AWA101", "self.stats['held']"),
        ),
        (
            ["if not self.books[name].held:", f"    {WAIT}", "    self.books[name].held = bool(other)"],
            ("AWA102", "self.books[name].held"),
        ),
        (
            ["if len(self.books) < 10:", f"    {WAIT}", "    self.books[name] = Book()"],
            ("AWA102", "self.books[name]"),
        ),
    ],
)
def test_the_same_one_is_reported(lines: list[str], expected: tuple[str, str]) -> None:
    assert reported(*lines) == [expected]
