"""All remedies, and the choice among them: decides what to change, and how far it may be trusted."""

from __future__ import annotations

from collections.abc import Sequence

from awaitomic.model.finding import Finding, Fix, Refusal
from awaitomic.model.preferences import NO_PREFERENCES, Preferences
from awaitomic.program import Program
from awaitomic.remedies.choice import row_of
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
    case = Case(program, finding, preferences, others)
    row = row_of(case)
    if not row.remedies:
        by_hand = row.why.format(state=finding.state)
        return Refusal("no-remedy-yet", f"no remedy is built for {row.shape} yet; by hand: {by_hand}")
    first: Fix | None = None
    refusal: Refusal | None = None
    for remedy in row.remedies:
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
    answer = first or refusal
    assert answer is not None, "each of the remedies has either a proposal or a refusal"
    return answer


__all__ = ["plan"]
