"""Locks that go along with a task: who starts it has taken the lock by hand, and leaves it to the task.

The task, or a callback for when it is done, gives it back. Until then the task runs with the lock held, as if its
caller held it. Where somebody else gives the lock back, too, the task may still run by then.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitomic.flow.reach import reach_after
from awaitomic.model.event import Call, Event, Leave
from awaitomic.program.names import last_name

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph
    from awaitomic.program import Program
    from awaitomic.program.locks import Lock
    from awaitomic.program.module_calls import Site
    from awaitomic.program.resolve import Resolver

_HOPS = 3
"""So many calls are followed up from who gives a lock back."""


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
    left = (lock for lock in held if lock.location in taken and lock.location not in back)
    return frozenset(lock for lock in left if not _others_give_back(program, site, lock))


def _others_give_back(program: Program, site: Site, lock: Lock) -> bool:
    """Tell whether a lock is given back elsewhere than by the task, a callback for its end, or who has taken it there.

    Who calls the starter, or stops the task, may do so while the task goes on.
    """
    key = site.resolver.key_of(lock.location)
    own = {id(site.resolver.function), id(site.target.function)}
    for resolver in program.resolvers_knowing(key):
        calls = [
            takes
            for event in resolver.function.events
            for each, takes in _by_hand(program, resolver, event)
            if resolver.key_of(each.location) == key
        ]
        if False in calls and True not in calls and not _is_of_task(program, site, resolver, own, _HOPS):
            return True
    return False


def _is_of_task(program: Program, site: Site, resolver: Resolver, own: set[int], hops: int) -> bool:
    """Tell whether a function is the task's, is called by nobody else, or is a callback where the task is made."""
    function = resolver.function
    outer = resolver.outer.function if resolver.outer is not None else None
    if id(function) in own or outer is site.target.function or outer is site.resolver.function:
        return True
    if _is_callback(site.resolver.function, function):
        return True
    sites = program.callers.only_awaited_here(function) if hops else None
    return bool(sites) and all(
        _is_of_task(program, site, each.resolver, own - {id(site.resolver.function)}, hops - 1) for each in sites or ()
    )


def _is_callback(starter: FunctionGraph, function: FunctionGraph) -> bool:
    name = getattr(function.node, "name", "")
    return bool(name) and any(
        last_name(node.func) == "add_done_callback"
        and any(last_name(each) == name for argument in node.args for each in ast.walk(argument))
        for node in starter.kinds.of(ast.Call)
    )


def _by_hand(program: Program, resolver: Resolver, event: Event) -> list[tuple[Lock, bool]]:
    return program.lock_calls(resolver, event) if isinstance(event, Call) else []


def _given_back(program: Program, resolver: Resolver, event: Event) -> Iterator[Lock]:
    if isinstance(event, Leave):
        yield from program.locks_of(resolver, event.manager)
    yield from (lock for lock, takes in _by_hand(program, resolver, event) if not takes)
