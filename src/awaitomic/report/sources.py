"""The text that findings point into, for frames and timelines.

The text is the one that was analysed, not what the disk holds by now: `fix --diff` reports about text that was never
written, and standard input is on no disk.
"""

from __future__ import annotations

import tokenize
from functools import cache
from typing import TYPE_CHECKING

from awaitomic.source.text import split_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from awaitomic.model.position import Extent


class Sources:
    """Lines by path and number, split when first asked for."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """Take the texts by path, as the findings name it."""
        self._texts = texts
        self._lines = cache(self._split)

    def _split(self, path: str) -> list[str]:
        return [line.rstrip("\r\n") for line in split_lines(self._texts.get(path, ""))]

    def line(self, path: str, number: int) -> str:
        """Give a line (from 1) without its end, or "" where there is none."""
        lines = self._lines(path)
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def encoding(self, path: str) -> str:
        """Give the encoding that the text declares for itself (PEP 263), by Python's name for it."""
        lines = (self.line(path, number).encode("utf-8", "surrogatepass") + b"\n" for number in (1, 2))
        try:
            return tokenize.detect_encoding(lambda: next(lines))[0]
        except SyntaxError:  # one that nobody knows cannot have been read: there is no text
            return "utf-8"

    def excerpt(self, path: str, extent: Extent) -> str:
        """Give the source text at `extent` in one line: inner lines are stripped and joined by a space."""
        if extent.end_line == extent.line:
            return self.line(path, extent.line)[extent.column - 1 : extent.end_column - 1]
        inner = [self.line(path, number).strip() for number in range(extent.line + 1, extent.end_line)]
        first = self.line(path, extent.line)[extent.column - 1 :].strip()
        last = self.line(path, extent.end_line)[: extent.end_column - 1].strip()
        return " ".join([first, *inner, last])
