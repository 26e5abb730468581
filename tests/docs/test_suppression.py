"""What the page on suppression says of comments, files and options holds."""

from __future__ import annotations

import re
from pathlib import Path

from awaitomic.config import load
from awaitomic.findings.baseline import read_baseline
from awaitomic.source.comments import read_comments
from cli.running import LOST, run
from docs.fences import ROOT, fences_of

PAGE = "docs/suppression.md"
TEXT = (ROOT / PAGE).read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return [fence.text for fence in fences_of(PAGE) if fence.info[0] == language]


def test_every_option_on_the_page_is_one() -> None:
    known = set(re.findall(r"--[a-z][a-z-]+", run("check", "--help").stdout + run("fix", "--help").stdout))
    told = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", TEXT))
    assert told - known == {"--unshallow"}  # of git


def test_every_file_that_it_points_to_is_there() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", TEXT)
    assert targets
    assert [target for target in targets if not (ROOT / "docs" / target).exists()] == []


def test_the_comments_suppress_what_they_say(tree: Path) -> None:
    for line in blocks("python"):
        assert not read_comments(line).mistakes
        (tree / "bank.py").write_text(LOST.replace("self.balance = current + amount\n", line), encoding="utf-8")
        assert run("check", ".").exit_code == 0


def test_the_baseline_is_one(tree: Path) -> None:
    (text,) = blocks("json")
    (tree / "known.json").write_text(text, encoding="utf-8")
    baseline = read_baseline(str(tree / "known.json"))
    assert [(each.path, each.rule, each.function, each.state) for each in baseline.entries] == [
        ("src/bank.py", "AWA101", "Bank.credit", "self.balance")
    ]
    assert baseline.holding(baseline.entries).written().text == text


def test_the_table_is_read(tree: Path) -> None:
    (text,) = blocks("toml")
    (tree / "pyproject.toml").write_text(text, encoding="utf-8")
    assert load(tree).baseline_path == str(tree / "awaitomic-baseline.json")


def test_the_commands_run(tree: Path) -> None:
    """Those that need no repository."""
    (tree / "src").mkdir()
    (tree / "src" / "bank.py").write_text(LOST, encoding="utf-8")
    commands = [line for block in blocks("console") for line in block.split("\n") if "baseline" in line]
    assert [run(*line.removeprefix("$ awaitomic ").split()).exit_code for line in commands] == [0, 0]
