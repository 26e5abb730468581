"""Locks that only their origin tells: by what made them, or by who handed them over, whatever they are called here.

``self.turn = lock`` keeps what the caller calls a lock, ``Till(asyncio.Lock())`` hands one to a parameter of any name,
and ``redlock.Mutex()`` is made by a library that nobody here knows, but sounds like one. All of these protect, and
never deadlock, since it is not known how they exclude.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitomic.knowledge.locks import UNKNOWN_LOCK, Exclusion, sounds_like_a_lock
from awaitomic.model.event import Const, Name, Operand, Read, Scope, Write
from awaitomic.model.location import AttributeStep, Location, Root
from awaitomic.program.calls import bind_arguments
from awaitomic.program.locks import Lock, lock_of

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver
    from awaitomic.program.types import Typed

_HOPS = 3
"""So many times what is handed over is followed to who has it from whom."""


def lock_by_origin(program: Program, resolver: Resolver, operand: Operand) -> Lock | None:
    """Give the lock that a value of unknown type is by where it comes from, or None if nothing says that it is one.

    Parameters:
        operand: what is entered or acquired, and is no lock by its type or its name here.
    """
    location = resolver.value(operand)
    if location is None or resolver.operand_type(operand).name is not None:
        return None
    return Lock(location, UNKNOWN_LOCK) if _is_lock(program, resolver, location) else None


def _is_lock(program: Program, resolver: Resolver, location: Location) -> bool:
    step = location.steps[-1] if location.steps else None
    if step is None and location.root is Root.PARAMETER:
        return _is_handed(program, program.named(location.owner).function, location.name)
    if step is None and location.root is Root.GLOBAL:
        facts = program.project.facts(location.owner)
        return facts is not None and location.name in facts.globals and _is_made_as_one(facts.globals[location.name])
    owner = resolver.owner_of(location)
    return owner is not None and isinstance(step, AttributeStep) and _is_kept(program, owner, step.name)


def _is_made_as_one(typed: Typed) -> bool:
    """Tell whether what makes something, or its annotation, sounds like a lock of a library that nobody here knows."""
    kind, _, name = (typed.name or "").partition(":")
    return kind in {"call", "name"} and sounds_like_a_lock(name.rpartition(".")[2])


def _is_kept(program: Program, owner: str, attribute: str, hops: int = _HOPS) -> bool:
    """Tell whether a class keeps in an attribute what it has made as a lock, or was handed as one."""
    link = program.project.link
    for facts in link.lineage(owner):
        if attribute in facts.attributes and _is_made_as_one(facts.attributes[attribute]):
            return True
        for method in facts.methods.values():
            inner = program.resolver(method)
            for value in _stored(inner, attribute) if attribute in inner.words else ():
                if _excludes(inner, value):
                    return True
                parameter = _parameter(inner, value)
                if parameter is not None and _is_handed(program, method, parameter, hops):
                    return True
    return False


def _parameter(resolver: Resolver, value: Operand) -> str | None:
    """Give the parameter that a value is, if it is one."""
    read = resolver.function.events[resolver.origin(value)]
    given = isinstance(read, Read) and isinstance(read.place, Name) and read.place.scope is Scope.PARAMETER
    return read.place.name if given and isinstance(read, Read) and isinstance(read.place, Name) else None


def _stored(resolver: Resolver, attribute: str) -> Iterator[Operand]:
    """Give what a method stores in an attribute of its object."""
    own = Location(Root.SELF, resolver.function.class_id or "", "").attribute(attribute)
    for event in resolver.function.events:
        place = resolver.place(event.place) if isinstance(event, Write) and event.value is not None else None
        if place is not None and (place.root, place.steps) == (own.root, own.steps) and isinstance(event, Write):
            assert event.value is not None
            yield event.value


def _is_handed(program: Program, function: FunctionGraph, parameter: str, hops: int = _HOPS) -> bool:
    """Tell whether each caller in the project that hands something over as a parameter hands over a lock.

    One that hands over something else runs without a lock, however many others do not.
    """
    given = [each for each in _given(program, function, parameter) if not _is_none(*each)]
    return bool(given) and all(
        _excludes(resolver, operand) or _is_handed_on(program, resolver, operand, hops) for resolver, operand in given
    )


def _is_none(resolver: Resolver, operand: Operand) -> bool:
    event = resolver.function.events[resolver.origin(operand)]
    return isinstance(event, Const) and event.value is None


def _is_handed_on(program: Program, resolver: Resolver, operand: Operand, hops: int) -> bool:
    """Tell whether a caller hands on what is a lock by where that comes from: its own parameter, what it keeps."""
    parameter = _parameter(resolver, operand)
    if not hops:
        return False
    if parameter is not None:
        return _is_handed(program, resolver.function, parameter, hops - 1)
    location = resolver.value(operand)
    step = location.steps[-1] if location is not None and location.steps else None
    owner = resolver.owner_of(location) if location is not None else None
    return owner is not None and isinstance(step, AttributeStep) and _is_kept(program, owner, step.name, hops - 1)


def _given(program: Program, function: FunctionGraph, parameter: str) -> Iterator[tuple[Resolver, Operand]]:
    """Give what calls of a function hand over as a parameter: each with the function that calls."""
    name = getattr(function.node, "name", "")
    if name == "__init__" and function.class_id is not None:
        for caller, call in program.makers.constructions(function.class_id) or ():
            for given, operand in bind_arguments(function, call, skip_first=True):
                if given == parameter:
                    yield caller, operand
        return
    calls = [(site.resolver, site.target) for site in program.callers.sites(function)]
    calls += [(spawn.resolver, spawn.target) for spawn in program.callers.spawns(function)]
    for resolver, target in calls:
        for given, operand in target.arguments:
            if given == parameter:
                yield resolver, operand


def _excludes(resolver: Resolver, operand: Operand) -> bool:
    """Tell whether a value is a lock that keeps others out, or may do so, by what it is or by its name."""
    found = lock_of(resolver, operand)
    return found is not None and found.flaw is None and found.type.exclusion is not Exclusion.COUNTING
