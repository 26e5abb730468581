"""What differs between two texts, as replacements: for programs that apply a fix themselves, and take no patch."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from awaitomic.model.finding import Replacement
from awaitomic.model.position import Extent
from awaitomic.patching.diff import shortest_edit
from awaitomic.source.text import split_lines

if TYPE_CHECKING:
    from collections.abc import Iterator


def replacements(old: str, new: str) -> tuple[Replacement, ...]:
    """Give what has to be replaced in `old` to have `new`, from top to bottom; nothing overlaps.

    Lines are compared; of those that differ, only what differs is replaced, and no line end is cut in two.
    """
    before, after = split_lines(old, keepends=True), split_lines(new, keepends=True)
    return tuple(_replacement(before, after, *hunk) for hunk in _differing(before, after))


def _replacement(before: list[str], after: list[str], i1: int, i2: int, j1: int, j2: int) -> Replacement:
    gone, come = "".join(before[i1:i2]), "".join(after[j1:j2])
    tail = 0
    if i2 == len(before) and i1 > 0:
        # What comes or goes behind the last line end stands before it, so that no place is behind the end of the text,
        # where programs count differently.
        i1 -= 1
        gone, come = before[i1] + gone, before[i1] + come
        tail = _common_tail(gone, come)
    head = _common_head(gone[: len(gone) - tail], come[: len(come) - tail])
    tail += _common_tail(gone[head : len(gone) - tail], come[head : len(come) - tail])
    start, end = (_place(before, i1, gone[:size]) for size in (head, len(gone) - tail))
    return Replacement(Extent(*start, *end), come[head : len(come) - tail])


def _differing(before: list[str], after: list[str]) -> Iterator[tuple[int, int, int, int]]:
    """Give the ranges of lines that are not equal: their beginnings and ends in both texts."""
    pairs = shortest_edit(before, after)
    if pairs is None:
        blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
        pairs = [(i + k, j + k) for i, j, size in blocks for k in range(size)]
    i = j = 0
    for a, b in [*pairs, (len(before), len(after))]:
        if (a, b) != (i, j):
            yield i, a, j, b
        i, j = a + 1, b + 1


def _common_head(one: str, other: str) -> int:
    """Give how many characters both begin with, up to the last line's beginning or within it."""
    size = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        size += 1
    return size - (size > 0 and one[size - 1] == "\r")


def _common_tail(one: str, other: str) -> int:
    """Give how many characters both end with."""
    size = 0
    for a, b in zip(reversed(one), reversed(other), strict=False):
        if a != b:
            break
        size += 1
    cut = size > 0 and one[-size] == "\n" and ("\r" in (one[-size - 1 : -size], other[-size - 1 : -size]))
    return size - cut


def _place(before: list[str], line: int, text: str) -> tuple[int, int]:
    """Give line and column, both from 1, behind `text`, which begins at the beginning of the line with index `line`.

    The end of a text is in its last line, whose line end counts as one or two characters (SARIF 2.1.0, 3.30.2).
    """
    lines = split_lines(text, keepends=True)
    if not lines:
        return line + 1, 1
    at = line + len(lines)
    if lines[-1].endswith(("\n", "\r")) and at < len(before):
        return at + 1, 1
    return at, len(lines[-1]) + 1
