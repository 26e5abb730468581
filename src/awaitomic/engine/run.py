"""Runs over many files: finds them, skips those that cannot matter, spreads the rest, writes what was repaired.

What the analysis needs is only imported where there is something to analyse: a run that finds everything in the cache
is mostly a matter of starting.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from awaitomic.engine import progress
from awaitomic.engine.baselines import Baselines
from awaitomic.engine.collector import seldom
from awaitomic.engine.fault import fault_of
from awaitomic.engine.looking import look
from awaitomic.engine.narrow import narrowed, without_old_error
from awaitomic.engine.outcome import Outcome, Run, collect
from awaitomic.engine.selection import idle_selectors, unreadable
from awaitomic.engine.task import Task
from awaitomic.engine.writing import settle, tell, written
from awaitomic.findings.focus import key_of
from awaitomic.model.focus import EVERYTHING, Focus
from awaitomic.source.discovery import ProblemKind, discover, excluded
from awaitomic.source.prefilter import may_matter
from awaitomic.source.text import Unreadable, decode, display_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from awaitomic.config import Settings
    from awaitomic.engine.baselines import Acceptance
    from awaitomic.engine.mending import Mend


_UNNAMED = "-"
"""How a text is shown that was given no name."""


class MissingPath(Exception):  # noqa: N818 - names what is wrong with the usage
    """A named path that does not exist; `message` is a sentence that names it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def check(
    paths: Iterable[str | os.PathLike[str]],
    settings: Settings,
    *,
    diffs: bool = False,
    acceptance: Acceptance | None = None,
    cached: bool = False,
) -> Run:
    """Analyse files and trees; nothing is written but a baseline, and, if `cached`, what is kept for the next run.

    Parameters: `settings` say what is searched and reported, and with how many processes; with `diffs`, every fix
    comes with the diff that it makes alone; `acceptance` names a baseline that is to take up what is found. Raises
    `MissingPath`, and `ConfigError` for a baseline that cannot be read.
    """
    named = tuple(os.fspath(path) for path in paths)
    return _run(Task(settings, diffs=diffs, traced=cached, named=named), write=False, acceptance=acceptance)


def fix(
    paths: Iterable[str | os.PathLike[str]],
    settings: Settings,
    *,
    write: bool,
    mend: Mend | None = None,
    cached: bool = False,
) -> Run:
    """Repair files and trees; the report holds what is left.

    Parameters: with `write`, changed files are replaced (one that has changed since it was read is not, and becomes an
    error); else the changes are only in the result. `mend` repairs what was found, and writes it if that is its task
    (None: all that the settings allow is repaired at once). If `cached`, files in which an earlier run has found
    nothing that can be repaired are not looked at again. Raises `MissingPath`, and `ConfigError` for a baseline that
    cannot be read.
    """
    named = tuple(os.fspath(path) for path in paths)
    return _run(Task(settings, repair=True, traced=cached, named=named), write=write, mend=mend)


def add_ignores(paths: Iterable[str | os.PathLike[str]], settings: Settings, reason: str) -> Run:
    """Write comments that suppress what is found, each with a reason; the report holds what is left.

    A file that has changed since it was read is not written, and becomes an error. Raises `MissingPath`, and
    `ConfigError` for a baseline that cannot be read.
    """
    named = tuple(os.fspath(path) for path in paths)
    return _run(Task(settings, reason=reason, named=named), write=True)


@seldom()
def run_on_text(raw: bytes, path: str, settings: Settings, *, repair: bool = False, diffs: bool = False) -> Run:
    """Analyse, or with `repair` mend, one text that is on no disk: `raw` as from a file, `path` as it is shown.

    Raises `ConfigError` for a baseline that cannot be read.
    """
    from awaitomic.engine.one_file import work_on  # noqa: PLC0415 - as the docstring of the module says

    start = time.perf_counter()
    settings = settings.at(path)
    if path != _UNNAMED and (why := excluded(path, settings)) is not None:
        return collect([], files=0, seconds=time.perf_counter() - start, notes=[why])
    known = Baselines([Path(path)], (), settings, None).known
    settings = replace(settings, focus=replace(settings.focus, known=known))
    try:
        outcomes = [work_on(decode(path, raw), Task(settings, repair, diffs))] if may_matter(raw) else []
    except Unreadable as error:
        outcomes = [unreadable(error, settings)]
    except Exception as error:  # noqa: BLE001 - as for files: reported, and what was given is untouched
        outcomes = [Outcome(path, fault=fault_of(path, error))]
    return collect(outcomes, files=1, seconds=time.perf_counter() - start, notes=idle_selectors(settings))


@seldom()
def _run(task: Task, *, write: bool, mend: Mend | None = None, acceptance: Acceptance | None = None) -> Run:
    start = time.perf_counter()
    progress.tell("looking for files")
    found = discover(task.named, task.settings)
    missing = [problem.message for problem in found.problems if problem.kind is ProblemKind.MISSING]
    if missing:
        raise MissingPath(" ".join(missing))
    told = settle(found.files) if write else tell(found.files)
    baselines = Baselines(found.files, task.named, task.settings, acceptance)
    focus = replace(task.settings.focus, known=baselines.known)
    nominated = _nominate(found.files, task.settings)
    looked = look(nominated.paths, _as_looked_at(task, focus), found.files)
    progress.rest()
    unlisted = [problem for problem in found.problems if problem.kind is ProblemKind.UNREADABLE]
    unread = [unreadable(Unreadable(each.path, 1, 1, each.message), task.settings) for each in unlisted]
    outcomes = dict(looked.outcomes)
    if task.reason is None:
        outcomes = {path: narrowed(each, focus, task.settings.at(path)) for path, each in outcomes.items()}
    else:  # the lines of the findings are those of the new texts
        outcomes = {path: without_old_error(each, focus) for path, each in outcomes.items()}
    baselines.follow_files(outcomes)
    failed = [narrowed(each, focus, task.settings) for each in nominated.failed]
    results = [*failed, *_finished(outcomes, task, mend, write=write)]
    if task.repair:
        results, said = baselines.repaired(results, write=write, chosen=mend is not None)
    elif acceptance is not None:
        results, said = baselines.accepted(results, acceptance)
    else:
        results, said = baselines.reported(results, diffs=task.diffs)
    run = collect(
        results,
        files=len(found.files),
        seconds=time.perf_counter() - start,
        errors=[each.error for each in unread if each.error is not None],
        notes=[
            *told,
            *idle_selectors(task.settings),
            *said,
            *(problem.message for problem in found.problems if problem not in unlisted),
        ],
    )
    return replace(run, remembered=looked.remembered, details=looked.complaints)


def _as_looked_at(task: Task, focus: Focus) -> Task:
    """Give the task for each file: what is found does not depend on what is left alone, and is kept as a whole."""
    seen = EVERYTHING if task.reason is None else focus
    return replace(task, settings=replace(task.settings, focus=seen))


def _finished(outcomes: Mapping[str, Outcome], task: Task, mend: Mend | None, *, write: bool) -> Iterable[Outcome]:
    """Do what is left to do with what was found in each file: repair it, or write what was made of the file."""
    if task.repair:
        return _mended(outcomes, task, mend, write=write)
    if write:
        from awaitomic.engine.repair import Group  # noqa: PLC0415 - as the docstring of the module says

        return [each for outcome in outcomes.values() for each in written(Group("", (outcome,)))]
    return outcomes.values()


def _mended(outcomes: Mapping[str, Outcome], task: Task, mend: Mend | None, *, write: bool) -> Iterable[Outcome]:
    """Repair what was found, if something can be."""
    if not any(outcome.fixable for outcome in outcomes.values()):
        return outcomes.values()
    from awaitomic.engine.mending import MendAll  # noqa: PLC0415 - as the docstring of the module says
    from awaitomic.engine.one_file import projects_of  # noqa: PLC0415 - loaded where it is used

    # What is left alone is told by names from here on: the lines move with the first fix.
    known = {key_of(path): dict(outcome.left) for path, outcome in outcomes.items() if outcome.left}
    settings = replace(task.settings, focus=Focus(known))
    return (mend or MendAll(write=write))(outcomes, settings, projects_of(task))


@dataclass(frozen=True, slots=True)
class _Nominated:
    paths: list[str]
    failed: list[Outcome]


def _nominate(files: Sequence[Path], settings: Settings) -> _Nominated:
    """Keep the files that may hold a finding, by their bytes; those that cannot be read have failed already."""
    nominated = _Nominated([], [])
    for file in files:
        try:
            if may_matter(file.read_bytes()):
                nominated.paths.append(str(file))
        except OSError as error:
            message = f"cannot be read: {error.strerror or error}"
            nominated.failed.append(unreadable(Unreadable(display_path(file), 1, 1, message), settings))
    return nominated
