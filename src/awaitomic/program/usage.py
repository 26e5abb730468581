"""Which state is used like a container, where no initialiser or annotation tells its type."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from awaitomic.model.event import Call, Compute, Item, Name, Operand, Read, Suspend, SuspendWhy, Write
from awaitomic.model.location import Location

if TYPE_CHECKING:
    from awaitomic.program.resolve import Resolver

_MEMBERSHIP = frozenset({"in", "not in"})
_DISPLAYS = frozenset({"list", "dict", "set", "comprehension"})
_COUNTED = frozenset({"len", "list", "sorted"})
"""Functions that take a container, or what is just like one."""


class Usage:
    """What the functions of one module do with state, by the name under which the program knows it."""

    def __init__(self, resolvers: list[Resolver]) -> None:
        self._resolvers = resolvers

    @cached_property
    def containers(self) -> frozenset[Location]:
        """State that is indexed, counted, searched, iterated over or bound to a display somewhere in the module."""
        found: set[Location] = set()
        for resolver in self._resolvers:
            for operand in _used_as_container(resolver):
                location = resolver.value(operand)
                if location is not None:
                    found.add(resolver.key_of(location))
            for event in resolver.function.events:
                if isinstance(event, Write) and _is_display(resolver, event.value):
                    location = resolver.place(event.place)
                    if location is not None:
                        found.add(resolver.key_of(location))
        return frozenset(found)


def used_as_container(resolver: Resolver, location: Location) -> bool:
    """Tell whether some function of the module uses a state like a container."""
    return resolver.usage is not None and resolver.key_of(location) in resolver.usage.containers


def _used_as_container(resolver: Resolver) -> Iterator[Operand]:
    events = resolver.function.events
    asynchronous = {e.awaited for e in events if isinstance(e, Suspend) and e.why is SuspendWhy.ASYNC_FOR}
    for event in events:
        if isinstance(event, Read | Write) and isinstance(event.place, Item):
            yield event.place.base
        elif isinstance(event, Compute) and event.operator in _MEMBERSHIP and len(event.operands) == 2:
            yield event.operands[1]
        elif isinstance(event, Compute) and event.operator == "iter" and event.id not in asynchronous:
            yield from event.operands[:1]
        elif isinstance(event, Call) and len(event.arguments) == 1:
            callee = events[event.function]
            if isinstance(callee, Read) and isinstance(callee.place, Name) and callee.place.name in _COUNTED:
                yield event.arguments[0]


def _is_display(resolver: Resolver, value: Operand | None) -> bool:
    event = resolver.function.events[value] if value is not None else None
    return isinstance(event, Compute) and event.operator in _DISPLAYS
