"""The work on one file, as a process of the pool does it: nothing here writes, and nothing here prints."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from awaitomic.engine.analyse import analyse, without_plans
from awaitomic.engine.fix import fix_text, with_diffs
from awaitomic.engine.outcome import Change, Outcome
from awaitomic.model.finding import FileError
from awaitomic.source.text import Unreadable, read

if TYPE_CHECKING:
    from awaitomic.config import Settings
    from awaitomic.source.text import SourceText


@dataclass(frozen=True, slots=True)
class Task:
    """What to do with each file; it goes to the processes of the pool, so it holds plain data only."""

    settings: Settings
    repair: bool = False
    diffs: bool = False
    """Fill in the diff of every single fix (only without `repair`)."""

    def __call__(self, path: str) -> Outcome:
        """Work on the file at `path`; what is wrong with it becomes an error in the outcome."""
        try:
            return work_on(read(Path(path)), self)
        except Unreadable as error:
            return unreadable(error)


def work_on(source: SourceText, task: Task) -> Outcome:
    """Do the task on one text. Raises `Unreadable` if it does not parse."""
    if task.repair:
        return _repaired(source, task.settings)
    findings = with_diffs(source, task.settings) if task.diffs else analyse(source, task.settings).findings
    return Outcome(source.path, without_plans(findings), source.text if findings else None)


def unreadable(error: Unreadable) -> Outcome:
    """Give the outcome of a file that cannot be analysed."""
    return Outcome(error.path, error=FileError(error.path, error.line, error.column, error.message))


def _repaired(source: SourceText, settings: Settings) -> Outcome:
    result = fix_text(source, settings)
    text = result.text if result.remaining else None
    if result.source.raw == source.raw:
        return Outcome(source.path, result.remaining, text)
    change = Change(source, result.source)
    return Outcome(source.path, result.remaining, text, applied=result.applied, change=change, unfixed=result.original)
