"""Replaces several files as one: all of them get their new content, or all keep the old.

No system renames two files in one step. So the new and the old contents are written beside the files first; a journal
says what is going on; only then the renames follow, and if one fails, those before it are taken back. After a kill at
any place the journal is still there, and `settle` finishes what was begun, or undoes it.
"""

from __future__ import annotations

import enum
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from awaitomic.patching.journal import Entry, Journal, has
from awaitomic.patching.write import FileChanged, content, fill, replace_file, sync_directory, writable_status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class LeftHalf(OSError):  # noqa: N818 - it says what is the case
    """Some files could be replaced, another could not, and taking back failed, too; the journal is still there."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """One file: where it is, the content that it has to have, and the one that it gets."""

    path: Path
    expected: bytes
    new: bytes


def replace_files(replacements: Sequence[Replacement], root: Path) -> None:
    """Replace the contents of several files of a project, or of none.

    What `replace_file` says of one file holds for each of them. All have to lie below `root`, where the journal is
    kept meanwhile.

    Raises FileChanged, OSError, `journal.Busy` or `journal.Unfinished`; in all cases the old contents are still there,
    but after LeftHalf, which `settle` takes care of.
    """
    if len(replacements) == 1:
        (only,) = replacements
        replace_file(only.path, only.expected, only.new)
        return
    root = Path(os.path.realpath(root))
    targets = [Path(os.path.realpath(each.path)) for each in replacements]
    for target in targets:
        if not target.is_relative_to(root):
            raise PermissionError(1, "the file lies outside of the project", str(target))
    statuses = [writable_status(target) for target in targets]
    entries = tuple(
        Entry.of(target, each.expected, each.new) for target, each in zip(targets, replacements, strict=True)
    )
    journal = Journal.begin(root, entries)
    try:
        for entry, each, status in zip(entries, replacements, statuses, strict=True):
            _make(entry.fresh, each.new, status)
            _make(entry.backup, each.expected, status)
        for entry in entries:
            _check(entry)
        for entry in entries:
            _check(entry)  # again: others may write while we do
            entry.fresh.replace(entry.target)
        _sync(entries)
    except BaseException as error:
        _take_back(journal, error)
        raise
    _clean(entries)
    journal.end()


def _make(path: Path, raw: bytes, status: os.stat_result) -> None:
    fill(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600), raw, status)


def _check(entry: Entry) -> None:
    if not entry.has_old:
        raise FileChanged(entry.target)


def _take_back(journal: Journal, error: BaseException) -> None:
    """Give the files that were replaced already their old contents back."""
    try:
        for entry in reversed(journal.entries):
            if entry.has_new and not entry.fresh.exists():
                entry.backup.replace(entry.target)
        _sync(journal.entries)
        _clean(journal.entries)
        journal.end()
    except OSError as failure:
        with suppress(OSError):
            journal.leave()
        message = "some files are written, others are not; run `awaitomic fix` again to finish or undo this"
        raise LeftHalf(failure.errno, f"{failure.strerror}: {message}") from error


def _clean(entries: Iterable[Entry]) -> None:
    """Remove the temporary files, in an order that `_can_finish` counts on."""
    entries = list(entries)
    for entry in sorted(entries, key=lambda entry: not (entry.has_old or entry.has_new)):
        entry.fresh.unlink(missing_ok=True)
    for entry in entries:
        entry.backup.unlink(missing_ok=True)


def _sync(entries: Iterable[Entry]) -> None:
    for directory in dict.fromkeys(entry.target.parent for entry in entries):
        sync_directory(directory)


class Outcome(enum.Enum):
    """What became of what an interrupted run had begun."""

    FINISHED = "finished"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Settled:
    """What `settle` has done; `foreign` are files that somebody has changed since, and that were left alone."""

    outcome: Outcome
    paths: tuple[Path, ...]
    foreign: tuple[Path, ...] = ()


def settle(root: Path) -> Settled | None:
    """Finish what a killed run has begun in a project, or undo it; None if there is nothing to settle.

    It is finished if every file still has its old content, with the new one at hand, or has been replaced already. A
    file that somebody has changed meanwhile is never touched: then the others are given their old contents back.

    Raises `journal.Busy` if a run is still going, and OSError; a later call goes on from there.
    """
    journal = Journal.take_over(Path(os.path.realpath(root)))
    if journal is None:
        return None
    try:
        entries = journal.entries
        finish = _can_finish(entries)
        foreign = tuple(entry.target for entry in entries if not entry.has_old and not entry.has_new)
        for entry in entries:
            if finish and entry.has_old:
                entry.fresh.replace(entry.target)
            elif not finish and entry.has_new and has(entry.backup, entry.old):
                entry.backup.replace(entry.target)
        _sync(entries)
        _clean(entries)
    except BaseException:
        journal.leave()
        raise
    journal.end()
    if not entries:
        return None  # it was killed before it did anything
    outcome = Outcome.FINISHED if finish else Outcome.UNDONE
    return Settled(outcome, tuple(entry.target for entry in entries), foreign)


def _can_finish(entries: Iterable[Entry]) -> bool:
    """Tell whether every file has been replaced, or can be.

    A file that has neither content, and whose new content is gone, was replaced before somebody changed it. In an
    undoing that was interrupted itself, the new contents are removed of those first that have their old one: that is
    how it is recognised, and not taken for this.
    """
    return all(
        entry.has_new or (entry.has_old and has(entry.fresh, entry.new)) or _was_replaced(entry) for entry in entries
    )


def _was_replaced(entry: Entry) -> bool:
    return not entry.has_old and content(entry.fresh) is None
