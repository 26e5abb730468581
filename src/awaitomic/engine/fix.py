"""Repairs one text: one fix at a time, each on a fresh analysis, until no allowed fix is left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from awaitomic.engine.analyse import Examination, alone, examine, planned, wanted, without_plans
from awaitomic.engine.moved import Moved
from awaitomic.engine.verify import Verified, carry_out
from awaitomic.model.finding import Applicability, Refusal
from awaitomic.report.diff import file_patch

if TYPE_CHECKING:
    from awaitomic.config import Settings
    from awaitomic.engine.projects import Scope
    from awaitomic.model.finding import Finding
    from awaitomic.source.text import SourceText

_ROUNDS_A_FINDING = 10


@dataclass(frozen=True, slots=True)
class AppliedFix:
    """A fix that was carried out."""

    finding: Finding
    """As it was in the text that the fix was made for."""
    line: int
    """Its line in the original text."""


@dataclass(frozen=True, slots=True)
class FixResult:
    """What became of a text: the new one (or the old one), the fixes in it, and what is still found in it."""

    source: SourceText
    applied: tuple[AppliedFix, ...]
    remaining: tuple[Finding, ...]
    original: tuple[Finding, ...]
    """What was found in the original text; not planned."""

    @property
    def text(self) -> str:
        """The new text."""
        return self.source.text


def fix_text(source: SourceText, settings: Settings, scope: Scope | None = None) -> FixResult:
    """Apply every fix that the settings allow to a text, which stands alone or in a scope.

    Safe fixes are allowed, unsafe ones too if ``settings.unsafe_fixes``, those for display never. A fix that fails a
    gate leaves the text as it was, and its finding gets the gate's refusal. The result is a fixpoint: every refusal
    was made on the final text, so that a second run changes nothing. If no fixpoint is found, the text stays as it
    was, with refusals ``gate-convergence``. Raises `Unreadable` if the text does not parse.
    """
    original = examine(source, scope or alone(settings.conventions))
    bound = _ROUNDS_A_FINDING * (1 + len(original.found))
    run = _Run(original, settings)
    for _ in range(bound):
        if not run.step():
            return FixResult(run.examination.source, tuple(run.applied), without_plans(run.remaining()), run.original)
    message = f"the fixes of this file kept calling for each other ({bound} attempts): none was applied"
    refusal = Refusal("gate-convergence", message)
    left = (
        replace(planned(finding, original, settings.preferences), fix=None, refusal=refusal) for finding in run.original
    )
    return FixResult(source, (), tuple(left), run.original)


class _Run:
    """The state of `fix_text` between two attempts."""

    def __init__(self, examination: Examination, settings: Settings) -> None:
        self.examination = examination
        self.original = wanted(examination, settings)
        self.applied: list[AppliedFix] = []
        self._settings = settings
        self._original = examination.source.text
        self._open: dict[str, Finding] = {}
        self._refused: dict[str, Refusal] = {}
        self._stale: dict[str, Refusal] = {}
        self._start()

    def _start(self) -> None:
        """Look at a new text: what was refused on the old one is tried again, but after everything else."""
        self._stale |= self._refused
        self._refused = {}
        self._open = {finding.fingerprint: finding for finding in wanted(self.examination, self._settings)}
        self._planned: dict[str, Finding] = {}

    def step(self) -> bool:
        """Try one fix; False if there is none left to try."""
        finding = self._next()
        if finding is None or finding.fix is None or finding.fix.plan is None:
            return False
        outcome = carry_out(self.examination, finding, finding.fix.plan)
        if isinstance(outcome, Verified):
            line = Moved(self._original, self.examination.source.text).line(finding.extent.line)
            self.applied.append(AppliedFix(without_plans([finding])[0], line))
            self.examination = outcome.examination
            self._start()
        else:
            self._refused[finding.fingerprint] = outcome
        return True

    def _next(self) -> Finding | None:
        """Give the first finding whose fix is allowed and untried; those refused on an earlier text come last."""
        untried = [key for key in self._open if key not in self._refused]
        for key in sorted(untried, key=lambda key: key in self._stale):
            finding = self._plan(key)
            if is_allowed(finding, self._settings):
                return finding
        return None

    def _plan(self, key: str) -> Finding:
        if key not in self._planned:
            self._planned[key] = planned(self._open[key], self.examination, self._settings.preferences)
        return self._planned[key]

    def remaining(self) -> list[Finding]:
        """Give what is still found, in order."""
        return [
            replace(self._open[key], refusal=self._refused[key]) if key in self._refused else self._plan(key)
            for key in self._open
        ]


def is_allowed(finding: Finding, settings: Settings) -> bool:
    """Tell whether a planned finding has a fix that these settings let through."""
    fix = finding.fix
    if fix is None or fix.plan is None:
        return False
    return fix.applicability is Applicability.SAFE or (
        settings.unsafe_fixes and fix.applicability is Applicability.UNSAFE
    )


def with_diffs(source: SourceText, settings: Settings, scope: Scope | None = None) -> tuple[Finding, ...]:
    """Give the findings of a text, each with the diff that its fix alone makes of the original.

    A fix that fails a gate becomes the gate's refusal; one without edits keeps its diff (or lack of one). Raises
    `Unreadable` if the text does not parse.
    """
    examination = examine(source, scope or alone(settings.conventions))
    preferences = settings.preferences
    findings = (planned(finding, examination, preferences) for finding in wanted(examination, settings))
    return without_plans([_with_diff(examination, finding) for finding in findings])


def _with_diff(examination: Examination, finding: Finding) -> Finding:
    if finding.fix is None or finding.fix.plan is None:
        return finding
    outcome = carry_out(examination, finding, finding.fix.plan)
    if isinstance(outcome, Refusal):
        return replace(finding, fix=None, refusal=outcome)
    return replace(finding, fix=replace(finding.fix, diff=file_patch(examination.source, outcome.source)))
