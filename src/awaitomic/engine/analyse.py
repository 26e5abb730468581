"""From the text of one file to its findings, each with the repair that is planned for it.

The steps are apart because a gate needs the findings of every rule at every confidence, suppressed ones too, and
never needs to know what could be done about them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from awaitomic import program as programs
from awaitomic import remedies, rules
from awaitomic.findings.fingerprint import with_fingerprints
from awaitomic.findings.precedence import resolve
from awaitomic.findings.suppression import Suppressions
from awaitomic.flow.lower import UnsupportedSyntax
from awaitomic.model.conventions import STANDARD
from awaitomic.model.finding import Fix
from awaitomic.model.preferences import NO_PREFERENCES
from awaitomic.source.patterns import Patterns
from awaitomic.source.text import Unreadable, parse

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable

    from awaitomic.config import Settings
    from awaitomic.engine.projects import Scope
    from awaitomic.model.conventions import Conventions
    from awaitomic.model.finding import Finding
    from awaitomic.model.preferences import Preferences
    from awaitomic.program import Program
    from awaitomic.source.text import SourceText


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

    def suppressed(self, finding: Finding) -> bool:
        """Tell whether a comment in the text suppresses a finding."""
        return self.suppressions.covers(finding)


@dataclass(frozen=True, slots=True)
class Analysis:
    """What is reported of a text: findings in order, each with a fix or a refusal."""

    findings: tuple[Finding, ...]
    program: Program


def alone(conventions: Conventions = STANDARD) -> Scope:
    """Give the scope of a text that is a part of nothing, with the names that the configuration adds."""

    def build(source: SourceText, tree: ast.Module) -> Program:
        return programs.build(source, tree, conventions)

    return build


def examine(source: SourceText, scope: Scope) -> Examination:
    """Find everything in a text.

    Parameters: `scope` looks up what it imports; without one, the text stands alone. Raises `Unreadable` if it does not
    parse, or has syntax that this release does not know.
    """
    tree = parse(source)
    try:
        program = scope(source, tree)
    except UnsupportedSyntax as error:
        raise Unreadable(source.path, error.line or 1, 1, f"cannot be analysed: {error}") from error
    found = with_fingerprints(rules.find(program), source, tree)
    return Examination(source, program, found, Suppressions.parse(source, tree), scope)


def wanted(examination: Examination, settings: Settings) -> tuple[Finding, ...]:
    """Give the findings that the settings ask for, in the order of reports, not planned.

    What is not asked for goes before precedence is settled: a finding that nobody will see must not hide one.
    """
    ignored = _ignored_in(examination.source.path, settings)
    asked = (
        finding
        for finding in examination.found
        if finding.confidence >= settings.confidence
        and settings.selected(finding.rule)
        and not finding.rule.startswith(ignored)
    )
    return tuple(finding for finding in resolve(asked) if not examination.suppressed(finding))


def _ignored_in(path: str, settings: Settings) -> tuple[str, ...]:
    """Give the beginnings of the codes that ``per-file-ignores`` takes out in a file."""
    root = os.path.abspath(settings.root or ".")  # noqa: PTH100 - links are not followed, as in discovery
    absolute = os.path.abspath(path)  # noqa: PTH100 - as above
    codes = (
        code
        for pattern, ignored in settings.per_file_ignores
        if Patterns((pattern,), root).match_upwards(absolute)
        for code in ignored
    )
    return tuple("" if code == "ALL" else code for code in codes)


def planned(finding: Finding, examination: Examination, preferences: Preferences = NO_PREFERENCES) -> Finding:
    """Give the finding of an examination with its fix or its refusal."""
    remedy = remedies.plan(finding, examination.program, preferences, examination.found)
    return replace(finding, fix=remedy) if isinstance(remedy, Fix) else replace(finding, refusal=remedy)


def analyse(source: SourceText, settings: Settings, scope: Scope | None = None) -> Analysis:
    """Analyse one text, alone or in a scope: what `check` reports of it.

    Raises `Unreadable` if it does not parse.
    """
    examination = examine(source, scope or alone(settings.conventions))
    preferences = settings.preferences
    findings = (planned(finding, examination, preferences) for finding in wanted(examination, settings))
    return Analysis(tuple(findings), examination.program)


def without_plans(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Give the findings without their edits, which only the process that made them can use."""
    return tuple(
        replace(finding, fix=replace(finding.fix, plan=None)) if finding.fix is not None else finding
        for finding in findings
    )
