"""The projects that a process knows: what was found out about one stays at hand for the next file of it.

A file is analysed as a part of its project, wherever that begins. A text that is on no disk stands alone. A `Scope` is
how one file is seen in one state of the texts: as they are on the disk, or as the edits of a run have made them so far.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from awaitomic import program as programs
from awaitomic.engine.affected import affected
from awaitomic.flow.lower import UnsupportedSyntax
from awaitomic.model.conventions import STANDARD
from awaitomic.program import Program
from awaitomic.program.project import Project
from awaitomic.source.discovery import discover
from awaitomic.source.project import SourceTree, project_root, real_path_inside
from awaitomic.source.text import Unreadable, parse, read
from awaitomic.source.trace import Trace

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable, Mapping

    from awaitomic.config import Settings
    from awaitomic.engine.analyse import Examination
    from awaitomic.model.conventions import Conventions
    from awaitomic.model.finding import Finding
    from awaitomic.source.text import SourceText


class Scope(Protocol):
    """Builds the facts of one file from its text: as it is, or as an edit would make it."""

    def __call__(self, source: SourceText, tree: ast.Module, others: Mapping[str, bytes] | None = None) -> Program:
        """Give the facts of the file.

        Parameters: `others` are the texts that the same edit gives to other files, by the names of their modules.
        """

    def after(self, program: Program, /) -> Scope:
        """Give the scope in which an edit has been made; `program` are the facts that this scope has built of it."""

    def affected(self, before: Program, after: Program, /) -> tuple[str, ...]:
        """Give the other files in which the findings may have changed between two states of the texts."""

    def editable(self, name: str, /) -> bool:
        """Tell whether a fix may change another file, by the name of its module."""

    @property
    def whole(self) -> bool:
        """Whether all of the project is seen, so that what is not found is not there."""

    @property
    def examined(self) -> dict[str, Examination]:
        """What was found in other files in the same state of the texts, by the names of their modules."""


@dataclass(frozen=True, slots=True)
class Alone:
    """The scope of a text that is a part of nothing, with the names that the configuration adds."""

    conventions: Conventions = STANDARD

    def __call__(self, source: SourceText, tree: ast.Module, others: Mapping[str, bytes] | None = None) -> Program:
        """Give the facts of the text by itself."""
        assert not others, "a text that stands alone has no other files"
        return programs.build(source, tree, self.conventions)

    def after(self, _: Program, /) -> Scope:
        """Give the same scope: it has no state."""
        return self

    def affected(self, _: Program, _after: Program, /) -> tuple[str, ...]:
        """Give no files: there are none."""
        return ()

    def editable(self, _: str, /) -> bool:
        """Tell that there is no other file to change."""
        return False

    @property
    def whole(self) -> bool:
        """Tell that a text alone is no project."""
        return False

    @property
    def examined(self) -> dict[str, Examination]:
        """Nothing: there is no other file."""
        return {}


@dataclass(frozen=True, slots=True)
class InProject:
    """The scope of a file of a project; `program` is the state of the texts, None for that of the disk."""

    projects: Projects
    root: str
    name: str
    conventions: Conventions
    program: Program | None = None
    examined: dict[str, Examination] = field(default_factory=dict)

    def __call__(self, source: SourceText, tree: ast.Module, others: Mapping[str, bytes] | None = None) -> Program:
        """Give the facts of the file as a part of its project."""
        program = self.program or self.projects.program(self.root)
        if program is None:
            project = Project(SourceTree(self.root, trace=self.projects.trace(self.root)), conventions=self.conventions)
            program = Program(project, project.add(self.name, source, tree))
            self.projects.keep(self.root, program)
            if not others:
                return program
        known = program.project.unit(self.name)
        if known is not None and known.source.raw == source.raw and not others:
            known.source = source  # under the path that the user gave
            return program.at(known)
        project = program.project.with_texts({**(others or {}), self.name: source.raw})
        return Program(project, project.add(self.name, source, tree))

    @property
    def whole(self) -> bool:
        """Tell that the file is seen as a part of its project."""
        return True

    def after(self, program: Program, /) -> Scope:
        """Give the scope of the file in the state of the texts that a program was made of."""
        known = self.projects.program(self.root)
        same = known is not None and known.project is program.project
        return replace(self, program=program, examined=self.projects.examined(self.root) if same else {})

    def affected(self, before: Program, after: Program, /) -> tuple[str, ...]:
        """Give the other files of the project in which the findings may have changed."""
        return affected(before, after)

    def editable(self, name: str, /) -> bool:
        """Tell whether a file of the project is one of those that were named, and really lies in the project."""
        real = real_path_inside(self.root, name)
        answer = real is not None and (self.projects.edit_scope is None or real in self.projects.edit_scope)
        trace = self.projects.trace(self.root)
        if trace is not None:
            trace.editable(name, answer=answer)
        return answer


class EditScope:
    """The files that a run may change: those that were named, found when somebody asks."""

    def __init__(self, named: tuple[str, ...], settings: Settings) -> None:
        self._named = named
        self._settings = settings
        self._files: frozenset[str] | None = None

    def __contains__(self, real: str) -> bool:
        """Tell whether a file, given by its real path, is one of them."""
        if self._files is None:
            found = discover(self._named, self._settings).files
            self._files = frozenset(os.path.realpath(each) for each in found)
        return real in self._files


class Projects:
    """Projects by their roots, each with the facts that are shared by its files.

    `run` tells runs apart: what was read in one is not believed in the next, since files may have changed. Without an
    `edit_scope`, every file of a project may be changed. With `traced`, what is asked of the projects is noted.
    """

    def __init__(self, run: str = "", edit_scope: EditScope | None = None, *, traced: bool = False) -> None:
        self.run = run
        self.edit_scope = edit_scope
        self._traces: dict[str, Trace] | None = {} if traced else None
        self._programs: dict[str, Program] = {}
        self._examined: dict[str, dict[str, Examination]] = {}

    def scope(self, path: Path, conventions: Conventions = STANDARD) -> Scope:
        """Give what builds the facts of the file at a path, as a part of its project.

        Parameters: `conventions` are what the configuration adds to the tables: the same for all files of a
            project, since no ``pyproject.toml`` stands below its root and above one of its files.
        """
        root = project_root(path)
        return InProject(self, root, SourceTree(root).name_of(path), conventions)

    def load(self, paths: Iterable[str], settings: Settings) -> None:
        """Read the projects of some files, so that all branches share what is found out about them."""
        for path in paths:
            if project_root(path) in self._programs:
                continue
            with suppress(Unreadable, UnsupportedSyntax):  # it has changed since; whoever looks at it will say so
                source = read(Path(path))
                self.scope(Path(path), settings.at(Path(path)).conventions)(source, parse(source))

    def branch(self) -> Projects:
        """Give projects that begin with what is known here, and go a way of their own."""
        branch = Projects(self.run, self.edit_scope)
        branch._programs = dict(self._programs)
        branch._examined = dict(self._examined)
        return branch

    def trace(self, root: str) -> Trace | None:
        """Give where it is noted what is asked of a project; None where that is of no interest."""
        return None if self._traces is None else self._traces.setdefault(root, Trace())

    def program(self, root: str) -> Program | None:
        """Give the facts of a project as its texts are by now, or None if none of its files was looked at."""
        return self._programs.get(root)

    def keep(self, root: str, program: Program, examined: dict[str, Examination] | None = None) -> None:
        """Let the texts of a project be from now on what a program was made of.

        Parameters: `examined` is what is known by then of files in that state.
        """
        self._programs[root] = program
        self._examined[root] = examined if examined is not None else {}

    def examined(self, root: str) -> dict[str, Examination]:
        """Give what was found in files of a project as its texts are by now."""
        return self._examined.setdefault(root, {})

    def texts(self, path: Path, findings: Iterable[Finding]) -> tuple[tuple[str, str], ...]:
        """Give path and text of the other files that findings of a file point into."""
        program = self._programs.get(project_root(path))
        if program is None:
            return ()
        steps = [step for finding in findings for step in (*finding.trace, finding.rival) if step is not None]
        others = sorted({step.path for step in steps} - {finding.path for finding in findings})
        units = ((other, program.project.unit(program.project.tree.name_of(other))) for other in others)
        return tuple((other, unit.source.text) for other, unit in units if unit is not None)
