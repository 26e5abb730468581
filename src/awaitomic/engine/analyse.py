"""From the text of one file to its findings, each with the repair that is planned for it.

The steps are apart because a gate needs the findings of every rule at every confidence, suppressed ones too, and
never needs to know what could be done about them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from awaitomic import rules
from awaitomic.engine.projects import Alone
from awaitomic.engine.selection import asks_for
from awaitomic.findings.fingerprint import with_fingerprints
from awaitomic.findings.focus import counts
from awaitomic.findings.precedence import report_order, resolve
from awaitomic.findings.suppression import Suppressions
from awaitomic.flow.lower import UnsupportedSyntax
from awaitomic.knowledge.codes import UNUSED
from awaitomic.model.finding import Applicability, Fix
from awaitomic.model.preferences import NO_PREFERENCES
from awaitomic.rules.unused_ignore import unused
from awaitomic.source.text import Unreadable, parse

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Iterable, Mapping

    from awaitomic.config import Settings
    from awaitomic.engine.projects import Scope
    from awaitomic.model.finding import Finding
    from awaitomic.model.preferences import Preferences
    from awaitomic.program import Program
    from awaitomic.source.comments import IgnoreComment
    from awaitomic.source.text import SourceText

_RAN = frozenset(rule.code for rule in rules.RULES)
"""The rules that there are: of the others, which a comment may name already, nothing is known."""


@dataclass(frozen=True, slots=True)
class Examination:
    """Everything that the rules find in a text: at every confidence, with nothing selected away, nothing planned.

    One span may be in `found` several times, by several rules; `wanted` and `told` settle that.
    """

    source: SourceText
    program: Program
    found: tuple[Finding, ...]
    suppressions: Suppressions
    scope: Scope

    def told(self) -> tuple[Finding, ...]:
        """Give one finding a span, suppressed or not, at every confidence."""
        return resolve(self.found)

    @property
    def idle(self) -> tuple[tuple[IgnoreComment, str], ...]:
        """The comments that suppress nothing, once for each code in them ("" for one without codes).

        There are none in a text that stands alone: what would be found with the rest of its project is not known.
        """
        if not self.scope.whole:
            return ()
        unused = self.suppressions.unused(self.found)
        return tuple((each.comment, code) for each in unused for code in each.codes or ("",))

    def suppressed(self, finding: Finding) -> bool:
        """Tell whether a comment in the text suppresses a finding."""
        return self.suppressions.covers(finding)


@dataclass(frozen=True, slots=True)
class Analysis:
    """What is reported of a text: findings in order, each with a fix or a refusal."""

    findings: tuple[Finding, ...]
    program: Program
    found: tuple[str, ...] = ()
    """The fingerprints of all that is found and not suppressed, of every rule and at every confidence."""


def examine(source: SourceText, scope: Scope, others: Mapping[str, bytes] | None = None) -> Examination:
    """Find everything in a text.

    Parameters: `scope` looks up what it imports; `others` are the texts that the edit which made this one gives to
    other files, by the names of their modules. Raises `Unreadable` if it does not parse, or has syntax that this
    release does not know.
    """
    tree = parse(source)
    try:
        program = scope(source, tree, others)
    except UnsupportedSyntax as error:
        raise Unreadable(source.path, error.line or 1, 1, f"cannot be analysed: {error}") from error
    return _examined(source, tree, program, scope.after(program))


def elsewhere(examination: Examination, name: str) -> Examination | None:
    """Find everything in another file of the project, in the same state of its texts; None if it cannot be read."""
    known = examination.scope.examined
    unit = examination.program.project.unit(name) if name not in known else None
    if unit is not None:
        program = examination.program.at(unit)
        known[name] = _examined(unit.source, unit.module.tree, program, examination.scope)
    return known.get(name)


def _examined(source: SourceText, tree: ast.Module, program: Program, scope: Scope) -> Examination:
    found = with_fingerprints(rules.find(program), source, tree)
    return Examination(source, program, found, Suppressions.parse(source, tree), scope)


def wanted(examination: Examination, settings: Settings) -> tuple[Finding, ...]:
    """Give the findings that the settings ask for, in the order of reports, not planned.

    What is not asked for goes before precedence is settled: a finding that nobody will see must not hide one.
    """
    asked = asks_for(examination.source.path, settings)
    found = resolve(each for each in examination.found if each.confidence >= settings.confidence and asked(each.rule))
    told = [finding for finding in found if not examination.suppressed(finding)]
    of_interest = (each for each in (*told, *_unused(examination, asked)) if counts(each, settings.focus))
    return tuple(sorted(of_interest, key=report_order))


def everything(examination: Examination, settings: Settings) -> tuple[Finding, ...]:
    """Give all that is found and not suppressed, of every rule and at every confidence, whether it counts or not."""
    told = (finding for finding in examination.found if not examination.suppressed(finding))
    return (*told, *_unused(examination, asks_for(examination.source.path, settings)))


def fingerprints(examination: Examination, settings: Settings) -> tuple[str, ...]:
    """Give the fingerprints of all that is found and not suppressed."""
    return tuple(each.fingerprint for each in everything(examination, settings))


def _unused(examination: Examination, asked: Callable[[str], bool]) -> tuple[Finding, ...]:
    """Give the comments that suppress nothing although somebody has asked for what they suppress."""
    if not asked(UNUSED):
        return ()
    codes: dict[IgnoreComment, list[str]] = {}
    for comment, code in examination.idle:
        if not code or (code in _RAN and asked(code)):
            codes.setdefault(comment, []).append(code)
    if not codes:
        return ()
    program, suppressions = examination.program, examination.suppressions
    findings = (
        unused(program, comment, [code for code in idle if code])
        for comment, idle in codes.items()
        if not suppressions.wants(comment)
    )
    return with_fingerprints(findings, examination.source, program.module.tree)


def planned(finding: Finding, examination: Examination, preferences: Preferences = NO_PREFERENCES) -> Finding:
    """Give the finding of an examination with its fix or its refusal."""

    def found(name: str) -> tuple[Finding, ...]:
        there = examination if name == examination.program.unit.name else elsewhere(examination, name)
        return there.found if there is not None else ()

    from awaitomic import remedies  # noqa: PLC0415 - a third of what is loaded; most files have no finding

    remedy = remedies.plan(finding, examination.program, preferences, found, examination.scope.editable)
    if not isinstance(remedy, Fix):
        return replace(finding, refusal=remedy)
    return replace(finding, fix=_shown_only(remedy, finding.rule) if finding.rule in preferences.shown_only else remedy)


def _shown_only(fix: Fix, rule: str) -> Fix:
    reason = f"repairs of {rule} are left to you by the settings `fixable` and `unfixable`"
    return replace(fix, applicability=Applicability.DISPLAY, because=(reason, *fix.because))


def analyse(source: SourceText, settings: Settings, scope: Scope | None = None) -> Analysis:
    """Analyse one text, alone or in a scope: what `check` reports of it.

    Raises `Unreadable` if it does not parse.
    """
    examination = examine(source, scope or Alone(settings.conventions))
    preferences = settings.preferences
    findings = (planned(finding, examination, preferences) for finding in wanted(examination, settings))
    return Analysis(tuple(findings), examination.program, fingerprints(examination, settings))


def without_plans(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Give the findings without their edits, which only the process that made them can use."""
    return tuple(
        replace(finding, fix=replace(finding.fix, plan=None)) if finding.fix is not None else finding
        for finding in findings
    )
