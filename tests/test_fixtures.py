"""What awaitomic says about every fixture and what it writes: findings, diffs, and nothing that nobody asked for."""

from __future__ import annotations

import ast
import difflib
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from scenarios import SCENARIOS, product

CASES = sorted(SCENARIOS)
REPORTED = [path for path in CASES if SCENARIOS[path].findings]
TO_REPAIR = [path for path in REPORTED if SCENARIOS[path].repair in ("safe", "unsafe")]


def told(finding: dict[str, Any]) -> str:
    """One line for one finding: what a change of it would mean to a user."""
    fix, refusal = finding["fix"], finding["refusal"]
    repair = f"{fix['strategy']} ({fix['applicability']})" if fix else f"refused: {refusal['code']}"
    where = f"line {finding['line']}, {finding['function']}"
    return f"{finding['rule']} {finding['confidence']}, {where}: {finding['state']} -> {repair}"


def is_keep(path: str) -> bool:
    return path.rpartition("/")[2].startswith("keep_")


def test_every_program_has_a_case_and_every_case_a_program() -> None:
    assert product.programs() == CASES


@pytest.mark.parametrize("path", CASES)
def test_a_program_says_at_its_top_what_goes_wrong_or_why_nothing_does(path: str) -> None:
    module = ast.parse(product.before(path))
    docstring = ast.get_docstring(module)
    assert docstring is not None
    assert docstring.split("\n\n")[0].endswith(".")


@pytest.mark.parametrize("path", CASES)
def test_a_case_is_consistent(path: str) -> None:
    case = SCENARIOS[path]
    if is_keep(path):
        assert not case.is_wrong
        assert len(case.findings) == case.possible
    assert case.findings or case.repair is None
    assert not (case.findings and case.reported_by)
    assert set(case.differences) <= set(case.tasks)
    assert case.repair == "unsafe" or all(
        ": locks_held was" in line and line.endswith(", is ()") for lines in case.differences.values() for line in lines
    )
    assert not (case.wrong_if_shared and len(case.findings) != case.possible)
    assert (case.repair == "refused") == (case.refusal is not None)


@pytest.mark.parametrize("path", CASES)
def test_findings(path: str) -> None:
    case = SCENARIOS[path]
    found = product.findings(path)
    assert [(finding["rule"], finding["state"]) for finding in found] == list(case.findings)
    assert sum(finding["confidence"] == "possible" for finding in found) == case.possible
    if case.repair == "refused":
        assert {(finding["refusal"] or {}).get("code") for finding in found} == {case.refusal}


@pytest.mark.parametrize("path", REPORTED)
def test_findings_in_full(path: str, snapshot: SnapshotAssertion) -> None:
    assert [told(finding) for finding in product.findings(path)] == snapshot


def unified(path: str, old: str, new: str) -> str:
    lines: Iterable[str] = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), f"a/{path}", f"b/{path}"
    )
    return "".join(lines)


@pytest.mark.parametrize("path", TO_REPAIR)
def test_the_diff_of_the_repair(path: str, snapshot: SnapshotAssertion) -> None:
    diff = unified(path, product.before(path), product.after(path))
    assert diff
    assert diff == snapshot


@pytest.mark.parametrize("path", [path for path in CASES if path not in TO_REPAIR])
def test_what_cannot_be_repaired_or_needs_none_is_left_alone(path: str) -> None:
    assert product.after(path) == product.before(path)


@pytest.mark.parametrize("path", [path for path in CASES if SCENARIOS[path].repair == "unsafe"])
def test_an_unsafe_repair_has_to_be_asked_for(path: str) -> None:
    assert product.after(path, unsafe=False) == product.before(path)


@pytest.mark.parametrize("path", [path for path in CASES if SCENARIOS[path].repair == "safe"])
def test_a_safe_repair_does_not_have_to_be_asked_for(path: str) -> None:
    assert product.after(path, unsafe=False) == product.after(path)


def test_a_second_run_changes_nothing() -> None:
    assert product.repaired(unsafe=True, times=2).texts == product.repaired(unsafe=True).texts


@pytest.mark.parametrize("unsafe", [False, True])
def test_fix_meets_no_fault(unsafe: bool) -> None:
    done = product.repaired(unsafe=unsafe)
    assert done.exit_code == 1, done.told


def run(text: str) -> str:
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def test_a_user_can_see_payments_being_lost_and_being_kept() -> None:
    path = "stale_write/balance.py"
    assert run(product.before(path)) == "1001\n"
    assert run(product.after(path, unsafe=False)) == "2000\n"
