"""`--fixable` and `--unfixable`: of which rules the findings may be repaired."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.running import FIXED, LOST, run

TWO = LOST + (
    """

class Box:
    def __init__(self):
        self.items = []

    async def flush(self, sink):
        await sink.write(self.items)
        self.items = []

    def put(self, item):
        self.items.append(item)


async def fill(sink):
    box = Box()
    await asyncio.gather(box.flush(sink), box.flush(sink))
"""
)
"""A lost update (AWA101) with a safe fix, and a late update (AWA103) with an unsafe one."""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "two.py").write_text(TWO)
    return tmp_path


def repaired(*arguments: str) -> list[str]:
    """Give the rules whose findings would be repaired."""
    lines = run("fix", "--diff", "--unsafe-fixes", "--confidence", "possible", *arguments).stderr.splitlines()
    return sorted(line.split()[3] for line in lines if line.startswith("would fix "))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), ["AWA101", "AWA103"]),
        (("--fixable", "AWA101"), ["AWA101"]),
        (("--fixable", "AWA103,AWA2"), ["AWA103"]),
        (("--unfixable", "AWA101"), ["AWA103"]),
        (("--unfixable", "ALL"), []),
        (("--fixable", "AWA1", "--unfixable", "AWA103"), ["AWA101"]),
        (("--fixable", "AWA103", "--unfixable", "AWA1"), ["AWA103"]),
        (("--fixable", "AWA101", "--unfixable", "AWA101"), []),
    ],
)
def test_only_what_may_be_repaired_is(tree: Path, arguments: tuple[str, ...], expected: list[str]) -> None:
    assert repaired(*arguments) == expected


def test_what_may_not_be_repaired_is_reported_with_its_fix_and_the_reason(tree: Path) -> None:
    result = run("fix", "--unfixable", "AWA103", "--confidence", "possible", "--output-format", "json")
    assert result.exit_code == 1
    (finding,) = json.loads(result.stdout)["findings"]
    assert finding["rule"] == "AWA103"
    assert finding["fix"]["applicability"] == "display"
    assert finding["fix"]["because"][0] == "repairs of AWA103 are left to you by the settings `fixable` and `unfixable`"
    assert (tree / "two.py").read_text() == TWO.replace(LOST, FIXED)


def test_its_diff_is_shown_and_the_summary_does_not_offer_it(tree: Path) -> None:
    result = run("check", "--unfixable", "ALL", "--show-fixes")
    assert "+        current = self.balance" in result.stdout
    assert "can be fixed" not in result.stderr
    document = json.loads(run("check", "--fixable", "AWA2", "--output-format", "json").stdout)
    assert document["summary"]["fixable"] == 0


def test_the_configuration_says_the_same_and_the_command_line_replaces_it(tree: Path) -> None:
    (tree / "pyproject.toml").write_text('[tool.awaitomic]\nfixable = ["AWA1"]\nunfixable = ["AWA101"]\n')
    assert repaired() == ["AWA103"]
    assert repaired("--unfixable", "AWA103") == []
    assert repaired("--fixable", "AWA101") == ["AWA101"]
    assert repaired("--isolated") == ["AWA101", "AWA103"]


def test_an_unknown_rule_is_wrong_usage(tree: Path) -> None:
    for option in ("--fixable", "--unfixable"):
        wrong = run("fix", option, "AWA999")
        assert wrong.exit_code == 2
        assert "unknown rule code `AWA999`" in wrong.stderr
    (tree / "pyproject.toml").write_text('[tool.awaitomic]\nunfixable = ["stale-write"]\n')
    assert "pyproject.toml:2: `unfixable`: unknown rule code `stale-write`; did you mean `AWA101`?" in run("fix").stderr


def test_standard_input_is_left_alone_too(tree: Path) -> None:
    result = run("fix", "-", "--unfixable", "AWA101", stdin=LOST.encode())
    assert (result.exit_code, result.stdout) == (1, LOST)
