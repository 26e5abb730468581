"""What one process has found out in one run about one project, in the order in which it did, with what it asked for it.

A file is analysed with what was found out for the files before it, so what its result rests on is all that the process
has asked until then: results hold up to the first question that has another answer now. That is coarse, but sound.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple, Protocol

from awaitomic.cache import place as places
from awaitomic.cache.kept import Kept, kept_of, plain
from awaitomic.source.project import is_test, mentions_attribute
from awaitomic.source.trace import (
    ATTRIBUTE,
    FILE,
    GROUP,
    HEADER,
    LISTING,
    MENTION,
    OF_THE_PROJECT,
    OLDEST,
    WHOLE,
    WIDTH,
    Step,
    listing_digest,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from awaitomic.cache.files import Files
    from awaitomic.cache.place import Place


NOT_OURS = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What comes of reading something else as a log."""


class Entry(NamedTuple):
    """What is kept of a file, how many steps had been made by then, and which files were taken for editable."""

    position: int
    editable: dict[str, bool]
    kept: Kept


class Now(Protocol):
    """Answers about the project as it is now."""

    files: Files

    @property
    def oldest(self) -> tuple[int, int] | None:
        """The oldest Python that the project supports."""

    @property
    def line_length(self) -> int | None:
        """How wide lines may be, as the project says."""


def write(place: Place, path: str, steps: Sequence[Step], entries: dict[str, Entry]) -> None:
    """Write a log; `entries` are by the names of the files."""
    files = [step for step in steps if step[0] == FILE]
    first = {
        "entries": {name: [entry.position, entry.editable, plain(entry.kept)] for name, entry in entries.items()},
        "names": [name for _, name, _ in files],
        "digests": [content for _, _, content in files],
        "asked": [[number, *step] for number, step in enumerate(steps) if step[0] in OF_THE_PROJECT],
    }
    # Only if a file has changed it matters what was asked about it: mostly the second section is not even parsed.
    place.write(path, [first, list(steps)])


class Log:
    """A log that was read."""

    def __init__(self, path: str, sections: list[places.Section]) -> None:
        self.path = path
        first, self._rest = sections
        value = first.value()
        if not isinstance(value, dict):
            raise TypeError(path)
        self._entries = {
            str(name): (_number(position), dict(editable), kept)
            for name, (position, editable, kept) in value["entries"].items()
        }
        self._names: list[str] = value["names"]
        self._digests: dict[str, str] = dict(zip(self._names, value["digests"], strict=True))
        self._asked: list[list[object]] = value["asked"]

    @property
    def holds(self) -> frozenset[str]:
        """The names of the files of which it keeps something."""
        return frozenset(self._entries)

    def digest(self, name: str) -> str | None:
        """Give what stood for the content of a file."""
        return self._digests.get(name)

    def entry(self, name: str) -> Entry | None:
        """Give what is kept of a file, whether it still holds or not."""
        found = self._entries.get(name)
        kept = kept_of(found[2]) if found is not None else None
        return Entry(found[0], found[1], kept) if found is not None and kept is not None else None

    def valid(self, now: Now) -> int:
        """Give how many steps, from the first, have the same answers now; raises one of `NOT_OURS` for what is none."""
        files = now.files
        changed = {number: name for number, name in enumerate(self._names) if files.digest(name) != self._digests[name]}
        limit = next((_number(step[0]) for step in self._asked if not _same(step[1:], now)), None)
        if changed:
            steps = self._rest.value()
            if not isinstance(steps, list):
                return 0
            first = _first_changed(steps if limit is None else steps[:limit], files, changed)
            limit = first if first is not None else limit
        return limit if limit is not None else sys.maxsize


def read(path: str) -> Log | None:
    """Read a log; None if it is not there, or not as we write them."""
    try:
        return Log(path, places.read(path))
    except NOT_OURS:
        return None


def _same(step: Sequence[object], now: Now) -> bool:
    """Tell whether a question about the project has the same answer."""
    kind, *rest = step
    if kind == LISTING:
        return rest == [listing_digest(now.files.names)]
    if kind == WIDTH:
        return rest == [now.line_length]
    return kind == OLDEST and rest == [None if now.oldest is None else list(now.oldest)]


def _first_changed(steps: Sequence[Step], files: Files, changed: dict[int, str]) -> int | None:
    """Give the number of the first step that has another answer because of the changed files."""
    groups: list[frozenset[int]] = []
    for number, (kind, *rest) in enumerate(steps):
        if kind == GROUP:
            groups.append(frozenset(changed).intersection(_numbers(rest[0])))
        elif not _still_holds(kind, rest, groups, files, changed):
            return number
    return None


def _still_holds(
    kind: object, rest: Sequence[object], groups: Sequence[frozenset[int]], files: Files, changed: dict[int, str]
) -> bool:
    """Tell whether a question about files has the same answer; `groups` are what has changed of each group."""
    if kind == WHOLE:
        return rest[0] not in changed
    if kind == HEADER:
        return rest[0] not in changed or files.header(changed[_number(rest[0])]) == rest[1]
    if kind == MENTION:
        word, group, found = str(rest[0]).encode("utf-8"), groups[_number(rest[1])], _numbers(rest[2])
        return all((word in files.raw(changed[each])) is (each in found) for each in group)
    if kind == ATTRIBUTE:
        return _still_read(str(rest[0]), _numbers(rest[1]), _number(rest[2]), files, changed)
    return True


def _still_read(word: str, known: Iterable[int], reader: int, files: Files, changed: dict[int, str]) -> bool:
    """Tell whether it is still so that somebody, or nobody, reads an attribute (who does is not asked)."""
    if reader >= 0:
        return reader not in changed or mentions_attribute(files.raw(changed[reader]), word)
    left_out = frozenset(known)
    asked = (name for number, name in changed.items() if number not in left_out and not is_test(name))
    return not any(mentions_attribute(files.raw(name), word) for name in asked)


def _number(value: object) -> int:
    if isinstance(value, int):
        return value
    raise TypeError(value)


def _numbers(value: object) -> list[int]:
    if isinstance(value, list):
        return value
    raise TypeError(value)
