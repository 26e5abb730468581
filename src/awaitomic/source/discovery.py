"""Finds the files to look at: those that were named, and the Python files below the directories that were named.

Directories are walked with `os.scandir` and plain strings, since on large trees the walk is a good part of a run in
which nothing changes. Symbolic links to directories are not followed below a named directory: what they lead to is
either part of the tree anyway, or not the user's to edit from here, and loops cannot occur. A link to a file is taken
unless the file lies outside of the project: who wants that changed has to name it.
"""

# The walk works on plain strings: a Path object for each entry would cost more than the listing.
# ruff: noqa: PTH100, PTH109, PTH116, PTH114, PTH118 - plain strings, for the reason above

from __future__ import annotations

import enum
import os
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from awaitomic.source.entries import is_python_file
from awaitomic.source.patterns import Patterns
from awaitomic.source.text import display_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from awaitomic.config import Settings
    from awaitomic.source.gitignore import IgnoreRules


_EXCLUDED = "{} is excluded by the configuration; --no-force-exclude takes it all the same."


class ProblemKind(enum.Enum):
    """Why a named path yields nothing, or less than it seems to."""

    MISSING = "missing"
    """Wrong usage: the path does not exist."""
    NOTEBOOK = "notebook"
    EXCLUDED = "excluded"
    NO_PYTHON = "no-python"
    UNREADABLE = "unreadable"
    """A directory that may not be listed, or what is neither a file nor a directory: an error of that path."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to tell the user; `message` is a whole sentence that names the path, or for an error what is wrong."""

    kind: ProblemKind
    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Discovery:
    """The files, each once, sorted by absolute path and named as the user named them; and what there is to tell."""

    files: tuple[Path, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """A file: its absolute path, the one the user's words lead to, and the one with all links resolved."""

    is_link: bool
    absolute: str
    named: str
    real: str


def discover(paths: Iterable[str | os.PathLike[str]], settings: Settings) -> Discovery:
    """Find all files that `paths` stand for.

    Named files are taken whatever their suffix, unless they are excluded and `settings.force_exclude` holds. In
    directories ``*.py`` counts, except what is excluded, or ignored by git if `settings.respect_gitignore` holds (a
    named directory is walked even if git ignores it). What is wrong becomes a `Problem`. For each folder the nearest
    table counts; raises `awaitomic.config.ConfigError` if that is wrong.
    """
    walker = _Walker(settings)
    for path in paths:
        walker.take(os.fspath(path))
    unique: dict[str, _Found] = {}
    # Of two names of one file the real one is kept, and of two spellings the one that was given first.
    for found in sorted(walker.found, key=lambda found: (found.is_link, found.absolute)):
        unique.setdefault(found.real, found)
    ordered = sorted(unique.values(), key=lambda found: found.absolute)
    return Discovery(tuple(Path(found.named) for found in ordered), tuple(walker.problems))


def excluded(path: str, settings: Settings) -> str | None:
    """Say that a path which is named is excluded, if it is and that counts; `settings` are those of the path."""
    if not settings.force_exclude or not _exclusions(settings).match_upwards(os.path.abspath(path)):
        return None
    return _EXCLUDED.format(display_path(path))


def _exclusions(settings: Settings) -> Patterns:
    root = os.path.abspath(settings.root) if settings.root is not None else os.getcwd()
    return Patterns((*settings.exclude, *settings.extend_exclude), root)


@dataclass(frozen=True, slots=True)
class _Rules:
    """What is left out below a folder; `ignored` is what git ignores, None if nobody asks."""

    excluded: Patterns
    ignored: IgnoreRules | None

    def entering(self, directory: str, names: set[str]) -> _Rules:
        """Give the rules in a folder with these entries."""
        return self if self.ignored is None else replace(self, ignored=self.ignored.entering(directory, names))

    def skip(self, name: str, path: str, *, directory: bool) -> bool:
        """Tell whether an entry is left out."""
        if self.excluded.match(name, path):
            return True
        return self.ignored is not None and self.ignored.ignored(path, directory=directory)


class _Walker:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._excluded: dict[Path | None, Patterns] = {}
        self.found: list[_Found] = []
        self.problems: list[Problem] = []

    def take(self, named: str) -> None:
        absolute = os.path.abspath(named)
        shown = display_path(named)
        try:
            mode = os.stat(absolute).st_mode
        except OSError as error:
            gone = isinstance(error, FileNotFoundError | NotADirectoryError)
            why = "does not exist" if gone else f"cannot be reached: {error.strerror or error}"
            self._tell(ProblemKind.MISSING, shown, f"{shown} {why}.")
            return
        settings = self._settings.at(absolute)
        if settings.force_exclude and self._exclusions(settings).match_upwards(absolute):
            self._tell(ProblemKind.EXCLUDED, shown, _EXCLUDED.format(shown))
        elif stat.S_ISDIR(mode):
            before = len(self.found)
            self._walk(named, absolute)
            if len(self.found) == before:
                self._tell(ProblemKind.NO_PYTHON, shown, f"No Python files found under {shown}.")
        elif named.endswith(".ipynb"):
            text = f"{shown} is a notebook; notebooks are not supported, only Python files are."
            self._tell(ProblemKind.NOTEBOOK, shown, text)
        elif not stat.S_ISREG(mode):
            # Not opened: to read a pipe waits for a writer, and a device may never end.
            self._tell(ProblemKind.UNREADABLE, shown, "neither a file nor a directory")
        else:
            self.found.append(_Found(os.path.islink(absolute), absolute, named, os.path.realpath(absolute)))

    def _exclusions(self, settings: Settings) -> Patterns:
        """Give the patterns of one table; there is one in a folder."""
        if settings.root not in self._excluded:
            self._excluded[settings.root] = _exclusions(settings)
        return self._excluded[settings.root]

    def _tell(self, kind: ProblemKind, shown: str, message: str) -> None:
        self.problems.append(Problem(kind, shown, message))

    def _walk(self, named: str, absolute: str) -> None:
        """Collect below one directory. Three parallel paths go down: as named, absolute, and with links resolved."""
        start = absolute
        pending = [(named, absolute, os.path.realpath(absolute), self._rules_at(absolute))]
        while pending:
            named, absolute, real, rules = pending.pop()
            entries = self._list(named)
            names = {entry.name for entry in entries}
            if "pyproject.toml" in names and (nearer := self._rules_at(absolute)).excluded is not rules.excluded:
                rules = nearer
            rules = rules.entering(absolute, names)
            for entry in entries:
                name = entry.name
                if entry.is_dir(follow_symlinks=False):
                    if not rules.skip(name, path := os.path.join(absolute, name), directory=True):
                        pending.append((os.path.join(named, name), path, os.path.join(real, name), rules))
                elif is_python_file(entry) and not rules.skip(
                    name, path := os.path.join(absolute, name), directory=False
                ):
                    link = entry.is_symlink()
                    target = os.path.realpath(path) if link else os.path.join(real, name)
                    if link and _is_elsewhere(target, start):
                        continue
                    self.found.append(_Found(link, path, os.path.join(named, name), target))

    def _rules_at(self, directory: str) -> _Rules:
        settings = self._settings.at(directory)
        from awaitomic.source.gitignore import rules_above  # noqa: PLC0415 - not where only files are named

        ignored = rules_above(directory) if settings.respect_gitignore else None
        return _Rules(self._exclusions(settings), ignored)

    def _list(self, directory: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(directory) as entries:
                return list(entries)
        except OSError as error:
            shown = display_path(directory)
            self._tell(ProblemKind.UNREADABLE, shown, f"cannot be read: {error.strerror or error}")
            return []


def _is_elsewhere(target: str, directory: str) -> bool:
    """Tell whether a file lies neither below a directory nor in the project that the directory is part of."""
    from awaitomic.source.project import project_root  # noqa: PLC0415 - only where there are links

    roots = (directory, project_root(os.path.join(directory, "_.py")))
    return not any(target.startswith(os.path.realpath(root).rstrip(os.sep) + os.sep) for root in roots)
