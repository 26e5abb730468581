"""Which functions run several times at once although their names say once: they count who is inside, or ask for it.

A ``lifespan`` runs once for an application. One that counts up on its way in and down on its way out, or that asks
whether somebody has already entered it for the same key or event loop, is made for several that are inside together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.model.event import Compute, Const, Write
from awaitomic.model.location import ItemStep, Location, Root
from awaitomic.program.names import last_name

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver

_OUTLIVES = frozenset({Root.GLOBAL, Root.CLASS, Root.SELF, Root.CLOSURE})
_MANAGERS = frozenset({"asynccontextmanager", "contextmanager"})
_COUNTS = {"+": True, "+=": True, "-": False, "-=": False}


def is_entered_again(program: Program, function: FunctionGraph) -> bool:
    """Tell whether a function expects other runs of itself to be under way: by a count, or by a test for its key."""
    resolver = program.resolver(function)
    counted = {(place, up) for event in function.events for place, up in [_counted(resolver, event)] if place}
    if any((place, not up) in counted for place, up in counted):
        return True
    managers = {last_name(node) for node in getattr(function.node, "decorator_list", ())}
    return not _MANAGERS.isdisjoint(managers) and not _kept_by_key(resolver).isdisjoint(_asked(resolver))


def _counted(resolver: Resolver, event: object) -> tuple[Location | None, bool]:
    """Give the state that a write counts up (True) or down by one: ``USERS[key] += 1``."""
    value = resolver.function.events[event.value] if isinstance(event, Write) and event.value is not None else None
    if not isinstance(event, Write) or not isinstance(value, Compute) or value.operator not in _COUNTS:
        return None, False
    step = resolver.function.events[value.operands[-1]]
    if not isinstance(step, Const) or step.value != 1:
        return None, False
    location = resolver.place(event.place)
    is_kept = location is not None and location.root in _OUTLIVES
    return (resolver.key_of(location) if location is not None and is_kept else None), _COUNTS[value.operator]


def _kept_by_key(resolver: Resolver) -> set[Location]:
    """Give the tables in which something is stored under a key that is worked out."""
    found = set()
    for event in resolver.function.events:
        location = resolver.place(event.place) if isinstance(event, Write) else None
        if location is not None and location.root in _OUTLIVES and location.steps and location.parent is not None:
            step = location.steps[-1]
            if isinstance(step, ItemStep) and not step.is_literal:
                found.add(location.parent)
    return found


def _asked(resolver: Resolver) -> set[Location]:
    """Give the tables that are asked whether they have a key."""
    asks = (e for e in resolver.function.events if isinstance(e, Compute) and e.operator in {"in", "not in"})
    values = (resolver.value(event.operands[1]) for event in asks)
    return {value for value in values if value is not None}
