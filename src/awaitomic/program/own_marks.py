"""Marks of one's own: ``turn = self.turn = object()``, and after the wait ``if self.turn is turn``.

Who compares what is there now with what he has put there himself asks whether somebody else was there meanwhile, as one
does who compares it with what he has read before.
"""

from __future__ import annotations

from awaitomic.model.event import Compute, Event, Name, Operand, Read, Scope, Suspend, Write
from awaitomic.model.location import Location
from awaitomic.program.resolve import Resolver
from awaitomic.program.state import Token

_COMPARES = frozenset({"is", "is not", "==", "!="})


def mark_compared(resolver: Resolver, event: Compute) -> Token | None:
    """Give what a comparison asks of a mark that this call has put somewhere before it waited: as of an old read.

    Returns:
        None if it is another comparison, or the call has not waited since.
    """
    if event.operator not in _COMPARES or len(event.operands) != 2:
        return None
    events = resolver.function.events
    left, right = event.operands
    for there, mark in ((left, right), (right, left)):
        location = resolver.value(there) if _local(resolver, there) is None else None
        made = resolver.binding(_local(resolver, mark) or "")
        if location is None or made is None:
            continue
        put = next((each.id for each in events if _puts(resolver, each, made, location)), None)
        waits = [each.id for each in events if isinstance(each, Suspend) and each.id < event.id]
        if put is not None and waits:
            return Token(put, location, contents=False, own=True, locks=frozenset(), stale=waits[-1])
    return None


def _puts(resolver: Resolver, event: Event, made: Operand, location: Location) -> bool:
    """Tell whether an event puts what was made at a location."""
    if not isinstance(event, Write) or event.value is None or isinstance(event.place, Name):
        return False
    return resolver.origin(event.value) == made and resolver.place(event.place) == location


def _local(resolver: Resolver, operand: Operand) -> str | None:
    event = resolver.function.events[operand]
    is_local = isinstance(event, Read) and isinstance(event.place, Name) and event.place.scope is Scope.LOCAL
    return event.place.name if is_local and isinstance(event, Read) and isinstance(event.place, Name) else None
