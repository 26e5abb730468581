"""What the commands do about a run that was killed while it wrote several files."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitomic.patching.journal import NAME, Entry, Journal
from cli.running import CLEAN, run

OLD, NEW = CLEAN.encode(), (CLEAN + "# new\n").encode()


@pytest.fixture
def interrupted(tree: Path) -> Path:
    """A project with two files, of which a killed run has replaced the first."""
    (tree / "pyproject.toml").touch()
    entries = tuple(Entry.of(tree / name, OLD, NEW) for name in ("a.py", "b.py"))
    for entry in entries:
        entry.target.write_bytes(OLD)
        entry.fresh.write_bytes(NEW)
        entry.backup.write_bytes(OLD)
    entries[0].fresh.replace(entries[0].target)
    Journal.begin(tree, entries).leave()
    return tree


def contents(tree: Path) -> list[bytes]:
    return [(tree / name).read_bytes() for name in ("a.py", "b.py")]


@pytest.mark.parametrize("command", [("check",), ("check", "b.py"), ("fix", "--diff")])
def test_who_writes_nothing_says_that_it_is_there(interrupted: Path, command: tuple[str, ...]) -> None:
    result = run(*command)
    assert f"An earlier `awaitomic fix` was interrupted while it wrote ({NAME}): " in result.stderr
    assert result.stdout == ""
    assert contents(interrupted) == [NEW, OLD]


def test_fix_finishes_it_and_says_so(interrupted: Path) -> None:
    result = run("fix", "--no-cache", "b.py")
    assert "was interrupted while it wrote a.py, b.py: its change is finished now." in result.stderr
    assert contents(interrupted) == [NEW, NEW]
    assert sorted(path.name for path in interrupted.iterdir()) == ["a.py", "b.py", "pyproject.toml"]
    assert "interrupted" not in run("fix").stderr


def test_fix_undoes_it_if_a_file_was_changed_since(interrupted: Path) -> None:
    (interrupted / "b.py").write_text("x = 1\n")
    result = run("fix")
    assert "its change is undone now." in result.stderr
    assert "b.py was changed since by somebody else and is left as it is." in result.stderr
    assert contents(interrupted) == [OLD, b"x = 1\n"]


def test_a_run_that_is_still_going_is_left_alone(tree: Path) -> None:
    (tree / "pyproject.toml").touch()
    (tree / "a.py").write_bytes(OLD)
    journal = Journal.begin(tree, (Entry.of(tree / "a.py", OLD, NEW),))
    result = run("fix")
    assert f"{NAME}: another run of awaitomic is writing files of this project." in result.stderr
    assert (tree / NAME).exists()
    journal.end()


def test_a_journal_that_leads_out_of_the_project_is_not_followed(tree: Path) -> None:
    (tree / "pyproject.toml").touch()
    (tree / "a.py").write_bytes(OLD)
    (tree / NAME).write_text('{"format": 1, "files": [{"path": "../x.py", "token": "a", "old": "", "new": ""}]}')
    result = run("fix")
    assert "cannot be settled: it names a file that does not lie in the project" in result.stderr
    assert (tree / NAME).exists()
