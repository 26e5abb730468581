"""What a run loads: nobody waits for libcst who changes nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cli.running import LOST, REFRESH, SOURCE, program

CLEAN = """\
import asyncio


class Bank:
    async def credit(self, amount: int) -> None:
        await asyncio.sleep(0)
        self.total = amount
"""


def imported(*args: str, cwd: Path) -> set[str]:
    done = program(*args, cwd=cwd, python=("-X", "importtime"))
    return {line.rpartition("|")[2].strip() for line in done.stderr.decode().splitlines() if line.startswith("import ")}


@pytest.mark.parametrize(
    "command",
    [
        ("--version",),
        ("check", "bank.py"),
        ("check", "bank.py", "--output-format", "json"),
        ("fix", "session.py"),
        ("fix", "--diff", "session.py"),
        ("explain", "AWA101"),
    ],
    ids=" ".join,
)
def test_libcst_is_not_loaded_where_nothing_changes(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "bank.py").write_text(LOST)
    (tmp_path / "session.py").write_text(REFRESH)
    modules = imported(*command, cwd=tmp_path)
    assert "awaitomic.cli" in modules
    assert not [name for name in modules if name.partition(".")[0] == "libcst"]


def test_libcst_is_loaded_to_change_a_file(tmp_path: Path) -> None:
    (tmp_path / "bank.py").write_text(LOST)
    modules = imported("fix", "--diff", "bank.py", cwd=tmp_path)
    assert "libcst" in modules
    assert not {"libcst.matchers", "libcst.codemod"} & modules


def test_remedies_are_not_loaded_where_nothing_is_found(tmp_path: Path) -> None:
    (tmp_path / "clean.py").write_text(CLEAN)
    modules = imported("check", "--no-cache", "clean.py", cwd=tmp_path)
    assert "awaitomic.rules" in modules
    assert not [name for name in modules if name.startswith("awaitomic.remedies")]


def test_version_loads_neither_the_engine_nor_the_rules(tmp_path: Path) -> None:
    modules = imported("--version", cwd=tmp_path)
    assert not {"awaitomic.engine.run", "awaitomic.rules", "awaitomic.flow", "awaitomic.config"} & modules


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"bank{number}.py").write_text(LOST)
    command = [sys.executable, "-m", "awaitomic", "check", "--isolated", "--jobs", "1", "--select", "AWA101"]
    with subprocess.Popen(
        command, cwd=tmp_path, env={"PYTHONPATH": str(SOURCE)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        errors = process.stderr.read().decode()
    assert process.returncode == 1
    assert "Traceback" not in errors
    assert "BrokenPipe" not in errors
