"""Runs over many files: finds them, skips those that cannot matter, spreads the rest, writes what was repaired.

What the analysis needs is only imported where there is something to analyse: a run that finds everything in the cache
is mostly a matter of starting.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from awaitomic.engine import progress
from awaitomic.engine.asked import unreadable
from awaitomic.engine.collector import seldom
from awaitomic.engine.fault import fault_of
from awaitomic.engine.looking import look
from awaitomic.engine.outcome import Outcome, Run, collect
from awaitomic.engine.task import Task
from awaitomic.engine.writing import settle, tell
from awaitomic.source.discovery import ProblemKind, discover
from awaitomic.source.prefilter import may_matter
from awaitomic.source.text import Unreadable, decode, display_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from awaitomic.config import Settings
    from awaitomic.engine.mending import Mend


class MissingPath(Exception):  # noqa: N818 - names what is wrong with the usage
    """A named path that does not exist; `message` is a sentence that names it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def check(
    paths: Iterable[str | os.PathLike[str]], settings: Settings, *, diffs: bool = False, cached: bool = False
) -> Run:
    """Analyse files and trees; nothing is written but what is kept for the next run, if `cached`.

    Parameters: `settings` say what is searched and reported, and with how many processes; with `diffs`, every fix
    comes with the diff that it makes alone. Raises `MissingPath`.
    """
    named = tuple(os.fspath(path) for path in paths)
    return _run(Task(settings, diffs=diffs, traced=cached, named=named), write=False)


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
    nothing that can be repaired are not looked at again. Raises `MissingPath`.
    """
    named = tuple(os.fspath(path) for path in paths)
    return _run(Task(settings, repair=True, traced=cached, named=named), write=write, mend=mend)


@seldom()
def run_on_text(raw: bytes, path: str, settings: Settings, *, repair: bool = False, diffs: bool = False) -> Run:
    """Analyse, or with `repair` mend, one text that is on no disk: `raw` as from a file, `path` as it is shown."""
    from awaitomic.engine.one_file import work_on  # noqa: PLC0415 - as the docstring of the module says

    start = time.perf_counter()
    try:
        outcomes = [work_on(decode(path, raw), Task(settings, repair, diffs))] if may_matter(raw) else []
    except Unreadable as error:
        outcomes = [unreadable(error, settings)]
    except Exception as error:  # noqa: BLE001 - as for files: reported, and what was given is untouched
        outcomes = [Outcome(path, fault=fault_of(path, error))]
    return collect(outcomes, files=1, seconds=time.perf_counter() - start)


@seldom()
def _run(task: Task, *, write: bool, mend: Mend | None = None) -> Run:
    start = time.perf_counter()
    progress.tell("looking for files")
    found = discover(task.named, task.settings)
    missing = [problem.message for problem in found.problems if problem.kind is ProblemKind.MISSING]
    if missing:
        raise MissingPath(" ".join(missing))
    told = settle(found.files) if write else tell(found.files)
    nominated = _nominate(found.files, task.settings)
    looked = look(nominated.paths, task, found.files)
    progress.rest()
    unlisted = [problem for problem in found.problems if problem.kind is ProblemKind.UNREADABLE]
    unread = [unreadable(Unreadable(each.path, 1, 1, each.message), task.settings) for each in unlisted]
    run = collect(
        [*nominated.failed, *_mended(looked.outcomes, task, mend, write=write)],
        files=len(found.files),
        seconds=time.perf_counter() - start,
        errors=[each.error for each in unread if each.error is not None],
        notes=[*told, *(problem.message for problem in found.problems if problem not in unlisted)],
    )
    return replace(run, remembered=looked.remembered, details=looked.complaints)


def _mended(outcomes: Mapping[str, Outcome], task: Task, mend: Mend | None, *, write: bool) -> Iterable[Outcome]:
    """Repair what was found, if that is wanted and something can be."""
    if not task.repair or not any(outcome.fixable for outcome in outcomes.values()):
        return outcomes.values()
    from awaitomic.engine.mending import MendAll  # noqa: PLC0415 - as the docstring of the module says
    from awaitomic.engine.one_file import projects_of  # noqa: PLC0415 - as above

    return (mend or MendAll(write=write))(outcomes, task.settings, projects_of(task))


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
