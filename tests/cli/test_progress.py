"""Progress is for those who wait at a terminal, and leaves nothing behind."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import click
import pytest

from cli.running import FIXED, LOST, REFRESH

if sys.platform == "win32":
    pytest.skip("there are no pseudo-terminals", allow_module_level=True)

from awaitomic.cli.progress import ProgressLine
from awaitomic.engine.progress import Stage, rest, tell, watched
from cli.terminal import on_terminal

SLOW = """
import time
import awaitomic.cli.progress
from awaitomic import rules
awaitomic.cli.progress.DELAY = {delay}
find = rules.find
def slow(program):
    time.sleep(0.8)
    return find(program)
rules.find = slow
"""
LATE = SLOW.format(delay=0.1)
NEVER = SLOW.format(delay=60)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "bank.py").write_text(LOST)
    return tmp_path


def test_a_slow_run_says_how_far_it_is_and_leaves_no_trace(project: Path) -> None:
    seen = on_terminal("check", "--isolated", "bank.py", cwd=project, before=LATE)
    assert "analysing 0/1  bank.py" in seen.raw
    assert seen.screen == ['1 finding in 1 file (1 can be fixed with "awaitomic fix")']
    assert seen.output.startswith("bank.py:11:9: AWA101")
    assert "analysing" not in seen.output


def test_a_run_that_is_over_soon_says_nothing_of_it(project: Path) -> None:
    seen = on_terminal("check", "--isolated", "bank.py", cwd=project, before=NEVER)
    assert "\r" not in seen.raw.replace("\r\n", "")
    assert "analysing" not in seen.raw


def test_a_fix_says_what_it_repairs(project: Path) -> None:
    seen = on_terminal("fix", "--isolated", "bank.py", cwd=project, before=LATE)
    assert "analysing 0/1  bank.py" in seen.raw
    assert "repairing 0/1  bank.py" in seen.raw
    assert [row.partition(":")[0] for row in map(click.unstyle, seen.screen)] == [
        "fixed bank.py",
        "1 fix applied in 1 file; nothing is left",
    ]
    assert (project / "bank.py").read_text() == FIXED


def test_the_pool_counts_too(project: Path) -> None:
    for number in range(30):
        (project / f"bank{number:02}.py").write_text(LOST)
    before = "import awaitomic.cli.progress as p; p.DELAY = 0.01; p._EVERY = 0.01"
    seen = on_terminal("check", "--isolated", "--jobs", "2", cwd=project, before=before)
    counts = {part.split()[0] for part in seen.raw.split("analysing ")[1:]}
    assert "0/31" in counts
    assert len(counts) > 1
    assert seen.screen == ['31 findings in 31 files (31 can be fixed with "awaitomic fix")']


@pytest.mark.parametrize("columns", [40, 20])
def test_the_line_fits_into_the_terminal(tmp_path: Path, columns: int) -> None:
    folder = tmp_path / "a_long_name_of_a_package" / "残高残高残高残高残高残高"
    folder.mkdir(parents=True)
    (folder / "bank.py").write_text(LOST)
    seen = on_terminal("check", "--isolated", cwd=tmp_path, before=LATE, columns=columns)
    drawn = [part.rstrip() for part in seen.raw.split("\r") if "analysing" in part]
    assert drawn
    for part in drawn:
        assert len(part) + sum(part.count(char) for char in "残高") < columns
    assert columns == 20 or drawn[-1].endswith("bank.py")


def test_nobody_is_told_who_does_not_look_or_wants_quiet(project: Path) -> None:
    quiet = on_terminal("check", "--isolated", "-q", "bank.py", cwd=project, before=LATE)
    assert quiet.raw == ""
    dumb = on_terminal("check", "--isolated", "bank.py", cwd=project, before=LATE, environment={"TERM": "dumb"})
    assert "analysing" not in dumb.raw


def test_an_error_takes_the_line_away_too(project: Path) -> None:
    broken = LATE + "\nfrom awaitomic.engine import run\ndef broken(*_, **__):\n    raise RuntimeError('oops')\n"
    seen = on_terminal("check", "--isolated", "bank.py", cwd=project, before=broken + "run.collect = broken\n")
    assert seen.code == 3
    assert seen.screen[0] == "Traceback (most recent call last):"


class Terminal(io.StringIO):
    """A terminal that is written to in this process."""

    def fileno(self) -> int:
        raise OSError


def test_while_there_is_a_rest_nothing_is_drawn() -> None:
    terminal = Terminal()
    line = ProgressLine(terminal, 60)
    line._shown = 5  # as if the thread had just drawn something
    line.tell(Stage("analysing", 1, 2, "bank.py"))
    line.tell(None)
    assert terminal.getvalue() == "\r     \r"
    line.close()
    assert terminal.getvalue() == "\r     \r"


def test_a_terminal_that_is_gone_is_no_error() -> None:
    terminal = Terminal()
    line = ProgressLine(terminal, 60)
    line._shown = 5
    terminal.close()
    line.tell(None)
    line.close()


def test_stages_go_to_the_watcher_of_the_context_only() -> None:
    told: list[Stage | None] = []
    tell("before")
    with watched(told.append):
        tell("analysing", 1, 2, "x.py")
        rest()
    tell("after")
    assert told == [Stage("analysing", 1, 2, "x.py"), None]


def test_a_terminal_is_asked_for_its_width_even_if_the_output_is_a_pipe(tmp_path: Path) -> None:
    (tmp_path / "session.py").write_text(REFRESH)
    seen = on_terminal("fix", "--isolated", "--diff", "session.py", cwd=tmp_path, columns=60)
    assert seen.output == ""
    rows = [click.unstyle(row) for row in seen.screen]
    assert [row.split()[1] for row in rows if len(row) > 60] == ["AWA101", "fixed;"]
    assert any(50 < len(row) <= 60 for row in rows)
