"""The work on one file, as a process of the pool does it: nothing here writes, and nothing here prints.

Where files are to be repaired, a process only looks what can be: see `awaitomic.engine.repair`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from awaitomic.engine.analyse import analyse, without_plans
from awaitomic.engine.fix import fix_text, is_allowed, with_diffs
from awaitomic.engine.outcome import Change, Outcome
from awaitomic.engine.projects import EditScope, Projects
from awaitomic.engine.selection import unreadable
from awaitomic.engine.suppress import suppress
from awaitomic.engine.task import Done
from awaitomic.source.project import SourceTree, project_root
from awaitomic.source.text import Unreadable, decode, display_path, read_bytes

if TYPE_CHECKING:
    from awaitomic.config import Settings
    from awaitomic.engine.projects import Scope
    from awaitomic.engine.task import Task
    from awaitomic.source.text import SourceText


def look_at(path: str, task: Task) -> Done:
    """Work on the file at `path` as a part of its project; what is wrong with it becomes an error in the outcome."""
    projects = projects_of(task)
    root = project_root(path)
    trace = projects.trace(root)
    try:
        raw = read_bytes(Path(path))
    except Unreadable as error:
        return Done(unreadable(error, task.settings))
    unchanged = trace is None or trace.whole(SourceTree(root).name_of(path), raw)
    try:
        settings = task.settings.at(path)
        scope = projects.scope(Path(path), settings.conventions)
        source = decode(display_path(path), raw)
        if task.reason is not None:
            outcome = suppress(source, settings, scope, task.reason)
        else:
            outcome = survey(source, replace(task, settings=settings), scope)
        outcome = replace(outcome, others=projects.texts(Path(path), outcome.findings))
    except Unreadable as error:
        outcome = unreadable(error, task.settings)
    if trace is None:
        return Done(outcome)
    return Done(outcome, trace.take(), keep=unchanged)


_projects = Projects()


def projects_of(task: Task) -> Projects:
    """Give what this process has read in a run; what it has read in an earlier one is forgotten."""
    global _projects  # noqa: PLW0603 - a process of the pool has no other place that outlives one file
    if _projects.run != task.run:
        _projects = Projects(task.run, EditScope(task.named, task.settings), traced=task.traced)
    return _projects


def survey(source: SourceText, task: Task, scope: Scope | None = None) -> Outcome:
    """Tell what is found in a text, alone or in a scope, and whether some of it can be repaired.

    Raises `Unreadable` if it does not parse.
    """
    analysis = with_diffs(source, task.settings, scope) if task.diffs else analyse(source, task.settings, scope)
    findings = analysis.findings
    fixable = any(is_allowed(finding, task.settings) for finding in findings)
    text = source.text if findings else None
    return Outcome(source.path, without_plans(findings), text, found=analysis.found, fixable=fixable)


def work_on(source: SourceText, task: Task) -> Outcome:
    """Do the task on one text that stands alone. Raises `Unreadable` if it does not parse."""
    return _repaired(source, task.settings) if task.repair else survey(source, task)


def _repaired(source: SourceText, settings: Settings) -> Outcome:
    result = fix_text(source, settings)
    text = result.text if result.remaining else None
    if result.source.raw == source.raw:
        return Outcome(source.path, result.remaining, text)
    change = Change(source, result.source)
    return Outcome(source.path, result.remaining, text, applied=result.applied, change=change, unfixed=result.original)
