"""Locks that go along with a task: who starts it has taken the lock by hand, and leaves it to the task.

The task, or a callback for when it is done, gives it back. Until then the task runs with the lock held, as if its
caller held it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitomic.flow.reach import reach_after
from awaitomic.model.event import Call, Event, Leave

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.locks import Lock
    from awaitomic.program.module_calls import Site
    from awaitomic.program.resolve import Resolver


def left_to_task(program: Program, site: Site, held: frozenset[Lock]) -> frozenset[Lock]:
    """Give those locks that a function leaves to a task: taken by hand, and not given back behind where it is started.

    Parameters:
        program: the facts of the project.
        site: where the task is made.
        held: what is held there.
    """
    resolver = site.resolver
    events = resolver.function.events
    after = reach_after(resolver.function, site.event, raises=False).events
    taken = {lock.location for event in events for lock, takes in _by_hand(program, resolver, event) if takes}
    back = {lock.location for event in after for lock in _given_back(program, resolver, events[event])}
    return frozenset(lock for lock in held if lock.location in taken and lock.location not in back)


def _by_hand(program: Program, resolver: Resolver, event: Event) -> list[tuple[Lock, bool]]:
    return program.lock_calls(resolver, event) if isinstance(event, Call) else []


def _given_back(program: Program, resolver: Resolver, event: Event) -> Iterator[Lock]:
    if isinstance(event, Leave):
        yield from program.locks_of(resolver, event.manager)
    yield from (lock for lock, takes in _by_hand(program, resolver, event) if not takes)
