"""All remedies, and the choice among them: decides what to change, and how far it may be trusted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from awaitomic.model.finding import Applicability, Finding, Fix, Refusal
from awaitomic.model.plan import Plan
from awaitomic.model.preferences import NO_PREFERENCES, Preferences
from awaitomic.program import Program
from awaitomic.remedies.choice import ordered, row_of
from awaitomic.remedies.designs import with_design
from awaitomic.remedies.remedy import Case, Proposal, Remedy
from awaitomic.remedies.shared.width import widest

_WHY_NONE = {
    "no-remedy-yet": "there is no remedy yet",
    "author-decides": "only the author can decide what is right",
}


def plan(
    finding: Finding,
    program: Program,
    preferences: Preferences = NO_PREFERENCES,
    found: Callable[[str], Sequence[Finding]] = lambda _: (),
    editable: Callable[[str], bool] = lambda _: True,
) -> Fix | Refusal:
    """Choose a repair for a finding.

    The remedies that suit the finding's rule and shape are asked in order of preference (`awaitomic.remedies.choice`).
    What the user prefers comes first, and is taken if it can be applied; else the first safe proposal wins; if there is
    none, the first that can be applied; if there is none, the first; if there is none, the first refusal.

    Parameters:
        finding: a finding of `awaitomic.rules.find` for this program.
        program: the facts of the file.
        preferences: what the user prefers among repairs that are all right.
        found: gives all that was found in a file of the project, by the name of its module.
        editable: tells whether another file may be changed, by the name of its module.

    Returns:
        The fix, with its plan, or the reason why there is none.
    """
    case = Case(program, finding, preferences, found)
    row = row_of(case)
    if not row.remedies:
        by_hand = row.why.format(state=finding.state)
        return Refusal(row.refusal, f"{_WHY_NONE[row.refusal]} for {row.shape}; by hand: {by_hand}")
    remedies = ordered(row, preferences)
    if not remedies:
        names = ", ".join(remedy.name for remedy in row.remedies)
        return Refusal("strategy-forbidden", f"what suits {row.shape} is forbidden by `strategy`: {names}")
    answer = _first_of(case, remedies, editable)
    return with_design(answer, finding.rule) if isinstance(answer, Refusal) else answer


def _first_of(case: Case, remedies: Sequence[Remedy], editable: Callable[[str], bool]) -> Fix | Refusal:
    """Ask remedies in order, and give the answer that is to be taken."""
    preferred = case.preferences.preferred(case.finding.rule)
    first: Fix | None = None
    shown: Fix | None = None
    refusal: Refusal | None = None
    for remedy in remedies:
        outcome = remedy.propose(case)
        if isinstance(outcome, Refusal):
            # The lock is the last resort: what stands in its way is what the reader has to know.
            refusal = outcome if refusal is None or remedy.name == "lock" else refusal
            continue
        fix = _fix(remedy.name, outcome, case.finding, case.program, editable)
        if fix.applicability is Applicability.SAFE:
            return fix
        if remedy.name in preferred and fix.applicability is Applicability.UNSAFE:
            return fix
        if fix.applicability is Applicability.DISPLAY:
            shown = shown or fix
        else:
            first = first or fix
    answer = first or shown or refusal
    assert answer is not None, "each of the remedies has either a proposal or a refusal"
    return answer


def _fix(strategy: str, proposal: Proposal, finding: Finding, program: Program, editable: Callable[[str], bool]) -> Fix:
    """Make a fix of a proposal; one that changes files which were not named is only shown."""
    others = [name for name, _ in proposal.plan.others]
    shown = [program.project.shown(name) for name in others]
    changed = [(finding.path, program.unit.name), *zip(shown, others, strict=True)] if others else []
    beyond = [path for path, name in changed if not editable(name)]
    because = tuple(
        f"{path} would have to change, too, and is not among the files of the project that were named"
        for path in beyond
    )
    if not beyond or proposal.applicability is not Applicability.SAFE:
        because += proposal.because
    return Fix(
        strategy=strategy,
        applicability=Applicability.DISPLAY if beyond else proposal.applicability,
        title=proposal.title,
        because=because,
        paths=(finding.path, *shown),
        plan=_within_width(proposal.plan, program),
    )


def _within_width(plan: Plan, program: Program) -> Plan:
    """Give a plan that says of each file how wide its lines may be."""
    units = ((name, other, program.project.unit(name)) for name, other in plan.others)
    others = tuple(
        (name, replace(other, width=widest(program.at(unit))) if unit is not None else other)
        for name, other, unit in units
    )
    return replace(plan, width=widest(program), others=others)


__all__ = ["plan"]
