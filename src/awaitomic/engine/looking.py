"""Looks at each file of a run: from the cache where earlier results hold, else by analysing it.

The analysis is only loaded if there is something to analyse.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from awaitomic.engine.fault import Fault
from awaitomic.engine.outcome import Outcome
from awaitomic.source.text import display_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from awaitomic.cache.kept import Kept
    from awaitomic.cache.results import Results, Texts
    from awaitomic.engine.task import Done, Task


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found in each file, by its path as it was named."""

    outcomes: dict[str, Outcome]
    remembered: int = 0
    """How many of them come from the cache."""
    complaints: tuple[str, ...] = ()
    """What could not be kept for the next run, and why."""


def look(paths: Sequence[str], task: Task, files: Iterable[Path]) -> Looked:
    """Look at some files; if the task is traced, what was found is kept, and what was kept is looked up.

    Parameters: `files` are all that the user has named, which a fix may change.
    """
    if not task.traced:
        return Looked(_analysed(paths, task, None))
    from awaitomic.cache.results import Results  # noqa: PLC0415 - not where there is no cache

    results = Results(task.settings, tuple(files), diffs=task.diffs)
    known = {path: _remembered(path, kept) for path in paths if (kept := results.lookup(path)) is not None}
    rest = [path for path in paths if path not in known]
    if rest:
        results.watch(rest)
        known |= _analysed(rest, task, results)
    complaints = results.save()
    return Looked({path: known[path] for path in paths}, len(paths) - len(rest), tuple(complaints))


def _remembered(path: str, found: Texts) -> Outcome:
    kept = found.kept
    shown = display_path(path)
    return Outcome(
        shown, kept.findings, found.text, kept.error, fixable=kept.fixable, others=found.others, found=kept.found
    )


def _analysed(paths: Sequence[str], task: Task, results: Results | None) -> dict[str, Outcome]:
    from awaitomic.engine.pool import run_each  # noqa: PLC0415 - as the docstring of the module says

    outcomes: dict[str, Outcome] = {}
    for path, done in zip(paths, run_each(paths, task, task.settings.jobs), strict=True):
        if isinstance(done, Fault):
            outcomes[path] = Outcome(display_path(path), fault=replace(done, path=display_path(done.path)))
            continue
        outcomes[path] = done.outcome
        if results is not None and done.asked is not None:
            results.keep(path, done.asked, _kept(done))
    return outcomes


def _kept(done: Done) -> Kept | None:
    from awaitomic.cache.kept import Kept  # noqa: PLC0415 - not where there is no cache

    outcome = done.outcome
    others = tuple(path for path, _ in outcome.others)
    return Kept(outcome.findings, outcome.error, outcome.fixable, others, outcome.found) if done.keep else None
