"""Follows lines from one version of a text to an earlier one, so that reports name lines that the user knows."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from awaitomic.source.text import split_lines

if TYPE_CHECKING:
    from collections.abc import Sequence


class Moved:
    """Where the lines of `new` stood in `old`."""

    def __init__(self, old: str, new: str) -> None:
        """Compare the two texts; equal ones cost nothing."""
        self._blocks: Sequence[tuple[str, int, int, int, int]] = ()
        if old != new:
            matcher = SequenceMatcher(None, split_lines(old), split_lines(new), autojunk=False)
            self._blocks = matcher.get_opcodes()

    def line(self, number: int) -> int:
        """Give the line of `old` for a line of `new` (both from 1); for an added line, the one that it replaced."""
        for _, old_start, old_end, new_start, new_end in self._blocks:
            if new_start < number <= new_end:
                return max(1, min(old_start + number - new_start, max(old_end, old_start + 1)))
        return number
