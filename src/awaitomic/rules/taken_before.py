"""A part of AWA201: a reference that is taken before its lock is waited for, and used when the lock is there.

``conn = self._conn`` above ``async with self._lock: await conn.send(data)``: nothing is written, but who held the lock
meanwhile may have put another connection there, and closed this one. A query of its own, since all others look at
writes or at tests; `awaitomic.rules.uncovered_access` reports what it finds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from awaitomic.model.event import Attribute, Event, Item, Name, Read, Scope
from awaitomic.model.location import NAMED_BY_SEVERAL, AttributeStep, Location
from awaitomic.program import Program
from awaitomic.program.accesses import Change
from awaitomic.program.concurrency import Judgement, Rival, judge
from awaitomic.program.facts import WriteFact
from awaitomic.program.locks import Lock
from awaitomic.program.locks.covering import locks_at
from awaitomic.program.resolve import Resolver
from awaitomic.program.state import State, Token
from awaitomic.rules.rule import in_the_span
from awaitomic.rules.stale_reference import use_at

_REPLACES = frozenset({Change.ASSIGN, Change.RESET, Change.DELETE})


@dataclass(frozen=True, slots=True)
class OldReference:
    """The use of a reference that was taken before the lock was waited for. `fact` stands for the use."""

    fact: WriteFact
    token: Token
    lock: Lock
    judgement: Judgement


def find_references(program: Program, resolver: Resolver) -> Iterator[OldReference]:
    """Find them in one function; one for each reference."""
    seen: set[Location] = set()
    facts = program.facts(resolver)
    candidates = dict(_candidates(program, resolver))
    for index in sorted({resolver.function.owners[event] for event in candidates}):
        if facts.solution.before_block(index) is None:
            continue
        for event, state in facts.solution.states(index):
            location = candidates.get(event.id)
            if location is None or location in seen:
                continue
            found = _examine(program, resolver, event, state, location)
            if found is not None:
                seen.add(location)
                yield found


def _candidates(program: Program, resolver: Resolver) -> Iterator[tuple[int, Location]]:
    """Give the uses of locals that stand for an attribute or variable which others replace."""
    events = resolver.function.events
    for event in events:
        base = (
            events[event.place.base] if isinstance(event, Read) and isinstance(event.place, Attribute | Item) else None
        )
        if not isinstance(base, Read) or not isinstance(base.place, Name) or base.place.scope is not Scope.LOCAL:
            continue
        location = resolver.value(base.id)
        if location is not None and _is_attribute(location) and program.changes(resolver, location):
            yield base.id, location


def _is_attribute(location: Location) -> bool:
    shared = location.root in NAMED_BY_SEVERAL
    return shared and bool(location.steps) and all(isinstance(step, AttributeStep) for step in location.steps)


def _examine(
    program: Program, resolver: Resolver, event: Event, state: State, location: Location
) -> OldReference | None:
    if not isinstance(event, Read) or not isinstance(event.place, Name):
        return None
    tokens = [token for token in state.values.get(event.place.name, ()) if token.location == location]
    if not tokens or not all(token.is_stale for token in tokens):
        return None
    held = sorted(locks_at(program, resolver, event.id, location), key=str)
    fact = use_at(program, resolver, event.id)
    if fact is None or not held or _is_looked_at(program, resolver, location, held[0]):
        return None
    first = min(tokens, key=lambda token: token.read)
    rivals = in_the_span(program, resolver, fact, tokens, _replacements(program, resolver, location, held[0]))
    judgement = judge(program, resolver, location, rivals, does="replaces")
    return None if judgement is None else OldReference(fact, first, held[0], judgement)


def _is_looked_at(program: Program, resolver: Resolver, location: Location, lock: Lock) -> bool:
    """Tell whether the function reads the state anew under the lock: then it knows that the reference may be old."""
    return any(
        isinstance(event, Read)
        and not isinstance(event.place, Name)
        and resolver.place(event.place) == location
        and any(each.location == lock.location for each in locks_at(program, resolver, event.id, location))
        for event in resolver.function.events
    )


def _replacements(program: Program, resolver: Resolver, location: Location, lock: Lock) -> Iterator[Rival]:
    """Give the writes of others that put something else there, under the same lock: so it is the lock of that state."""
    key = resolver.key_of(lock.location)
    for rival, access in program.changing_writers(resolver, location):
        if rival is resolver or access.change not in _REPLACES or access.location.steps[-1:] != location.steps[-1:]:
            continue
        held = locks_at(program, rival, access.event, access.location)
        if any(rival.key_of(each.location) == key for each in held):
            yield rival, access
