"""Git repositories in which the real pre-commit runs, with the hooks of this checkout."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REV = "v1.0.0"
_PACKAGE = ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml", "src")


@dataclass(frozen=True)
class Done:
    """What a program has printed, on both streams in their order, and its exit code."""

    code: int
    output: str


@dataclass(frozen=True)
class Outside:
    """What a user has outside of any repository: the store of pre-commit, settings of git, folders of programs."""

    store: Path
    path: str
    config: Path

    def environment(self) -> dict[str, str]:
        """Give the environment of a user who has nothing of ours: no variable of git, no PYTHONPATH."""
        foreign = ("GIT_", "PYTHON", "PRE_COMMIT", "AWAITOMIC", "VIRTUAL_ENV", "COLUMNS", "NO_COLOR", "FORCE_COLOR")
        own = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        return {
            **own,
            "PATH": self.path,
            "PRE_COMMIT_HOME": str(self.store),
            "GIT_CONFIG_GLOBAL": str(self.config),
            "GIT_CONFIG_NOSYSTEM": "1",
            "LC_ALL": "C.UTF-8",
        }

    def run(self, command: list[str], cwd: Path) -> Done:
        """Run a program in a folder, as from a terminal there."""
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**self.environment(), "PWD": str(cwd)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return Done(done.returncode, done.stdout.decode("utf-8", "surrogateescape"))

    def pre_commit(self, *arguments: str, cwd: Path) -> Done:
        """Run pre-commit."""
        return self.run([sys.executable, "-m", "pre_commit", *arguments], cwd)


@dataclass
class Repository:
    """A repository of a user of the hooks; `hooks` is where these are fetched from."""

    root: Path
    hooks: Path
    outside: Outside
    configured: str = field(default="")

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        """Run git, which has to succeed."""
        done = self.outside.run(["git", *arguments], cwd or self.root)
        assert done.code == 0, done.output
        return done.output

    def configure(self, *hooks: str, top: str = "") -> None:
        """Write the configuration: each of `hooks` is a block of YAML that begins with the id; `top` goes before."""
        lines = [top, "repos:", f"- repo: {self.hooks.as_uri()}", f"  rev: {REV}", "  hooks:"]
        for hook in hooks:
            first, *more = hook.split("\n")
            lines += [f"    - id: {first}", *(f"      {line}" for line in more)]
        self.write(".pre-commit-config.yaml", "\n".join(lines) + "\n")

    def write(self, name: str, text: str) -> Path:
        """Write a file and add it to the index."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.git("add", "--", name)
        return path

    def commit(self) -> None:
        """Commit what is in the index, past all hooks."""
        self.git("commit", "--no-verify", "-qm", "x")

    def run(self, *arguments: str, cwd: Path | None = None) -> Done:
        """Run the hooks on what is staged, or as `arguments` say."""
        return self.outside.pre_commit("run", *arguments, cwd=cwd or self.root)

    def text(self, name: str) -> str:
        """Give what a file holds in the working tree."""
        return (self.root / name).read_text(encoding="utf-8")

    def staged(self, name: str) -> str:
        """Give what a file holds in the index."""
        return self.git("show", f":{name}")


def publish(root: Path, outside: Outside) -> Path:
    """Make a repository of the package as this checkout has it, committed or not, with a tag."""
    for name in _PACKAGE:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            root.mkdir(exist_ok=True)
            shutil.copy(source, root / name)
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"], ["tag", REV]):
        done = outside.run(["git", *command], root)
        assert done.code == 0, done.output
    return root


def next_commands(output: str) -> list[str]:
    """Give the commands that a hook's screen offers: its lines at the end that are set in and follow a purpose."""
    lines = output.splitlines()
    return [
        line.strip() for before, line in itertools.pairwise(lines) if before.startswith("to ") and line[:4] == "    "
    ]
