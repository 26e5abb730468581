from __future__ import annotations

import json

import pytest

from awaitomic import __version__
from awaitomic.rules import RULES
from cli.running import run


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule_is_explained(rule: object) -> None:
    code, name = getattr(rule, "code"), getattr(rule, "name")  # noqa: B009 - parametrised as object
    by_code, by_name = run("explain", code), run("explain", name.upper())
    assert by_code.exit_code == 0
    assert by_code.stdout == by_name.stdout
    for heading in ("What it finds", "Why it is a bug", "Before", "After", "When the fix is safe"):
        assert f"\n{heading}\n{'-' * len(heading)}\n" in by_code.stdout


@pytest.mark.parametrize(("word", "hint"), [("AWA1O1", "AWA101"), ("stale-writes", "AWA101 (stale-write)")])
def test_an_unknown_rule_suggests_the_nearest(word: str, hint: str) -> None:
    result = run("explain", word)
    assert result.exit_code == 2
    assert hint in result.stderr


def test_a_rule_of_a_later_version_is_told_apart() -> None:
    assert "(uncovered-access) in this version" in run("explain", "awa201").stderr


def test_rules_are_listed_one_a_line() -> None:
    lines = run("rules").stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [[rule.code, rule.name] for rule in RULES]
    assert json.loads(run("rules", "--output-format", "json").stdout)[0] == {
        "code": RULES[0].code,
        "name": RULES[0].name,
        "summary": RULES[0].summary,
    }


def test_version_and_help() -> None:
    assert run("--version").stdout == f"awaitomic {__version__}\n"
    assert run("-h").stdout == run("--help").stdout
    for command in ("check", "fix", "explain", "rules"):
        assert f"  {command} " in run("-h").stdout
        assert run(command, "-h").exit_code == 0
