"""Which locks a function is sure to hold where, and where it has taken them: what can be waited for with a lock held.

The freshness analysis asks what protects; here it is asked what can hang. So semaphores count, which protect nothing,
and what is only taken for a lock by its name does not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from awaitomic.flow.solver import Solution, solve
from awaitomic.knowledge.locks import LOOP_LIBRARIES, UNKNOWN_LOCK, Exclusion
from awaitomic.model.event import Call, Enter, Event, Guard, Leave, Operand, Suspend, SuspendWhy
from awaitomic.model.location import ItemStep, Location, Root
from awaitomic.program.locks import Cause, Lock, is_made_as_lock, lock_of
from awaitomic.program.locks.acquisitions import own_acquisitions
from awaitomic.program.locks.stacks import stacked_locks

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver


class Taken(NamedTuple):
    """A lock that is held, and the event that has taken it."""

    lock: Lock
    event: int


Holding = frozenset[Taken]


def known_locks(program: Program, resolver: Resolver, event: Event) -> list[Lock]:
    """Give the locks that an event takes, and waits for, of which it is known what they are.

    A parameter that is only called a lock is among them: its callers know what it is.
    """
    if isinstance(event, Enter) and event.asynchronous:
        return [lock for lock in _entered(program, resolver, event.manager) if _is_known(resolver, event.manager, lock)]
    if isinstance(event, Call):
        by_hand = {lock.location for lock in own_acquisitions(program, resolver, event)}
        taken = [lock for lock, takes in program.lock_calls(resolver, event) if takes and lock.location in by_hand]
        return [lock for lock in taken if lock.flaw is None or lock.flaw.cause is not Cause.MADE_ANEW]
    return []


def _entered(program: Program, resolver: Resolver, manager: Operand) -> list[Lock]:
    """Give what an ``async with`` takes, semaphores of several included."""
    lock = lock_of(resolver, manager)
    if lock is not None and lock.type.exclusion is Exclusion.COUNTING:
        return [lock]
    return list(program.locks_of(resolver, manager))


def _is_known(resolver: Resolver, manager: Operand, lock: Lock) -> bool:
    location = lock.location
    made_anew = lock.flaw is not None and lock.flaw.cause is Cause.MADE_ANEW
    if made_anew or location.root in {Root.RESULT, Root.FRESH}:
        return False
    if lock.type is UNKNOWN_LOCK:
        in_table = bool(location.steps) and isinstance(location.steps[-1], ItemStep)
        return is_open(lock) or (in_table and is_made_as_lock(resolver, manager))
    exclusive = lock.type.exclusion in {Exclusion.EXCLUSIVE, Exclusion.COUNTING}
    return exclusive and lock.type.library in LOOP_LIBRARIES


def _hangs(lock: Lock) -> bool:
    return lock.self_deadlocks


def is_open(lock: Lock) -> bool:
    """Tell whether a lock is a parameter of which only the callers know what it is."""
    return lock.type is UNKNOWN_LOCK and lock.location.root is Root.PARAMETER and not lock.location.steps


class _Held:
    """The locks that are held on every way, each with where it was taken (the first place of several)."""

    def __init__(self, program: Program, resolver: Resolver) -> None:
        self._program = program
        self._resolver = resolver
        self._stacked = dict(stacked_locks(program, resolver))

    def initial(self) -> Holding:
        return frozenset()

    def join(self, left: Holding, right: Holding) -> Holding:
        if left == right:
            return left
        mine, theirs = ({taken.lock: taken.event for taken in side} for side in (left, right))
        return frozenset(Taken(lock, min(event, theirs[lock])) for lock, event in mine.items() if lock in theirs)

    def branch(self, guard: Guard, holds: bool, state: Holding) -> Holding:  # noqa: ARG002 - the solver's protocol
        return state

    def transfer(self, event: Event, state: Holding) -> Holding:
        program, resolver = self._program, self._resolver
        if isinstance(event, Enter | Call):
            managed = program.holdings.by_manager(resolver, event.manager) if isinstance(event, Enter) else ()
            locks = (*known_locks(program, resolver, event), *filter(_hangs, managed))
            taken = [Taken(lock, event.id) for lock in locks]
            state = state.union(taken) if taken else state
        if isinstance(event, Call):
            left = program.locks_left_by(resolver, event)
            if len(left) == 1:  # of several, a call may take one or the other
                state |= {Taken(left[0], event.id)}
            given = {lock.location for lock, takes in program.lock_calls(resolver, event) if not takes}
            return _without(state, given) if given else state
        if isinstance(event, Leave):
            managed = program.holdings.by_manager(resolver, event.manager)
            given = {lock.location for lock in (*_entered(program, resolver, event.manager), *managed)}
            if event.manager in self._stacked:
                given.update(lock.location for lock in self._stacked[event.manager].locks)
            return _without(state, given) if given else state
        return state


def _without(state: Holding, given: set[Location]) -> Holding:
    kept = frozenset(taken for taken in state if taken.lock.location not in given)
    return state if len(kept) == len(state) else kept


def holding(program: Program, resolver: Resolver) -> Solution[Holding] | None:
    """Give what a function itself holds at each of its events; None if it takes nothing that is known."""
    takes = any(
        known_locks(program, resolver, event)
        or (isinstance(event, Call) and program.locks_left_by(resolver, event))
        or (isinstance(event, Enter) and program.holdings.by_manager(resolver, event.manager))
        for event in resolver.function.events
        if isinstance(event, Enter | Call)
    )
    return solve(resolver.function, _Held(program, resolver), raises=False) if takes else None


def suspension_of(resolver: Resolver, event: int) -> Suspend | None:
    """Give the suspension in which a lock is waited for that an event takes: before an `Enter`, behind a call."""
    events = resolver.function.events
    found = events[event]
    if isinstance(found, Suspend):
        return found
    if isinstance(found, Enter):
        for before in reversed(events[:event]):
            if isinstance(before, Suspend) and before.awaited == found.manager:
                return before if before.why is SuspendWhy.ASYNC_ENTER else None
        return None
    behind = (each for each in events[event:] if isinstance(each, Suspend) and each.awaited is not None)
    return next((each for each in behind if each.awaited is not None and resolver.origin(each.awaited) == event), None)


def as_seen(resolver: Resolver, lock: Lock, operand: Operand) -> Lock | None:
    """Give what a caller knows of a lock that it hands over."""
    found = lock_of(resolver, operand)
    if found is None or not _is_known(resolver, operand, found) or is_open(found):
        return None
    return replace(found, flaw=lock.flaw)
