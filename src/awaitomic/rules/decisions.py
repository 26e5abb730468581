"""Which tests decide what is written after them, and which say how long a loop goes on, or what is taken for sure."""

from __future__ import annotations

from awaitomic.model.event import Const, Guard
from awaitomic.program.accesses import Change
from awaitomic.program.facts import WriteFact
from awaitomic.program.outcomes import SOMETHING, excludes
from awaitomic.program.resolve import Resolver
from awaitomic.program.settling import found_open
from awaitomic.program.state import ActiveGuard

_NO_DECISION = frozenset({"assert", ""})
"""An assertion states what the author knows; a callee's test is its own."""


def is_decision(resolver: Resolver, guard: ActiveGuard, fact: WriteFact) -> bool:
    """Tell whether a test decides a write.

    A loop's own condition is tested again, unless the write is what the loop has waited for, or goes on for:
    ``while self.busy: …`` and then ``self.busy = True``, ``while self.link is None: self.link = await dial()``. And who
    settles a future because it is settled is wrong without any other task.
    """
    if fact.access.change is Change.SETTLE and found_open(resolver, guard) is False:
        return False
    test = resolver.function.events[guard.guard]
    kind = test.kind if isinstance(test, Guard) else ""
    if kind != "while":
        return kind not in _NO_DECISION
    value = fact.access.value
    event = resolver.function.events[value] if value is not None else None
    written: object = event.value if isinstance(event, Const) else SOMETHING
    sets = fact.access.change is Change.ASSIGN and fact.via is None
    return sets and excludes(resolver, guard, fact.access.location, written)
