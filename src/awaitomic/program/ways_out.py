"""The ways in which an object leaves the function that has made it, and the path through which others then reach it.

It is stored in shared state or added to a container there; it is put into a queue that others empty; a method that it
is handed to keeps it; or a task is made that is handed it. What such a task has is known by the local itself, as a
variable that a nested function captures is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.awaitables import QUEUES
from awaitomic.knowledge.containers import ELEMENT_ADDERS
from awaitomic.knowledge.spawners import starts_one
from awaitomic.model.event import Attribute, Call, Event, Name, Operand, Read, Suspend, Write
from awaitomic.model.location import ANY_ITEM, NAMED_OR_HANDED, ItemStep, Location
from awaitomic.program.calls import targets_of
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver

_PUTS = frozenset({"put", "put_nowait"})
_ADDS = ELEMENT_ADDERS | _PUTS | {"setdefault"}

Way = tuple[Operand, Location]
"""What goes out, and the path to it."""


def ways_out(resolver: Resolver, event: Event) -> Iterator[Way]:
    """Give the objects that an event puts where others find them, and the path to each."""
    if isinstance(event, Write):
        yield from _stored(resolver, event)
    elif isinstance(event, Call) and (event.arguments or event.keywords):
        yield from _added(resolver, event)
        yield from _kept_by_callee(resolver, event)


def may_go_out(resolver: Resolver, event: Event) -> tuple[Operand, ...]:
    """Give all that an event could put anywhere, without asking where that would be: what `ways_out` gives is of it."""
    if isinstance(event, Write):
        local = isinstance(event.place, Name) and resolver.variable(event.place) is None
        return () if event.value is None or local else (event.value,)
    return (*event.arguments, *(value for _, value in event.keywords)) if isinstance(event, Call) else ()


def _stored(resolver: Resolver, event: Write) -> Iterator[Way]:
    if event.value is None:
        return
    if isinstance(event.place, Name):
        location = resolver.variable(event.place)
    else:
        location = resolver.place(event.place)
        if location is not None and (location.root not in NAMED_OR_HANDED or ANY_ITEM in location.steps):
            return
    if location is not None:
        yield event.value, location


def _added(resolver: Resolver, event: Call) -> Iterator[Way]:
    """Give what is added to a container, or put into a queue."""
    callee = resolver.function.events[event.function]
    if not isinstance(callee, Read) or not isinstance(callee.place, Attribute) or not event.arguments:
        return
    base = callee.place.base
    typed = resolver.operand_type(base).name or ""
    adds = callee.place.attr in ELEMENT_ADDERS and not typed.startswith("class:")
    if not adds and not (callee.place.attr in _PUTS and typed in QUEUES):
        return
    container, added = resolver.value(base), event.arguments[-1]
    name = local_name(resolver, added)
    if container is not None and container.root in NAMED_OR_HANDED and name:
        yield added, container.item(ItemStep(name))


def _kept_by_callee(resolver: Resolver, event: Call) -> Iterator[Way]:
    """Give what a method of another object stores in that object."""
    for target in targets_of(resolver, event) if _hands_on_locals(resolver, event) else ():
        receiver = target.receiver
        if receiver is None or receiver.root not in NAMED_OR_HANDED or target.function.is_generator:
            continue
        kept = dict(_keeps(target.function))
        for parameter, operand in target.arguments:
            name = local_name(resolver, operand)
            if name and parameter in kept:
                attribute, inside = kept[parameter]
                place = receiver.attribute(attribute)
                yield operand, place.item(ItemStep(name)) if inside else place


def _hands_on_locals(resolver: Resolver, event: Call) -> bool:
    return any(local_name(resolver, operand) for operand in may_go_out(resolver, event))


def _keeps(function: FunctionGraph) -> Iterator[tuple[str, tuple[str, bool]]]:
    """Give the parameters that a method stores in its object: in which attribute, and whether as an entry of that."""
    node = function.node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or function.class_name is None:
        return
    nodes = function.syntax
    bound = {each.id for each in nodes if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    first, *others = function.parameters or ("",)
    for value, place, inside in (found for each in nodes for found in _put(each)):
        if not isinstance(value, ast.Name) or value.id not in others or value.id in bound:
            continue
        if isinstance(place, ast.Attribute) and isinstance(place.value, ast.Name) and place.value.id == first:
            yield value.id, (place.attr, inside)


def _put(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr, bool]]:
    """Give what a piece of syntax stores, where, and whether as an entry."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            inside = isinstance(target, ast.Subscript)
            yield node.value, target.value if isinstance(target, ast.Subscript) else target, inside
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ADDS and node.args:
        yield node.args[-1], node.func.value, True


def handed_to_tasks(resolver: Resolver, event: Event) -> Iterator[tuple[str, Call]]:
    """Give the locals that a task is handed which an event makes and does not wait for on the spot, and the call."""
    if not isinstance(event, Call) or not event.arguments:
        return
    if not starts_one(last_name(resolver.function.nodes[event.function])):
        return
    call = resolver.function.events[resolver.origin(event.arguments[0])]
    if not isinstance(call, Call) or not any(target.function.is_async for target in targets_of(resolver, call)):
        return
    if any(isinstance(each, Suspend) and each.awaited == event.id for each in resolver.function.events):
        return
    callee = resolver.function.events[call.function]
    method = isinstance(callee, Read) and isinstance(callee.place, Attribute)
    receiver = (
        (callee.place.base,) if method and isinstance(callee, Read) and isinstance(callee.place, Attribute) else ()
    )
    for operand in (*receiver, *call.arguments, *(value for _, value in call.keywords)):
        name = local_name(resolver, operand)
        if name:
            yield name, event


def local_name(resolver: Resolver, operand: Operand) -> str:
    """Give the name of the local that an operand reads, or the empty string."""
    event = resolver.function.events[operand]
    return event.place.name if isinstance(event, Read) and isinstance(event.place, Name) else ""
