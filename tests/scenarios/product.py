"""What awaitomic really says about the fixtures and makes of them, through its public commands.

Each command runs once over a copy of the whole folder, in a process of its own, as a user would run it; the tests look
up their program in what came out.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"


def programs() -> list[str]:
    """Give every fixture by its path below ``fixtures/``, with slashes."""
    return sorted(path.relative_to(FIXTURES).as_posix() for path in FIXTURES.rglob("*.py"))


def before(path: str) -> str:
    """Give the text of a fixture as it stands in the repository."""
    return (FIXTURES / path).read_text(encoding="utf-8")


@functools.cache
def _report() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        done = awaitomic(_copy(folder), "check", "--confidence", "possible", "--output-format", "json")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def findings(path: str) -> list[dict[str, Any]]:
    """Give what `check` reports for a program at every confidence, as the JSON report has it."""
    assert [error for error in _report()["errors"] if error["path"] == path] == []
    return [finding for finding in _report()["findings"] if finding["path"] == path]


@dataclass(frozen=True, slots=True)
class Repaired:
    """What `fix` left behind: the text of every program, and how the command ended."""

    texts: dict[str, str]
    exit_code: int
    told: str


@functools.cache
def repaired(*, unsafe: bool, times: int = 1) -> Repaired:
    """Run `fix` over all programs, with or without unsafe fixes, once or several times."""
    with tempfile.TemporaryDirectory() as folder:
        copy = _copy(folder)
        for _ in range(times):
            done = awaitomic(copy, "fix", *(["--unsafe-fixes"] if unsafe else []))
        texts = {path: (copy / path).read_text(encoding="utf-8") for path in programs()}
    return Repaired(texts, done.returncode, done.stderr)


def after(path: str, *, unsafe: bool = True) -> str:
    """Give the text of a program after `fix`, which by default may apply unsafe fixes."""
    return repaired(unsafe=unsafe).texts[path]


def awaitomic(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command over a folder."""
    command = [sys.executable, "-m", "awaitomic", arguments[0], "--isolated", "--jobs", "1", *arguments[1:], "."]
    paths = os.pathsep.join([str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONUTF8": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def _copy(folder: str) -> Path:
    target = Path(folder) / "programs"
    shutil.copytree(FIXTURES, target, ignore=shutil.ignore_patterns("__pycache__", "*.md"))
    return target
