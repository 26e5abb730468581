"""Locks of an object that there is once, and that are made anew whenever somebody asks for it.

``__new__`` keeps the one instance and gives it to all, but Python runs ``__init__`` on what `__new__` gives each time:
who calls the class again puts a new lock into the object that others are using.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from awaitomic.flow.statements import block_of
from awaitomic.knowledge.containers import CONTAINERS
from awaitomic.knowledge.locks import IN_PROCESS, LOCK_TYPES
from awaitomic.model.event import Attribute, Return, Write
from awaitomic.program.names import dotted

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.module import ClassFacts
    from awaitomic.program.resolve import Resolver

_ENDS = ast.Return | ast.Raise


class Replaced(NamedTuple):
    """A lock that a second construction replaces."""

    owner: ClassFacts
    name: str
    kept: tuple[Resolver, int]
    """Where ``__new__`` gives the instance that it keeps."""
    made: tuple[Resolver, int]
    """Where ``__init__`` makes the lock."""
    emptied: tuple[str, ...]
    """The containers that it empties with that, by their names."""


def replaced_locks(program: Program) -> Iterator[Replaced]:
    """Give the locks of the classes of a file that its constructor replaces in the one instance that there is."""
    for facts in program.module.classes.values():
        new, init = facts.methods.get("__new__"), facts.methods.get("__init__")
        if new is None or init is None:
            continue
        kept = _gives_what_it_keeps(program.resolver(new))
        if kept is None:
            continue
        resolver = program.resolver(init)
        for event in init.events:
            if not isinstance(event, Write) or not isinstance(event.place, Attribute) or event.value is None:
                continue
            made = _makes_lock(resolver, event.value) and _is_always_done(resolver, event.id)
            if made and resolver.value(event.place.base) == resolver.receiver():
                given = (program.resolver(new), kept)
                yield Replaced(facts, event.place.attr, given, (resolver, event.id), _emptied(resolver))


def _gives_what_it_keeps(resolver: Resolver) -> int | None:
    """Give the ``return`` of a ``__new__`` that stores an instance in an attribute of the class and returns that."""
    stored = {
        event.place.attr
        for event in resolver.function.events
        if isinstance(event, Write) and isinstance(event.place, Attribute) and event.value is not None
    }
    returns = [event for event in resolver.function.events if isinstance(event, Return)]
    given = [resolver.function.nodes[event.value] for event in returns if event.value is not None]
    all_kept = all(isinstance(node, ast.Attribute) and node.attr in stored for node in given)
    return returns[-1].id if given and all_kept and len(given) == len(returns) else None


def _makes_lock(resolver: Resolver, value: int) -> bool:
    node = resolver.function.nodes[value]
    known = LOCK_TYPES.get(dotted(node.func, resolver.module.imports) or "") if isinstance(node, ast.Call) else None
    return known is not None and known.library in IN_PROCESS


def _emptied(resolver: Resolver) -> tuple[str, ...]:
    """Give the containers of the object itself that a constructor makes anew in any case."""
    found: list[str] = []
    for event in resolver.function.events:
        if not isinstance(event, Write) or not isinstance(event.place, Attribute):
            continue
        place = resolver.place(event.place)
        own = place is not None and place.parent == resolver.receiver()
        kind = resolver.type_of(place).name if place is not None and own else None
        if kind in CONTAINERS and _is_always_done(resolver, event.id):
            found.append(event.place.attr)
    return tuple(found)


def _is_always_done(resolver: Resolver, event: int) -> bool:
    """Tell whether a statement of a function is under no test, and behind none that may end the function."""
    path = resolver.function.statements[event][len(resolver.function.path) :]
    if len(path) != 1:
        return False
    before = block_of(resolver.function.node, path[0].block)[: path[0].index]
    return not any(isinstance(inner, _ENDS) for statement in before for inner in ast.walk(statement))
