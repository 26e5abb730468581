"""How source text fits into the cells of a terminal.

Carets only point at the right place if tabs, wide characters, combining marks and control characters are counted as
the terminal shows them; and a source file must not be able to send escape sequences to the terminal of its reader.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from dataclasses import dataclass

TAB = 4
"""Cells to the next tab stop in code frames."""

_UNSHOWABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d")


def char_width(char: str) -> int:
    """Give the number of cells of one character, by Unicode's East Asian Width (UAX #11)."""
    if char in _JOINERS or unicodedata.category(char) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def text_width(text: str) -> int:
    """Give the number of cells that `text` takes (no tabs, no escape sequences)."""
    return len(text) if text.isascii() else sum(map(char_width, text))


def _glyph(char: str) -> str:
    if char.isprintable() or char in _JOINERS:
        return char
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return "\ufffd" if unicodedata.category(char) in _UNSHOWABLE else char


@dataclass(frozen=True, slots=True)
class Cells:
    """One line as a terminal shows it: what stands for each character, and the cell where each one starts."""

    glyphs: tuple[str, ...]
    starts: tuple[int, ...]
    """One more than there are characters: the last one is the width of the line."""

    @property
    def width(self) -> int:
        """The cells that the whole line takes."""
        return self.starts[-1]

    def cell(self, column: int) -> int:
        """Give the cell (from 0) where the character at `column` (from 1) starts; beyond the end: the end."""
        return self.starts[min(max(column, 1), len(self.starts)) - 1]

    def window(self, start: int, width: int, ellipsis: str) -> str:
        """Give what is seen of the line through a window of `width` cells from cell `start` on.

        Where something is cut away, `ellipsis` stands at that side; a wide character cut in two leaves a space.
        """
        end = start + width
        mark = text_width(ellipsis)
        left = start + mark if start > 0 else start
        right = end - mark if self.width > end else end
        first = bisect_left(self.starts, left, 0, len(self.glyphs))
        shown: list[str] = [" " * (self.starts[first] - left)] if first < len(self.glyphs) else []
        at = max(left, self.starts[first])
        for index in range(first, len(self.glyphs)):
            if self.starts[index + 1] > right:
                break
            shown.append(self.glyphs[index])
            at = self.starts[index + 1]
        if start > 0:
            shown.insert(0, ellipsis)
        if self.width > end:
            shown.append(" " * (right - at) + ellipsis)
        return "".join(shown)


def layout(line: str) -> Cells:
    """Lay out one line of source, without its line end: tabs expanded, control characters made visible."""
    glyphs: list[str] = []
    starts = [0]
    for char in line:
        glyph = " " * (TAB - starts[-1] % TAB) if char == "\t" else _glyph(char)
        glyphs.append(glyph)
        starts.append(starts[-1] + text_width(glyph))
    return Cells(tuple(glyphs), tuple(starts))


def visible(text: str) -> str:
    """Give `text` with control characters made visible: for messages and paths that quote source text."""
    return text if text.isascii() and text.isprintable() else "".join(_glyph(char) for char in text)


def shorten(text: str, width: int, ellipsis: str) -> str:
    """Give `text` cut to at most `width` cells, with `ellipsis` where something was cut away at its end."""
    cells = layout(text)
    return cells.window(0, width, ellipsis) if cells.width > width else "".join(cells.glyphs)


def pad(text: str, width: int) -> str:
    """Give `text` filled with spaces to `width` cells."""
    return text + " " * (width - text_width(text))


def wrap(text: str, width: int) -> list[str]:
    """Break `text` at spaces into rows of at most `width` cells; a longer word gets a row of its own."""
    rows: list[str] = []
    row = ""
    for word in visible(text).split(" "):
        longer = f"{row} {word}" if row else word
        if row and text_width(longer) > width:
            rows.append(row)
            row = word
        else:
            row = longer
    return [*rows, row]
