"""All remedies, and the choice among them: decides what to change, and how far it may be trusted."""

from __future__ import annotations

from collections.abc import Sequence

from awaitomic.model.finding import Finding, Fix, Refusal
from awaitomic.model.preferences import NO_PREFERENCES, Preferences
from awaitomic.program import Program
from awaitomic.remedies.by_hand import refusal_of
from awaitomic.remedies.choice import candidates
from awaitomic.remedies.remedy import Case


def plan(
    finding: Finding,
    program: Program,
    preferences: Preferences = NO_PREFERENCES,
    others: Sequence[Finding] = (),
) -> Fix | Refusal:
    """Choose a repair for a finding.

    The remedies that suit the finding's rule and shape are asked in order of preference (`awaitomic.remedies.choice`).
    The first safe proposal wins; if there is none, the first proposal; if there is none, the first refusal.

    Parameters:
        finding: a finding of `awaitomic.rules.find` for this program.
        program: the facts of the file.
        preferences: what the user prefers among repairs that are all right.
        others: all that was found in the file.

    Returns:
        The fix, with its plan, or the reason why there is none.
    """
    unbuilt = refusal_of(finding)
    if unbuilt is not None:
        return unbuilt
    case = Case(program, finding, preferences, others)
    first: Fix | None = None
    refusal: Refusal | None = None
    for remedy in candidates(case):
        outcome = remedy.propose(case)
        if isinstance(outcome, Refusal):
            # The lock is the last resort: what stands in its way is what the reader has to know.
            refusal = outcome if refusal is None or remedy.name == "lock" else refusal
            continue
        fix = Fix(
            strategy=remedy.name,
            applicability=outcome.applicability,
            title=outcome.title,
            because=outcome.because,
            paths=(finding.path,),
            plan=outcome.plan,
        )
        if outcome.applicability.value == "safe":
            return fix
        first = first or fix
    return first or refusal or Refusal("no-remedy", "no remedy is known for this shape; see `awaitomic explain`")


__all__ = ["plan"]
