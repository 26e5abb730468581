"""Files of one run under different tables: for each file, the nearest one counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.running import CLEAN, LOST, REFRESH, run

LIKELY = LOST.partition("async def main")[0] + "BANK = Bank()\n"
"""The same, where no task is seen that calls it."""


def table(folder: Path, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text("[tool.awaitomic]\n" + text)


def source(file: Path, text: str = LOST) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def found(*arguments: str) -> set[tuple[str, str]]:
    report = json.loads(run("check", "--no-cache", "--output-format", "json", *arguments).stdout)
    return {(each["path"], each["rule"]) for each in report["findings"]}


@pytest.fixture
def two(tree: Path) -> Path:
    """A tree with a table, and in it a project with a table of its own; both have the same bug."""
    table(tree, 'ignore = ["AWA101"]\n')
    source(tree / "app" / "bank.py")
    table(tree / "packages" / "one", "jobs = 1\n")
    source(tree / "packages" / "one" / "bank.py")
    return tree


def test_the_nearest_table_says_which_rules_run(two: Path) -> None:
    assert found(".") == {("packages/one/bank.py", "AWA101")}
    assert found("packages/one/bank.py", "app/bank.py") == found(".")
    assert found("app/bank.py", "packages/one/bank.py") == found(".")
    assert found("app") == set()


def test_the_command_line_says_it_for_all(two: Path) -> None:
    assert {path for path, _ in found("--select", "AWA1", ".")} == {"app/bank.py", "packages/one/bank.py"}
    assert found("--config", "pyproject.toml", ".") == set()
    assert len(found("--isolated", ".")) == 2
    assert found("--per-file-ignores", "packages/**:AWA1", "--select", "AWA1", ".") == {("app/bank.py", "AWA101")}


def test_a_table_below_a_tree_without_one_counts(tree: Path) -> None:
    source(tree / "bank.py")
    table(tree / "sub", 'confidence = "certain"\nexclude = ["generated"]\n')
    source(tree / "sub" / "generated" / "bank.py")
    source(tree / "generated" / "bank.py")
    source(tree / "sub" / "likely.py", LIKELY)
    source(tree / "sub" / "bank.py")
    assert {path for path, _ in found(".")} == {"bank.py", "generated/bank.py", "sub/bank.py"}
    assert {path for path, _ in found("--isolated", "sub")} >= {"sub/likely.py", "sub/generated/bank.py"}


def test_each_process_finds_the_nearest_table(two: Path) -> None:
    for number in range(30):
        source(two / "packages" / "one" / f"m{number}" / "bank.py")
        source(two / "app" / f"m{number}.py")
    one = found("--jobs", "1", ".")
    assert len(one) == 31
    assert found("--jobs", "2", ".") == one


def test_per_file_ignores_are_relative_to_their_own_table(two: Path) -> None:
    table(two / "packages" / "one", 'per-file-ignores = { "bank.py" = ["AWA1"] }\n')
    source(two / "packages" / "one" / "other.py")
    assert found(".") == {("packages/one/other.py", "AWA101")}


def test_conventions_belong_to_the_project(tree: Path) -> None:
    walker = LIKELY.replace("Bank", "Walker")
    source(tree / "app" / "walker.py", walker)
    source(tree / "app" / "sub" / "walker.py", walker)
    table(tree / "app" / "sub", 'single-owner = ["Walker"]\n')
    assert {path for path, _ in found(".")} == {"app/walker.py"}
    assert {path for path, _ in found("--isolated", ".")} == {"app/walker.py", "app/sub/walker.py"}


def test_fix_does_in_each_file_what_its_own_table_lets_it_do(tree: Path) -> None:
    table(tree, "")
    table(tree / "bold", "unsafe-fixes = true\n")
    source(tree / "session.py", REFRESH)
    source(tree / "bold" / "session.py", REFRESH)
    run("fix", "--no-cache", "bold/session.py", "session.py")
    assert (tree / "session.py").read_text() == REFRESH
    assert (tree / "bold" / "session.py").read_text() != REFRESH


def test_a_wrong_table_further_down_is_wrong_usage_with_its_line(two: Path) -> None:
    table(two / "packages" / "one", 'confidence = "high"\n')
    done = run("check", ".")
    assert done.exit_code == 2
    assert "pyproject.toml:2: `confidence`: unknown confidence `high`" in done.stderr
    assert done.stdout == ""


def test_standard_input_has_the_table_of_the_file_that_it_is_named_for(two: Path) -> None:
    for name, code in (("app/bank.py", 0), ("packages/one/new.py", 1)):
        done = run("check", "--stdin-filename", name, "-", stdin=LOST.encode())
        assert done.exit_code == code, name
    assert run("check", "-", stdin=LOST.encode()).exit_code == 0


@pytest.mark.parametrize("value", ["AWA1", ":AWA1", "a.py:", "a.py:AWA1,,AWA2", ""])
def test_per_file_ignores_that_cannot_be_read_are_wrong_usage(tree: Path, value: str) -> None:
    source(tree / "m.py", CLEAN)
    done = run("check", "--per-file-ignores", value, ".")
    assert done.exit_code == 2
    assert "is not PATTERN:CODES" in done.stderr


def test_one_option_holds_several_patterns_and_codes(tree: Path) -> None:
    source(tree / "a" / "bank.py")
    source(tree / "b" / "bank.py")
    assert found("--per-file-ignores", "a/*.py:AWA2,AWA101,b/*.py:AWA3", ".") == {("b/bank.py", "AWA101")}
    assert found("--per-file-ignores", "a/*.py:AWA2", "--extend-per-file-ignores", "bank.py:ALL", ".") == set()
    wrong = run("check", "--per-file-ignores", "a.py:AWA1O1", ".")
    assert wrong.exit_code == 2
    assert "did you mean `AWA101`?" in wrong.stderr
