"""The work on one file, as a process of the pool does it: nothing here writes, and nothing here prints."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from awaitomic.engine.analyse import analyse, without_plans
from awaitomic.engine.fix import fix_text, with_diffs
from awaitomic.engine.outcome import Change, Outcome
from awaitomic.engine.projects import Projects
from awaitomic.model.finding import FileError
from awaitomic.source.text import Unreadable, read

if TYPE_CHECKING:
    from awaitomic.config import Settings
    from awaitomic.engine.projects import Scope
    from awaitomic.source.text import SourceText


@dataclass(frozen=True, slots=True)
class Task:
    """What to do with each file; it goes to the processes of the pool, so it holds plain data only."""

    settings: Settings
    repair: bool = False
    diffs: bool = False
    """Fill in the diff of every single fix (only without `repair`)."""
    run: str = field(default_factory=lambda: uuid.uuid4().hex)
    """Which run it belongs to: what a process has read of a project holds for one."""

    def __call__(self, path: str) -> Outcome:
        """Work on the file at `path`; what is wrong with it becomes an error in the outcome."""
        try:
            projects = _projects_of(self.run)
            outcome = work_on(read(Path(path)), self, projects.scope(Path(path), self.settings.conventions))
            return replace(outcome, others=projects.texts(Path(path), outcome.findings))
        except Unreadable as error:
            return unreadable(error)


_projects = Projects()


def _projects_of(run: str) -> Projects:
    """Give what this process has read in a run; what it has read in an earlier one is forgotten."""
    global _projects  # noqa: PLW0603 - a process of the pool has no other place that outlives one file
    if _projects.run != run:
        _projects = Projects(run)
    return _projects


def work_on(source: SourceText, task: Task, scope: Scope | None = None) -> Outcome:
    """Do the task on one text, alone or in a scope. Raises `Unreadable` if it does not parse."""
    if task.repair:
        return _repaired(source, task.settings, scope)
    if task.diffs:
        findings = with_diffs(source, task.settings, scope)
    else:
        findings = analyse(source, task.settings, scope).findings
    return Outcome(source.path, without_plans(findings), source.text if findings else None)


def unreadable(error: Unreadable) -> Outcome:
    """Give the outcome of a file that cannot be analysed."""
    return Outcome(error.path, error=FileError(error.path, error.line, error.column, error.message))


def _repaired(source: SourceText, settings: Settings, scope: Scope | None) -> Outcome:
    result = fix_text(source, settings, scope)
    text = result.text if result.remaining else None
    if result.source.raw == source.raw:
        return Outcome(source.path, result.remaining, text)
    change = Change(source, result.source)
    return Outcome(source.path, result.remaining, text, applied=result.applied, change=change, unfixed=result.original)
