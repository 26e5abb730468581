"""The standard streams and the current directory, as a program may find them: closed, full, interrupted, or gone.

None of these is a fault of ours, nor a finding, so each has an ending of its own.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

UNWRITTEN = click.UsageError.exit_code
INTERRUPTED = 130
"""What shells report of a program that was ended by SIGINT."""

_FULL = frozenset(
    getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EFBIG", "EIO", "EBADF", "ENXIO") if hasattr(errno, name)
)
"""What a write to a standard stream fails with, besides a reader that went away (which click ends quietly)."""


def open_closed() -> None:
    """Let output that was closed (``>&-``) go nowhere.

    Else the next file that is opened would get its number, and whatever writes there would write into that file.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                os.open(os.devnull, os.O_RDWR)  # takes the lowest free number: this one
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - open until the end
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - open until the end


def is_unwritten(error: BaseException) -> bool:
    """Tell whether an error is that of a standard stream that takes no more."""
    return isinstance(error, OSError) and error.errno in _FULL and error.filename is None


@contextmanager
def ending() -> Iterator[None]:
    """Turn a stream that takes no more, and an interrupt, into a message and an exit code of its own."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo("\nawaitomic: interrupted.", err=True)
        sys.exit(INTERRUPTED)
    except OSError as error:
        if not is_unwritten(error):
            raise
        with suppress(OSError):  # standard error may be as full
            click.echo(f"awaitomic: the output could not be written: {error.strerror}.", err=True)
        forget(1, 2)
        sys.exit(UNWRITTEN)


def forget(*numbers: int) -> None:
    """Let what is still to be written to some descriptors go nowhere.

    What is in the buffers of a stream that takes no more would fail again when the interpreter ends, with the exit
    code 120.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for number in numbers:
        os.dup2(nowhere, number)
    os.close(nowhere)


def read_stdin() -> bytes:
    """Read standard input to its end. Raises `click.UsageError` if there is none."""
    if sys.stdin is None:
        raise click.UsageError("there is no standard input to read: it is closed.")
    return sys.stdin.buffer.read()


def check_folder() -> None:
    """Raise `click.UsageError` if the current directory is gone: no path can be told from it."""
    try:
        os.getcwd()  # noqa: PTH109 - a Path is not wanted
    except OSError as error:
        raise click.UsageError(f"the current directory cannot be found: {error.strerror}.") from error
