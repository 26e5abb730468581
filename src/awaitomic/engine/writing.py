"""Writes what was repaired, and settles what an earlier run has left half done.

Most of `patching` is imported only where something is written: most runs are not such.
"""

# Plain strings where paths are compared and shown, as in discovery.
# ruff: noqa: PTH100, PTH118, PTH120 - plain strings, for the reason above

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from awaitomic.engine.outcome import Outcome
from awaitomic.model.finding import FileError, Refusal
from awaitomic.patching.left import NAME, is_there
from awaitomic.source.project import project_root
from awaitomic.source.text import display_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from awaitomic.engine.outcome import Change
    from awaitomic.engine.repair import Group
    from awaitomic.patching.transaction import Settled


def written(group: Group) -> tuple[Outcome, ...]:
    """Write the changes of a group; if that cannot be done, the findings of all its files are still there."""
    from awaitomic.patching import write  # noqa: PLC0415 - as the docstring of the module says
    from awaitomic.patching.journal import Busy, Unfinished  # noqa: PLC0415 - loaded where it is used
    from awaitomic.patching.transaction import Replacement, replace_files  # noqa: PLC0415 - loaded where it is used

    changes = [(outcome.path, outcome.change) for outcome in group.outcomes if outcome.change is not None]
    if not changes:
        return group.outcomes
    culprit = changes[0][0]
    try:
        if len(changes) == 1:
            ((path, change),) = changes
            write.replace_file(Path(path), change.old.raw, change.new.raw)
        else:
            replacements = [Replacement(Path(path), change.old.raw, change.new.raw) for path, change in changes]
            replace_files(replacements, Path(group.root))
    except write.FileChanged as changed:
        message = "the file has changed since it was read; nothing was written, please run awaitomic again"
        culprit = _named(changed.path, changes, culprit)
    except (Busy, Unfinished) as error:
        message = f"cannot be written: {error}"
    except OSError as error:
        message = f"cannot be written: {error.strerror or error}"
        culprit = _named(Path(error.filename), changes, culprit) if isinstance(error.filename, str) else culprit
    else:
        return group.outcomes
    return tuple(_unwritten(outcome, culprit, message) for outcome in group.outcomes)


def _named(path: Path, changes: Iterable[tuple[str, Change]], default: str) -> str:
    """Give the name in the report of the file that could not be written."""
    real = os.path.realpath(path)
    return next((name for name, _ in changes if os.path.realpath(name) == real), default)


def _unwritten(outcome: Outcome, culprit: str, message: str) -> Outcome:
    change = outcome.change
    if change is None:
        return outcome
    if outcome.path != culprit:
        message = f"not written, since {culprit} belongs to the same fix: {message}"
    refusal = Refusal("not-written", message)
    left = tuple(replace(finding, refusal=refusal) for finding in outcome.unfixed)
    error = FileError(outcome.path, 1, 1, message) if outcome.path == culprit else None
    return Outcome(outcome.path, left, change.old.text if left else None, error=error)


def tell(files: Iterable[Path]) -> list[str]:
    """Say which projects of some files an interrupted run has left half written."""
    return [
        f"An earlier `awaitomic fix` was interrupted while it wrote ({display_path(os.path.join(root, NAME))}): "
        "some files may have changed and others not. Run `awaitomic fix` to finish or undo it."
        for root in _roots(files)
        if is_there(Path(root))
    ]


def settle(files: Iterable[Path]) -> list[str]:
    """Finish or undo what an interrupted run has left half done in the projects of some files, and say so."""
    told: list[str] = []
    for root in _roots(files):
        if not is_there(Path(root)):
            continue
        from awaitomic.patching import journal, transaction  # noqa: PLC0415 - loaded where it is used

        shown = display_path(os.path.join(root, NAME))
        try:
            settled = transaction.settle(Path(root))
        except journal.Busy as busy:
            told.append(f"{shown}: {busy}.")
        except OSError as error:
            told.append(f"What an interrupted run has left ({shown}) cannot be settled: {error.strerror or error}.")
        else:
            told.extend(_said(settled) if settled is not None else ())
    return told


def _said(settled: Settled) -> Iterable[str]:
    from awaitomic.patching.transaction import Outcome as Ending  # noqa: PLC0415 - loaded where it is used

    names = ", ".join(display_path(path) for path in settled.paths)
    done = "finished" if settled.outcome is Ending.FINISHED else "undone"
    yield f"An earlier `awaitomic fix` was interrupted while it wrote {names}: its change is {done} now."
    for path in settled.foreign:
        yield f"{display_path(path)} was changed since by somebody else and is left as it is."


def _roots(files: Iterable[Path]) -> list[str]:
    """Give the roots of the projects that files belong to; files of one folder are of one project."""
    folders = dict.fromkeys(os.path.dirname(os.path.abspath(file)) for file in files)
    return sorted({project_root(os.path.join(folder, "module.py")) for folder in folders})
