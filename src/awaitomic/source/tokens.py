"""The tokens of a text, the same in every Python: what comments say, and what a statement is made of.

The standard tokenizer changed in Python 3.12, where an f-string became several tokens (PEP 701). Here it is one token
again, so that a hash over tokens that was stored under one Python is found under another. Newlines are normalised
first, since the tokenizers of 3.11 and 3.12 also differ in what they make of a lone CR.
"""

from __future__ import annotations

import io
import token
import tokenize
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.source.text import normalise_newlines

if TYPE_CHECKING:
    from collections.abc import Iterator

# Only 3.12 (f-strings) and 3.14 (t-strings) have these.
_STARTS = frozenset({getattr(token, "FSTRING_START", -1), getattr(token, "TSTRING_START", -1)} - {-1})
_ENDS = frozenset({getattr(token, "FSTRING_END", -1), getattr(token, "TSTRING_END", -1)} - {-1})
_LAYOUT = frozenset(
    {token.NL, token.NEWLINE, token.INDENT, token.DEDENT, token.COMMENT, token.ENDMARKER, token.TYPE_COMMENT}
)


@dataclass(frozen=True, slots=True)
class Token:
    """A token; `line` and `column` (from 1, in characters) are where it starts, `end_line` where it ends."""

    kind: int
    text: str
    line: int
    column: int
    end_line: int

    @property
    def is_layout(self) -> bool:
        """Whether it is a newline, an indentation or a comment: what a formatter may change at will."""
        return self.kind in _LAYOUT


def tokens(text: str) -> Iterator[Token]:
    """Give the tokens of a text that parses, or of a part of it that begins at a statement.

    Raises `tokenize.TokenError` or `SyntaxError` where the text ends inside a bracket or string.
    """
    text = normalise_newlines(text)
    lines = text.split("\n")
    opened: list[tuple[int, int]] = []
    for found in tokenize.generate_tokens(io.StringIO(text).readline):
        if found.type in _STARTS:
            opened.append(found.start)
        elif found.type in _ENDS:
            start = opened.pop()
            if not opened:
                whole = _between(lines, start, found.end)
                yield Token(token.STRING, whole, start[0], start[1] + 1, found.end[0])
        elif not opened:
            yield Token(found.type, found.string, found.start[0], found.start[1] + 1, found.end[0])


def first_statement(text: str) -> list[Token]:
    """Give the tokens of the first logical line of a text, without layout and comments."""
    found: list[Token] = []
    for each in tokens(text):
        if each.kind == token.NEWLINE:
            break
        if not each.is_layout:
            found.append(each)
    return found


def _between(lines: list[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    if start[0] == end[0]:
        return lines[start[0] - 1][start[1] : end[1]]
    middle = lines[start[0] : end[0] - 1]
    return "\n".join([lines[start[0] - 1][start[1] :], *middle, lines[end[0] - 1][: end[1]]])
