"""Findings for people who only wanted to commit: each in a few lines, and at the end the commands to go on with.

A hook prints between the lines of other hooks, and nobody has asked for it just then. So each finding is its headline,
the steps that lead to it, and what can be done; the code frame and the two tasks beside each other are one command
away, and that command is printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.model.finding import Applicability
from awaitomic.report.summary import count
from awaitomic.report.text import headline, remedy_rows
from awaitomic.report.timeline import brief_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from awaitomic.model.finding import Finding, Report
    from awaitomic.report.formats import Material
    from awaitomic.report.paint import Paint
    from awaitomic.report.sources import Sources

_INDENT = 4


def render_hook(material: Material, paint: Paint) -> str:
    """Render all findings briefly, with an empty line between them."""
    return "\n".join(render_briefly(finding, material.sources, paint) for finding in material.report.findings)


def render_briefly(finding: Finding, sources: Sources, paint: Paint) -> str:
    """Render one finding in a few lines, the last of which has a line end.

    Parameters: as for `awaitomic.report.text.render_finding`, of which this is the short form.
    """
    steps = brief_rows(finding, sources, paint, _INDENT)
    return "\n".join([headline(finding, paint), *steps, *remedy_rows(finding, paint)]) + "\n"


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do next: what it is for, and the command's words without the program's name, paths apart."""

    purpose: str
    command: tuple[str, ...]
    paths: tuple[str, ...] = ()


def next_steps(report: Report, *, unsafe: bool, repaired: bool) -> list[Step]:
    """Say what to do about the findings of a report, the most helpful first.

    Parameters: `unsafe` tells that unsafe fixes were asked for already; `repaired`, that the report is what a repair
    has left.
    """
    steps = []
    allowed = {Applicability.SAFE, Applicability.UNSAFE} if unsafe else {Applicability.SAFE}
    now = [] if repaired else _with_fix(report.findings, allowed)
    if now:
        purpose = f"to repair {_these(now)}" + ("" if unsafe else ", safely")
        steps.append(Step(purpose, ("fix", "--unsafe-fixes") if unsafe else ("fix",), _paths(now)))
    later = _with_fix(report.findings, set(Applicability) - allowed)
    if later:
        purpose = f"to see a patch for {_these(later)}, which wants your judgement"
        steps.append(Step(purpose, ("fix", "--unsafe-fixes", "--diff"), _paths(later)))
    if report.findings:
        steps.append(Step("to see how it happens, with two tasks side by side", ("check",), _own(report.findings)))
        first, *more = sorted({finding.rule for finding in report.findings})
        also = f" (also: {', '.join(more)})" if more else ""
        steps.append(Step(f"to read about {first}{also}", ("explain", first)))
    return steps


def keep_it(report: Report) -> str:
    """Say how a finding is kept as it is, or "" if there is none."""
    if not report.findings:
        return ""
    return f"# awaitomic: ignore[{report.findings[0].rule}] why it is right"


def _with_fix(findings: Iterable[Finding], kinds: set[Applicability]) -> list[Finding]:
    return [each for each in findings if each.fix is not None and each.fix.applicability in kinds]


def _these(findings: Sequence[Finding]) -> str:
    return count(len(findings), "finding")


def _paths(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Give all files that the fixes of some findings change."""
    return tuple(sorted({path for each in findings if each.fix is not None for path in each.fix.paths}))


def _own(findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(sorted({finding.path for finding in findings}))
