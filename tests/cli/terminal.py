"""Runs the command line as on a terminal of some width, and gives what one would see."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from dataclasses import dataclass
from pathlib import Path

from cli.running import SOURCE


@dataclass(frozen=True, slots=True)
class Seen:
    """What came out: `raw` is all that the terminal was sent, `output` what went to a pipe instead."""

    code: int
    raw: str
    output: str

    @property
    def screen(self) -> list[str]:
        """What stands on the terminal at the end, row by row, without colours."""
        rows = []
        for line in self.raw.removesuffix("\r\n").split("\r\n"):
            row = ""
            for part in line.split("\r"):
                row = part + row[len(part) :]
            rows.append(row.rstrip())
        return rows


def on_terminal(
    *args: str | Path,
    cwd: Path,
    columns: int = 80,
    before: str = "",
    output_too: bool = False,
    environment: dict[str, str] | None = None,
) -> Seen:
    """Run ``awaitomic`` with standard error on a terminal, and with `output_too` standard output as well.

    Parameters: `before` is Python code that is run first, in the same process; `environment` adds to the usual one.
    """
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    usual = {key: value for key, value in os.environ.items() if key not in {"COLUMNS", "NO_COLOR", "FORCE_COLOR"}}
    code = f"{before}\nfrom awaitomic.cli import main\nmain(prog_name='awaitomic')"
    with subprocess.Popen(
        [sys.executable, "-c", code, *map(str, args)],
        cwd=cwd,
        env={**usual, "PYTHONPATH": str(SOURCE), "TERM": "xterm", "PYTHONUTF8": "1", **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=slave if output_too else subprocess.PIPE,
        stderr=slave,
    ) as process:
        os.close(slave)
        raw = _read_all(master)
        output = process.stdout.read().decode() if process.stdout is not None else ""
    return Seen(process.returncode, raw, output)


def _read_all(master: int) -> str:
    pieces = []
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # how Linux says that nobody holds the other side any more
            break
        if not piece:
            break
        pieces.append(piece)
    os.close(master)
    return b"".join(pieces).decode()
