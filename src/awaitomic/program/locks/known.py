"""Which locks an event takes and waits for, of those of which it is known what they are.

The freshness analysis asks what protects; here it is asked what can hang. So semaphores count, which protect nothing,
and what is only taken for a lock by its name does not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from awaitomic.knowledge.locks import UNKNOWN_LOCK, Exclusion
from awaitomic.model.event import Call, Enter, Event, Operand, Suspend, SuspendWhy
from awaitomic.model.location import Root
from awaitomic.program.locks import Cause, Lock, is_made_as_lock, lock_of
from awaitomic.program.locks.acquisitions import own_acquisitions

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver


def known_locks(program: Program, resolver: Resolver, event: Event) -> list[Lock]:
    """Give the locks that an event takes, and waits for, of which it is known what they are.

    A parameter that is only called a lock is among them: its callers know what it is.
    """
    if isinstance(event, Enter) and event.asynchronous:
        manager = event.manager
        return [lock for lock in entered_locks(program, resolver, manager) if _is_known(resolver, manager, lock)]
    if isinstance(event, Call):
        return [lock for lock in own_acquisitions(program, resolver, event) if not _is_made_anew(lock)]
    return []


def entered_locks(program: Program, resolver: Resolver, manager: Operand) -> list[Lock]:
    """Give what an ``async with`` takes, semaphores of several included."""
    lock = lock_of(resolver, manager)
    if lock is not None and lock.type.exclusion is Exclusion.COUNTING:
        return [lock]
    return list(program.locks_of(resolver, manager))


def _is_known(resolver: Resolver, manager: Operand, lock: Lock) -> bool:
    location = lock.location
    if _is_made_anew(lock) or location.root in {Root.RESULT, Root.FRESH}:
        return False
    if lock.type is UNKNOWN_LOCK:
        in_table = location.is_entry
        return is_open(lock) or (in_table and is_made_as_lock(resolver, manager))
    exclusive = lock.type.exclusion in {Exclusion.EXCLUSIVE, Exclusion.COUNTING}
    return exclusive and lock.type.is_for_tasks


def _is_made_anew(lock: Lock) -> bool:
    return lock.flaw is not None and lock.flaw.cause is Cause.MADE_ANEW


def is_open(lock: Lock) -> bool:
    """Tell whether a lock is a parameter of which only the callers know what it is."""
    return lock.type is UNKNOWN_LOCK and lock.location.root is Root.PARAMETER and not lock.location.steps


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
