"""Whether somebody else gives a lock back than the function that takes it: by design, and so no leak.

A lock can be a signal (taken by who asks, given back by who answers), a permit that goes with a task, or be released by
an object that is returned. All of these have a ``release`` without an ``acquire`` beside it, or let the lock out of the
function. Whose lock that is cannot always be told, so names decide: what is called the same counts as the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.event import Attribute, Call, Compute, Name, Operand, Read, Return, Scope, Write, Yield
from awaitomic.model.location import AttributeStep
from awaitomic.program.locks import lock_of
from awaitomic.program.locks.by_hand import Taking
from awaitomic.program.names import last_name
from awaitomic.program.operands import method_of, operands_of
from awaitomic.program.resolve import Resolver

if TYPE_CHECKING:
    from awaitomic.program import Program


def is_handed_over(program: Program, resolver: Resolver, taking: Taking) -> bool:
    """Tell whether others may give back the lock that a function takes by hand."""
    names = _names(resolver, taking)
    if _lets_out(resolver, taking, names):
        return True
    units = {unit.name: unit for unit in program.units_knowing(resolver.key_of(taking.lock.location))}
    own = program.unit_of(resolver.function)
    units[own.name] = own
    return any(
        _only_releases(other.function, names)
        for unit in units.values()
        for other in unit.resolvers
        if other is not resolver and "release" in other.words
    )


def _names(resolver: Resolver, taking: Taking) -> frozenset[str]:
    """Give what a lock is called: as it is said here, and the attribute that it is kept in."""
    method = method_of(resolver.function, resolver.function.events[taking.call])
    found = {last_name(resolver.function.nodes[method.base])} if method is not None else set()
    steps = [step.name for step in taking.lock.location.steps if isinstance(step, AttributeStep)]
    return frozenset({*found, *steps[-1:]})


def _lets_out(resolver: Resolver, taking: Taking, names: frozenset[str]) -> bool:
    """Tell whether a function gives the lock, or the method that releases it, to somebody else."""
    function = resolver.function
    called = {event.function for event in function.events if isinstance(event, Call)}
    for event in function.events:
        if isinstance(event, Read) and isinstance(event.place, Attribute) and event.place.attr == "release":
            if event.id not in called and last_name(function.nodes[event.place.base]) in names:
                return True
        elif _gives_away(event) and any(_is_it(resolver, taking, operand) for operand in _given(event)):
            return True
    return False


def _gives_away(event: object) -> bool:
    if isinstance(event, Write):
        return not isinstance(event.place, Name) or event.place.scope is not Scope.LOCAL
    if isinstance(event, Compute):
        return event.operator in {"tuple", "list", "dict", "set", "starred"}
    return isinstance(event, Call | Return | Yield)


def _given(event: object) -> tuple[Operand, ...]:
    if isinstance(event, Call):
        return (*event.arguments, *(value for _, value in event.keywords))
    if isinstance(event, Write):
        return () if event.value is None else (event.value,)
    return operands_of(event) if isinstance(event, Compute | Return | Yield) else ()


def _is_it(resolver: Resolver, taking: Taking, operand: Operand) -> bool:
    if resolver.value(operand) == taking.lock.location:
        return True
    lock = lock_of(resolver, operand) if isinstance(resolver.function.events[operand], Read) else None
    return lock is not None and lock.location == taking.lock.location


def _only_releases(function: FunctionGraph, names: frozenset[str]) -> bool:
    """Tell whether a function releases what goes by one of the names, and does not acquire it."""
    said = {
        event.place.attr
        for event in function.events
        if isinstance(event, Read)
        and isinstance(event.place, Attribute)
        and event.place.attr in {"acquire", "release"}
        and last_name(function.nodes[event.place.base]) in names
    }
    return said == {"release"}
