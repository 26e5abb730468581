"""A part of AWA201: what is closed before the lock is taken under which it is taken down.

``await self._pool.close()``, and then ``async with self._lock: self._pool = None``: who asks under the lock meanwhile
finds a pool, makes no other, and goes on with one that is closed. Nothing is lost that anybody has written, so no query
on what is out of date finds this; that both belong under the lock is told by who fills the place under it, and only if
nothing is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from awaitomic.flow.reach import reach_after
from awaitomic.knowledge.resources import ends_it
from awaitomic.model.event import Call, Name, Operand, Read, Suspend, SuspendWhy, Write
from awaitomic.model.location import Location
from awaitomic.program import Program
from awaitomic.program.accesses import Access, Change, accesses
from awaitomic.program.concurrency import Hint, Judgement, Rival, judge
from awaitomic.program.facts import WriteFact
from awaitomic.program.locks import Lock
from awaitomic.program.locks.covering import locks_at, locks_at_write
from awaitomic.program.operands import method_of
from awaitomic.program.resolve import Resolver
from awaitomic.rules.readiness import fills_what_is_absent
from awaitomic.rules.rule import kept_apart

_TAKES_DOWN = frozenset({Change.RESET, Change.DELETE})
_TAKES_OUT = _TAKES_DOWN | {Change.ASSIGN}
_FILLS = frozenset({Change.ASSIGN, Change.FILL})


@dataclass(frozen=True, slots=True)
class ClosedFirst:
    """A removal under a lock of what was closed without it. `closing` is the wait in which that happens."""

    fact: WriteFact
    closing: int
    lock: Lock
    judgement: Judgement


def find_closed_first(program: Program, resolver: Resolver) -> Iterator[ClosedFirst]:
    """Find such removals in one function; one for each wait."""
    closings = list(_closings(program, resolver))
    seen: set[int] = set()
    for fact in program.facts(resolver).writes if closings else ():
        lock = min(locks_at_write(resolver, fact), key=str, default=None)
        if lock is None or fact.via is not None or fact.access.change not in _TAKES_DOWN:
            continue
        for wait, closed in closings:
            if wait in seen or not _may_be(program, resolver, wait, closed, fact.access.location):
                continue
            after = reach_after(resolver.function, wait, raises=False).events
            if fact.event not in after or _is_held(program, resolver, wait, lock, fact.access.location):
                continue
            judgement = _judge(program, resolver, fact, wait, lock)
            if judgement is not None:
                seen.add(wait)
                yield ClosedFirst(fact, wait, lock, judgement)


def _closings(program: Program, resolver: Resolver) -> Iterator[tuple[int, Operand]]:
    """Give the waits in which something is closed, and what: ``await x.close()``, or the end of ``async with x:``."""
    events = resolver.function.events
    for event in events:
        if not isinstance(event, Suspend) or event.awaited is None or not program.may_suspend(resolver, event):
            continue
        if event.why is SuspendWhy.ASYNC_EXIT and not list(program.locks_of(resolver, event.awaited)):
            yield event.id, event.awaited
        called = events[resolver.origin(event.awaited)]
        method = method_of(resolver.function, called) if isinstance(called, Call) else None
        if event.why is SuspendWhy.AWAIT and method is not None and ends_it(method.attr):
            yield event.id, method.base


def _may_be(program: Program, resolver: Resolver, wait: int, operand: Operand, location: Location) -> bool:
    """Tell whether an operand is what is stored in a place, or may be: a local that one branch has stored there.

    What has been taken out of the place before it is closed is not there any more.
    """
    event = resolver.function.events[operand]
    if isinstance(event, Read) and isinstance(event.place, Name):
        values = resolver.values_of(event.place.name)
        given = {resolver.origin(value) for value in values if resolver.value(value) == location}
        stored = {
            resolver.origin(each.value)
            for each in resolver.function.events
            if isinstance(each, Write) and each.value is not None and resolver.place(each.place) == location
        }
        given |= stored & {resolver.origin(value) for value in values}
        if given:
            return not all(_is_taken_out(program, resolver, value, wait, location) for value in given)
    if resolver.value(operand) != location:
        return False
    return not _is_taken_out(program, resolver, resolver.origin(operand), wait, location)


def _is_taken_out(program: Program, resolver: Resolver, value: int, wait: int, location: Location) -> bool:
    """Tell whether a place has been given up, or given something else, between the look there and the closing."""
    function = resolver.function
    changes = [
        fact.event
        for fact in program.facts(resolver).writes
        if fact.access.location == location
        and fact.access.change in _TAKES_OUT
        and (fact.access.value is None or resolver.origin(fact.access.value) != value)
    ]
    if value in changes:  # `pop` gives it and takes it out in one step
        return True
    before = reach_after(function, value, stops=(wait,), raises=False).events
    return any(
        change in before and wait in reach_after(function, change, stops=(value,), raises=False).events
        for change in changes
    )


def _is_held(program: Program, resolver: Resolver, event: int, lock: Lock, location: Location) -> bool:
    return any(each.location == lock.location for each in locks_at(program, resolver, event, location))


def _judge(program: Program, resolver: Resolver, fact: WriteFact, wait: int, lock: Lock) -> Judgement | None:
    location = fact.access.location
    others = [
        (rival, access)
        for rival, access in _fillers(program, resolver, location, lock)
        if not kept_apart(program, resolver, wait, location, rival, access)
        and not _is_told(program, (resolver, wait), (rival, access))
    ]
    hint = Hint(f"what is in `{location}` is kept under `{lock}` for whoever asks next")
    does = "makes none while it finds one in"
    return judge(program, resolver, location, others, hint, does=does, write=fact.event)


def _is_told(program: Program, closes: tuple[Resolver, int], rival: Rival) -> bool:
    """Tell whether who looks tests other state, too, that is set before the closing: it may say that it goes on."""
    (resolver, wait), (other, access) = closes, rival
    told = {resolver.key_of(each.location) for each in accesses(resolver) if each.event < wait}
    state = program.facts(other).solution.before_event(access.event)
    tokens = (token for guard in state.guards for token in guard.tokens) if state is not None else ()
    return any(token.location != access.location and other.key_of(token.location) in told for token in tokens)


def _fillers(program: Program, resolver: Resolver, location: Location, lock: Lock) -> Iterator[Rival]:
    """Give where others ask, under the same lock, for what they only make if nothing is there."""
    key = resolver.key_of(lock.location)
    for rival, access in program.changing_writers(resolver, location):
        if access.change not in _FILLS or not fills_what_is_absent(program, rival, access):
            continue
        asks = _test_of(program, rival, access)
        held = locks_at(program, rival, asks, access.location)
        if any(rival.key_of(each.location) == key for each in held):
            yield rival, replace(access, event=asks)


def _test_of(program: Program, writer: Resolver, access: Access) -> int:
    """Give the read of the state that the test of a write asks for."""
    facts = (fact for fact in program.facts(writer).writes if fact.via is None and fact.event == access.event)
    tokens = (token for fact in facts for guard in fact.state.guards for token in guard.tokens)
    return min((token.read for token in tokens if token.location == access.location), default=access.event)
