"""The words of what a function can write: no may be said only where no analysis could find such a write."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitomic.program.written_words import MayWrite, last_word
from program.reading import program_of

_FIXTURES = Path(__file__).parents[2] / "fixtures"
_PROGRAMS = sorted(path for rule in ("inconsistent_lock", "lock_patterns") for path in (_FIXTURES / rule).rglob("*.py"))

POOL = """
class Item:
    def __init__(self):
        self.count = 0

    def __setitem__(self, key, value):
        self[key] = value

    def grow(self):
        self.count += 1

class Pool:
    def __init__(self, item: Item):
        self._rows = {{}}
        self.item = item
        self.other = 0

    @property
    def rows(self):
        return self._rows

    async def go(self, thing):
        {does}

async def later(pool: Pool):
    await deeper(pool)

async def deeper(pool: Pool):
    pool.item.count = 2

def put(table, key):
    table[key] = 1

def read(table):
    return table.item
"""


def may(does: str, word: str) -> bool:
    """Tell whether the method can write what goes by a word."""
    program = program_of(POOL.format(does=does))
    return MayWrite(program, frozenset({word}))(program.named("Pool.go").function)


@pytest.mark.parametrize(
    ("does", "word"),
    [
        ("self.other = 1", "other"),
        ("self._rows['a'] = 1", "_rows"),
        ("self.rows['a'] = 1", "_rows"),
        ("self.rows.clear()", "_rows"),
        ("self.item.grow()", "count"),
        ("await later(self)", "count"),
        ("put(self._rows, 'a')", "_rows"),
        ("put(self.rows, 'a')", "_rows"),
        ("put(thing.table, 'a')", "table"),
        ("await asyncio.wait_for(later(self), 1)", "count"),
    ],
)
def test_what_can_be_written(does: str, word: str) -> None:
    assert may(does, word)


@pytest.mark.parametrize(
    ("does", "word"),
    [
        ("self.other = 1", "count"),
        ("print(self.item.count)", "count"),
        ("self.item.grow()", "other"),
        ("await later(self)", "_rows"),
        ("read(thing)", "item"),
    ],
)
def test_what_cannot(does: str, word: str) -> None:
    assert not may(does, word)


def test_no_is_remembered_and_yes_is_still_found() -> None:
    program = program_of(
        POOL.format(does="read(thing)") + "\nasync def both(pool):\n    read(pool)\n    await later(pool)\n"
    )
    may_write = MayWrite(program, frozenset({"count"}))
    assert not may_write(program.named("Pool.go").function)
    assert may_write(program.named("both").function)
    assert not may_write(program.named("read").function)


@pytest.mark.parametrize("path", _PROGRAMS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_the_analysis_finds_is_never_denied(path: Path) -> None:
    program = program_of(path.read_text(encoding="utf-8"))
    for resolver in program.resolvers:
        for fact in program.facts(resolver).writes:
            word = last_word(resolver.key_of(fact.access.location))
            assert MayWrite(program, frozenset({word}))(resolver.function), (resolver.function.qualname, word)
