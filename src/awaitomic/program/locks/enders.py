"""Who ends a wait: for an event, a queue, a future, a condition or a task, the calls and the bodies that can do so.

A wait with a lock held, which only code that needs the lock can end, never ends. A rule looks for such waits, and the
lock remedy makes none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitomic.knowledge.awaitables import ENDERS, EVENT_WAITS
from awaitomic.knowledge.spawners import AWAITED_ALONE, SPAWN_ALL
from awaitomic.model.event import Call, Compute, Operand, Read
from awaitomic.model.location import Location
from awaitomic.program.names import last_name
from awaitomic.program.operands import method_of
from awaitomic.program.resolve import Resolver

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph
    from awaitomic.program import Program
    from awaitomic.program.module_calls import Spawn


def waited_objects(resolver: Resolver, operand: Operand) -> Iterator[Location]:
    """Give the events, queues, conditions, futures and tasks that an await waits for."""
    event = resolver.function.events[resolver.origin(operand)]
    if isinstance(event, Compute):
        for inner in event.operands:
            yield from waited_objects(resolver, inner)
    elif isinstance(event, Call):
        method = method_of(resolver.function, event)
        if last_name(resolver.function.nodes[event.function]) in AWAITED_ALONE | SPAWN_ALL:
            for inner in event.arguments:
                yield from waited_objects(resolver, inner)
            if method is None or event.arguments:
                return
        if method is not None and method.attr in EVENT_WAITS:
            found = resolver.value(method.base)
            if found is not None:
                yield found
    elif isinstance(event, Read):
        found = resolver.value(operand) or resolver.value(event.id)
        if found is not None:
            yield found


def ender_calls(program: Program, key: Location, operand: Operand, waiter: Resolver) -> Iterator[tuple[Resolver, int]]:
    """Give every call of the program that can end a wait on an object, other than the wait itself."""
    own = waiter.function.events[waiter.origin(operand)]
    waits = last_name(waiter.function.nodes[own.id])
    for resolver in program.resolvers_knowing(key):
        for event in resolver.function.events:
            method = method_of(resolver.function, event)
            if method is None or method.attr not in ENDERS or method.attr == waits:
                continue
            if method.attr in {"get", "get_nowait"} and waits != "join":
                continue
            base = resolver.value(method.base)
            if base is not None and resolver.key_of(base) == key:
                yield resolver, event.id


def task_spawns(program: Program, key: Location) -> Iterator[tuple[Spawn, Location]]:
    """Give where the tasks are made that are stored under a key, with the place in the terms of who makes them."""
    for resolver, access in program.writers_at(key):
        if access.value is None:
            continue
        origin = resolver.origin(access.value)
        for spawns in program.callers.in_module(program.unit_of(resolver.function)).spawns.values():
            for spawn in spawns:
                if spawn.resolver is resolver and spawn.event == origin:
                    yield spawn, access.location


def task_bodies(program: Program, key: Location) -> Iterator[FunctionGraph]:
    """Give the functions that run in a task that is stored under a key."""
    for spawn, _ in task_spawns(program, key):
        yield spawn.target.function
