from __future__ import annotations

from dataclasses import replace

from awaitomic.model.finding import Applicability, Confidence, FileError, Finding, Report
from awaitomic.report.summary import check_summary, first_hint, fix_summary
from report.examples import FIX, deadlock, finding

UNSAFE = replace(finding(), path="pkg/b.py", fix=replace(FIX, applicability=Applicability.UNSAFE))


def report(*findings: Finding, errors: tuple[FileError, ...] = ()) -> Report:
    return Report(findings, errors, 7, 0.1)


def test_who_finds_nothing_is_told_what_else_could_be_shown() -> None:
    assert "--confidence possible" in first_hint(report(), Confidence.LIKELY)
    assert first_hint(report(), Confidence.POSSIBLE) == ""
    assert first_hint(report(finding()), Confidence.LIKELY) == ""


def test_the_summary_says_what_can_be_done_next() -> None:
    assert check_summary(report(finding(), deadlock(), UNSAFE), unsafe=False) == (
        '3 findings in 2 files (1 can be fixed with "awaitomic fix", 1 more with "--unsafe-fixes")'
    )
    assert check_summary(report(finding(), UNSAFE), unsafe=True) == (
        '2 findings in 2 files (2 can be fixed with "awaitomic fix --unsafe-fixes")'
    )
    assert check_summary(report(UNSAFE), unsafe=False) == (
        '1 finding in 1 file (1 can be fixed with "awaitomic fix --unsafe-fixes")'
    )
    assert check_summary(report(deadlock()), unsafe=False) == "1 finding in 1 file"


def test_files_that_could_not_be_analysed_are_not_passed_over() -> None:
    error = FileError("x.py", 1, 1, "broken")
    assert check_summary(report(), unsafe=False) == "no findings in 7 files"
    assert (
        check_summary(report(errors=(error,)), unsafe=False) == "no findings in 7 files, 1 file could not be analysed"
    )


def test_the_summary_of_a_fix_says_what_was_done_and_what_is_left() -> None:
    assert fix_summary(report(), 2, 1, unsafe=False, dry=False) == "2 fixes applied in 1 file; nothing is left"
    assert fix_summary(report(UNSAFE), 1, 1, unsafe=False, dry=True) == (
        '1 fix would be applied in 1 file; 1 finding in 1 file left (1 can be fixed with "--unsafe-fixes")'
    )
    assert fix_summary(report(deadlock()), 0, 0, unsafe=True, dry=False) == "nothing fixed; 1 finding in 1 file left"
    assert fix_summary(report(), 0, 0, unsafe=False, dry=False) == "nothing to fix; nothing is left"
