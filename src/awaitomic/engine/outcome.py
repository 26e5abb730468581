"""What came of one file, and of all files together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.findings.precedence import report_order
from awaitomic.model.finding import FileError, Report

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from awaitomic.engine.fault import Fault
    from awaitomic.engine.fix import AppliedFix
    from awaitomic.model.finding import Finding
    from awaitomic.source.text import SourceText


@dataclass(frozen=True, slots=True)
class Change:
    """One file's old and new content."""

    old: SourceText
    new: SourceText


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one file. `text` is what the findings point into; None where there are none."""

    path: str
    findings: tuple[Finding, ...] = ()
    text: str | None = None
    error: FileError | None = None
    fault: Fault | None = None
    applied: tuple[AppliedFix, ...] = ()
    change: Change | None = None
    unfixed: tuple[Finding, ...] = ()
    """What is found in the old text, as far as it was repaired."""
    others: tuple[tuple[str, str], ...] = ()
    """Path and text of other files that the findings point into."""
    found: tuple[str, ...] | None = None
    """The fingerprints of all that was found and not suppressed; None where that is not known."""
    left: tuple[tuple[str, str], ...] | None = None
    """Fingerprints of what was found and does not count, each as it is by now and as it was when the run began; None
    where that is not known."""
    fixable: bool = False
    """Whether a finding has a fix that the settings allow; only where no diffs were asked for."""


@dataclass(frozen=True, slots=True)
class Run:
    """What came of all files: `report` is for every output, the rest for people."""

    report: Report
    texts: Mapping[str, str]
    faults: tuple[Fault, ...]
    applied: tuple[AppliedFix, ...] = ()
    changes: tuple[Change, ...] = ()
    analysed: int = 0
    """How many files were parsed, in this run or an earlier one; the others cannot matter."""
    notes: tuple[str, ...] = ()
    """Sentences about paths that gave nothing to look at."""
    original: tuple[Finding, ...] = ()
    """What was found before anything was repaired."""
    remembered: int = 0
    """How many of the files that were parsed come from the cache."""
    details: tuple[str, ...] = ()
    """Sentences for whoever wants to know more: what could not be kept for the next run."""


def collect(
    outcomes: Sequence[Outcome],
    *,
    files: int,
    seconds: float,
    errors: Sequence[FileError] = (),
    notes: Sequence[str] = (),
) -> Run:
    """Put the outcomes of all files together, in an order that does not depend on how they were computed.

    Parameters: `files` is how many files were looked at, those that cannot matter included; `seconds` the wall time;
    `errors` and `notes` are about paths that have no outcome.
    """
    outcomes = sorted(outcomes, key=lambda outcome: outcome.path)
    faults = tuple(outcome.fault for outcome in outcomes if outcome.fault is not None)
    all_errors = [
        *errors,
        *(outcome.error for outcome in outcomes if outcome.error is not None),
        *(FileError(fault.path, 1, 1, fault.message, fault=True) for fault in faults),
    ]
    report = Report(
        findings=tuple(sorted((finding for outcome in outcomes for finding in outcome.findings), key=report_order)),
        errors=tuple(sorted(all_errors, key=lambda error: (error.path, error.line, error.column))),
        files=files,
        seconds=seconds,
    )
    return Run(
        report,
        {**_others(outcomes), **{outcome.path: outcome.text for outcome in outcomes if outcome.text is not None}},
        faults,
        tuple(applied for outcome in outcomes for applied in outcome.applied),
        tuple(outcome.change for outcome in outcomes if outcome.change is not None),
        len(outcomes),
        tuple(notes),
        tuple(finding for outcome in outcomes for finding in outcome.unfixed or outcome.findings),
    )


def _others(outcomes: Sequence[Outcome]) -> dict[str, str]:
    return dict(pair for outcome in outcomes for pair in outcome.others)
