"""A class with ``acquire`` and ``release`` that counts its users is no lock; one that lets its callers wait is."""

from __future__ import annotations

import textwrap

import pytest

from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of

CLIENT = """
class {name}:
    def __init__(self):
        self.users = 0
        self.session = None
        self.turn = asyncio.Lock()

    async def acquire(self):
{acquire}

    async def release(self):
        self.users -= 1

async def main():
    client = {name}()
    await asyncio.gather(client.acquire(), client.acquire())
"""

OPENS = "self.users += 1\nif self.users == 1:\n    self.session = await connect()\nreturn self.session"


def found(acquire: str, name: str = "Client") -> list[tuple[str, Confidence]]:
    source = CLIENT.format(name=name, acquire=textwrap.indent(acquire, " " * 8))
    return [(finding.rule, finding.confidence) for finding in find(program_of(source))]


@pytest.mark.parametrize(
    "acquire",
    [
        OPENS,
        "self.users += 1\nif self.users == 1:\n    await self.connect()\n\nasync def connect(self):\n"
        "    self.session = await connect()",
    ],
)
def test_who_counts_its_users_keeps_nobody_out(acquire: str) -> None:
    """The object is a local of ``main``: nothing but the two tasks says that it is shared."""
    assert found(acquire) == [("AWA105", Confidence.CERTAIN)]


HELD = """
class {name}:
    def __init__(self):
        self.users = 0
        self.session = None
        self.waiting = []
        self.turn = asyncio.Lock()

    async def acquire(self):
{acquire}

    async def release(self):
        self.users -= 1

class Board:
    def __init__(self):
        self.door = {name}()
        self.total = 0

    async def add(self, amount):
        await self.door.acquire()
        try:
            total = self.total
            await asyncio.sleep(0)
            self.total = total + amount
        finally:
            await self.door.release()

board = Board()

async def main():
    await asyncio.gather(board.add(1), board.add(2))
"""


def excludes(acquire: str, name: str = "Client") -> bool:
    """Tell whether what is done between the two calls counts as done by one task at a time."""
    source = HELD.format(name=name, acquire=textwrap.indent(acquire, " " * 8))
    return all(finding.function != "Board.add" for finding in find(program_of(source)))


@pytest.mark.parametrize(
    ("acquire", "name"),
    [
        ("await self.turn.acquire()\nself.users += 1", "Client"),
        ("async with self.turn:\n    self.users += 1", "Client"),
        ("while self.users:\n    await asyncio.sleep(0)\nself.users += 1", "Client"),
        ("if self.users:\n    raise RuntimeError\nself.users += 1", "Client"),
        (
            "self.users += 1\nif self.users > 1:\n    mine = asyncio.Event()\n    self.waiting.append(mine)\n"
            "    await mine.wait()",
            "Client",
        ),
        ("self.users += 1\nif self.users > 1:\n    await self.their_turn()", "Client"),
        ("self.users += 1\nif self.users > 1:\n    self.session = await self.next_in_line.get()", "Client"),
        (OPENS, "Mutex"),
    ],
)
def test_who_waits_for_its_turn_is_a_lock(acquire: str, name: str) -> None:
    assert excludes(acquire, name)


@pytest.mark.parametrize("acquire", [OPENS, "self.users += 1"])
def test_what_stands_between_counting_in_and_out_is_not_protected(acquire: str) -> None:
    assert not excludes(acquire)
