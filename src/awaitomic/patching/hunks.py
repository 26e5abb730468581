"""Tells which changes of a file can be taken apart: those that a patch shows in separate hunks.

A hunk is a change with the three lines around it, and changes with at most six lines between them are one hunk. So two
hunks never have a line in common, the one applies whether the other has been applied or not, and a patch of some of
them is still a patch of the whole file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.patching.diff import hunks_of, patch_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True, order=True)
class Hunk:
    """What stands in the lines from `start` up to `end` (from 0) of the old text, and what takes their place."""

    start: int
    end: int
    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def growth(self) -> int:
        """By how many lines the text becomes longer."""
        return len(self.new) - len(self.old)

    def touches(self, other: Hunk) -> bool:
        """Tell whether a patch with both changes would have them in one hunk."""
        return self.start <= other.end and other.start <= self.end


def hunks(old: str, new: str) -> tuple[Hunk, ...]:
    """Give the hunks of the patch that turns `old` into `new`, in order."""
    before, after = patch_lines(old), patch_lines(new)
    return tuple(
        Hunk(start, end, tuple(before[start:end]), tuple(after[new_start:new_end]))
        for start, end, new_start, new_end in hunks_of(before, after)
    )


def touching(some: Iterable[Hunk], others: Iterable[Hunk]) -> bool:
    """Tell whether a hunk of one patch touches one of another patch of the same text."""
    others = tuple(others)
    return any(one.touches(other) for one in some for other in others)


def composed(old: str, patches: Iterable[Iterable[Hunk]]) -> str:
    """Give the text that some patches of one text make together; their hunks must not touch."""
    lines = patch_lines(old)
    for hunk in sorted((hunk for patch in patches for hunk in patch), reverse=True):
        lines[hunk.start : hunk.end] = hunk.new
    return "".join(lines)


def misplaced(old: str, patches: Sequence[Iterable[Hunk]]) -> int | None:
    """Give the first of some patches that ``git apply`` would put elsewhere when they are applied in order.

    Each patch counts lines as in the unchanged text. Where others have moved them, git takes the nearest place where
    the lines of the hunk stand, and in a text that repeats itself that can be a wrong one. None: all are put right.
    """
    lines = patch_lines(old)
    done: list[Hunk] = []
    for number, patch in enumerate(patches):
        mine: list[Hunk] = []
        for hunk in sorted(patch):
            told = hunk.start + sum(each.growth for each in mine)
            moved = sum(each.growth for each in done if each.start < hunk.start)
            if _stands_nearer(lines, hunk.old, told, moved):
                return number
            lines[told + moved : told + moved + len(hunk.old)] = hunk.new
            mine.append(hunk)
        done += mine
    return None


def _stands_nearer(lines: Sequence[str], wanted: tuple[str, ...], told: int, moved: int) -> bool:
    """Tell whether lines stand as near to a place as where they have been moved to, or nearer."""
    near = range(max(told - abs(moved), 0), told + abs(moved) + 1)
    return any(place != told + moved and tuple(lines[place : place + len(wanted)]) == wanted for place in near)
