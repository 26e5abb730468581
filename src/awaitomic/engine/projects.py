"""The projects that a process knows: what was found out about one stays at hand for the next file of it.

A file is analysed as a part of its project, wherever that begins. A text that is on no disk stands alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from awaitomic.model.conventions import STANDARD
from awaitomic.program import Program
from awaitomic.program.project import Project
from awaitomic.source.project import SourceTree, project_root

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from awaitomic.model.conventions import Conventions
    from awaitomic.model.finding import Finding
    from awaitomic.source.text import SourceText

    Scope: TypeAlias = "Callable[[SourceText, ast.Module], Program]"
    """Builds the facts of one file from its text: as it is, or as an edit would make it."""


class Projects:
    """Projects by their roots, each with the facts that are shared by its files.

    `run` tells runs apart: what was read in one is not believed in the next, since files may have changed.
    """

    def __init__(self, run: str = "") -> None:
        self.run = run
        self._programs: dict[str, Program] = {}

    def scope(self, path: Path, conventions: Conventions = STANDARD) -> Scope:
        """Give what builds the facts of the file at a path, as a part of its project.

        Parameters: `conventions` are what the configuration adds to the tables: the same for all files of a run.
        """
        root = project_root(path)

        def build(source: SourceText, tree: ast.Module) -> Program:
            program = self._programs.get(root)
            if program is None:
                project = Project(SourceTree(root))
                unit = project.add(project.tree.name_of(path), source, tree)
                program = self._programs[root] = Program(project, unit, conventions)
                return program
            name = program.project.tree.name_of(path)
            known = program.project.unit(name)
            if known is not None and known.source.raw == source.raw:
                known.source = source  # under the path that the user gave
                return program.at(known)
            project = program.project.with_text(name, source.raw)
            return Program(project, project.add(name, source, tree), conventions)

        return build

    def texts(self, path: Path, findings: Iterable[Finding]) -> tuple[tuple[str, str], ...]:
        """Give path and text of the other files that findings of a file point into."""
        program = self._programs.get(project_root(path))
        if program is None:
            return ()
        steps = [step for finding in findings for step in (*finding.trace, finding.rival) if step is not None]
        others = sorted({step.path for step in steps} - {finding.path for finding in findings})
        units = ((other, program.project.unit(program.project.tree.name_of(other))) for other in others)
        return tuple((other, unit.source.text) for other, unit in units if unit is not None)
