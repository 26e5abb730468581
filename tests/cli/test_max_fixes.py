"""`--max-fixes`: so many groups of fixes at a time, in the order of the report."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.running import FIXED, LOST, run
from cli.series import APART, SHARING, contents, git, repository


@pytest.fixture
def two(tree: Path) -> Path:
    (tree / "a.py").write_text(APART)
    (tree / "b.py").write_text(LOST)
    return tree


def test_the_first_ones_are_taken_and_the_rest_is_counted(two: Path) -> None:
    result = run("fix", "--max-fixes", "2")
    assert result.exit_code == 1
    assert (two / "b.py").read_text() == LOST
    assert result.stdout.startswith("b.py:11:9: AWA101")
    *_, taken, summary = result.stderr.splitlines()
    assert taken == "--max-fixes: 2 groups of fixes taken, 1 group left"
    assert summary == "2 fixes applied in 1 file; 1 finding in 1 file left"
    assert run("fix", "--max-fixes", "2").exit_code == 0
    assert (two / "b.py").read_text() == FIXED


def test_one_at_a_time_comes_to_the_same(two: Path) -> None:
    for left in (2, 1, 0):
        result = run("fix", "--max-fixes", "1")
        assert result.exit_code == (1 if left else 0)
        assert result.stdout.count(" AWA101 ") == left
        assert ("left" in result.stderr.splitlines()[-2]) == bool(left)
    one_by_one = {path.name: path.read_bytes() for path in two.iterdir()}
    (two / "a.py").write_text(APART)
    (two / "b.py").write_text(LOST)
    run("fix")
    assert {path.name: path.read_bytes() for path in two.iterdir()} == one_by_one


def test_more_than_there_are_is_all(two: Path) -> None:
    result = run("fix", "--max-fixes", "9")
    assert result.exit_code == 0
    assert "--max-fixes" not in result.stderr


def test_fixes_that_belong_together_count_as_one(tree: Path) -> None:
    (tree / "bank.py").write_text(SHARING)
    result = run("fix", "--unsafe-fixes", "--max-fixes", "1")
    assert result.exit_code == 0
    assert "2 fixes applied in 1 file; nothing is left" in result.stderr


def test_a_diff_and_a_series_have_as_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(tmp_path / "repository", {"a.py": APART.encode(), "b.py": LOST.encode()})
    monkeypatch.chdir(root)
    diff = run("fix", "--isolated", "--diff", "--max-fixes", "2")
    assert "--max-fixes: 2 groups of fixes would be taken, 1 group left" in diff.stderr
    assert run("fix", "--isolated", "--max-fixes", "2", "--patch-dir", tmp_path / "out").exit_code == 1
    git(root, "apply", stdin=diff.stdout_bytes)
    by_diff = contents(root)
    git(root, "checkout", "-q", ".")
    patches = sorted((tmp_path / "out").iterdir())
    assert len(patches) == 2
    git(root, "am", "-q", *patches)
    assert contents(root) == by_diff
    git(root, "reset", "-q", "--hard", "HEAD~2")
    run("fix", "--isolated", "--max-fixes", "2")
    assert contents(root) == by_diff


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--max-fixes", "0"), "--max-fixes"),
        (("--max-fixes", "many"), "--max-fixes"),
        (("--max-fixes", "1", "-"), "--max-fixes is for files"),
        (("--max-fixes", "1", "--diff", "--output-format", "json"), "--max-fixes is for patches"),
    ],
)
def test_wrong_usage(tree: Path, arguments: tuple[str, ...], said: str) -> None:
    result = run("fix", *arguments, stdin=b"")
    assert (result.exit_code, said in result.stderr) == (2, True)
