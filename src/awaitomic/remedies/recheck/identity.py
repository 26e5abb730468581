"""Whether what a state holds is an object whose identity means something, and not a number or a string."""

from __future__ import annotations

import ast

from awaitomic.model.event import Attribute, Call, Event, Read, Suspend
from awaitomic.model.location import Location
from awaitomic.program.names import dotted
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.remedy import Case

_PLAIN_TYPES = frozenset("int float bool str bytes tuple frozenset NoneType".split())
_ENUMERATIONS = frozenset("Enum IntEnum StrEnum Flag IntFlag".split())
_PLAIN_METHODS = frozenset(name for kind in (str, bytes, int, float, tuple) for name in dir(kind))


def is_object(case: Case) -> bool:
    """Tell whether the state of a case holds an object: its class says so, or it is awaited or its methods called."""
    location = case.fact.access.location
    typed = case.resolver.type_of(location)
    if typed.name is not None and not typed.nothing:
        return typed.name not in _PLAIN_TYPES and not _is_enumerated(case, typed.name)
    key = case.resolver.key_of(location)
    return any(_shows(resolver, key) for resolver in case.program.resolvers_knowing(key))


def _is_enumerated(case: Case, kind: str) -> bool:
    """Tell whether a class has fixed members, which are the same objects whoever has stored them."""
    owner = kind.removeprefix("class:") if kind.startswith("class:") else None
    lineage = case.program.module.lineage(owner) if owner is not None else ()
    return any(base.rpartition(".")[2] in _ENUMERATIONS for facts in lineage for base in facts.bases)


def _shows(resolver: Resolver, key: Location) -> bool:
    function = resolver.function
    for event in function.events:
        if isinstance(event, Call):
            if _is_used_as_object(resolver, function.events[event.function], key):
                return True
            name = dotted(function.nodes[event.function], resolver.module.imports) or ""
            if name.startswith("asyncio.") and any(_is(resolver, operand, key) for operand in event.arguments):
                return True
        elif isinstance(event, Suspend) and event.awaited is not None:
            plain = isinstance(function.nodes[event.awaited], ast.Attribute | ast.Name | ast.Subscript)
            if plain and _is(resolver, event.awaited, key):
                return True
    return False


def _is_used_as_object(resolver: Resolver, callee: Event, key: Location) -> bool:
    place = callee.place if isinstance(callee, Read) else None
    return isinstance(place, Attribute) and place.attr not in _PLAIN_METHODS and _is(resolver, place.base, key)


def _is(resolver: Resolver, operand: int, key: Location) -> bool:
    location = resolver.value(operand)
    return location is not None and resolver.key_of(location) == key
