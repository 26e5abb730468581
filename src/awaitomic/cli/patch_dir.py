"""The folder that ``fix --patch-dir`` writes: the patches of one run and nothing else, or it is left alone."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from awaitomic.cli.options import Common
    from awaitomic.engine.series import FixGroup
    from awaitomic.report.mail import Letter


def fix_into(folder: Path, options: Common, most: int | None) -> int:
    """Write the patches of a run into a folder, report what they leave, and give the exit code.

    Parameters: `most` groups are taken (None: all). Raises as `write_patches` does.
    """
    from awaitomic.cli.fix import notes_of_groups, tell_fixes  # it imports this
    from awaitomic.cli.outcome import exit_code, findings_text, report_others, tell_problems
    from awaitomic.cli.running import run_engine
    from awaitomic.engine.mending import MendGroups
    from awaitomic.source.text import display_path

    checked(folder)  # before the work, not only behind it
    date = date_of_patches()
    mend = MendGroups(most, write=False)
    run = run_engine(options, repair=True, mend=mend)
    paths = write_patches(folder, mend.groups, date)
    options.streams.report(findings_text(run, options, options.streams.paint, dry=True))
    if options.outputs.others:
        # As with --diff: a report that is kept has to speak of the files as they are.
        report_others(run_engine(options, diffs=True), options, diffs=True)
    tell_problems(run, options)
    options.streams.asides(f"wrote {display_path(path)}" for path in paths)
    tell_fixes(run, options, notes_of_groups(mend, dry=True), dry=True)
    return exit_code(run, options, changes=bool(paths))


def checked(folder: Path) -> list[Path]:
    """Give the patches of an earlier run that are in the folder, which is new, empty, or holds only such.

    Raises `click.UsageError` for anything else, so that nothing but our own patches is ever replaced.
    """
    from awaitomic.report.mail import is_ours

    if not folder.exists():
        return []
    if not folder.is_dir():
        raise click.UsageError(f"--patch-dir: {folder} is no directory.")
    try:
        files = sorted(folder.iterdir())
        foreign = [file for file in files if not file.is_file() or not is_ours(file.name, _beginning(file))]
    except OSError as error:
        raise click.FileError(str(folder), error.strerror) from error
    if foreign:
        what = f"{foreign[0].name!r} is not a patch of awaitomic"
        raise click.UsageError(f"--patch-dir: {folder} is not empty, and {what}. Name a directory of its own.")
    return files


def date_of_patches() -> int | None:
    """Give the date that ``SOURCE_DATE_EPOCH`` says patches have, in seconds since 1970; None if it says nothing.

    Raises `click.UsageError` if it is not a number, as its specification demands.
    """
    told = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not told:
        return None
    if not (told.isascii() and told.isdecimal() and int(told) < 1 << 36):
        raise click.UsageError(f"SOURCE_DATE_EPOCH has to be a number of seconds since 1970, not {told!r}.")
    return int(told)


def write_patches(folder: Path, groups: Sequence[FixGroup], date: int | None) -> list[Path]:
    """Write one patch for each group, instead of those of an earlier run; without groups, no folder is made.

    Returns the files, in the order of the groups. Raises `click.UsageError` as `checked` does, and `click.FileError` if
    the folder cannot be written; then no patch is in it, since a part of a series would look like a whole one.
    """
    from awaitomic.report.mail import file_name, render_mail

    letters = [_letter(group, number, len(groups), date) for number, group in enumerate(groups, 1)]
    mails = {folder / file_name(letter): render_mail(letter) for letter in letters}
    old = checked(folder)
    try:
        _remove(old)
        if mails:
            folder.mkdir(parents=True, exist_ok=True)
        for path, mail in mails.items():
            path.write_bytes(mail)
    except OSError as error:
        with suppress(OSError):
            _remove(mails)
        raise click.FileError(str(folder), error.strerror) from error
    return list(mails)


def _remove(files: Iterable[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)


def _beginning(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(4096)


def _letter(group: FixGroup, number: int, total: int, date: int | None) -> Letter:
    from awaitomic.report.mail import Letter
    from awaitomic.report.sources import Sources

    later = [fix.finding for fix in group.later]
    changes = [(change.old, change.new) for change in group.changes]
    return Letter(group.findings, later, changes, Sources(group.texts), number, total, date)
