"""Colours for a page: code frames say which of their words are what by marks that become elements later.

The marks are control characters that no shown text can hold, since `visible` has replaced them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.report.paint import Paint

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPEN, _SAID, _CLOSE = "\x01", "\x02", "\x03"
_PART = re.compile(f"{_OPEN}([a-z]+){_SAID}([^{_CLOSE}]*){_CLOSE}|([^{_OPEN}]+)")
_WIDTH = 140


@dataclass(frozen=True, slots=True)
class HtmlPaint(Paint):
    """The look of a page, which is wider than a terminal."""

    width: int = _WIDTH

    def style(self, text: str, kind: str) -> str:
        """Give `text` between marks that name its kind."""
        return f"{_OPEN}{kind}{_SAID}{text}{_CLOSE}" if text else text


def painted(text: str) -> Iterator[tuple[str, str]]:
    """Give the parts of text that `HtmlPaint` has painted: kind and words; the kind is empty where there is none."""
    for found in _PART.finditer(text):
        yield (found[1], found[2]) if found[1] else ("", found[3])
