"""What an analysis has asked of a project, in order: by this, and by nothing else, its results can be wrong later.

A result that is kept between runs comes with the questions that led to it and the answers they had (a *verifying
trace*: Mokhov, Mitchell, Peyton Jones, "Build systems à la carte", ICFP 2018). It holds as long as every question still
has the same answer. Files are named by their numbers here, in the order in which they were first asked about: a
question can be about hundreds of them, and traces go to other processes and to the disk.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Step: TypeAlias = "list[object]"
"""A word that says which question it was, what was asked, and the answer; plain data that JSON can hold."""

FILE = "file"
"""``name, digest``: bytes of a file were looked at. The n-th such step gives the file with the number n - 1."""
WHOLE = "whole"
"""``file``: anything in it may have mattered."""
HEADER = "header"
"""``file, digest``: only what it imports, and the bases of its classes."""
GROUP = "group"
"""``files``: several that one question was about. The n-th such step gives the group with the number n - 1."""
MENTION = "mention"
"""``word, group, files``: which of a group mention a word."""
ATTRIBUTE = "attribute"
"""``word, known, file``: a file, none of the known ones and no test, that reads an attribute, or -1 if none does."""
LISTING = "listing"
"""``digest``: which files there are."""
OLDEST = "oldest"
"""``version``: the oldest Python that the project supports."""
WIDTH = "width"
"""``number``: how wide lines may be, as the project says."""

OF_THE_PROJECT = frozenset({LISTING, OLDEST, WIDTH})
"""Questions whose answers can change although the bytes of no file have."""


def digest(raw: bytes) -> str:
    """Give what stands for the content of a file; it is not to be feared that two have the same by chance."""
    return hashlib.blake2b(raw, digest_size=16).hexdigest()


def listing_digest(names: Iterable[str]) -> str:
    """Give what stands for a set of names."""
    return digest("\0".join(sorted(names)).encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True)
class Taken:
    """What a process has asked for one file: `steps` since the file before, with the number of those until then."""

    trace: str
    """The id of the trace."""
    start: int
    steps: list[Step]
    editable: dict[str, bool]
    """Which files were asked for as what a fix may change, since the user has named them. Only the plans for the very
    file rest on that: no other file is told."""


class Trace:
    """The questions that one process has asked of one project so far; `id` tells it from all others."""

    def __init__(self) -> None:
        self.id = uuid.uuid4().hex
        self.steps: list[Step] = []
        self._numbers: dict[str, int] = {}
        self._digests: dict[str, str] = {}
        self._groups: dict[tuple[int, ...], int] = {}
        self._said: set[tuple[object, ...]] = set()
        self._editable: dict[str, bool] = {}
        self._taken = 0

    def take(self) -> Taken:
        """Give what was asked since the last time."""
        start, self._taken = self._taken, len(self.steps)
        editable, self._editable = self._editable, {}
        return Taken(self.id, start, self.steps[start:], editable)

    def file(self, name: str, raw: bytes) -> int:
        """Note that bytes of a file were looked at, and give its number."""
        if name not in self._numbers:
            self._numbers[name] = len(self._numbers)
            self._digests[name] = digest(raw)
            self.steps.append([FILE, name, self._digests[name]])
        return self._numbers[name]

    def whole(self, name: str, raw: bytes) -> bool:
        """Note that a whole file was read; False if it has other bytes than it had before."""
        self._once(WHOLE, self.file(name, raw))
        return self._digests[name] == digest(raw)

    def header(self, name: str, raw: bytes, found: str) -> None:
        """Note what stands for the header of a file."""
        self._once(HEADER, self.file(name, raw), found)

    def mention(self, word: str, asked: Iterable[tuple[str, bytes]], found: frozenset[str]) -> None:
        """Note which of some files, given with their bytes, mention a word."""
        numbers = {name: self.file(name, raw) for name, raw in asked}
        files = tuple(sorted(numbers.values()))
        group = self._groups.get(files)
        if group is None:
            group = self._groups[files] = len(self._groups)
            self.steps.append([GROUP, list(files)])
        self.steps.append([MENTION, word, group, [number for name, number in numbers.items() if name in found]])

    def attribute(
        self, word: str, known: Iterable[tuple[str, bytes]], asked: Iterable[tuple[str, bytes]], reader: str | None
    ) -> None:
        """Note which file, other than the known ones, reads an attribute first; None if all that were asked do not."""
        left_out = sorted(self.file(name, raw) for name, raw in known)
        numbers = {name: self.file(name, raw) for name, raw in asked}
        self.steps.append([ATTRIBUTE, word, left_out, -1 if reader is None else numbers[reader]])

    def listing(self, names: Iterable[str]) -> None:
        """Note which files there are."""
        self._once(LISTING, listing_digest(names))

    def oldest(self, version: tuple[int, int] | None) -> None:
        """Note the oldest Python that the project supports."""
        self._once(OLDEST, None if version is None else list(version))

    def line_length(self, length: int | None) -> None:
        """Note how wide lines may be."""
        self._once(WIDTH, length)

    def editable(self, name: str, *, answer: bool) -> None:
        """Note whether a fix may change a file."""
        self._editable[name] = answer

    def _once(self, *step: object) -> None:
        key = tuple(map(repr, step))
        if key not in self._said:
            self._said.add(key)
            self.steps.append(list(step))
