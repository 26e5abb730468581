"""Functions that give the lock of a key: ``async with self.lock_for(key):`` takes an entry of a table of locks."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from awaitomic.model.event import Return
from awaitomic.model.location import ItemStep, Location
from awaitomic.program.calls import translate
from awaitomic.program.locks import lock_of
from awaitomic.program.names import names_of

if TYPE_CHECKING:
    from awaitomic.program.resolve import Resolver
    from awaitomic.program.target import Target


def returned_entry(callee: Resolver, resolver: Resolver, target: Target) -> Location | None:
    """Give, in the caller's terms, the entry of a table of locks that a function returns: the lock of a key.

    A key that the function finds itself, such as the running loop, is the same for all who can meet: that is one lock.
    """
    if callee.function.is_generator:
        return None
    found: set[Location | None] = set()
    for event in callee.function.events:
        if isinstance(event, Return) and event.value is not None:
            is_lock = lock_of(callee, event.value) is not None
            found.add(callee.value(event.value) if is_lock else None)
    location = found.pop() if len(found) == 1 else None
    if location is None or not location.steps or not isinstance(location.steps[-1], ItemStep):
        return None
    step = location.steps[-1]
    if not step.is_literal and not _is_chosen_by_callers(callee, step):
        return None
    return translate(resolver, target, location)


def _is_chosen_by_callers(callee: Resolver, step: ItemStep) -> bool:
    """Tell whether a key is a parameter, or made from parameters or the object's state."""
    names = names_of(step.text)
    for name in list(names):
        value = callee.binding(name)
        node = callee.function.nodes[value] if value is not None else None
        names.update(inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)) if node is not None else None
    return not names.isdisjoint(callee.function.parameters)
