"""Where output goes: reports to standard output or a file, everything else to standard error."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from awaitomic.cli.outputs import write_file
from awaitomic.cli.standard import forget, is_unwritten
from awaitomic.report.paint import Paint, paint_for

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Streams:
    """The two streams of one run and how text on them looks."""

    def __init__(self, file: Path | None, colour: str, *, quiet: bool) -> None:
        """Take `file` (None: standard output), the choice of colour, and whether to be quiet."""
        self._file = file
        self._colour = colour
        self.quiet = quiet

    @property
    def paint(self) -> Paint:
        """How the report looks."""
        if self._file is not None:
            return Paint(colour=self._colour == "always")
        return paint_for(sys.stdout, self._colour)

    @property
    def paint_aside(self) -> Paint:
        """How text on standard error looks."""
        return paint_for(sys.stderr, self._colour)

    @property
    def on_terminal(self) -> bool:
        """Whether a person may be reading standard error just now, to whom a hint is worth a line."""
        return sys.stderr.isatty() and "PRE_COMMIT" not in os.environ

    def report(self, content: str | bytes) -> None:
        """Write the report: bytes as they are, text in the encoding of the stream (UTF-8 for a file).

        Characters that the stream cannot carry become escapes: a report with one is better than none.
        """
        encoding = "utf-8" if self._file is not None else sys.stdout.encoding or "utf-8"
        raw = content if isinstance(content, bytes) else content.encode(encoding, "backslashreplace")
        if self._file is None:
            sys.stdout.flush()
            sys.stdout.buffer.write(raw)
            sys.stdout.buffer.flush()
            return
        write_file(self._file, raw)

    def aside(self, text: str) -> None:
        """Say something on standard error, unless the user wants quiet."""
        if not self.quiet:
            self.error(text)

    def asides(self, texts: Iterable[str]) -> None:
        """Say several things on standard error, unless the user wants quiet."""
        for text in texts:
            self.aside(text)

    def error(self, text: str) -> None:
        """Say something on standard error that must not be missed; where it cannot be said, the run goes on."""
        try:
            click.echo(text, err=True, color=True)
        except OSError as error:
            if not is_unwritten(error):
                raise
            forget(2)
