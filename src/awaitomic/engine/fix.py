"""Repairs one text: one fix at a time, each on a fresh analysis, until no allowed fix is left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from awaitomic.engine.analyse import (
    Analysis,
    Examination,
    elsewhere,
    examine,
    fingerprints,
    planned,
    wanted,
    without_plans,
)
from awaitomic.engine.follow import followed
from awaitomic.engine.moved import Moved
from awaitomic.engine.projects import Alone
from awaitomic.engine.verify import Verified, carry_out, judge_elsewhere
from awaitomic.model.finding import Applicability, FileEdit, Refusal
from awaitomic.model.focus import EVERYTHING, Focus
from awaitomic.model.plan import Plan
from awaitomic.patching.replacements import replacements
from awaitomic.report.diff import file_patch

if TYPE_CHECKING:
    from collections.abc import Callable

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
    renames: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    """By the names of modules (of the finding's own: "") which functions it has given other names."""


@dataclass(frozen=True, slots=True)
class FixResult:
    """What became of a text: the new one (or the old one), the fixes in it, and what is still found in it."""

    source: SourceText
    applied: tuple[AppliedFix, ...]
    remaining: tuple[Finding, ...]
    original: tuple[Finding, ...]
    """What was found in the original text; not planned."""
    examination: Examination
    """Of the new text."""
    affected: tuple[str, ...] = ()
    """The modules of other files that were not changed, but in which something else may be found now."""
    changed: tuple[str, ...] = ()
    """The modules of other files that were changed, too."""
    again: tuple[str, ...] = ()
    """Of those affected, the ones in which something is found that the settings ask for."""
    focus: Focus = EVERYTHING
    """What is left alone by now, under the names that the fixes have given it."""

    @property
    def text(self) -> str:
        """The new text."""
        return self.source.text


def fix_text(
    source: SourceText, settings: Settings, scope: Scope | None = None, chosen: Callable[[Finding], bool] | None = None
) -> FixResult:
    """Apply every fix that the settings allow to a text, which stands alone or in a scope.

    Safe fixes are allowed, unsafe ones too if ``settings.unsafe_fixes``, those for display never; of what is allowed,
    `chosen` picks the findings whose fixes are wanted (None: all). A fix that fails a
    gate leaves the text as it was, and its finding gets the gate's refusal. The result is a fixpoint: every refusal
    was made on the final text, so that a second run changes nothing. If no fixpoint is found, the text stays as it
    was, with refusals ``gate-convergence``. Nothing is written here; other texts that fixes have changed are those of
    the result's program. Raises `Unreadable` if the text does not parse.
    """
    original = examine(source, scope or Alone(settings.conventions))
    # Other files are looked at once for all fixes; only if something is new there, it matters which fix has caused it.
    result = _fixed(original, settings, chosen, everywhere=False)
    if result.applied and result.refusal is not None:
        result = _fixed(original, settings, chosen, everywhere=True)
    return result.outcome


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What came of one way through all fixes, and what they have caused in other files."""

    outcome: FixResult
    refusal: Refusal | None = None

    @property
    def applied(self) -> tuple[AppliedFix, ...]:
        return self.outcome.applied


def _fixed(
    original: Examination, settings: Settings, chosen: Callable[[Finding], bool] | None, *, everywhere: bool
) -> _Attempt:
    bound = _ROUNDS_A_FINDING * (1 + len(original.found) + len(original.idle))
    run = _Run(original, settings, chosen, everywhere=everywhere)
    for _ in range(bound):
        if not run.step():
            return _finished(original, run, settings)
    message = f"the fixes of this file kept calling for each other ({bound} attempts): none was applied"
    refusal = Refusal("gate-convergence", message)
    left = tuple(
        replace(planned(finding, original, settings.preferences), fix=None, refusal=refusal) for finding in run.original
    )
    return _Attempt(FixResult(original.source, (), left, run.original, original, focus=settings.focus))


def _finished(original: Examination, run: _Run, settings: Settings) -> _Attempt:
    now = run.examination
    names = original.scope.affected(original.program, now.program) if run.applied else ()
    refusal = judge_elsewhere(original, now, names, run.changed)
    remaining = without_plans(run.remaining())
    changed = tuple(sorted(run.changed))
    others = ((name, elsewhere(now, name)) for name in names)
    again = tuple(name for name, there in others if there is not None and _asked(there, settings))
    result = FixResult(now.source, tuple(run.applied), remaining, run.original, now, names, changed, again, run.focus)
    return _Attempt(result, refusal)


def _asked(examination: Examination, settings: Settings) -> bool:
    settings = settings.at(examination.source.path)
    return any(each.confidence >= settings.confidence and settings.selected(each.rule) for each in examination.found)


class _Run:
    """The state of `fix_text` between two attempts."""

    def __init__(
        self,
        examination: Examination,
        settings: Settings,
        chosen: Callable[[Finding], bool] | None,
        *,
        everywhere: bool,
    ) -> None:
        self.examination = examination
        self.changed: dict[str, Plan] = {}
        """Other files that fixes have changed, with the functions that they have renamed there."""
        self._everywhere = everywhere
        self._chosen = chosen or _any
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
        plan = finding.fix.plan
        outcome = carry_out(self.examination, finding, plan, everywhere=self._everywhere)
        if isinstance(outcome, Verified):
            for name, other in plan.others:
                renames = self.changed[name].renames if name in self.changed else ()
                self.changed[name] = Plan((), (*renames, *other.renames))
            line = Moved(self._original, self.examination.source.text).line(finding.extent.line)
            parts: tuple[tuple[str, Plan], ...] = (("", plan), *plan.others)
            new_names = tuple((name, each.renames) for name, each in parts if each.renames)
            self.applied.append(AppliedFix(without_plans([finding])[0], line, new_names))
            if self._settings.focus.known:
                focus = followed(self.examination, outcome.examination, finding, plan, self._settings)
                self._settings = replace(self._settings, focus=focus)
            self.examination = outcome.examination
            self._start()
        else:
            self._refused[finding.fingerprint] = outcome
        return True

    def _next(self) -> Finding | None:
        """Give the first finding whose fix is allowed and untried; those refused on an earlier text come last.

        A loop over a container waits for whoever empties the same container behind it: if that is taken before the
        loop, no copy is needed. A method is split when its region is as it will be: else a part of it is made a
        function first, and what is added to it stands in both.
        """
        untried = [key for key in self._open if key not in self._refused and self._chosen(self._open[key])]
        emptied = {(found.function, found.state) for found in self._open.values() if found.rule == "AWA103"}
        looping = {
            key
            for key, found in self._open.items()
            if found.rule == "AWA104" and (found.function, found.state) in emptied
        }
        later = looping | {key for key, found in self._open.items() if found.rule == "AWA301"}
        for key in sorted(untried, key=lambda key: (key in self._stale, key in later)):
            finding = self._plan(key)
            if is_allowed(finding, self._settings):
                return finding
        return None

    def _plan(self, key: str) -> Finding:
        if key not in self._planned:
            self._planned[key] = planned(self._open[key], self.examination, self._settings.preferences)
        return self._planned[key]

    @property
    def focus(self) -> Focus:
        """What is left alone by now."""
        return self._settings.focus

    def remaining(self) -> list[Finding]:
        """Give what is still found, in order."""
        return [
            replace(self._open[key], refusal=self._refused[key]) if key in self._refused else self._plan(key)
            for key in self._open
        ]


def _any(_: Finding) -> bool:
    return True


def is_allowed(finding: Finding, settings: Settings) -> bool:
    """Tell whether a planned finding has a fix that these settings let through."""
    fix = finding.fix
    if fix is None or fix.plan is None:
        return False
    return fix.applicability is Applicability.SAFE or (
        settings.unsafe_fixes and fix.applicability is Applicability.UNSAFE
    )


def with_diffs(source: SourceText, settings: Settings, scope: Scope | None = None) -> Analysis:
    """Analyse a text, each finding with the diff that its fix alone makes of the original.

    A fix that fails a gate becomes the gate's refusal; one without edits keeps its diff (or lack of one). Raises
    `Unreadable` if the text does not parse.
    """
    examination = examine(source, scope or Alone(settings.conventions))
    preferences = settings.preferences
    findings = (planned(finding, examination, preferences) for finding in wanted(examination, settings))
    shown = without_plans([_with_diff(examination, finding) for finding in findings])
    return Analysis(shown, examination.program, fingerprints(examination, settings))


def _with_diff(examination: Examination, finding: Finding) -> Finding:
    if finding.fix is None or finding.fix.plan is None:
        return finding
    outcome = carry_out(examination, finding, finding.fix.plan)
    if isinstance(outcome, Refusal):
        return replace(finding, fix=None, refusal=outcome)
    changes = sorted([(examination.source, outcome.source), *outcome.others], key=lambda pair: pair[0].path)
    diff = "".join(file_patch(old, new) for old, new in changes)
    edits = tuple(FileEdit(old.path, replacements(old.text, new.text)) for old, new in changes)
    return replace(finding, fix=replace(finding.fix, diff=diff, edits=edits))
