"""Cases of the programs in ``fixtures/traps/``, by what makes them look alike."""

from __future__ import annotations

from . import traps_claims, traps_escape, traps_freshness, traps_locks, traps_owners, traps_rivals
from .case import FixtureCase

CASES: dict[str, FixtureCase] = {
    **traps_locks.CASES,
    **traps_claims.CASES,
    **traps_freshness.CASES,
    **traps_escape.CASES,
    **traps_owners.CASES,
    **traps_rivals.CASES,
}
