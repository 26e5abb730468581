from __future__ import annotations

from dataclasses import replace

from awaitomic.model.finding import Applicability, FileError, Finding, Report
from awaitomic.report.statistics import as_data, as_rows, count_rules
from report.examples import FIX, deadlock, finding

UNSAFE = replace(finding(), fix=replace(FIX, strategy="lock", applicability=Applicability.UNSAFE))


def report(*findings: Finding, errors: tuple[FileError, ...] = ()) -> Report:
    return Report(findings, errors, 7, 0.1)


def test_each_rule_has_what_came_of_it_the_most_frequent_first() -> None:
    assert as_rows(count_rules(report(deadlock(), finding(), finding(), UNSAFE))) == [
        "3  AWA101  stale-write",
        "    2  hoist        safe fix",
        "    1  lock         unsafe fix",
        "1  AWA301  self-deadlock",
        "    1  sync-writer  refused",
    ]
    assert as_rows(count_rules(report())) == []


def test_what_was_repaired_counts_as_found_and_one_fix_can_end_several() -> None:
    original = [finding()] * 10 + [UNSAFE, deadlock()]
    rows = as_rows(count_rules(report(UNSAFE, deadlock()), original, [finding()] * 7))
    assert rows == [
        "11  AWA101  stale-write",
        "     7  hoist        fixed",
        "     3  together     fixed with others",
        "     1  lock         unsafe fix",
        " 1  AWA301  self-deadlock",
        "     1  sync-writer  refused",
    ]


def test_the_same_as_data() -> None:
    counted = count_rules(report(UNSAFE, deadlock()), [finding(), finding(), UNSAFE, deadlock()], [finding()])
    assert as_data(counted) == [
        {
            "rule": "AWA101",
            "name": "stale-write",
            "found": 3,
            "fixed": 2,
            "applied": [{"strategy": "hoist", "count": 1}],
            "fixes": [{"strategy": "lock", "applicability": "unsafe", "count": 1}],
            "refusals": [],
        },
        {
            "rule": "AWA301",
            "name": "self-deadlock",
            "found": 1,
            "fixed": 0,
            "applied": [],
            "fixes": [],
            "refusals": [{"code": "sync-writer", "count": 1}],
        },
    ]


def test_files_that_cannot_be_read_are_counted_and_our_faults_are_not() -> None:
    errors = (FileError("a.py", 1, 1, "broken", "AWA003"), FileError("b.py", 1, 1, "a fault", fault=True))
    assert as_rows(count_rules(report(errors=errors))) == ["1  AWA003  unreadable-file"]
