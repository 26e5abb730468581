"""What the test before a fill asks: `setdefault` fits only one that asks for the key, and nothing else."""

from __future__ import annotations

import ast

from awaitomic.flow.reach import reach_from
from awaitomic.program.facts import WriteFact
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.shared.absence import Absence, absence_before, asks_for_key
from awaitomic.remedies.shared.declined import Declined


def governed_by_absence(case: Case, fact: WriteFact, target: ast.Subscript) -> frozenset[int]:
    """See that a store happens only if its key is missing, and give all events that happen only then.

    Raises:
        Declined: ``none-is-missing`` if the test asks for what is stored under the key, ``refilled`` if it also lets
            through an entry that is there, ``setdefault-shape`` if it is not understood.
    """
    absence = absence_before(case, fact, target, lambda node: asks_for_key(node, target), "setdefault-shape")
    if absence is None:
        raise Declined("none-is-missing", "the test asks for what is stored: a stored None would never be replaced")
    return _only_after(case, absence)


def _only_after(case: Case, test: Absence) -> frozenset[int]:
    """Give the events to which control comes only by the way out of a test on which there is no entry."""
    function = case.function
    block, _ = function.position_of(test.event)
    other = function.blocks[block].successors[0 if test.present else 1]
    reached = reach_from(function, function.entry, stops=(test.event,)).events
    reached |= reach_from(function, other, stops=(test.event,)).events
    return frozenset(range(len(function.events))) - reached - {test.event}
