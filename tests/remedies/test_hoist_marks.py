"""What the text of a statement says about itself speaks against a hoist: words that are shown, comments for tools."""

from __future__ import annotations

import textwrap

import pytest

from awaitomic import fix_source

PROGRAM = """\
import asyncio


class Subject:
    def __init__(self):
        self.total = 0
        self.text = ""

    async def price(self, item):
        await asyncio.sleep(1)
        return item

    async def act(self, item):
{act}


async def main():
    one = Subject()
    await asyncio.gather(one.act(1), one.act(2))
"""


def _fixed(act: str, *, unsafe: bool = False) -> tuple[str, set[str]]:
    """Give the new text of a method, and the remedies that were carried out."""
    result = fix_source(PROGRAM.format(act=textwrap.indent(act, " " * 8)), unsafe_fixes=unsafe)
    return result.text, {finding.fix.strategy for finding in result.applied if finding.fix}


@pytest.mark.parametrize(
    ("act", "hoisted"),
    [
        ('self.text += f"{await self.price(item)=}"', False),
        ("self.text += f'{ (await self.price(\"a\")) = }'", False),
        ('self.text += f"price={await self.price(item)}"', True),
        ('self.text += f"{await self.price(item)}= {item=}"', True),
    ],
)
def test_an_f_string_that_shows_the_words_keeps_its_await(act: str, hoisted: bool) -> None:
    text, remedies = _fixed(act, unsafe=True)
    assert ("hoist" in remedies) is hoisted
    assert hoisted or act in text


@pytest.mark.parametrize(
    ("act", "safe"),
    [
        ("self.total += await self.price(item)  # type: ignore[arg-type]", False),
        ("self.total += await self.price(item)  # pragma: no cover", False),
        ("self.total += await self.price(item)  # for all  # noqa: S101", False),
        ("# pylint: disable-next=no-member\nself.total += await self.price(item)", False),
        ("self.total += await self.price(item)  # noqa: E501", True),
        ("self.total += await self.price(item)  # of any type: all of them", True),
        ("# type: the price\nself.total += await self.price(item)", True),
        ("total = self.total  # type: ignore[x]\nawait self.price(item)\nself.total = total + 1  # noqa", True),
    ],
)
def test_a_comment_for_a_tool_is_about_its_line(act: str, safe: bool) -> None:
    assert ("hoist" in _fixed(act)[1]) is safe
    assert "hoist" in _fixed(act, unsafe=True)[1] or "lock" in _fixed(act)[1]


@pytest.mark.parametrize(
    ("between", "moves"),
    [
        ("changed = self.total != total", False),
        ("print(self.total - total)", False),
        ("print(self.total)", True),
        ("print(total)", True),
    ],
)
def test_what_is_held_against_the_new_value_stays(between: str, moves: bool) -> None:
    act = f"total = self.total\nawait self.price(item)\n{between}\nself.total = total + 1"
    assert ("hoist" in _fixed(act, unsafe=True)[1]) is moves
