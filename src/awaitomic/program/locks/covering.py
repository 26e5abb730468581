"""Which locks stand over a write, where a read that it goes back to was made without them.

A lock that is held at the write and was not held ever since the read covers only a part of the span. It is named only
where it is a lock beyond doubt: of what merely sounds like one nobody knows whom it keeps out, and since when.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from awaitomic.model.event import Call, Enter
from awaitomic.program.calls import translate
from awaitomic.program.locks import Lock
from awaitomic.program.rivals import rivals

if TYPE_CHECKING:
    from awaitomic.model.finding import Span
    from awaitomic.model.location import Location
    from awaitomic.program import Program
    from awaitomic.program.facts import WriteFact
    from awaitomic.program.resolve import Resolver


class Cover(NamedTuple):
    """How a lock lies over a span."""

    lock: Lock
    read: bool
    """Whether it is held at the read."""
    write: bool
    """Whether it is held at the write."""


def first_of(span: Span) -> int:
    """Give the event with which a span begins; -1 if nothing is known of it."""
    return min((*span.reads, *span.guards), default=-1)


def cover_of(program: Program, resolver: Resolver, fact: WriteFact, first: int) -> Cover | None:
    """Give the lock that is held at one end of a span, or at both and not in between; None if there is none.

    One that is held at the read only has to be the lock of this state: somebody else writes the state under it, if
    anybody else writes it at all.

    Parameters:
        program: the facts of the project.
        resolver: the function with the span.
        fact: the write that ends it.
        first: the event that begins it.
    """
    held = locks_at(program, resolver, first, fact.access.location) if first >= 0 else frozenset()
    late = min(locks_at_write(resolver, fact), key=str, default=None)
    if late is not None:
        return Cover(late, any(each.location == late.location for each in held), write=True)
    for lock in sorted(held, key=str):
        if _is_its_lock(program, resolver, fact, lock):
            return Cover(lock, read=True, write=False)
    return None


def _is_its_lock(program: Program, resolver: Resolver, fact: WriteFact, lock: Lock) -> bool:
    others = [rival for rival in rivals(program, resolver, fact.access) if rival[0] is not resolver]
    key = resolver.key_of(lock.location)
    return not others or any(
        any(other.key_of(each.location) == key for each in locks_at(program, other, access.event, access.location))
        for other, access in others
    )


def locks_over(resolver: Resolver, fact: WriteFact) -> frozenset[Lock]:
    """Give every lock held at a write, by the function or by the callee that writes for it, in the function's terms."""
    own = {lock for lock in fact.state.locks_for(fact.access.location) if not lock.is_claim}
    for lock in fact.via.write.locks if fact.via is not None else ():
        location = translate(resolver, fact.via.target, lock.location) if fact.via is not None else None
        if location is not None:
            own.add(lock.at(location))
    return frozenset(own)


def locks_at_write(resolver: Resolver, fact: WriteFact) -> frozenset[Lock]:
    """Give the locks held at a write, if all of them are understood; none if a callee looks again before it writes."""
    if fact.via is not None and fact.via.write.decided:
        return frozenset()
    found = locks_over(resolver, fact)
    return found if all(map(is_understood, found)) else frozenset()


def locks_at(program: Program, resolver: Resolver, event: int, location: Location) -> frozenset[Lock]:
    """Give the locks beyond doubt that are held when an event happens, and cover a state."""
    state = program.facts(resolver).solution.before_event(event)
    found = state.locks_for(location) if state is not None else frozenset()
    return frozenset(lock for lock in found if is_understood(lock))


def is_understood(lock: Lock) -> bool:
    """Tell whether a lock is known to let in one task at a time, which waits for it without stopping the others."""
    return lock.type.keeps_tasks_out


def taken_at(program: Program, resolver: Resolver, lock: Lock, before: int) -> int | None:
    """Give the last event before another at which a function takes a lock."""
    found = None
    for event in resolver.function.events[:before]:
        if isinstance(event, Enter):
            taken = list(program.locks_of(resolver, event.manager))
        elif isinstance(event, Call):
            taken = [each for each, takes in program.lock_calls(resolver, event) if takes]
            taken += program.locks_left_by(resolver, event)
        else:
            continue
        if any(each.location == lock.location for each in taken):
            found = event.id
    return found
