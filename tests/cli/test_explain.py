"""What `explain` prints: every rule with its texts, and what is done about it."""

from __future__ import annotations

import json

import pytest

from awaitomic import __version__
from awaitomic.remedies.choice import TABLE, Row
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


@pytest.mark.parametrize(
    ("word", "hint"), [("AWA1O1", "AWA101"), ("stale-writes", "AWA101 (stale-write)"), ("looks", "lock")]
)
def test_an_unknown_rule_suggests_the_nearest(word: str, hint: str) -> None:
    result = run("explain", word)
    assert result.exit_code == 2
    assert hint in result.stderr


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("awa401", "there is no awa401 (sql-read-modify-write) in this version.\n"),
        ("orm-read-modify-write", "there is no orm-read-modify-write in this version.\n"),
        ("atomic-call", "there is no atomic-call in this version.\n"),
        ("zzz", "there is no rule or remedy 'zzz'.\n'awaitomic rules' lists all rules; remedies are hoist, "),
    ],
)
def test_what_is_not_there_is_told_from_what_is_not_there_yet(word: str, said: str) -> None:
    result = run("explain", word)
    assert result.exit_code == 2
    assert said in result.stderr


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


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.rule} {row.shape}")
def test_the_table_of_choice_is_what_explain_prints(row: Row) -> None:
    page = " ".join(run("explain", row.rule).stdout.split())
    names = ", else ".join(remedy.name for remedy in row.remedies)
    assert f"{row.shape[1:]}: {names or 'by hand'}" in page
    assert all(f"* {remedy.name}: {remedy.summary}" in page for remedy in row.remedies)


@pytest.mark.parametrize("name", sorted({remedy.name for row in TABLE for remedy in row.remedies}))
def test_every_remedy_is_explained_with_its_conditions_and_its_safety(name: str) -> None:
    result = run("explain", name)
    page = " ".join(result.stdout.split())
    for row in TABLE:
        for remedy in row.remedies:
            if remedy.name == name:
                assert f"* {row.rule}: {row.shape}" in page
                assert " ".join(remedy.conditions.split()) in page
                assert " ".join(remedy.safety.split()) in page


def test_data_says_the_same_as_the_page() -> None:
    page = " ".join(run("explain", "AWA103").stdout.split())
    data = json.loads(run("explain", "late-update", "--output-format", "json").stdout)
    texts = [data["what"], data["why"], data["fix_safety"], data["silent"], *data["example"].values()]
    assert all(" ".join(text.split()) in page for text in texts)
    assert [remedy["strategies"] for remedy in data["remedies"]] == [
        ["lock"],
        ["recheck", "swap", "lock"],
        ["swap", "lock"],
    ]
    assert all(reference["url"] in page for reference in data["references"])
    remedy = json.loads(run("explain", "swap", "--output-format", "json").stdout)
    assert {"rule": "AWA103", "shape": "state that is emptied or advanced after it was used"} in (
        remedy["variants"][1]["findings"]
    )


def test_several_are_explained_at_once_and_all_on_demand() -> None:
    both = run("explain", "AWA101", "lock").stdout
    assert both == f"{run('explain', 'AWA101').stdout}\n\n{run('explain', 'lock').stdout}"
    every = json.loads(run("explain", "--all", "--output-format", "json").stdout)
    assert [each["code"] for each in every] == [rule.code for rule in RULES]
    assert isinstance(json.loads(run("explain", "AWA101", "lock", "--output-format", "json").stdout), list)


@pytest.mark.parametrize("words", [[], ["--all", "AWA101"]])
def test_what_is_to_be_explained_has_to_be_said(words: list[str]) -> None:
    result = run("explain", *words)
    assert result.exit_code == 2
    assert "name a rule or a remedy, or give --all" in result.stderr


@pytest.mark.parametrize("columns", ["40", "1"])
def test_a_page_is_as_narrow_as_the_terminal(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = run("explain", "AWA101").stdout
    monkeypatch.setenv("COLUMNS", columns)
    narrow = run("explain", "AWA101").stdout
    assert narrow.split() == wide.split()
    assert widest(narrow) <= max(int(columns), 20)
    assert 80 < widest(wide) <= 88


def widest(page: str) -> int:
    """Give how wide the first text on a page is."""
    return max(map(len, page[page.index("-\n") : page.index("\n\nWhy")].split("\n")))


def test_every_rule_has_a_row_for_any_finding() -> None:
    assert {row.rule for row in TABLE} == {rule.code for rule in RULES}
