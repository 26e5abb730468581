"""Which remedies suit which finding, in order of preference: no lock before a lock, an existing lock before a new one.

The table follows what maintainers did in real fixes: lazy initialisation got a lock, closing and cleaning up got a
recheck or a swap.
"""

from __future__ import annotations

from awaitomic.program.accesses import Change
from awaitomic.remedies import hoist, lock, recheck, setdefault, snapshot, split, swap
from awaitomic.remedies.lock import early
from awaitomic.remedies.remedy import Case, Remedy

_BY_RULE: dict[str, tuple[Remedy, ...]] = {
    "AWA101": (hoist.REMEDY, lock.REMEDY),
    "AWA102": (setdefault.REMEDY, lock.REMEDY, recheck.REMEDY),
    "AWA103": (swap.REMEDY, lock.REMEDY),
    "AWA104": (snapshot.REMEDY,),
    "AWA105": (early.REMEDY,),
    "AWA301": (split.REMEDY,),
}

_BY_SHAPE: dict[tuple[str, Change], tuple[Remedy, ...]] = {
    # ``self.ws = None`` after ``await self.ws.close()``: the None must not hit a replacement.
    ("AWA103", Change.RESET): (recheck.REMEDY, swap.REMEDY, lock.REMEDY),
    ("AWA103", Change.DELETE): (recheck.REMEDY, swap.REMEDY, lock.REMEDY),
}


def candidates(case: Case) -> tuple[Remedy, ...]:
    """Give the remedies for a finding, the preferred one first."""
    if case.finding.rule in {"AWA104", "AWA301"}:  # what completes these is no write
        return _BY_RULE[case.finding.rule]
    if case.is_use:
        return ()
    shape = (case.finding.rule, case.fact.access.change)
    return _BY_SHAPE.get(shape, _BY_RULE[case.finding.rule])
