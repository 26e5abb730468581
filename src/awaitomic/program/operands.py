"""Which values an event uses and which method it calls, and when a value is used for the last time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitomic.model.event import (
    Attribute,
    Call,
    Compute,
    Enter,
    Event,
    Guard,
    Item,
    Leave,
    Merge,
    Name,
    Operand,
    Place,
    Raise,
    Read,
    Return,
    Scope,
    Suspend,
    Write,
    Yield,
)

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph
    from awaitomic.program.resolve import Resolver

_BUILDS = frozenset({"tuple", "list", "set", "dict", "f-string", "starred"})


def last_uses(events: tuple[Event, ...]) -> dict[Operand, int]:
    """Map each operand to the last event that uses it, in order of lowering."""
    last: dict[Operand, int] = {}
    for event in events:
        for operand in operands_of(event):
            last[operand] = event.id
    return last


def operands_of(event: Event) -> tuple[Operand, ...]:
    """Give the operands of an event."""
    if isinstance(event, Compute | Merge | Raise):
        return event.operands
    if isinstance(event, Call):
        return (event.function, *event.arguments, *(value for _, value in event.keywords))
    if isinstance(event, Read | Write):
        value = event.value if isinstance(event, Write) else None
        return (*place_operands(event.place), *(() if value is None else (value,)))
    if isinstance(event, Guard):
        return (event.test,)
    if isinstance(event, Enter | Leave):
        return (event.manager,)
    if isinstance(event, Suspend):
        return () if event.awaited is None else (event.awaited,)
    if isinstance(event, Return | Yield):
        return () if event.value is None else (event.value,)
    return ()


def method_of(function: FunctionGraph, event: Event) -> Attribute | None:
    """Give the attribute that a call calls, as in ``base.attr()``; None for any other event."""
    callee = function.events[event.function] if isinstance(event, Call) else None
    return callee.place if isinstance(callee, Read) and isinstance(callee.place, Attribute) else None


def place_operands(place: Place) -> tuple[Operand, ...]:
    """Give the operands of a place: the object, and the key of an entry."""
    if isinstance(place, Attribute):
        return (place.base,)
    return (place.base, place.key) if isinstance(place, Item) else ()


def operands_below(resolver: Resolver, operand: Operand) -> Iterator[Operand]:
    """Give an operand and what it is computed from on the spot, down to names; calls are not looked into."""
    stack, seen = [operand], set[Operand]()
    while stack:
        current = stack.pop()
        if current in seen:
            continue
        seen.add(current)
        yield current
        event = resolver.function.events[current]
        computed = isinstance(event, Compute) and (event.operator in _BUILDS or not event.operator.isalpha())
        if isinstance(event, Merge) or computed:
            stack.extend(operands_of(event))


def given_parameters(resolver: Resolver, operand: Operand | None) -> frozenset[str]:
    """Give the parameters of a function that flow into an operand of it, unless they are rebound."""
    if operand is None:
        return frozenset()
    events = (resolver.function.events[each] for each in operands_below(resolver, operand))
    places = [event.place for event in events if isinstance(event, Read)]
    names = (place.name for place in places if isinstance(place, Name) and place.scope is Scope.PARAMETER)
    return frozenset(name for name in names if not resolver.is_bound(name))
