"""What a loop iterates over, and who changes which containers: the questions of rules about iteration.

A view (``.values()``), an alias, ``enumerate`` and its kin are looked through, since all of them go on reading the
container itself; a copy is an object of its own and ends the search.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from awaitomic.knowledge.containers import CONTAINERS, DEFAULTING, LAZY, LIVE_VIEWS, MAPPINGS, MUTATORS, Mutation
from awaitomic.model.event import (
    Attribute,
    Call,
    Compute,
    Guard,
    Item,
    Merge,
    Operand,
    Read,
    Suspend,
    SuspendWhy,
    Write,
)
from awaitomic.model.location import ANY_ITEM, Location, Root
from awaitomic.program import Program
from awaitomic.program.accesses import CONTENTS, Access, Change
from awaitomic.program.module import is_construction
from awaitomic.program.names import dotted
from awaitomic.program.resolve import Resolver


@dataclass(frozen=True, slots=True)
class Iteration:
    """A loop over a container that others can reach."""

    guard: int
    """The `Guard` ``for``: its first way out is the body."""
    iterator: int
    """The ``iter`` event, at which the iteration begins."""
    read: int
    """The event that looked the container up: at the loop, or where a local was bound to it."""
    location: Location
    kind: str
    """The container's type."""
    assumed: bool
    """Whether only ``.values()`` and its kin say that it is a dict."""


def iterations(program: Program, resolver: Resolver) -> Iterator[Iteration]:
    """Give the loops of a function (comprehensions included) over shared containers, each piece of syntax once."""
    events = resolver.function.events
    asynchronous = {
        event.awaited for event in events if isinstance(event, Suspend) and event.why is SuspendWhy.ASYNC_FOR
    }
    seen: set[tuple[int, Location]] = set()
    for event in events:
        if not isinstance(event, Guard) or event.kind != "for":
            continue
        item = events[event.test]
        if not isinstance(item, Compute) or item.operands[0] in asynchronous:
            continue
        iterator = events[item.operands[0]]
        if not isinstance(iterator, Compute) or not iterator.operands:
            continue
        for read, location, view in _sources(resolver, iterator.operands[0], 0):
            typed = resolver.type_of(location).name or entry_kind(program, resolver, location)
            kind = typed or ("dict" if view else None)
            key = (id(resolver.function.nodes[event.id]), location)
            if kind in CONTAINERS and (not view or kind in MAPPINGS) and key not in seen:
                seen.add(key)
                yield Iteration(event.id, iterator.id, read, location, kind, assumed=typed is None)


_MAX_DEPTH = 8


def _sources(resolver: Resolver, operand: Operand, depth: int) -> Iterator[tuple[int, Location, bool]]:
    """Give (event, location, whether by a view of a mapping) for what an iterator reads from step by step."""
    origin = resolver.origin(operand)
    event = resolver.function.events[origin]
    if depth > _MAX_DEPTH:
        return
    if isinstance(event, Merge):
        for each in event.operands:
            yield from _sources(resolver, each, depth + 1)
    elif isinstance(event, Compute) and event.operator == "generator":
        inner = _first_iterable(resolver, origin)
        if inner is not None:
            yield from _sources(resolver, inner, depth + 1)
    elif isinstance(event, Call):
        yield from _sources_of_call(resolver, event, depth)
    elif isinstance(event, Read):
        location = resolver.value(origin)
        if location is not None and _is_shared(location):
            yield origin, location, False


def _sources_of_call(resolver: Resolver, event: Call, depth: int) -> Iterator[tuple[int, Location, bool]]:
    callee = resolver.function.events[event.function]
    if isinstance(callee, Read) and isinstance(callee.place, Attribute) and callee.place.attr in LIVE_VIEWS:
        base = resolver.value(callee.place.base)
        if base is not None and not event.arguments and _is_shared(base):
            yield callee.place.base, base, True
        return
    location = resolver.value(event.id)
    if location is not None and location.steps and _is_shared(location):  # self.subscribers.get(topic, ())
        yield event.id, location, False
        return
    name = dotted(resolver.function.nodes[event.function], resolver.module.imports)
    for argument in event.arguments[LAZY[name] :] if name in LAZY else ():
        yield from _sources(resolver, argument, depth + 1)


def _first_iterable(resolver: Resolver, generator: int) -> Operand | None:
    node = resolver.function.nodes[generator]
    if not isinstance(node, ast.GeneratorExp):
        return None
    first = node.generators[0].iter
    for event in resolver.function.events:
        if isinstance(event, Compute) and event.operator == "iter" and resolver.function.nodes[event.id] is first:
            return event.operands[0]
    return None


def _is_shared(location: Location) -> bool:
    return location.root not in {Root.FRESH, Root.RESULT} and (
        bool(location.steps) or location.root in {Root.GLOBAL, Root.CLOSURE, Root.PARAMETER}
    )


# -- what is in a table of containers --------------------------------------------------------------------------------


def entry_kind(program: Program, resolver: Resolver, location: Location) -> str | None:
    """Give the type of the containers in a table, from what is stored there: ``self.subs[topic]`` are sets."""
    if not location.is_entry or location.parent is None:
        return None
    table = resolver.key_of(location.parent)
    found: set[str | None] = set()
    for writer, access in program.writers_at(table.item(ANY_ITEM)):
        if access.value is not None and access.change in {Change.ASSIGN, Change.RESET, Change.FILL}:
            found.add(_made_by(writer, access.value))
    for writer, access in program.writers_at(table):
        node = writer.function.nodes[access.value] if access.value is not None else None
        if isinstance(node, ast.Call) and node.args and writer.module.types.of_value(node).name in DEFAULTING:
            found.add(writer.module.types.of_factory(node.args[0]).name)
    return found.pop() if len(found) == 1 else None


def _made_by(writer: Resolver, value: Operand) -> str | None:
    node = writer.function.nodes[writer.origin(value)]
    return writer.module.types.of_value(node).name if isinstance(node, ast.expr) else None


# -- changes of contents ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ContentChange:
    """A change of what is in a container, which is the location of `access` also where one entry is changed.

    `method` is the method's name, or says which statement it is (``del``, ``store``).
    """

    resolver: Resolver
    access: Access
    method: str
    key: Operand | None
    """The key or position, where there is one: an operand of `writer`."""
    writer: Resolver
    """The function in which the change itself stands: `resolver`, or one that it hands the container to."""
    by_callback: bool = False
    """Whether the bound method is handed over, to be called later: ``add_done_callback(self.tasks.discard)``."""


def content_changes(program: Program, resolver: Resolver, location: Location, kind: str) -> Iterator[ContentChange]:
    """Give everything that changes the contents of a container outside construction; rebinding it does not."""
    key = resolver.key_of(location)
    for writer, access in program.changing_writers(resolver, location):
        named = writer.key_of(access.location)
        inside = named == key and access.change in CONTENTS
        entry = named == key.item(ANY_ITEM)
        if inside or entry:
            container = access.location if inside else access.location.parent
            assert container is not None
            changed = replace(access, location=container)
            at = access.hops[-1] if access.hops else (writer.function.id, access.event)
            yield _described(writer, changed, program.named(at[0]) if access.hops else writer, at[1])
    for writer in program.resolvers_knowing(key):
        yield from _unseen_changes(writer, key, kind)


def _described(changer: Resolver, access: Access, writer: Resolver, at: int) -> ContentChange:
    event = writer.function.events[at]
    if isinstance(event, Call):
        callee = writer.function.events[event.function]
        assert isinstance(callee, Read)
        assert isinstance(callee.place, Attribute)
        first = event.arguments[0] if event.arguments else None
        return ContentChange(changer, access, callee.place.attr, first, writer)
    key = event.place.key if isinstance(event, Write) and isinstance(event.place, Item) else None
    method = "del" if access.change is Change.DELETE else "store"
    return ContentChange(changer, access, method, key, writer)


_CHANGES = {Mutation.REMOVE: Change.DELETE, Mutation.STORE: Change.ASSIGN, Mutation.FILL: Change.FILL}


def _unseen_changes(writer: Resolver, key: Location, kind: str) -> Iterator[ContentChange]:
    """Give calls on entries of tables, whose type only the table tells, and methods that are handed to a callback."""
    if is_construction(writer.function):
        return
    called = {event.function: event for event in writer.function.events if isinstance(event, Call)}
    handed = {argument for call in called.values() for argument in call.arguments}
    for event in writer.function.events:
        if not isinstance(event, Read) or not isinstance(event.place, Attribute):
            continue
        mutation = MUTATORS[kind].get(event.place.attr)
        base = writer.value(event.place.base) if mutation is not None else None
        if mutation is None or base is None or base.root is Root.FRESH or writer.key_of(base) != key:
            continue
        call = called.get(event.id)
        change = _CHANGES.get(mutation) or Change[mutation.name]
        if call is not None and writer.type_of(base).name is None:
            first = call.arguments[0] if call.arguments else None
            yield ContentChange(writer, Access(call.id, base, change, None), event.place.attr, first, writer)
        elif call is None and event.id in handed:
            access = Access(event.id, base, change, None)
            yield ContentChange(writer, access, event.place.attr, None, writer, by_callback=True)
