"""Where a lock is waited for while another one is held: the edges of the graph of lock orders.

An edge belongs to the function that holds the first lock; the second is taken by itself, by what it awaits, or by a
condition that it waits for, which takes its lock again. What a function is handed, its callers have names for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from awaitomic.flow.reach import reach_after
from awaitomic.model.event import Event, Suspend
from awaitomic.model.location import Location, Root
from awaitomic.program.calls import translate
from awaitomic.program.locks import Lock
from awaitomic.program.locks.acquisitions import Acquisition
from awaitomic.program.locks.deadlines import deadline, longest
from awaitomic.program.locks.frames import Frame, frames_of
from awaitomic.program.locks.known import as_seen, is_open, known_locks, suspension_of
from awaitomic.program.locks.taken import Taken, first_taken
from awaitomic.program.locks.waits import released_by
from awaitomic.program.operands import method_of
from awaitomic.program.target import Target
from awaitomic.program.while_waiting import calls_while_waiting

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.module_calls import Site, Spawn
    from awaitomic.program.resolve import Resolver


@dataclass(frozen=True, slots=True)
class Edge:
    """A lock that is waited for with another one held."""

    within: Resolver
    """The function in whose terms the locks are named: the holder, or one that hands it what it takes."""
    held: Lock
    taken: Lock
    holder: Resolver
    held_at: int
    """The event of the holder that takes the first lock."""
    event: int
    """The event of the holder in which the second one is waited for."""
    gates: frozenset[Location]
    """What was held before the first one was taken, by the names of the program."""
    limit: str | None = None
    """The time after which the wait gives up, as it is written."""
    acquisition: Acquisition | None = None
    target: Target | None = None
    """The call that takes the second lock, if the holder does not do so itself."""
    is_tight: bool = False
    """Whether other tasks never run between the two acquisitions, unless the second one has to be waited for."""
    site: int | None = None
    """The event of `within` that calls the holder, if that is another function."""

    def frames(self, program: Program) -> list[Frame]:
        """Give the way from the holder to where the second lock is taken."""
        if self.acquisition is None or self.target is None:
            return [Frame(self.holder.function, self.event)]
        return frames_of(program, self.holder, self.event, self.target, self.acquisition)

    @property
    def second(self) -> tuple[str, int]:
        """The function and event in which the second lock is taken."""
        if self.acquisition is None:
            return self.holder.function.id, self.event
        return self.acquisition.function, self.acquisition.event

    @property
    def is_in_loop(self) -> bool:
        """Whether one event takes both, in two steps of a loop."""
        return self.held_at == self.event and self.acquisition is None

    @property
    def is_open(self) -> bool:
        """Whether one of the locks is a parameter that only the callers know."""
        return is_open(self.held) or is_open(self.taken)

    @property
    def ends(self) -> tuple[Location, Location]:
        """Give the names under which the program knows the two locks."""
        return self.within.key_of(self.held.location), self.within.key_of(self.taken.location)


def own_edges(program: Program, resolver: Resolver) -> Iterator[Edge]:
    """Give the edges of the locks that a function itself takes first, in its own terms."""
    for event, state in program.holdings.states(resolver) if resolver.function.is_async else ():
        held = first_taken(state)
        if held:
            yield from _at(program, resolver, event, held)


def _at(program: Program, resolver: Resolver, event: Event, held: list[Taken]) -> Iterator[Edge]:
    for lock in known_locks(program, resolver, event):
        if not _is_tried_first(resolver, lock, event.id) and _can_wait(program, resolver, event.id):
            yield from _pairs(program, resolver, event.id, held, lock)
    if not isinstance(event, Suspend):
        return
    for lock in sorted(released_by(program, resolver, event), key=str):
        others = [taken for taken in held if taken.lock.location != lock.location]
        yield from _pairs(program, resolver, event.id, others, lock)
    for call in calls_while_waiting(resolver, event):
        before = [taken for taken in held if taken.event != call.call]  # what it leaves held, it has not held before
        for target in call.targets:
            for found, taken in program.acquisitions.by_call(resolver, target):
                if _may_hang(program, found, taken):
                    for edge in _pairs(program, resolver, event.id, before, found):
                        way = replace(edge, acquisition=taken, target=target)
                        limits = (_deadline(program, frame) for frame in way.frames(program)[1:])
                        yield replace(way, limit=edge.limit or next(filter(None, limits), None))


def _deadline(program: Program, frame: Frame) -> str | None:
    return deadline(frame.function, program.unit_of(frame.function).module, frame.event)


def _may_hang(program: Program, lock: Lock, taken: Acquisition) -> bool:
    """Tell whether a lock that a call takes is known, not only tried, and may have to be waited for."""
    known = lock.keeps_waiting and not taken.if_free
    return known and _can_wait(program, program.named(taken.function), taken.event)


def _pairs(program: Program, resolver: Resolver, event: int, held: list[Taken], taken: Lock) -> Iterator[Edge]:
    suspend = suspension_of(resolver, event)
    limit = _limit(resolver, event, suspend)
    for first in held:
        if first.lock.location != taken.location:
            gates = _gates(program, resolver, first)
            tight = _is_tight(program, resolver, first.event, suspend.id if suspend is not None else event)
            yield Edge(resolver, first.lock, taken, resolver, first.event, event, gates, limit, is_tight=tight)


def _limit(resolver: Resolver, event: int, suspend: Suspend | None) -> str | None:
    return longest(resolver, event, suspend.awaited) if suspend is not None and suspend.awaited is not None else None


def acquired_again(program: Program, resolver: Resolver, event: Event, lock: Lock, *, is_tight: bool) -> Iterator[Edge]:
    """Give the edge of a lock that a loop takes for one thing after the other, from the one before to the next."""
    if _is_tried_first(resolver, lock, event.id) or not _can_wait(program, resolver, event.id):
        return
    limit = _limit(resolver, event.id, suspension_of(resolver, event.id))
    gates = _gates(program, resolver, Taken(lock, event.id, is_known=True)) - {resolver.key_of(lock.location)}
    yield Edge(resolver, lock, lock, resolver, event.id, event.id, gates, limit, is_tight=is_tight)


def _is_tight(program: Program, resolver: Resolver, first: int, second: int) -> bool:
    """Tell whether nothing waits between two acquisitions."""
    own = suspension_of(resolver, first)
    between = (each for each in resolver.function.events[first:second] if isinstance(each, Suspend))
    return not any(program.may_suspend(resolver, each) for each in between if each != own)


def _gates(program: Program, resolver: Resolver, first: Taken) -> frozenset[Location]:
    """Give what was held before a lock was taken: by the function, by all its callers, or as a claim."""
    state = program.facts(resolver).solution.before_event(first.event)
    held = state.held if state is not None else ()
    return frozenset(
        resolver.key_of(lock.location) for lock in held if lock.excludes or (lock.is_claim and not lock.is_private)
    )


def _can_wait(program: Program, resolver: Resolver, event: int) -> bool:
    """Tell whether a lock is ever held over a suspension, so that it can have to be waited for."""
    if any(
        lock.location.root is Root.PARAMETER for lock in known_locks(program, resolver, resolver.function.events[event])
    ):
        return True  # under what names it is held elsewhere, only the callers know
    suspend = suspension_of(resolver, event)
    return suspend is None or program.may_suspend(resolver, suspend)


def _is_tried_first(resolver: Resolver, lock: Lock, event: int) -> bool:
    """Tell whether it is asked if a lock is free right before it is taken: ``if self.b.locked(): return``."""
    function, waits = resolver.function, suspension_of(resolver, event)
    if waits is None:
        return False
    for each in function.events[: waits.id]:
        method = method_of(function, each)
        if method is not None and method.attr == "locked" and resolver.value(method.base) == lock.location:
            passed = reach_after(function, each.id, stops=(waits.id,), raises=False).events
            pauses = [other.id for other in function.events if isinstance(other, Suspend) and other.id in passed]
            if not any(waits.id in reach_after(function, pause, stops=(each.id,)).events for pause in pauses):
                return True
    return False


def lifted_to(edge: Edge, site: Site | Spawn) -> Iterator[Edge]:
    """Give an edge in the terms of a caller who hands the holder the locks, or the objects that have them."""
    if Root.PARAMETER not in {edge.held.location.root, edge.taken.location.root}:
        return
    held, taken = (_in_caller(lock, site) for lock in (edge.held, edge.taken))
    if held is not None and taken is not None and held.location != taken.location:
        yield replace(edge, within=site.resolver, held=held, taken=taken, site=site.event)


def call_sites(program: Program, resolver: Resolver) -> list[Site | Spawn]:
    """Give every place that calls a function or makes a task of it, itself aside."""
    function = resolver.function
    found: list[Site | Spawn] = [*program.callers.sites(function), *program.callers.spawns(function)]
    return [site for site in found if site.resolver.function is not function]


def _in_caller(lock: Lock, site: Site | Spawn) -> Lock | None:
    if is_open(lock):
        operand = next((value for name, value in site.target.arguments if name == lock.location.name), None)
        return as_seen(site.resolver, lock, operand) if operand is not None else None
    location = translate(site.resolver, site.target, lock.location)
    if location is None or location.root in {Root.FRESH, Root.RESULT}:
        return None
    return Lock(location, lock.type, lock.flaw)
