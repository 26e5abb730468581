"""The work on one file, as a process of the pool does it: nothing here writes, and nothing here prints.

Where files are to be repaired, a process only looks what can be: see `awaitomic.engine.repair`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from awaitomic.engine.analyse import analyse, asks_for, without_plans
from awaitomic.engine.fix import fix_text, is_allowed, with_diffs
from awaitomic.engine.outcome import Change, Outcome
from awaitomic.engine.projects import EditScope, Projects
from awaitomic.knowledge.codes import UNREADABLE
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
    named: tuple[str, ...] = ()
    """The paths that the user has named: only what they stand for may be changed."""
    run: str = field(default_factory=lambda: uuid.uuid4().hex)
    """Which run it belongs to: what a process has read of a project holds for one."""

    def __call__(self, path: str) -> Outcome:
        """Work on the file at `path`; what is wrong with it becomes an error in the outcome."""
        try:
            projects = projects_of(self)
            settings = self.settings.at(path)
            scope = projects.scope(Path(path), settings.conventions)
            work = survey if self.repair else work_on
            outcome = work(read(Path(path)), replace(self, settings=settings), scope)
            return replace(outcome, others=projects.texts(Path(path), outcome.findings))
        except Unreadable as error:
            return unreadable(error, self.settings)


_projects = Projects()


def projects_of(task: Task) -> Projects:
    """Give what this process has read in a run; what it has read in an earlier one is forgotten."""
    global _projects  # noqa: PLW0603 - a process of the pool has no other place that outlives one file
    if _projects.run != task.run:
        _projects = Projects(task.run, EditScope(task.named, task.settings))
    return _projects


def survey(source: SourceText, task: Task, scope: Scope) -> Outcome:
    """Tell what is found in a file, and whether some of it can be repaired. Raises `Unreadable`."""
    findings = analyse(source, task.settings, scope).findings
    fixable = any(is_allowed(finding, task.settings) for finding in findings)
    return Outcome(source.path, without_plans(findings), source.text if findings else None, fixable=fixable)


def work_on(source: SourceText, task: Task, scope: Scope | None = None) -> Outcome:
    """Do the task on one text, alone or in a scope. Raises `Unreadable` if it does not parse."""
    if task.repair:
        return _repaired(source, task.settings, scope)
    if task.diffs:
        findings = with_diffs(source, task.settings, scope)
    else:
        findings = analyse(source, task.settings, scope).findings
    return Outcome(source.path, without_plans(findings), source.text if findings else None)


def unreadable(error: Unreadable, settings: Settings) -> Outcome:
    """Give the outcome of a file that cannot be analysed: an error, unless the settings ignore that."""
    if not asks_for(error.path, settings.at(error.path))(UNREADABLE):
        return Outcome(error.path)
    found = FileError(error.path, error.line, error.column, error.message, UNREADABLE)
    return Outcome(error.path, error=found)


def _repaired(source: SourceText, settings: Settings, scope: Scope | None) -> Outcome:
    result = fix_text(source, settings, scope)
    text = result.text if result.remaining else None
    if result.source.raw == source.raw:
        return Outcome(source.path, result.remaining, text)
    change = Change(source, result.source)
    return Outcome(source.path, result.remaining, text, applied=result.applied, change=change, unfixed=result.original)
