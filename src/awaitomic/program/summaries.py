"""What a call does to state, as the callers have to know it: writes that come late, what its result tells.

Made from the freshness analysis, callees first (see `awaitomic.program.facts`).
"""

from __future__ import annotations

from dataclasses import dataclass

from awaitomic.model.location import Location
from awaitomic.program.accesses import Change
from awaitomic.program.locks import Lock


@dataclass(frozen=True, slots=True)
class SummaryWrite:
    """A write that a call makes, in the callee's terms."""

    location: Location
    change: Change
    late: bool
    """A suspension may come before it in the callee."""
    guarded: bool
    """The callee itself tests the state with no suspension in between, or holds a lock."""
    decided: bool
    """A test of the callee's own governs it, however old: what the caller has tested before adds nothing."""
    consumed: bool
    """The callee itself has given the state to an awaited call before: what the caller did with it adds nothing."""
    function: str
    event: int
    """Function and event of the write itself, however many calls away."""
    value: int | None
    """What is written, an operand of that function."""
    certain: bool = True
    """As in `awaitomic.program.accesses.Access`."""
    locks: frozenset[Lock] = frozenset()
    """The locks (no claims) that the callee itself holds when it writes."""
    parameters: frozenset[str] = frozenset()
    """The callee's parameters that flow into what is written."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The flow-sensitive part of what a call does."""

    writes: tuple[SummaryWrite, ...] = ()
    returns: frozenset[Location] = frozenset()
    """State that the result was read from or tested on."""
    outdated: frozenset[Location] = frozenset()
    """State that the result was read from before a suspension of the function itself."""
    settled: frozenset[Location] = frozenset()
    """Of these, what was tested under a lock: the caller may store the result, if it does so at once."""
    claims: frozenset[Location] = frozenset()
    """What it has claimed whenever it returns (see `awaitomic.program.claims`)."""
    claims_if_true: frozenset[Location] = frozenset()
    """What it has claimed besides if what it returns is true."""
    pieces: tuple[frozenset[Location], ...] = ()
    """Of a result that always is a tuple of one length: what of all this each of its pieces tells about."""
