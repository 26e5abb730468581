"""Whether who holds a lock has seen to it that a call does not come to where the lock is taken again.

``self._rows[key] = row`` and then ``await self.get(key)``, which takes the lock only ``if key not in self._rows``. Or
the call stands behind the opposite test itself. What the holder does before it takes the lock, or on some ways only,
settles nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph
from awaitomic.flow.passage import Way
from awaitomic.flow.reach import reach_after, reach_from
from awaitomic.model.event import Const, Suspend
from awaitomic.model.location import Location
from awaitomic.program.accesses import Change
from awaitomic.program.facts import WriteFact
from awaitomic.program.foregone import Known, known_at, never_taken, said, seen_from
from awaitomic.program.locks.acquisitions import Acquisition
from awaitomic.program.locks.taken import AROUND
from awaitomic.program.state import FRESH
from awaitomic.program.target import Target
from awaitomic.program.while_waiting import calls_while_waiting

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.locks import Lock
    from awaitomic.program.resolve import Resolver

_EMPTYING = frozenset({Change.DELETE, Change.RESET})


class Settled:
    """What the holder of a lock has settled, at one of its calls."""

    def __init__(self, program: Program, resolver: Resolver, event: int, lock: Lock) -> None:
        self._program = program
        self._known = known_at(program, resolver, event)
        self._written: dict[Location, bool] = {}
        for fact in _written_since(program, resolver, event, lock):
            location = fact.access.location
            there = not _takes_away(program, resolver, fact)
            self._written[location] = there
            self._known[location] = there
        self._resolver = resolver

    def keeps_from(self, target: Target, taken: Acquisition) -> bool:
        """Tell whether a call cannot come to an acquisition any more."""
        if not self._known:
            return False
        steps = (*taken.chain, (taken.function, taken.event, None))
        return self._follow(self._resolver, target, [(step[0], step[1]) for step in steps], self._known.get)

    def _follow(self, resolver: Resolver, target: Target, steps: list[tuple[str, int]], known: Known) -> bool:
        inner = self._program.resolver(target.function)
        event = steps[0][1]
        if event == AROUND:
            return False
        inside = seen_from(resolver, target, known)
        if not _comes_to(target.function, event, never_taken(self._program, inner, inside)):
            return True
        if self._decides_unknown(inner, event, inside):
            return True
        suspend = target.function.events[event]
        following = (
            each
            for call in (calls_while_waiting(inner, suspend) if isinstance(suspend, Suspend) else ())
            for each in call.targets
            if len(steps) > 1 and each.function.id == steps[0][0]
        )
        return any(self._follow(inner, each, steps[1:], inside) for each in following)

    def _decides_unknown(self, inner: Resolver, event: int, known: Known) -> bool:
        """Tell whether an acquisition depends on state that was set, by a test that says more than if it is there."""
        state = self._program.facts(inner).solution.before_event(event)
        for guard in state.guards if state is not None and self._written else ():
            fresh = frozenset(token._replace(stale=FRESH, answered=False) for token in guard.tokens)  # as it was made
            told = dict(said(inner.function.nodes[guard.guard], fresh, holds=guard.holds))
            if any(known(token.location) is not None and token.location not in told for token in fresh):
                return True
        return False


def _comes_to(function: FunctionGraph, event: int, never: frozenset[Way]) -> bool:
    wanted, seen, waiting = function.owners[event], {function.entry}, [function.entry]
    while waiting:
        index = waiting.pop()
        if index == wanted:
            return True
        block = function.blocks[index]
        for way in (*block.successors, *block.handlers):
            if way not in seen and (index, way) not in never:
                seen.add(way)
                waiting.append(way)
    return False


def _written_since(program: Program, resolver: Resolver, event: int, lock: Lock) -> list[WriteFact]:
    """Give the writes that the holder makes, itself or by calls, on every way from taking the lock to an event."""
    function = resolver.function
    held = program.holdings.before(resolver, event)
    starts = {taken.event for taken in held if taken.lock.location == lock.location}
    found = []
    for fact in program.facts(resolver).writes:
        if fact.event == event:
            continue
        stops = (fact.event,)
        reaches = (
            reach_from(function, function.entry, stops=stops)
            if start == AROUND
            else reach_after(function, start, stops=stops)
            for start in starts
        )
        if not any(event in each.events for each in reaches):
            found.append(fact)
    return found


def _takes_away(program: Program, resolver: Resolver, fact: WriteFact) -> bool:
    """Tell whether a write leaves nothing there: None, False, an entry that goes."""
    if fact.access.change in _EMPTYING:
        return True
    made, value = (
        (resolver, fact.access.value)
        if fact.via is None
        else (
            program.named(fact.via.write.function),
            fact.via.write.value,
        )
    )
    event = made.function.events[made.origin(value)] if value is not None else None
    return isinstance(event, Const) and not event.value
