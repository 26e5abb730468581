"""Runs what a document shows: writes its files, runs its commands, and says what is really printed.

A fenced block whose info string has a second word is a file of that name; the words in front of it have to name it,
too, since nobody else sees the info string. In a ``console`` block, lines that begin with ``$ `` are commands, and what
follows is what they print. All commands of a document run one after the other, in one folder, as in one shell: the
working directory and ``$?`` go on, variables do not.

``python tests/docs/console.py docs/tutorial.md`` puts in what is printed now: read what has changed before you keep
it.

Nothing is normalised. These hold for every run, so that there is nothing to normalise: a terminal of 100 columns, no
colours, a git and a pre-commit that know no settings but those given here.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # for who runs this file as a program

from docs.fences import ROOT, Fence, fences

GIT = "[user]\nname = Ada\nemail = ada@example.org\n[init]\ndefaultBranch = main\n[core]\nautocrlf = false\n"
PROGRAM = """\
'''exec' {python} -P "$0" "$@"
' '''
import sys
from awaitomic.cli import main

sys.exit(main())
"""
"""As pip writes it where the path of Python can have spaces: for the shell and, behind it, for Python."""
PATIENCE = 120
"""Seconds that a command may take on a busy machine."""


@dataclass
class Reader:
    """Somebody who does what a document says."""

    home: Path
    """A folder of the reader's own, for programs and settings; files of the document go elsewhere."""
    where: Path
    """The working directory."""
    errors: bool = True
    """Whether what goes to standard error is shown, too, as on a terminal."""
    code: int = 0
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        programs = self.home / "bin"
        programs.mkdir(parents=True, exist_ok=True)
        for name, script in {"awaitomic": PROGRAM, "python": 'exec {python} "$@"\n'}.items():
            (programs / name).write_text("#!/bin/sh\n" + script.format(python=shlex.quote(sys.executable)))
            (programs / name).chmod(0o755)
        (self.home / "gitconfig").write_text(GIT)
        kept = ("LD_LIBRARY_PATH", "TMPDIR", "LANG", "LC_ALL")
        self.environment = {name: os.environ[name] for name in kept if name in os.environ}
        self.environment |= {
            "PATH": os.pathsep.join((str(programs), sysconfig.get_path("scripts"), os.environ["PATH"])),
            "PYTHONPATH": str(ROOT / "src"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONIOENCODING": "utf-8",
            "COLUMNS": "100",
            "HOME": str(self.home),
            "GIT_CONFIG_GLOBAL": str(self.home / "gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "PRE_COMMIT_HOME": str(self.home / "pre-commit"),
            "PRE_COMMIT_COLOR": "never",
        }

    def write(self, fence: Fence) -> None:
        """Make a file of a block."""
        name = fence.info[1]
        assert f"`{name}`" in fence.introduction, f"line {fence.line}: the words in front do not name {name}"
        path = self.where / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(fence.text, encoding="utf-8", newline="\n")

    def run(self, command: str) -> str:
        """Run a command; give what it prints."""
        left = self.home / "left"
        script = f'(exit {self.code})\n{command}\ncode=$?\npwd > {shlex.quote(str(left))}\nexit "$code"\n'
        done = subprocess.run(
            ["/bin/sh", "-c", script],
            cwd=self.where,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if self.errors else subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
        self.code, self.where = done.returncode, Path(left.read_text().rstrip("\n"))
        return done.stdout.decode()


def as_printed(text: str, reader: Reader) -> str:
    """Give a document with what its commands really print."""
    lines = text.split("\n")
    grown = 0
    for fence in fences(text):
        if len(fence.info) > 1:
            reader.write(fence)
        elif fence.info == ("console",):
            shown = fence.text.split("\n")[:-1]
            really = "".join(f"$ {command}\n{reader.run(command)}" for command in commands(shown))
            first = fence.line + grown
            lines[first : first + len(shown)] = really.rstrip("\n").split("\n")
            grown = len(lines) - len(text.split("\n"))
    return "\n".join(lines)


def commands(shown: list[str]) -> list[str]:
    """Give the commands of a block."""
    return [line.removeprefix("$ ") for line in shown if line.startswith("$ ")]


def rewrite(path: Path) -> None:
    """Put into a document what its commands print now."""
    with tempfile.TemporaryDirectory() as folder:
        home, where = Path(folder).resolve() / "home", Path(folder).resolve() / "work"
        where.mkdir()
        printed = as_printed(path.read_text(encoding="utf-8"), Reader(home, where))
    path.write_text(printed, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        rewrite(Path(name))
