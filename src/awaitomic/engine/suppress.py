"""Suppresses what is found in one file by comments in it, and sees whether that has come of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from awaitomic.engine.analyse import examine, planned, wanted, without_plans
from awaitomic.engine.fix import AppliedFix
from awaitomic.engine.outcome import Change, Outcome
from awaitomic.findings.new_comments import ABOUT_COMMENTS, suppressing
from awaitomic.model.finding import FileError
from awaitomic.patching.comments import edit_comments
from awaitomic.patching.refusal import PatchRefused
from awaitomic.source.text import Unwritable, decode

if TYPE_CHECKING:
    from awaitomic.config import Settings
    from awaitomic.engine.analyse import Examination
    from awaitomic.engine.projects import Scope
    from awaitomic.source.text import SourceText


def suppress(source: SourceText, settings: Settings, scope: Scope, reason: str) -> Outcome:
    """Give the outcome of a file in which comments suppress what is found; what they could not is in its findings.

    The new text is analysed again. Nothing is written. Raises `Unreadable` if the text does not parse.
    """
    before = examine(source, scope)
    found = wanted(before, settings)
    edits = suppressing(source.text, before.suppressions, found, reason)
    if not edits:
        return _left(before, settings)
    try:
        text = edit_comments(source.text, edits)
        new = decode(source.path, source.encode(text))
    except (PatchRefused, Unwritable) as error:
        message = f"no comment was added: {error.message}"
        return replace(_left(before, settings), error=FileError(source.path, 1, 1, message))
    after = examine(new, scope)
    outcome = _left(after, settings)
    visible = {finding.fingerprint for finding in outcome.findings}
    done = (each for each in found if each.rule not in ABOUT_COMMENTS and each.fingerprint not in visible)
    applied = tuple(AppliedFix(finding, finding.extent.line) for finding in done)
    return replace(outcome, applied=applied, change=Change(source, new), unfixed=found)


def _left(examination: Examination, settings: Settings) -> Outcome:
    findings = (planned(each, examination, settings.preferences) for each in wanted(examination, settings))
    shown = without_plans(findings)
    return Outcome(examination.source.path, shown, examination.source.text if shown else None)
