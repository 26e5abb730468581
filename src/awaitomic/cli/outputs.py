"""What reports a run writes, and where: one to standard output or to a file, and others to files of their own."""

from __future__ import annotations

import errno
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from awaitomic.cli.words import did_you_mean
from awaitomic.report.formats import ALWAYS_DIFFS, FOR_PEOPLE, FORMATS, WITH_DIFFS
from awaitomic.source.in_one_step import in_one_step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Outputs:
    """The main report, and those that are written besides: each with its format and its file."""

    format: str
    file: Path | None
    """Where what would go to standard output is written; None for standard output itself."""
    others: tuple[tuple[str, Path], ...] = ()

    @property
    def for_people(self) -> bool:
        """Whether the main report is for people."""
        return self.format in FOR_PEOPLE

    @property
    def takes_diffs(self) -> bool:
        """Whether the main report has a place for what a fix changes, so that no patch has to stand beside it."""
        return self.format in WITH_DIFFS

    @property
    def wants_diffs(self) -> bool:
        """Whether one of the reports always says what each fix changes."""
        return not ALWAYS_DIFFS.isdisjoint({self.format, *(name for name, _ in self.others)})

    def check_other(self, option: str, file: str | None) -> None:
        """Raise `click.UsageError` if a report would be written over the file of another option."""
        files = {os.path.realpath(each) for each in (self.file, *(each for _, each in self.others)) if each is not None}
        if file is not None and os.path.realpath(file) in files:
            raise click.UsageError(f"--output-file: a report would replace the file of {option}, {file!r}.")


def read_outputs(main: str, values: Sequence[str], paths: Iterable[str]) -> Outputs:
    """Read ``--output-format`` and all ``--output-file``.

    Parameters: `values` are files, or ``FORMAT=FILE``; `paths` are what the run looks at, which no report may replace.
    Raises `click.UsageError` for what contradicts itself or cannot be written.
    """
    plain: list[Path] = []
    others: list[tuple[str, Path]] = []
    for value in values:
        name, file = _split(value)
        _check_file(value, file, paths)
        if name is None:
            plain.append(file)
        else:
            others.append((name, file))
    if len(plain) > 1:
        one, other = map(str, plain[:2])
        message = f"--output-file: only one file without a format can be given, not {one!r} and {other!r}"
        raise click.UsageError(f"{message}; write FORMAT=FILE for the others.")
    files = [os.path.realpath(file) for file in (*plain, *(file for _, file in others))]
    twice = next((file for number, file in enumerate(files) if file in files[:number] and _is_replaced(file)), None)
    if twice is not None:
        raise click.UsageError(f"--output-file: two reports cannot be written to the same file, {twice!r}.")
    return Outputs(main, plain[0] if plain else None, tuple(others))


def _split(value: str) -> tuple[str | None, Path]:
    """Give format and file; the format is None for the file of the main report."""
    name, equals, file = value.partition("=")
    if not equals or not _WORD.fullmatch(name):
        return None, Path(value)
    if name not in FORMATS:
        listed = ", ".join(FORMATS)
        message = f"--output-file: {name!r} is no format.{did_you_mean(name, FORMATS)} The formats are {listed}"
        raise click.UsageError(f"{message}; for a file that is called so, write './{value}'.")
    return name, Path(file)


def _check_file(value: str, file: Path, paths: Iterable[str]) -> None:
    """Raise a usage error for a file that cannot or must not be written, before anything is run."""
    if str(file) in {"", ".", "-"}:
        raise click.UsageError(f"--output-file: {value!r} names no file.")
    if not file.parent.is_dir():
        raise click.UsageError(f"--output-file: the directory {str(file.parent)!r} does not exist.")
    if file.is_dir():
        raise click.UsageError(f"--output-file: {str(file)!r} is a directory.")
    if not file.exists():
        return
    if not os.access(file, os.W_OK):
        raise click.UsageError(f"--output-file: {str(file)!r} may not be written.")
    looked_at = {os.path.realpath(path) for path in paths}
    if os.path.realpath(file) in looked_at or (file.suffix in {".py", ".pyi"} and file.is_file()):
        raise click.UsageError(f"--output-file: a report would replace the source file {str(file)!r}.")


class _Unwritten(click.FileError):
    """A report that could not be written: no finding, so its exit code is not that of findings."""

    exit_code = click.UsageError.exit_code


def write_file(file: Path, raw: bytes) -> None:
    """Write a report to a file, which has either its old or its new content at any time.

    A link stays and its target is replaced; what is no regular file (``/dev/null``, a pipe), or cannot be replaced
    where it is, is written into. Raises `click.FileError` (exit code 2) if that cannot be done.
    """
    try:
        target = os.path.realpath(file)
        # What is asked is the file, not the target: /dev/stdout leads to a pipe by a name that nothing has.
        if not (_is_replaced(os.fspath(file)) and _replace(target, raw)):
            file.write_bytes(raw)
    except OSError as error:
        raise _Unwritten(str(file), error.strerror) from error


def _is_replaced(target: str) -> bool:
    return not os.path.exists(target) or os.path.isfile(target)  # noqa: PTH110, PTH113 - a plain string, as compared


def _replace(target: str, raw: bytes) -> bool:
    """Replace a file as a whole; False if that cannot be done here, though the file may be one that can be written."""
    mode = os.stat(target).st_mode & 0o777 if os.path.exists(target) else 0o666  # noqa: PTH110, PTH116 - pathlib is slow
    try:
        with in_one_step(target, mode) as (descriptor, temporary):
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(raw)
                stream.flush()
                os.fsync(stream.fileno())
            if os.path.exists(target):  # noqa: PTH110 - pathlib is slow
                os.chmod(temporary, mode)  # noqa: PTH101 - pathlib is slow
    except OSError as error:
        # A folder that takes no new files, or a file that is mounted alone, as containers have them.
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY}:
            return False
        raise
    return True
