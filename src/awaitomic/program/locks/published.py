"""Objects that a function makes, and where it stores them for others: from there on these may wait for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitomic.knowledge.containers import ELEMENT_ADDERS
from awaitomic.model.event import Call, Name, Operand, Read, Scope, Write
from awaitomic.model.location import Location
from awaitomic.program.locks.kept import additions, is_made
from awaitomic.program.operands import method_of

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver


def publications(resolver: Resolver, operand: Operand) -> Iterator[int]:
    """Give the events by which a function stores what it has made itself, and what an operand may be, for others."""
    function = resolver.function
    known = set(_sources(resolver, operand))
    for user in function.events:
        given: Operand | None = None
        found = False
        if isinstance(user, Write) and not isinstance(user.place, Name):
            given = user.value
        elif isinstance(user, Call) and user.arguments:
            method = method_of(function, user)
            name = method.attr if method is not None else ""
            found = name == "setdefault" and user.id in known
            given = user.arguments[-1] if found or name in ELEMENT_ADDERS else None
        made = _sources(resolver, given) if given is not None else []
        if any(_is_new(resolver, each) and (found or each in known) for each in made):
            yield user.id


def _sources(resolver: Resolver, operand: Operand) -> list[Operand]:
    """Give what makes a value; of a local each of what it is bound to."""
    origin = resolver.origin(operand)
    event = resolver.function.events[origin]
    if isinstance(event, Read) and isinstance(event.place, Name):
        return [resolver.origin(each) for each in resolver.values_of(event.place.name)]
    return [origin]


def _is_new(resolver: Resolver, value: Operand) -> bool:
    event = resolver.function.events[value]
    return isinstance(event, Call) and is_made(resolver, event)


def is_captured(program: Program, key: Location) -> bool:
    """Tell whether a nested function has an object by the local of who has stored it: ``lambda: future.cancel()``."""
    stored = [(resolver, access.value) for resolver, access in program.writers_at(key) if access.value is not None]
    added = [(resolver, value) for resolver, value, _ in additions(program, key)]
    for resolver, value in (*stored, *added):
        made = set(_sources(resolver, value))
        for name in _read_below(program, resolver) if made else ():
            if made.intersection(resolver.origin(each) for each in resolver.values_of(name)):
                return True
    return False


def _read_below(program: Program, resolver: Resolver) -> set[str]:
    """Give the variables of others that the functions inside of a function read."""
    found: set[str] = set()
    for inner in program.unit_of(resolver.function).resolvers:
        outer = inner.outer
        while outer is not None and outer is not resolver:
            outer = outer.outer
        for event in inner.function.events if outer is not None else ():
            if isinstance(event, Read) and isinstance(event.place, Name) and event.place.scope is Scope.CLOSURE:
                found.add(event.place.name)
    return found
