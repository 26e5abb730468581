"""Code over several lines that goes to another indentation: what stands inside its strings must not move along."""

from __future__ import annotations

import token
from collections.abc import Callable

from awaitomic.source.tokens import tokens


def move_lines(text: str, move: Callable[[str], str]) -> str:
    """Give an expression or statement with its further lines moved, but for those that begin inside a string.

    Parameters: `text` begins without indentation, with lines that end at LF; `move` is given a line without its end.
    """
    first, *rest = text.split("\n")
    inside = _in_strings(text) if rest else set()
    return "\n".join([first, *(line if at in inside else move(line) for at, line in enumerate(rest, 2))])


def _in_strings(text: str) -> set[int]:
    """Give the lines, from 1, that begin inside a string."""
    found: set[int] = set()
    for each in tokens(f"({text}\n)") if not _is_statement(text) else tokens(text):
        if each.kind == token.STRING:
            found.update(range(each.line + 1, each.end_line + 1))
    return found


def _is_statement(text: str) -> bool:
    try:
        compile(f"async def f():\n ({text}\n )", "", "exec", dont_inherit=True)
    except SyntaxError:
        return True
    return False
