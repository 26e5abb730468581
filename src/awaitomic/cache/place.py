"""Where the cache of a project lies, how files get there, and how they go.

Several runs may use one directory at once. So a file appears whole, by a rename, and says by a checksum that it is;
and nobody relies on a file that somebody else may have removed.
"""

# Plain strings, as in discovery: a run that finds everything in the cache must not pay for Path objects.
# ruff: noqa: PTH103, PTH106, PTH108, PTH112, PTH118, PTH120, PTH123, PTH208 - plain strings, for the reason above

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from awaitomic import __version__
from awaitomic.source.in_one_step import in_one_step
from awaitomic.source.project import is_marked
from awaitomic.source.trace import digest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from awaitomic.config import Settings

NAME = ".awaitomic_cache"
_TAG = "CACHEDIR.TAG"
_TAGGED = (
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This directory is a cache of awaitomic; see https://bford.info/cachedir/\n"
)
_IGNORE = ".gitignore"
_IGNORED = "# Made by awaitomic.\n*\n"
_PREFIX = "awaitomic-"
_MOST_FILES, _MOST_BYTES = 200, 64 * 2**20
"""What is kept of one version; what was not used for longest goes first."""


class Place:
    """A cache directory; `complaint` is why something could not be written there, if so."""

    def __init__(self, directory: str) -> None:
        self.directory = os.path.abspath(directory)  # noqa: PTH100 - resolve() would follow links
        self._mine = os.path.join(self.directory, _PREFIX + __version__)
        self.complaint: str | None = None

    @classmethod
    def of_project(cls, root: str, settings: Settings) -> Place | None:
        """Give where the results for a project are kept.

        That is what the settings say; if nothing, a folder in the project's root, if anything says that it is one.
        Whoever checks a file that just lies somewhere wants no folder beside it: None.
        """
        if settings.cache_dir is not None:
            return cls(os.path.join(settings.root or os.curdir, settings.cache_dir))
        return cls(os.path.join(root, NAME)) if is_marked(root) else None

    def path(self, *parts: str) -> str:
        """Give the path of a file of this version."""
        return os.path.join(self._mine, *parts)

    def listed(self, *parts: str) -> list[str]:
        """Give the paths of the files in a folder of this version, the newest first."""
        try:
            with os.scandir(self.path(*parts)) as entries:
                found = [(entry.stat().st_mtime_ns, entry.path) for entry in entries if entry.name.endswith(".json")]
        except OSError:
            return []
        return [path for _, path in sorted(found, reverse=True)]

    def write(self, path: str, sections: Iterable[object]) -> None:
        """Write a file of several sections, whole or not at all; what goes wrong becomes the complaint."""
        lines = [json.dumps(section, separators=(",", ":")) for section in sections]
        text = "".join(f"{digest(line.encode('ascii'))} {line}\n" for line in lines)
        try:
            self._prepare(os.path.dirname(path))
            with in_one_step(path) as (descriptor, _), os.fdopen(descriptor, "wb") as file:
                file.write(text.encode("ascii"))
        except OSError as error:
            self.complaint = f"{path} cannot be written: {error.strerror or error}"

    def _prepare(self, folder: str) -> None:
        if os.path.isdir(folder):
            return
        fresh = not os.path.isdir(self.directory) or not os.listdir(self.directory)
        os.makedirs(folder, exist_ok=True)
        if not fresh:
            return  # it was there before us, perhaps with something else in it that is no cache
        for name, text in ((_IGNORE, _IGNORED), (_TAG, _TAGGED)):
            with open(os.path.join(self.directory, name), "w", encoding="ascii", newline="\n") as file:
                file.write(text)

    def tidy(self) -> None:
        """Remove what was not used for longest, if there is too much."""
        found: list[tuple[int, int, str]] = []
        for folder, _, files in os.walk(self._mine):
            for name in files:
                path = os.path.join(folder, name)
                with suppress(OSError):
                    status = os.stat(path)  # noqa: PTH116 - pathlib is slow
                    found.append((status.st_mtime_ns, status.st_size, path))
        total = 0
        for number, (_, size, path) in enumerate(sorted(found, reverse=True)):
            total += size
            if number >= _MOST_FILES or total > _MOST_BYTES:
                remove(path)

    def clean(self) -> bool:
        """Remove all that awaitomic has put there, whatever version, and nothing else; False if there was nothing.

        Raises `OSError` if something cannot be removed.
        """
        import shutil  # noqa: PLC0415 - only where something is removed

        if not os.path.isdir(self.directory):
            return False
        ours = [name for name in os.listdir(self.directory) if name.startswith(_PREFIX)]
        for name in ours:
            shutil.rmtree(os.path.join(self.directory, name))
        for name, text in ((_IGNORE, _IGNORED), (_TAG, _TAGGED)):
            path = os.path.join(self.directory, name)
            if _content(path) == text:
                os.unlink(path)
                ours.append(name)
        with suppress(OSError):
            os.rmdir(self.directory)  # unless something else is in it
        return bool(ours)


def read(path: str) -> list[Section]:
    """Give the sections of a file, none if it is not there, not whole, or not readable."""
    try:
        with open(path, encoding="ascii", newline="\n") as file:
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    return [Section(line) for line in lines]


class Section:
    """One section of a file, parsed when it is asked for."""

    def __init__(self, line: str) -> None:
        self._checksum, _, self._text = line.partition(" ")

    def value(self) -> object:
        """Give what it says, or None if it is not whole."""
        if digest(self._text.encode("ascii")) != self._checksum:
            return None
        try:
            found: object = json.loads(self._text)
        except (ValueError, RecursionError):
            return None
        return found


def remove(path: str) -> None:
    """Remove a file, unless somebody else has, or it cannot be: it is only one more than there need be."""
    with suppress(OSError):
        os.unlink(path)


def used(path: str, now: float) -> None:
    """Note that a file was of use, if that was not noted within the hour."""
    with suppress(OSError):
        if os.stat(path).st_mtime < now - 3600:  # noqa: PTH116 - pathlib is slow
            os.utime(path)


def _content(path: str) -> str:
    try:
        with open(path, encoding="ascii", newline="\n") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return ""
