"""In which order locks are taken: a new acquisition must not close a circle in which tasks wait for each other."""

from __future__ import annotations

from awaitomic.model.event import Suspend
from awaitomic.model.location import Location
from awaitomic.program.calls import awaited_calls
from awaitomic.program.locks.acquisitions import acquired_by_call, own_acquisitions
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.region import events_in
from awaitomic.remedies.split.takers import held_before, line_of

_NEW = "the new lock"

Edges = dict[Location | str, dict[Location | str, tuple[str, int]]]
"""Held lock → lock that is waited for → function and line where that happens."""


def check_order(coverage: Coverage) -> None:
    """Refuse a plan after which some task holds the lock and waits for another one, and some task the other way round.

    Raises:
        Declined: ``lock-order``, with the place that waits for the other lock.
    """
    edges: Edges = {}
    for resolver in coverage.resolvers:
        if resolver.function.is_async:
            _collect(coverage, resolver, edges)
    mine = coverage.guardian.key if coverage.guardian is not None else _NEW
    circle = _circle(edges, mine)
    if circle is not None:
        function, line = circle
        message = f"`{function}` waits on line {line} for a lock whose holders wait for this one elsewhere"
        raise Declined("lock-order", message)


def _collect(coverage: Coverage, resolver: Resolver, edges: Edges) -> None:
    program = coverage.program
    function = resolver.function
    mine: Location | str = coverage.guardian.key if coverage.guardian is not None else _NEW
    own = bool(coverage.runs.get(id(function))) or id(function) in coverage.by_callers | coverage.delegating
    taken_by = {event.id: own_acquisitions(program, resolver, event) for event in function.events}
    if not own and not any(taken_by.values()) and not program.callers.held_at_entry(function):
        return
    starts = {min(events_in(function, run)) for run in coverage.runs.get(id(function), ())}
    for event in function.events:
        taken: set[Location | str] = {resolver.key_of(lock.location) for lock in taken_by[event.id]}
        if event.id in starts:
            taken.add(mine)
        if isinstance(event, Suspend):
            taken |= _taken_by_calls(coverage, resolver, event, mine)
        if not taken:
            continue
        held: set[Location | str] = {
            resolver.key_of(lock.location) for lock in held_before(program, resolver, event.id) if lock.self_deadlocks
        }
        if coverage.held(resolver, event.id) and event.id not in starts:
            held.add(mine)
        for one in held:
            for other in taken - {one}:
                edges.setdefault(one, {}).setdefault(other, (function.qualname, line_of(program, function, event.id)))


def _taken_by_calls(
    coverage: Coverage, resolver: Resolver, event: Suspend, mine: Location | str
) -> set[Location | str]:
    found: set[Location | str] = set()
    for call in awaited_calls(resolver, event):
        for target in call.targets:
            for taken in coverage.program.acquisitions.of(target.function):
                lock = acquired_by_call(coverage.program, resolver, target, taken)
                if lock is not None:
                    found.add(resolver.key_of(lock.location))
            if coverage.reaches(target.function, set()):
                found.add(mine)
    return found


def _circle(edges: Edges, start: Location | str) -> tuple[str, int] | None:
    """Give the first step of a way from a lock back to itself."""
    for first, where in edges.get(start, {}).items():
        pending, seen = [first], {first}
        while pending:
            for after in edges.get(pending.pop(), {}):
                if after == start:
                    return where
                if after not in seen:
                    seen.add(after)
                    pending.append(after)
    return None
