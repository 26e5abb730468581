"""Who has an object that a call has made: nobody else until it escapes, everybody who can reach it afterwards.

A local that is bound once, to a new object, stands for the path through which others come to it (its *publication*):
an attribute or entry of shared state that it is stored in, a container or queue that it is put into, by this function
or by a method that it is handed to; or the local itself, if a nested function captures it or a task is handed it (see
`awaitomic.program.ways_out`). Until then it counts as held by a lock of this call's own
(`awaitomic.program.locks.PRIVATE`), which the publication gives back; so what was read before and is written after goes
stale like anything else. What leads to no path that can be named (returned, handed to a call that nobody here knows)
stays unpublished, and is never reported.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.knowledge.awaitables import QUEUES
from awaitomic.knowledge.containers import CONTAINERS, EVENTS
from awaitomic.knowledge.locks import LOCK_TYPES
from awaitomic.knowledge.spawners import starts_one
from awaitomic.model.event import Attribute, Call, Compute, Event, Name, Operand, Read, Scope, Write
from awaitomic.model.location import Location, Root
from awaitomic.program.joins import joins
from awaitomic.program.names import last_name
from awaitomic.program.ways_out import handed_to_tasks, local_name, may_go_out, ways_out

if TYPE_CHECKING:
    from awaitomic.program.resolve import Resolver

_STATEFUL = CONTAINERS | EVENTS | frozenset(LOCK_TYPES) | QUEUES
_CLOSURES = frozenset({"function", "lambda"})


@dataclass(frozen=True, slots=True)
class Publication:
    """How others come to have what an event has made."""

    location: Location
    """The path through which they reach it."""
    events: frozenset[int]
    """Where it becomes reachable."""
    after: frozenset[int]
    """What may happen after that, to that object: until it is made anew, or its own again."""
    regained: frozenset[int] = frozenset()
    """Where only the call itself has it again: the tasks that it was handed to are over."""


def publish(resolvers: list[Resolver]) -> None:
    """Find the publications of all functions of a program, and let their resolvers know."""
    captured = _captured(resolvers)
    for resolver in resolvers:
        found = dict(_publications(resolver, captured.get(id(resolver), {})))
        if found:
            resolver.publish(found)
    for resolver in resolvers:
        resolver.forget_values()  # of an object of the function around it, a nested one may have learned too early


def made_here(resolver: Resolver, operand: Operand) -> tuple[Publication | None, bool]:
    """Find the object that a path starts from, if the function itself has made it.

    Returns:
        Its publication, and whether it surely is one that this call has made: a local may also have been bound to what
        others had made before (``s = table.get(k)``, ``if s is None: s = table[k] = Session()``).
    """
    while resolver.published:
        origin = resolver.origin(operand)
        found = resolver.published.get(origin)
        if found is not None:
            return found, True
        event = resolver.function.events[origin]
        if not isinstance(event, Read):
            break
        if isinstance(event.place, Name):
            values = resolver.values_of(event.place.name) if event.place.scope is Scope.LOCAL else ()
            return next((resolver.published[value] for value in values if value in resolver.published), None), False
        operand = event.place.base
    return None, False


def owner_of(resolver: Resolver, event: Event) -> tuple[Publication | None, bool]:
    """Find the object that a write or a mutating call changes, as `made_here` does."""
    base: Operand | None = None
    if isinstance(event, Write) and not isinstance(event.place, Name):
        base = event.place.base
    elif isinstance(event, Call):
        callee = resolver.function.events[event.function]
        if isinstance(callee, Read) and isinstance(callee.place, Attribute):
            base = callee.place.base
    return made_here(resolver, base) if base is not None else (None, False)


def _captured(resolvers: list[Resolver]) -> dict[int, dict[str, set[int]]]:
    """Give, by the function that binds it, each variable that nested functions read, and the syntax of these."""
    found: dict[int, dict[str, set[int]]] = {}
    for resolver in resolvers:
        for name in _free_names(resolver):
            inner, outer = resolver, resolver.outer
            while outer is not None and not outer.is_bound(name):
                inner, outer = outer, outer.outer
            if outer is not None:
                found.setdefault(id(outer), {}).setdefault(name, set()).add(id(inner.function.node))
    return found


def _free_names(resolver: Resolver) -> set[str]:
    if resolver.outer is None:
        return set()
    return {
        event.place.name
        for event in resolver.function.events
        if isinstance(event, Read) and isinstance(event.place, Name) and event.place.scope is Scope.CLOSURE
    }


def _publications(resolver: Resolver, captured: dict[str, set[int]]) -> Iterator[tuple[int, Publication]]:
    made = _new_objects(resolver, captured)
    if not made:
        return
    places: dict[str, list[tuple[int, Location]]] = {}
    names = {creation: name for name, creations in made.items() for creation in creations}
    tasks: dict[str, list[Call]] = {}
    for event in resolver.function.events:
        if any(_name_of(resolver, value, names) in made for value in may_go_out(resolver, event)):
            for value, location in ways_out(resolver, event):
                places.setdefault(_name_of(resolver, value, names), []).append((event.id, location))
        for name, spawn in handed_to_tasks(resolver, event):
            tasks.setdefault(name, []).append(spawn)
    for name, creations in made.items():
        captures = [(event, _variable(resolver, name)) for event in _closures(resolver, captured.get(name, set()))]
        spawns = tasks.get(name, [])
        lasting = [*places.get(name, []), *captures]
        ways = [*lasting, *((spawn.id, _variable(resolver, name)) for spawn in spawns)]
        if ways:
            over = {event for spawn in spawns for event in joins(resolver, spawn)} if not lasting else ()
            events = frozenset(event for event, _ in ways)
            for creation in creations:
                after = _reachable(resolver, events, {creation, *over})
                yield creation, Publication(ways[0][1], events, after, frozenset(over))


def _name_of(resolver: Resolver, value: Operand, names: dict[int, str]) -> str:
    """Give the local in which a value is, or the empty string; `names` are those of what the function makes."""
    return names.get(value) or names.get(resolver.origin(value)) or local_name(resolver, value)


def _new_objects(resolver: Resolver, captured: Iterable[str]) -> dict[str, list[int]]:
    """Give the locals that are bound to objects made on the spot, with the events that make these.

    What goes nowhere is left out before it is asked what is made: that leads to the modules of its class.
    """
    bound: dict[str, list[int]] = {}
    if resolver.is_module:
        return bound
    for event in resolver.function.events:
        if not isinstance(event, Write) or not isinstance(event.place, Name) or event.place.scope is not Scope.LOCAL:
            continue
        if event.value is None or event.place.name in resolver.captured:
            continue
        if resolver.origin(event.value) == event.value:
            bound.setdefault(event.place.name, []).append(event.value)
    going = _going(resolver, bound).union(captured) if bound else frozenset()
    made = {name: [each for each in bound[name] if _is_new(resolver, each)] for name in bound if name in going}
    return {name: creations for name, creations in made.items() if creations}


def _going(resolver: Resolver, bound: dict[str, list[int]]) -> frozenset[str]:
    """Give those of some locals that may go out of a function, as far as that can be told without asking where to."""
    events = resolver.function.events
    names = {value: name for name, values in bound.items() for value in values}
    going = {_name_of(resolver, value, names) for event in events for value in may_go_out(resolver, event)}
    if not bound.keys() <= going:
        wrappers = (last_name(resolver.function.nodes[event.function]) for event in events if isinstance(event, Call))
        if any(map(starts_one, wrappers)):  # a task is handed what it is called on, too
            return frozenset(bound)
    return frozenset(going)


def _is_new(resolver: Resolver, operand: Operand) -> bool:
    """Tell whether an event makes an object that has state of its own: of a known class, a container, a lock."""
    location = resolver.value(operand)
    if location is not None:
        return location.root is Root.FRESH and not location.steps
    node = resolver.function.nodes[operand]
    return isinstance(node, ast.Call) and resolver.module.types.of_value(node).name in _STATEFUL


def _variable(resolver: Resolver, name: str) -> Location:
    return Location(Root.CLOSURE, resolver.function.id, name)


def _closures(resolver: Resolver, functions: Iterable[int]) -> Iterator[int]:
    wanted = set(functions)
    for event in resolver.function.events if wanted else ():
        is_closure = isinstance(event, Compute) and event.operator in _CLOSURES
        if is_closure and id(resolver.function.nodes[event.id]) in wanted:
            yield event.id


def _reachable(resolver: Resolver, starts: frozenset[int], ends: set[int]) -> frozenset[int]:
    """Give the events that control can come to from `starts` without passing one of `ends`."""
    graph = resolver.function
    found: set[int] = set()
    seen: set[int] = set()
    stack = [graph.position_of(start) for start in starts]
    while stack:
        index, at = stack.pop()
        for event in graph.blocks[index].events[at:]:
            if event.id in ends:
                break
            found.add(event.id)
        else:
            ways = [*graph.blocks[index].successors, *graph.blocks[index].handlers]
            stack.extend((way, 0) for way in ways if way not in seen)
            seen.update(ways)
    return frozenset(found)


__all__ = ["Publication", "made_here", "owner_of", "publish"]
