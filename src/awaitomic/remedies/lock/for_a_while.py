"""**lock** for state that is set to something else for a while: from the save to the restore, one run at a time.

It is the last resort. A lock mends what two runs do to each other, and lets nobody run beside another for as long as
the work takes; who only reads the state meanwhile still finds what was set for others. A parameter or a context
variable does neither, but that is a matter of design: whoever needs the value has to be told.
"""

from __future__ import annotations

from dataclasses import replace

from awaitomic.model.finding import Applicability, Refusal
from awaitomic.remedies.lock import REMEDY as LOCK
from awaitomic.remedies.lock import propose
from awaitomic.remedies.remedy import Case, Proposal


def propose_alone(case: Case) -> Proposal | Refusal:
    """Plan a lock from where state is saved to where it is put back, and around whoever else sets it."""
    outcome = propose(case)
    if isinstance(outcome, Refusal):
        return outcome
    state = case.finding.state
    because = (
        f"runs of `{case.function.qualname}` wait for each other for all of the time for which `{state}` is set",
        f"who reads `{state}` without the lock still finds what is set for the time",
    )
    more = outcome.because if outcome.applicability is not Applicability.SAFE else ()
    return replace(outcome, applicability=Applicability.UNSAFE, because=(*because, *more))


REMEDY = replace(
    LOCK,
    summary="hold a lock for as long as the state is set to something else",
    conditions=(
        "The state is saved, set and put back in one coroutine, and whoever else sets it can take the lock, too. Not "
        "if it is set by a plain function, or for the time for which somebody uses a context manager."
    ),
    safety=(
        "Always unsafe: what could run side by side does so no more, and who only reads the state still finds what "
        "others have set. Where the work takes long, pass the value on instead, or keep it in a `ContextVar`."
    ),
    propose=propose_alone,
)
