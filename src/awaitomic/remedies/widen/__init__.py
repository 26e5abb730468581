"""**widen**: the lock is there, so its region grows until it covers the whole span, and takes in those that it meets.

What goes under the lock, who else has to take it, and what speaks against it is decided as for a new lock
(`awaitomic.remedies.lock`). Only the acquisitions inside of the larger region have to go, since they would wait for the
task itself.
"""

from __future__ import annotations

from awaitomic.model.finding import Refusal
from awaitomic.program.locks.covering import cover_of, first_of
from awaitomic.remedies.lock import propose_grown
from awaitomic.remedies.remedy import Case, Proposal, Remedy


def propose(case: Case) -> Proposal | Refusal:
    """Plan that the lock of a finding covers all of its span."""
    cover = cover_of(case.program, case.resolver, case.ending, first_of(case.finding.span))
    assert cover is not None, "an uncovered access has a lock at one end"
    return propose_grown(case, cover.lock)


REMEDY = Remedy(
    name="widen",
    summary="let the region of the lock that is there begin at the read and end behind the write",
    conditions=(
        "The lock is an attribute of the object, or a variable of the module, that has the state, or that of its key "
        "in a table of locks. It is taken by `async with`, or by an `acquire` and a `release` that stand in one block "
        "or end in the `finally` of a `try` behind the `acquire`; these become part of the `async with`. Everybody "
        "else who writes the state takes the lock or can take it. Never over a `yield`, nor over a wait that only code "
        "needing the lock can end; a sibling that is awaited inside and takes the lock is split in the same fix, or "
        "leaves the lock to its callers."
    ),
    safety=(
        "Safe if nothing that is newly under the lock waits, and every way through the region came to the lock before. "
        "Unsafe over an await that was left outside, since others now wait for that, too; and where a way out came by "
        "without the lock."
    ),
    propose=propose,
)
