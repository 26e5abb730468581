"""Proof by exploration: every fixture before its repair, after it, and with one task alone (see `scenarios`).

What is explored is the text that ``awaitomic fix --unsafe-fixes`` writes, never one that was written by hand.
"""

from __future__ import annotations

import pytest

from explorer import alone, check_after, check_alone, check_before, serial_outcomes
from scenarios import SCENARIOS, product

WRONG = sorted(path for path, case in SCENARIOS.items() if case.is_wrong)
RIGHT = sorted(path for path, case in SCENARIOS.items() if not case.is_wrong)
HANGS = [path for path in WRONG if any(rule == "AWA301" for rule, _ in SCENARIOS[path].findings)]
REPAIRED = [path for path in WRONG if SCENARIOS[path].repair in ("safe", "unsafe")]


@pytest.mark.parametrize("path", [path for path in WRONG if not SCENARIOS[path].stalls])
def test_before_some_schedule_goes_wrong(path: str) -> None:
    case = SCENARIOS[path]
    violation = check_before(product.before(path), case.scenario(path), case.before_counts, case.before_faults)
    assert violation.mode == "fifo"
    deadlock = violation.reason.startswith("deadlock")
    waits = any(rule.startswith("AWA3") for rule in [*dict(case.findings), case.reported_by or ""])
    assert deadlock == (waits or case.hangs)


@pytest.mark.parametrize("path", [path for path in WRONG if SCENARIOS[path].stalls])
def test_before_only_a_timeout_ends_the_wait_for_the_own_lock(path: str) -> None:
    scenario = SCENARIOS[path].scenario(path)
    assert alone(product.before(path), scenario)[0].stalled
    assert alone(product.after(path), scenario)[0].stalled is (SCENARIOS[path].repair == "refused")


@pytest.mark.parametrize("path", RIGHT)
def test_no_schedule_of_a_program_that_stays_silent_goes_wrong(path: str) -> None:
    case = SCENARIOS[path]
    found = check_after(product.before(path), case.scenario(path), case.counts, case.faults)
    assert found == [], "\n".join(map(str, found))


@pytest.mark.parametrize("path", REPAIRED)
def test_after_the_repair_no_schedule_goes_wrong(path: str) -> None:
    case = SCENARIOS[path]
    found = check_after(product.after(path), case.scenario(path), case.counts, case.faults)
    assert found == [], "\n".join(map(str, found))


@pytest.mark.parametrize("path", [path for path in REPAIRED if path not in HANGS])
def test_tasks_that_never_meet_do_what_they_did_before(path: str) -> None:
    """Otherwise a repair could pass the check after it by changing what is right."""
    case = SCENARIOS[path]
    expected_to_differ = any(line.startswith("success:") for lines in case.differences.values() for line in lines)
    for count in case.counts:
        was, now = (
            {ending.verdict_key() for ending in serial_outcomes(text, case.scenario(path), count).endings}
            for text in (product.before(path), product.after(path))
        )
        assert (was != now) == (expected_to_differ and count >= len(case.tasks))


@pytest.mark.parametrize(("path", "task"), [(path, task) for path in REPAIRED for task in SCENARIOS[path].tasks])
def test_alone_a_task_sees_the_expected_differences_and_no_others(path: str, task: str) -> None:
    case = SCENARIOS[path]
    scenario = case.scenario(path, first=task)
    expected = case.differences.get(task, ())
    assert check_alone(product.before(path), product.after(path), scenario, expected) == []
