"""Who ends a wait: for an event, a queue, a future, a condition or a task, the calls and the bodies that can do so.

A wait with a lock held, which only code that needs the lock can end, never ends. A rule looks for such waits, and the
lock remedy makes none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitomic.knowledge.awaitables import ENDERS, EVENT_WAITS, MEETS, QUEUES, TAKERS
from awaitomic.knowledge.containers import MAPPINGS
from awaitomic.model.event import Attribute, Call, Compute, Operand, Read
from awaitomic.model.location import ANY_ITEM, Location, Root
from awaitomic.program.locks.kept import additions, is_kept_at, is_wrapper, kind_of, place_of
from awaitomic.program.names import last_name
from awaitomic.program.operands import method_of
from awaitomic.program.resolve import Resolver
from awaitomic.program.types import is_container

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph
    from awaitomic.program import Program
    from awaitomic.program.module_calls import Spawn


def waited_objects(resolver: Resolver, operand: Operand) -> Iterator[Location]:
    """Give the events, queues, conditions, futures and tasks that an await waits for."""
    event = resolver.function.events[resolver.origin(operand)]
    element = resolver.value(operand) if isinstance(event, Compute) and event.operator == "next" else None
    if element is not None:
        yield element  # `for task in self.tasks.values(): await task`
    elif isinstance(event, Compute):
        # What an earlier wait has given is another object: `done, pending = await asyncio.wait(self.tasks)`.
        for inner in event.operands if event.operator != "awaited" else ():
            yield from waited_objects(resolver, inner)
    elif isinstance(event, Call):
        method = method_of(resolver.function, event)
        if is_wrapper(resolver, event):
            for inner in event.arguments:
                yield from _each_of(resolver, waited_objects(resolver, inner))
            return
        if method is not None and method.attr == "values" and _is_mapping(resolver, method):
            found = resolver.value(method.base)
            found = found.item(ANY_ITEM) if found is not None else None
        elif method is not None and (method.attr in EVENT_WAITS or _may_be_full(resolver, method)):
            found = place_of(resolver, method.base)
        else:  # a future where it is stored, what is taken out of a table and waited for
            found = place_of(resolver, event.id)
        if found is not None and found.root is not Root.FRESH:
            yield found
    elif isinstance(event, Read):
        found = resolver.value(operand) or resolver.value(event.id) or place_of(resolver, operand)
        if found is not None:
            yield found


def _is_mapping(resolver: Resolver, method: Attribute) -> bool:
    return resolver.operand_type(method.base).name in MAPPINGS


def _may_be_full(resolver: Resolver, method: Attribute) -> bool:
    """Tell whether a method puts something into a queue that has a bound."""
    typed = resolver.operand_type(method.base)
    return method.attr == "put" and typed.name in QUEUES and (typed.bound is None or typed.bound > 0)


def _each_of(resolver: Resolver, found: Iterator[Location]) -> Iterator[Location]:
    """Give what is in a container in its place: ``gather(*self.tasks)`` waits for each of them."""
    for location in found:
        yield location.item(ANY_ITEM) if is_container(resolver.type_of(location)) else location


def ender_calls(program: Program, key: Location, operand: Operand, waiter: Resolver) -> Iterator[tuple[Resolver, int]]:
    """Give every call of the program that can end a wait on an object, other than the wait itself.

    The wait at a barrier is ended by the same wait of others.
    """
    own = waiter.function.events[waiter.origin(operand)]
    ending = _ending(program, key, last_name(waiter.function.nodes[own.id]))
    for resolver in program.resolvers_knowing(key):
        for event in resolver.function.events:
            method = method_of(resolver.function, event)
            if method is not None and method.attr in ending and is_kept_at(resolver, method.base, key):
                yield resolver, event.id


def _ending(program: Program, key: Location, waits: str) -> frozenset[str]:
    """Give the methods that can end a wait, by the name of the one that waits."""
    if waits == "put":
        return TAKERS
    if waits == "wait" and kind_of(program, key) == "barrier":
        return MEETS
    return ENDERS - {waits} if waits == "join" else ENDERS - TAKERS - {waits}


def task_spawns(program: Program, key: Location) -> Iterator[tuple[Spawn, Location]]:
    """Give where the tasks are made that are stored under a key, with the place in the terms of who makes them."""
    for resolver, value, place in (*_stores(program, key), *additions(program, key)):
        origin = resolver.origin(value)
        for spawns in program.callers.in_module(program.unit_of(resolver.function)).spawns.values():
            for spawn in spawns:
                if spawn.resolver is resolver and spawn.event == origin:
                    yield spawn, place


def _stores(program: Program, key: Location) -> Iterator[tuple[Resolver, Operand, Location]]:
    for resolver, access in program.writers_at(key):
        if access.value is not None:
            yield resolver, access.value, access.location


def task_bodies(program: Program, key: Location) -> Iterator[FunctionGraph]:
    """Give the functions that run in a task that is stored under a key."""
    for spawn, _ in task_spawns(program, key):
        yield spawn.target.function
