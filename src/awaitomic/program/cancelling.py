"""Writers that end the very task that could lose their write: ``self._task.cancel()``, and only then the store.

A task that is cancelled does not come back from its suspension to write: unless it does so on its way out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitomic.model.event import Place, Write
from awaitomic.model.location import Location
from awaitomic.program.names import last_name
from awaitomic.program.operands import method_of
from awaitomic.program.resolve import Resolver

if TYPE_CHECKING:
    from awaitomic.program import Program

_CATCHES_CANCELLATION = frozenset({"CancelledError", "BaseException"})


def ended_tasks(program: Program, rival: Resolver, write: int, resolver: Resolver, event: int) -> frozenset[Location]:
    """Give the places of tasks that have been cancelled when a writer writes, by itself or by all who call it.

    Parameters:
        rival, write: the function that writes, and where.
        resolver, event: what one of these tasks does after its suspension; on the way out, it comes back.
    """
    if is_on_the_way_out(resolver, event):
        return frozenset()
    sites = program.callers.sites(rival.function)
    before = [frozenset(_cancelled_before(site.resolver, site.event)) for site in sites]
    return frozenset(_cancelled_before(rival, write)).union(frozenset.intersection(*before) if before else ())


def kept_at(resolver: Resolver, task: int) -> Location | None:
    """Give the name under which the program knows the place that a new task is kept in.

    Parameters:
        resolver, task: the function that makes the task, and the call that does so.
    """
    located = (resolver.place(place) for place in keepers(resolver, task))
    return next((resolver.key_of(location) for location in located if location is not None), None)


def keepers(resolver: Resolver, task: int) -> Iterator[Place]:
    """Give the places that a new task is stored in by the function that makes it, its locals among them."""
    for event in resolver.function.events:
        if isinstance(event, Write) and event.value is not None and resolver.origin(event.value) == task:
            yield event.place


def _cancelled_before(rival: Resolver, write: int) -> list[Location]:
    found = []
    for event in rival.function.events[:write]:
        method = method_of(rival.function, event)
        if method is not None and method.attr == "cancel":
            location = rival.value(method.base)
            if location is not None:
                found.append(rival.key_of(location))
    return found


def is_on_the_way_out(resolver: Resolver, event: int) -> bool:
    """Tell whether something stands in a ``finally``, or in a handler that a cancellation comes to."""
    node = resolver.function.nodes[event]
    for outer in resolver.function.syntax:
        if isinstance(outer, ast.Try):
            ways = [*outer.finalbody, *(handler for handler in outer.handlers if _catches(handler))]
            if any(inner is node for way in ways for inner in ast.walk(way)):
                return True
    return False


def _catches(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or last_name(kind) in _CATCHES_CANCELLATION for kind in kinds)
