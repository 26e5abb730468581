"""Programs that awaitomic refuses to repair, one for each code of ``docs/refusals.md``, and what shows the reason.

A refusal claims something: that the repair would have gone wrong, or that the program is broken and yet has no form
that can be repaired. Both are shown by running. `REFUSED` has an entry for every code, and
``tests/test_refusals_explored.py`` demands that it is complete, that the public command gives the code, that the
program goes wrong as it stands, and that what the refused repair would have written goes wrong, too.
"""

from __future__ import annotations

from . import by_hand, fills, gates, hoists, keys, locks, splits, stays, swaps, thread_locks
from .case import Given, Refused

REFUSED: dict[str, Refused | Given] = {
    code: case
    for module in (hoists, swaps, fills, locks, stays, keys, thread_locks, by_hand, splits, gates)
    for code, case in module.CASES.items()
}
"""By code, in the order of the page."""

__all__ = ["REFUSED", "Given", "Refused"]
