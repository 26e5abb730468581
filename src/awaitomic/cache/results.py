"""The results of earlier runs that still hold, and those of this run for the next one."""

# ruff: noqa: PTH100, PTH120 - plain strings: a Path object for each costs more than what is done with it

from __future__ import annotations

import os
import time
from functools import cache, cached_property
from typing import TYPE_CHECKING

from awaitomic.cache import log as logs
from awaitomic.cache import place as places
from awaitomic.cache.files import Files
from awaitomic.cache.keys import key_of
from awaitomic.cache.place import Place
from awaitomic.source.line_length import line_length
from awaitomic.source.oldest_python import oldest_python
from awaitomic.source.project import SourceTree, project_root, real_path_inside
from awaitomic.source.text import Unreadable, decode
from awaitomic.source.trace import FILE, HEADER, Step, Taken, digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from awaitomic.cache.kept import Kept
    from awaitomic.config import Settings


class Texts:
    """A result that holds, with the texts that its findings point into, by their paths as they are shown."""

    def __init__(self, kept: Kept, text: str | None, others: tuple[tuple[str, str], ...]) -> None:
        self.kept = kept
        self.text = text
        self.others = others


class Results:
    """The results of one run, in all projects that its files belong to."""

    def __init__(self, settings: Settings, files: Iterable[str | os.PathLike[str]], *, diffs: bool) -> None:
        """Take the settings and all files of the run; `diffs` says whether fixes are carried out for their diffs."""
        self._settings = settings
        self._diffs = diffs
        self._files = files
        self._projects: dict[str, _Results | None] = {}
        self._roots: dict[str, str] = {}

    def lookup(self, path: str) -> Texts | None:
        """Give what was found in a file, if that still holds."""
        project, name = self._place(path)
        return project.lookup(name) if project is not None else None

    def watch(self, paths: Iterable[str]) -> None:
        """Get ready to note what is now found in some files."""
        for project in {id(each): each for path in paths if (each := self._place(path)[0]) is not None}.values():
            project.files.watch()

    def keep(self, path: str, asked: Taken, kept: Kept | None) -> None:
        """Take what was found in a file.

        Parameters: `asked` is what it rests on; `kept` is None if the result must not be kept.
        """
        project, name = self._place(path)
        if project is not None:
            project.keep(name, asked, kept)

    def save(self) -> list[str]:
        """Write what was taken; gives what could not be written, and why."""
        projects = [project for project in self._projects.values() if project is not None]
        for project in projects:
            project.save()
        return list(dict.fromkeys(project.place.complaint for project in projects if project.place.complaint))

    def _place(self, path: str) -> tuple[_Results | None, str]:
        absolute = os.path.abspath(path)
        folder = os.path.dirname(absolute)
        root = self._roots.get(folder)
        if root is None:
            root = self._roots[folder] = project_root(absolute)
        if root not in self._projects:
            settings = self._settings.at(absolute)  # the same for all files of a project: a table makes one
            place = Place.of_project(root, settings)
            key = key_of(place, root, settings, diffs=self._diffs) if place is not None else ""
            self._projects[root] = _Results(root, place, key, self._editable) if place is not None else None
        return self._projects[root], SourceTree(root).name_of(absolute)

    @property
    def _editable(self) -> _Editable:
        return _Editable(self._files)


class _Editable:
    """The files that a fix may change: those of the run."""

    def __init__(self, files: Iterable[str | os.PathLike[str]]) -> None:
        self._real = cache(lambda: frozenset(map(os.path.realpath, files)))

    def __contains__(self, real: str) -> bool:
        return real in self._real()


class _Results:
    """The results in one project."""

    def __init__(self, root: str, place: Place, key: str, editable: _Editable) -> None:
        self.place = place
        self.files = Files(root, place)
        self._root = root
        self._key = key
        self._edit_scope = editable
        self._paths = place.listed(key)
        self._logs: list[tuple[logs.Log, int]] = []
        """Those that were read so far, each with the number of steps that still hold."""
        self._steps: dict[str, list[Step]] = {}
        self._entries: dict[str, dict[str, logs.Entry]] = {}
        self._broken: set[str] = set()

    # -- what a log asks -----------------------------------------------------------------------------------------

    @cached_property
    def oldest(self) -> tuple[int, int] | None:
        """The oldest Python that the project supports."""
        return oldest_python(self._root)

    @cached_property
    def line_length(self) -> int | None:
        """How wide lines may be, as the project says."""
        return line_length(self._root)

    def _is_editable(self, name: str) -> bool:
        real = real_path_inside(self._root, name)
        return real is not None and real in self._edit_scope

    # -- from the cache ------------------------------------------------------------------------------------------

    def lookup(self, name: str) -> Texts | None:
        """Give what was found in a file, from the newest log in which it still holds."""
        for log, limit in self._logs:
            found = self._found(log, limit, name)
            if found is not None:
                return found
        while self._paths:
            read = self._next()
            found = self._found(*read, name) if read is not None else None
            if found is not None:
                return found
        return None

    def _next(self) -> tuple[logs.Log, int] | None:
        path = self._paths.pop(0)
        log = logs.read(path)
        try:
            limit = log.valid(self) if log is not None else 0
        except logs.NOT_OURS:
            log = None
        if log is None:
            places.remove(path)
            return None
        self._logs.append((log, limit))
        return self._logs[-1]

    def _found(self, log: logs.Log, limit: int, name: str) -> Texts | None:
        entry = log.entry(name) if name in log.holds else None
        if entry is None or entry.position > limit:
            return None
        if any(self._is_editable(each) is not answer for each, answer in entry.editable.items()):
            return None
        kept = entry.kept
        text = self._text(log, name) if kept.findings else None
        tree = SourceTree(self._root)
        others = [(path, self._text(log, tree.name_of(path))) for path in kept.others]
        if (kept.findings and text is None) or any(other is None for _, other in others):
            return None
        places.used(log.path, time.time())
        return Texts(kept, text, tuple((path, other) for path, other in others if other is not None))

    def _text(self, log: logs.Log, name: str) -> str | None:
        """Give the text of a file as it was analysed, or None if it is another one by now."""
        raw = self.files.raw(name)
        if digest(raw) != log.digest(name):
            return None
        try:
            return decode(name, raw).text
        except Unreadable:
            return None

    # -- into the cache ------------------------------------------------------------------------------------------

    def keep(self, name: str, asked: Taken, kept: Kept | None) -> None:
        """Take what was found in a file: see `Results.keep`."""
        known = self._steps.setdefault(asked.trace, [])
        if asked.start != len(known):
            self._broken.add(asked.trace)  # what the process said in between is lost, and this rests on it
        known.extend(asked.steps)
        if kept is not None:
            self._entries.setdefault(asked.trace, {})[name] = logs.Entry(len(known), asked.editable, kept)

    def save(self) -> None:
        """Write what was taken, and remove what it takes the place of."""
        written = {trace: entries for trace, entries in self._entries.items() if trace not in self._broken}
        for trace, entries in written.items():
            try:
                logs.write(self.place, self.place.path(self._key, f"{trace}.json"), self._steps[trace], entries)
            except TypeError as error:  # a finding holds something that JSON cannot
                self.place.complaint = str(error)
            self._learn(self._steps[trace])
        self.files.save()
        if written:
            now = frozenset(name for entries in written.values() for name in entries)
            for log, _ in self._logs:
                if log.holds <= now:
                    places.remove(log.path)
            self.place.tidy()

    def _learn(self, steps: Sequence[Step]) -> None:
        names: list[tuple[str, str]] = []
        for kind, *rest in steps:
            if kind == FILE:
                names.append((str(rest[0]), str(rest[1])))
            elif kind == HEADER and isinstance(rest[0], int):
                self.files.learn(*names[rest[0]], str(rest[1]))
