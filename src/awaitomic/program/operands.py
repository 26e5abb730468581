"""Which values an event uses, and when a value is used for the last time, so that the analysis can forget it."""

from __future__ import annotations

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
    Operand,
    Place,
    Raise,
    Read,
    Return,
    Suspend,
    Write,
    Yield,
)


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


def place_operands(place: Place) -> tuple[Operand, ...]:
    """Give the operands of a place: the object, and the key of an entry."""
    if isinstance(place, Attribute):
        return (place.base,)
    return (place.base, place.key) if isinstance(place, Item) else ()
