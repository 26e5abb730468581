"""Leaves out of a file's outcome what does not count, after everything was looked for.

What is found does not depend on a baseline or on what has changed, so that it can be kept from run to run.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from awaitomic.findings.focus import counts, file_counts, key_of
from awaitomic.model.finding import Applicability

if TYPE_CHECKING:
    from awaitomic.config import Settings
    from awaitomic.engine.outcome import Outcome
    from awaitomic.model.finding import Finding
    from awaitomic.model.focus import Focus


def narrowed(outcome: Outcome, focus: Focus, settings: Settings) -> Outcome:
    """Give an outcome with the findings that count, and with the names of those that are left alone.

    Parameters: `settings` are those of the file.
    """
    if focus.is_all:
        return outcome if outcome.found is None else replace(outcome, left=())
    outcome = without_old_error(outcome, focus)
    findings = tuple(finding for finding in outcome.findings if counts(finding, focus))
    left = None
    if outcome.found is not None:
        known, told = focus.known.get(key_of(outcome.path), {}), {finding.fingerprint for finding in findings}
        unchanged = focus.changed is not None
        left = tuple((name, name) for name in outcome.found if name in known or (unchanged and name not in told))
    fixable = outcome.fixable and any(_may_be_fixed(finding, settings) for finding in findings)
    return replace(outcome, findings=findings, left=left, fixable=fixable)


def without_old_error(outcome: Outcome, focus: Focus) -> Outcome:
    """Give an outcome in which it does not count that a file cannot be read which has not changed."""
    old = outcome.error is not None and not file_counts(outcome.path, focus)
    return replace(outcome, error=None) if old else outcome


def _may_be_fixed(finding: Finding, settings: Settings) -> bool:
    allowed = {Applicability.SAFE, *((Applicability.UNSAFE,) if settings.unsafe_fixes else ())}
    return finding.fix is not None and finding.fix.applicability in allowed
