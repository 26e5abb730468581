"""Which fixes are one group: also those that need each other, or that only the whole run shows to belong together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from awaitomic import remedies, rules
from awaitomic.config import Settings
from awaitomic.engine import run
from awaitomic.engine.asking import Answer, MendAsked, Offer
from awaitomic.engine.chosen import Chosen, FirstNames, Origin
from awaitomic.engine.fix import AppliedFix
from awaitomic.engine.mending import MendGroups
from awaitomic.engine.series import _Parts
from awaitomic.model.finding import Finding, Fix, Refusal
from awaitomic.model.preferences import Preferences
from awaitomic.patching.hunks import Hunk, hunks
from awaitomic.program import Program
from cli.running import CLEAN, FIXED, LOST
from cli.series import APART, SHARING

UNSAFE = Settings(unsafe_fixes=True)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def groups(tree: Path, text: str) -> list[tuple[list[str], list[str]]]:
    """Give the functions of the findings of each group, and of those that are found only later."""
    (tree / "bank.py").write_text(text)
    mend = MendGroups(None, write=False)
    run.fix(["bank.py"], UNSAFE, write=False, mend=mend)
    return [
        ([each.function for each in group.findings], [each.finding.function for each in group.later])
        for group in mend.groups
    ]


def bank_is_broken(findings: Iterable[Finding]) -> bool:
    return any(finding.function == "Bank.credit" for finding in findings)


def test_fixes_that_have_nothing_to_do_with_each_other(tree: Path) -> None:
    assert groups(tree, APART) == [(["Bank.credit"], []), (["Till.credit"], [])]


def test_a_fix_that_is_refused_until_another_is_made_goes_with_it(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = remedies.plan

    def later(
        finding: Finding,
        program: Program,
        preferences: Preferences,
        found: Callable[[str], tuple[Finding, ...]],
        editable: Callable[[str], bool],
    ) -> Fix | Refusal:
        if finding.function == "Till.credit" and bank_is_broken(found(program.unit.name)):
            return Refusal("not-yet", "not yet")
        return plan(finding, program, preferences, found, editable)

    monkeypatch.setattr(remedies, "plan", later)
    assert groups(tree, APART) == [(["Bank.credit", "Till.credit"], [])]


def test_what_is_found_only_when_another_is_repaired_goes_with_it(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = rules.find

    def hidden(program: Program) -> tuple[Finding, ...]:
        found = tuple(find(program))
        hide = bank_is_broken(found)
        return tuple(each for each in found if not (hide and each.function == "Till.credit"))

    # The gates would take what comes to light for something new.
    monkeypatch.setattr("awaitomic.engine.verify._surplus", lambda *_: None)
    monkeypatch.setattr(rules, "find", hidden)
    assert groups(tree, APART) == [(["Bank.credit"], ["Till.credit"])]


def test_new_locks_that_would_have_one_name_are_one_group(tree: Path) -> None:
    between = "".join(f"        self.field_{number} = {number}\n" for number in range(12))
    text = SHARING.replace("        self.debts = 0\n", f"{between}        self.debts = 0\n")
    assert text.count("field_") == 12
    assert groups(tree, text) == [(["Bank.credit", "Bank.debit"], [])]


def test_a_finding_is_known_under_the_first_name_of_its_function(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    (finding,) = run.check(["bank.py"], UNSAFE).report.findings
    first = Origin.of("bank.py", finding)

    def in_function(name: str) -> Finding:
        return replace(finding, function=name)

    names = FirstNames()
    (step,) = names.follow("bank.py", [AppliedFix(finding, 1, (("", (("Bank.credit", "Bank.a"),)),))], str)
    assert step.origin == first
    later = names.copy()
    (step,) = later.follow("bank.py", [AppliedFix(in_function("Bank.a"), 1, (("", (("Bank.a", "Bank.b"),)),))], str)
    assert step.origin == first
    assert later.origin("bank.py", in_function("Bank.b")) == first
    assert names.origin("bank.py", in_function("Bank.b")) != first
    assert later.origin("other.py", in_function("Bank.b")) != replace(first, path="other.py")


class _Made:
    """Runs of which only the texts are known."""

    def __init__(self, old: str, new: dict[str, str]) -> None:
        self.texts = {Origin("x.py", name): (old, text) for name, text in new.items()}
        self.whole = self

    @property
    def steps(self) -> list[Any]:
        return [type("Step", (), {"origin": origin}) for origin in self.texts]

    @property
    def changes(self) -> list[Any]:
        old = next(iter(self.texts.values()))[0]
        side = type("Text", (), {"path": "x.py", "text": old})
        return [type("Change", (), {"old": side, "new": side})]

    def hunks(self, chosen: Chosen) -> dict[str, tuple[Hunk, ...]]:
        return {"x.py": tuple(hunk for origin in sorted(chosen) for hunk in hunks(*self.texts[origin]))}

    @staticmethod
    def place(chosen: Chosen) -> tuple[object, ...]:
        return (min(chosen),)


def test_what_git_would_put_elsewhere_is_joined() -> None:
    block = ["begin\n", "a\n", "b\n", "work\n", "c\n", "d\n", "end\n"]
    lines = [f"{number}\n" for number in range(10)] + block * 4
    longer = "".join([*["more\n"] * len(block), *lines])
    third = "".join([*lines[:27], "new work\n", *lines[28:]])
    assert lines[27] == "work\n"
    made = _Made("".join(lines), {"1": longer, "2": third})
    parts = _Parts(made)  # type: ignore[arg-type]  # it knows what is asked here
    assert parts._misplaced()
    assert parts._parts == [frozenset(made.texts)]
    assert not parts._misplaced()


def test_what_is_not_possible_any_more_is_not_asked_about(tree: Path) -> None:
    (tree / "a.py").write_text(LOST)
    (tree / "b.py").write_text(LOST)
    asked: list[str] = []

    def ask(offer: Offer) -> Answer:
        asked.append(offer.group.findings[0].path)
        (tree / "b.py").write_text(CLEAN)  # somebody else, in an editor
        return Answer.TAKE

    mend = MendAsked(ask)
    result = run.fix(["."], UNSAFE, write=True, mend=mend)
    assert asked == ["a.py"]
    assert (mend.taken, mend.impossible, mend.left) == (1, 1, 0)
    assert (tree / "a.py").read_text() == FIXED
    assert (tree / "b.py").read_text() == CLEAN
    assert [change.old.path for change in result.changes] == ["a.py"]
