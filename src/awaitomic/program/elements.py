"""Which entry a loop variable stands for: ``for room in list(self.rooms.values())``, ``for k, v in d.items()``.

A copy of a container has the same objects in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.knowledge.containers import MAPPINGS
from awaitomic.model.event import Attribute, Call, Compute, Name, Operand, Read, Write
from awaitomic.model.location import ItemStep, Location

if TYPE_CHECKING:
    from awaitomic.program.resolve import Resolver

SAME_ITEMS = frozenset({"list", "tuple", "sorted", "reversed", "iter"})
"""Functions that give the items of their argument, be it of a copy: the items are the same objects."""


def element_of(resolver: Resolver, event: Compute, name: str) -> Location | None:
    """Give the entry that a local stands for which is bound to a step of a loop, or to the second piece of one.

    Parameters:
        event: what the local is bound to.
        name: the local.
    """
    if event.operator == "next":
        base, by = _gone_over(resolver, event)
        if base is None or by == "items" or (by is None and resolver.type_of(base).name in MAPPINGS):
            return None
        return base.item(ItemStep(name))
    step = resolver.function.events[event.operands[0]] if event.operator == "unpack" and event.operands else None
    if not isinstance(step, Compute) or step.operator != "next":
        return None
    base, by = _gone_over(resolver, step)
    key, value = _names(resolver, step)
    return base.item(ItemStep(key)) if base is not None and by == "items" and value == name and key else None


def _gone_over(resolver: Resolver, step: Compute) -> tuple[Location | None, str | None]:
    """Give the container that a loop goes over, and the method by which it does if that gives values or items."""
    iterator = resolver.function.events[step.operands[0]]
    if not isinstance(iterator, Compute) or not iterator.operands:
        return None, None
    operand = iterator.operands[0]
    source = resolver.function.events[resolver.origin(operand)]
    while isinstance(source, Call) and _passes_on(resolver, source):
        operand = source.arguments[0]
        source = resolver.function.events[resolver.origin(operand)]
    if not isinstance(source, Call):
        return resolver.value(operand), None
    callee = resolver.function.events[source.function]
    if source.arguments or not isinstance(callee, Read) or not isinstance(callee.place, Attribute):
        return None, None
    if callee.place.attr not in {"values", "items"}:
        return None, None
    return resolver.value(callee.place.base), callee.place.attr


def _passes_on(resolver: Resolver, call: Call) -> bool:
    callee = resolver.function.events[call.function]
    named = isinstance(callee, Read) and isinstance(callee.place, Name) and callee.place.name in SAME_ITEMS
    return named and len(call.arguments) == 1


def _names(resolver: Resolver, step: Compute) -> tuple[str, str]:
    """Give the two locals that a step of a loop is taken apart into, if these are all."""
    pieces: list[Operand] = [
        event.id
        for event in resolver.function.events
        if isinstance(event, Compute) and event.operator == "unpack" and event.operands == (step.id,)
    ]
    names = [_bound_to(resolver, piece) for piece in pieces]
    return (names[0], names[1]) if len(names) == 2 else ("", "")


def _bound_to(resolver: Resolver, value: Operand) -> str:
    for event in resolver.function.events:
        if isinstance(event, Write) and event.value == value and isinstance(event.place, Name):
            return event.place.name
    return ""
