from __future__ import annotations

from dataclasses import replace

import pytest

from awaitomic.engine import fix
from awaitomic.engine.fix import fix_text, with_diffs
from awaitomic.engine.run import run_on_text
from awaitomic.model.finding import Applicability, Confidence, Finding
from engine.fakes import ANYTHING, Remedy, World, source


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World().install(monkeypatch)


def refusals(findings: tuple[Finding, ...]) -> dict[str, str]:
    return {finding.state: finding.refusal.code for finding in findings if finding.refusal is not None}


def test_fixes_are_applied_one_after_the_other_until_none_is_left(world: World) -> None:
    world.remedies = {"a": Remedy("bug(a)", "pass\n    pass"), "b": Remedy("bug(b)", "pass")}
    text = "async def f():\n    bug(a)\n    bug(b)\n"
    result = fix_text(source(text), ANYTHING)
    assert result.text == "async def f():\n    pass\n    pass\n    pass\n"
    assert result.remaining == ()
    assert [(applied.finding.state, applied.line) for applied in result.applied] == [("a", 2), ("b", 3)]
    assert all(applied.finding.fix is not None for applied in result.applied)


def test_a_fix_that_does_not_cure_is_refused_and_the_others_go_on(world: World) -> None:
    world.remedies = {"a": Remedy("bug(a)", "bug(a)  # fixed"), "b": Remedy("bug(b)", "pass")}
    result = fix_text(source("async def f():\n    bug(a)\n    bug(b)\n"), ANYTHING)
    assert result.text == "async def f():\n    bug(a)\n    pass\n"
    assert refusals(result.remaining) == {"a": "gate-still-there"}
    assert result.remaining[0].fix is None


def test_a_fix_that_brings_another_bug_is_refused(world: World) -> None:
    world.remedies = {"a": Remedy("bug(a)", "bug(b)")}
    text = "async def f():\n    bug(a)\n"
    result = fix_text(source(text), ANYTHING)
    assert (result.text, refusals(result.remaining)) == (text, {"a": "gate-new-finding"})
    message = result.remaining[0].refusal
    assert message is not None
    assert "AWA101 on line 2 of the new text" in message.message


def test_a_new_bug_counts_at_every_confidence_and_whatever_is_selected(world: World) -> None:
    world.remedies = {"a": Remedy("bug(a)", "bug(b)")}
    world.confidence = {"a": Confidence.CERTAIN, "b": Confidence.POSSIBLE}
    result = fix_text(source("async def f():\n    bug(a)\n"), replace(ANYTHING, confidence=Confidence.CERTAIN))
    assert refusals(result.remaining) == {"a": "gate-new-finding"}


def test_one_more_of_the_same_kind_is_a_new_bug(world: World) -> None:
    world.remedies = {"a": Remedy("bug(a)  # x", "pass"), "b": Remedy("bug(b)", "bug(a)")}
    result = fix_text(source("async def f():\n    bug(b)\n    bug(a)\n"), ANYTHING)
    assert refusals(result.remaining) == {"b": "gate-new-finding", "a": "gate-still-there"}


def test_equal_findings_are_told_apart_by_their_number_only(world: World) -> None:
    world.remedies = {"a": Remedy("bug(a)\n    x\n", "x\n")}
    result = fix_text(source("async def f():\n    bug(a)\n    x\n    bug(a)\n    y\n"), ANYTHING)
    assert result.text == "async def f():\n    x\n    bug(a)\n    y\n"
    assert refusals(result.remaining) == {"a": "gate-still-there"}
    assert len(result.applied) == 1


def test_a_suppressed_bug_that_comes_to_light_is_a_new_one(world: World) -> None:
    world.remedies = {"a": Remedy("bug(a)\n    bug(b)  # awaitomic: ignore", "bug(b)")}
    text = "async def f():\n    bug(a)\n    bug(b)  # awaitomic: ignore\n"
    result = fix_text(source(text), ANYTHING)
    assert (result.text, refusals(result.remaining)) == (text, {"a": "gate-new-finding"})


def test_a_new_bug_counts_even_if_it_is_suppressed(world: World) -> None:
    world.remedies = {"a": Remedy("bug(a)", "bug(b)  # awaitomic: ignore")}
    assert refusals(fix_text(source("async def f():\n    bug(a)\n"), ANYTHING).remaining) == {"a": "gate-new-finding"}


def test_suppressed_findings_are_not_fixed(world: World) -> None:
    world.remedies = {"a": Remedy("bug(a)", "pass")}
    text = "async def f():\n    bug(a)  # awaitomic: ignore[AWA101] known\n"
    result = fix_text(source(text), ANYTHING)
    assert (result.text, result.remaining, world.executed) == (text, (), [])


def test_text_that_does_not_parse_is_refused(world: World) -> None:
    world.remedies = {"a": Remedy("bug(a)", "pass)")}
    assert refusals(fix_text(source("async def f():\n    bug(a)\n"), ANYTHING).remaining) == {"a": "gate-parse"}


def test_text_that_the_encoding_cannot_hold_is_refused(world: World) -> None:
    world.remedies = {"a": Remedy("bug(a)", "'残高'")}
    text = "# coding: latin-1\nasync def f():\n    bug(a)\n"
    result = fix_text(source(text), ANYTHING)
    assert (result.text, refusals(result.remaining)) == (text, {"a": "gate-encoding"})


@pytest.mark.parametrize(
    ("applicability", "unsafe", "applied"),
    [
        (Applicability.SAFE, False, 1),
        (Applicability.UNSAFE, False, 0),
        (Applicability.UNSAFE, True, 1),
        (Applicability.DISPLAY, True, 0),
    ],
)
def test_only_what_is_allowed_is_applied(
    world: World, applicability: Applicability, unsafe: bool, applied: int
) -> None:
    world.remedies = {"a": Remedy("bug(a)", "pass", applicability)}
    result = fix_text(source("async def f():\n    bug(a)\n"), replace(ANYTHING, unsafe_fixes=unsafe))
    assert len(result.applied) == applied
    assert len(result.remaining) == 1 - applied


def test_what_was_refused_is_tried_again_after_another_fix(world: World) -> None:
    world.remedies = {"a": Remedy("bug(a)", "pass", waits_for="bug(b)"), "b": Remedy("bug(b)", "pass")}
    result = fix_text(source("async def f():\n    bug(a)\n    bug(b)\n"), ANYTHING)
    assert result.text == "async def f():\n    pass\n    pass\n"
    assert world.executed == ["a", "b", "a"]


def test_a_second_run_changes_nothing(world: World) -> None:
    world.remedies = {
        "a": Remedy("bug(a)", "pass", waits_for="bug(b)"),
        "b": Remedy("bug(b)", "pass", waits_for="bug(d)"),
        "c": Remedy("bug(c)", "bug(c) "),
        "d": Remedy("bug(d)", "pass"),
    }
    text = "async def f():\n" + "".join(f"    bug({state})\n" for state in "abcde")
    first = fix_text(source(text), ANYTHING)
    second = fix_text(first.source, ANYTHING)
    assert second.text == first.text
    assert second.remaining == first.remaining
    assert refusals(first.remaining) == {"c": "gate-still-there", "e": "nobody-knows"}


def test_bugs_move_with_a_function_that_the_plan_renames(world: World) -> None:
    text = "async def put():\n    bug(a)\n    bug(b)\n"
    moved = Remedy("put():\n    bug(a)\n", "put_locked():\n")
    world.remedies = {"a": moved}
    assert refusals(fix_text(source(text), ANYTHING).remaining)["a"] == "gate-new-finding"
    world.remedies = {"a": replace(moved, renames=(("put", "put_locked"),))}
    result = fix_text(source(text), ANYTHING)
    assert result.text == "async def put_locked():\n    bug(b)\n"


def test_without_convergence_nothing_is_written(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fix, "_ROUNDS_A_FINDING", 0)
    world.remedies = {"a": Remedy("bug(a)", "pass")}
    text = "async def f():\n    bug(a)\n"
    result = fix_text(source(text), ANYTHING)
    assert (result.text, result.applied) == (text, ())
    assert refusals(result.remaining) == {"a": "gate-convergence"}
    assert result.remaining[0].fix is None


def test_single_diffs_are_each_against_the_original(world: World) -> None:
    world.remedies = {
        "a": Remedy("bug(a)", "pass"),
        "b": Remedy("bug(b)", "pass", Applicability.DISPLAY),
        "c": Remedy("bug(c)", "bug(d)"),
    }
    findings = with_diffs(source("async def f():\n    bug(a)\n    bug(b)\n    bug(c)\n"), ANYTHING).findings
    first, second, third = findings
    assert first.fix is not None
    assert first.fix.diff is not None
    assert "-    bug(a)\n+    pass\n     bug(b)\n     bug(c)\n" in first.fix.diff
    assert first.fix.plan is None
    assert second.fix is not None
    assert second.fix.diff is not None
    assert "     bug(a)\n-    bug(b)\n+    pass\n" in second.fix.diff
    assert third.fix is None
    assert refusals(findings) == {"c": "gate-new-finding"}


def test_an_exception_in_a_remedy_is_a_fault_of_that_text(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(finding: Finding, *_: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("awaitomic.remedies.plan", broken)
    run = run_on_text(b"async def f():\n    bug(a)\n", "toy.py", ANYTHING, repair=True)
    (fault,) = run.faults
    assert fault.error == "ZeroDivisionError: oops"
    assert run.changes == ()
    assert run.report.errors[0].message == "internal fault of awaitomic: ZeroDivisionError: oops; the file is untouched"
