"""The files of a project as they are now, by digests that are only computed for what seems to have changed.

As git does in its index, a table says which content a file had when it had a certain size, time of change and number.
A file that was changed about when it was looked at could be changed again within the same tick of the clock ("racily
clean"): what the table says of such a file is not believed, so it is not noted.
"""

# ruff: noqa: PTH116, PTH118, PTH123 - plain strings: a Path object for each costs more than what is done with it

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from awaitomic.cache import place as places
from awaitomic.source.project import header_of, python_files
from awaitomic.source.trace import digest

if TYPE_CHECKING:
    from awaitomic.cache.place import Place

_TICK = 2_000_000_000
"""The coarsest clock of a file system that is in use (FAT), in nanoseconds."""

_Status = tuple[int, int, int, int]
_Entry = tuple[int, int, int, int, str, str]


class Files:
    """The Python files of one project, as they were when this was made."""

    def __init__(self, root: str, place: Place) -> None:
        self.root = root
        self._place = place
        self._path = place.path(f"files-{digest(os.fsencode(root))}.json")
        self._now = time.time_ns()
        self.names = frozenset(python_files(root))
        self._status: dict[str, _Status | None] = {}
        self._known = _table(self._path)
        self._new: dict[str, tuple[str, str]] = {}
        self._raw: dict[str, bytes] = {}

    def digest(self, name: str) -> str:
        """Give what stands for the content of a file, as the analysis would see it (none, if it cannot be read)."""
        return self._content(name)[0]

    def header(self, name: str) -> str:
        """Give what stands for what a file imports and derives from."""
        return self._content(name)[1]

    def raw(self, name: str) -> bytes:
        """Give the bytes of a file, none if it cannot be read."""
        if name not in self._raw:
            try:
                with open(os.path.join(self.root, name), "rb") as file:
                    self._raw[name] = file.read()
            except OSError:
                self._raw[name] = b""
        return self._raw[name]

    def _content(self, name: str) -> tuple[str, str]:
        found = self._new.get(name)
        if found is not None:
            return found
        known = self._known.get(name)
        if known is not None and self._stat(name) == known[:4]:
            return known[4:]
        self._stat(name)  # before it is read: what changes in between is seen when the table is written
        raw = self.raw(name)
        found = self._new[name] = (digest(raw), header_of(raw).digest)
        return found

    def _stat(self, name: str) -> _Status | None:
        if name not in self._status:
            self._status[name] = _status(os.path.join(self.root, name))
        return self._status[name]

    def watch(self) -> None:
        """Look at all files before an analysis, so that what it learns of them can be noted."""
        for name in self.names:
            self._stat(name)

    def learn(self, name: str, content: str, header: str) -> None:
        """Take what an analysis has seen of a file, if it is not known."""
        if name in self._status and self._known.get(name, ())[:4] != self._status[name]:
            self._new.setdefault(name, (content, header))

    def save(self) -> None:
        """Write the table, if there is something new in it."""
        fresh: dict[str, _Entry] = {}
        for name, content in self._new.items():
            status = self._stat(name)
            if status is None or max(status[1], status[2]) + _TICK >= self._now:
                continue
            if _status(os.path.join(self.root, name)) == status:
                fresh[name] = (*status, *content)
        gone = self._known.keys() - self.names - fresh.keys()
        if fresh or len(gone) > len(self.names):
            kept = {name: entry for name, entry in self._known.items() if name not in gone}
            self._place.write(self._path, [{**kept, **fresh}])


def _status(path: str) -> _Status | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def _table(path: str) -> dict[str, _Entry]:
    sections = places.read(path)
    value = sections[0].value() if sections else None
    if not isinstance(value, dict):
        return {}
    return {
        name: (entry[0], entry[1], entry[2], entry[3], entry[4], entry[5])
        for name, entry in value.items()
        if isinstance(entry, list) and len(entry) == len(("size", "mtime", "ctime", "inode", "content", "header"))
    }
