"""Shows on standard error how far a run is: on a terminal, after a second, and without a trace when it is over.

The line is drawn by a thread of its own, since one file can take long, and then nothing is told for a while.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from awaitomic.report.cells import pad, shorten, text_width, visible
from awaitomic.report.paint import columns_of, glyphs_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from awaitomic.engine.progress import Stage

DELAY = 1.0
"""Seconds before anything is shown: most runs are over by then."""
_EVERY = 0.2


@contextmanager
def progress(*, quiet: bool) -> Iterator[None]:
    """Show how far the run is that goes on in the context, if somebody may see it."""
    # pre-commit gives its hooks a terminal for their colours, and prints what they have drawn on it when they are over.
    unseen = "PRE_COMMIT" in os.environ or os.environ.get("TERM") == "dumb"
    if quiet or unseen or not sys.stderr.isatty():
        yield
        return
    from awaitomic.engine.progress import watched

    line = ProgressLine(sys.stderr, DELAY)
    try:
        with watched(line.tell):
            yield
    finally:
        line.close()


class ProgressLine:
    """The last line of a terminal, drawn again and again until it is closed."""

    def __init__(self, stream: IO[str], delay: float) -> None:
        """Take the terminal, and after how many seconds the line appears for the first time."""
        self._stream = stream
        self._start = time.monotonic()
        self._delay = delay
        self._stage: Stage | None = None
        self._shown = 0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._draw_until_over, name="awaitomic progress", daemon=True)
        self._thread.start()

    def tell(self, stage: Stage | None) -> None:
        """Take the stage to show from now on; with None, the line is gone when this returns."""
        with self._lock:
            self._stage = stage
            if stage is None:
                self._erase()

    def close(self) -> None:
        """Take the line away, and draw it no more."""
        self._over.set()
        self._thread.join()
        self.tell(None)

    def _draw_until_over(self) -> None:
        pause = self._delay
        while not self._over.wait(pause):
            pause = _EVERY
            with self._lock:
                if self._stage is not None:
                    self._write(self._text(self._stage))

    def _text(self, stage: Stage) -> str:
        """Give the line, which leaves the last cell free: some terminals begin a new line when it is written."""
        room = columns_of(self._stream) - 1
        seconds = int(time.monotonic() - self._start)
        count = f" {stage.done}/{stage.total}" if stage.total else ""
        said = f"{seconds} s, {stage.what}{count}"
        ellipsis = glyphs_for(self._stream).ellipsis
        left = room - text_width(said) - 2
        if not stage.path or left <= text_width(ellipsis):
            return shorten(said, room, ellipsis)
        return f"{said}  {_end_of(visible(stage.path), left, ellipsis)}"

    def _erase(self) -> None:
        if self._shown:
            self._write("")
            self._shown = 0

    def _write(self, text: str) -> None:
        """Write over what is shown; a terminal that is gone is no reason to end the run."""
        end = "\r" if not text else ""
        shown = text_width(text)
        try:
            self._stream.write(f"\r{pad(text, min(self._shown, columns_of(self._stream) - 1))}{end}")
            self._stream.flush()
        except (OSError, ValueError):
            self._over.set()
        self._shown = shown


def _end_of(path: str, width: int, ellipsis: str) -> str:
    """Give a path, without its beginning if it is too long: the end says more."""
    if text_width(path) <= width:
        return path
    end = path
    while text_width(end) > width - text_width(ellipsis):
        end = end[1:]
    return ellipsis + end
