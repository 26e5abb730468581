"""What calls write, in the caller's terms, and only as far as the caller can know something that it ends.

A function of a large program can call what writes hundreds of places. Most of them are of objects that it never looks
at, so these are left out before the dataflow problem is solved, and the rest is translated once for each call.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from awaitomic.model.location import AttributeStep, Location
from awaitomic.program.accesses import Change
from awaitomic.program.calls import translate
from awaitomic.program.locks import Lock
from awaitomic.program.target import Target

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver

Written = tuple[tuple[Location, Change], ...]


class CalleeWrites:
    """The writes of the functions that one function calls."""

    def __init__(self, program: Program, resolver: Resolver, held: frozenset[Lock]) -> None:
        self._program = program
        self._resolver = resolver
        self._words = resolver.words | _told(program, resolver) | _attributes(lock.location for lock in held)
        """The attributes of which something can be known here: the function's own, those that results of calls tell of,
        and what calls and callers have claimed."""
        self._known: dict[object, Written] = {}

    def by(self, target: Target) -> Written:
        """Give what a callee writes of what the caller can hold a read of, in the terms of the caller."""
        key = (id(target.function), target.receiver, target.arguments)
        if key not in self._known:
            mine = {
                (translate(self._resolver, target, written.location), written.change): None
                for written in self._program.summary(target.function).writes
                if self._speaks_of(written.location)
            }
            self._known[key] = tuple((place, change) for place, change in mine if place is not None)
        return self._known[key]

    def _speaks_of(self, written: Location) -> bool:
        last = next((step for step in reversed(written.steps) if isinstance(step, AttributeStep)), None)
        return last is None or last.name in self._words


def _told(program: Program, resolver: Resolver) -> set[str]:
    """Give the attributes that functions it calls, and its properties, tell about by their results, or claim."""
    summaries = (program.summary(function) for function in program.analyses.callees(resolver.function))
    return _attributes(
        location
        for summary in summaries
        for told in (summary.returns, summary.outdated, summary.claims, summary.claims_if_true)
        for location in told
    )


def _attributes(locations: Iterable[Location]) -> set[str]:
    return {step.name for location in locations for step in location.steps if isinstance(step, AttributeStep)}
