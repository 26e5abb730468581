"""Converts `ast` positions to what people and libcst count, since `ast` counts columns in UTF-8 bytes from 0.

Line numbers need no conversion: CPython ends lines at LF, CRLF and CR, as `split_lines` does; form feeds, vertical
tabs and U+2028 are ordinary characters of a line.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Protocol

from awaitomic.model.position import Extent
from awaitomic.source.text import split_lines


class Located(Protocol):
    """An `ast` node with a position: expressions, statements, handlers, arguments, patterns, aliases, keywords."""

    @property
    def lineno(self) -> int: ...  # noqa: D102 - as in `ast`
    @property
    def col_offset(self) -> int: ...  # noqa: D102 - as in `ast`
    @property
    def end_lineno(self) -> int | None: ...  # noqa: D102 - as in `ast`
    @property
    def end_col_offset(self) -> int | None: ...  # noqa: D102 - as in `ast`


class Positions:
    """Lines and columns of one text; lines and columns count from 1, columns in characters."""

    __slots__ = ("_ascii", "_encoded", "_lines", "_starts", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = split_lines(text)
        self._ascii = text.isascii()
        self._encoded: dict[int, bytes | None] = {}
        self._starts: list[int] | None = None

    @property
    def line_count(self) -> int:
        """How many lines the text has; a final newline starts no further one."""
        return len(self._lines)

    def line(self, number: int) -> str:
        """Give a line without its newline, or the empty string if there is no such line."""
        return self._lines[number - 1] if 1 <= number <= len(self._lines) else ""

    def column(self, line: int, byte_offset: int) -> int:
        """Give the character column of a UTF-8 byte offset in a line.

        An offset inside a character or beyond the line (Python 3.11 gives such for parts of multi-line f-strings)
        yields the nearest column before it.
        """
        if self._ascii:
            return byte_offset + 1
        if line not in self._encoded:
            content = self.line(line)
            self._encoded[line] = None if content.isascii() else content.encode()
        encoded = self._encoded[line]
        if encoded is None:
            return byte_offset + 1
        return len(encoded[:byte_offset].decode(errors="ignore")) + 1

    def extent(self, node: Located) -> Extent:
        """Give the extent of a node. A node without an end (none comes from `ast.parse`) ends where it starts."""
        column = self.column(node.lineno, node.col_offset)
        if node.end_lineno is None or node.end_col_offset is None:
            return Extent(node.lineno, column, node.lineno, column)
        return Extent(node.lineno, column, node.end_lineno, self.column(node.end_lineno, node.end_col_offset))

    def offset(self, line: int, column: int) -> int:
        """Give the index into the text of a line and column; places beyond a line or the text are moved to its end."""
        if self._starts is None:
            self._starts = [0, *accumulate(len(piece) for piece in split_lines(self._text, keepends=True))]
        if line > len(self._lines):
            return len(self._text)
        return self._starts[line - 1] + min(column - 1, len(self._lines[line - 1]))

    def snippet(self, extent: Extent) -> str:
        """Give the text at `extent`, with its original newlines."""
        start = self.offset(extent.line, extent.column)
        return self._text[start : self.offset(extent.end_line, extent.end_column)]
