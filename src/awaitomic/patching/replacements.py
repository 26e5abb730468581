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
    """Give what has to be replaced in `old` to have `new`, from top to bottom; nothing overlaps or touches.

    Lines are compared; of those that differ, only what differs is replaced, and no line end is cut in two.
    """
    before, after = split_lines(old, keepends=True), split_lines(new, keepends=True)
    found = []
    for i1, i2, j1, j2 in _differing(before, after):
        gone, come = "".join(before[i1:i2]), "".join(after[j1:j2])
        head = _common_head(gone, come)
        tail = _common_tail(gone[head:], come[head:])
        start = _place(i1, gone[:head])
        end = _place(i1, gone[: len(gone) - tail])
        found.append(Replacement(Extent(*start, *end), come[head : len(come) - tail]))
    return tuple(found)


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


def _place(line: int, text: str) -> tuple[int, int]:
    """Give line and column, both from 1, behind `text`, which begins at the beginning of the line with index `line`."""
    lines = split_lines(text, keepends=True)
    if not lines:
        return line + 1, 1
    if lines[-1].endswith(("\n", "\r")):
        return line + len(lines) + 1, 1
    return line + len(lines), len(lines[-1]) + 1
