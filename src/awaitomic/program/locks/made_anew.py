"""Locks that are made where they are taken: each call has one of its own, so it keeps nobody out.

``async with asyncio.Lock():``, a local that is bound to a new lock and only taken, a property or getter that gives a
new one each time, and a default that nobody ever stores (``getattr(self, "_lock", asyncio.Lock())``), and what a
framework has made for each request. A lock that goes anywhere else (to a task, into a closure, an attribute or a table)
is somebody else's, too, and none of these.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.locks import IN_PROCESS, LOCK_METHODS, LOCK_TYPES
from awaitomic.model.event import (
    Attribute,
    Call,
    Compute,
    Const,
    Enter,
    Event,
    Leave,
    Name,
    Operand,
    Read,
    Return,
    Scope,
    Suspend,
    Write,
    Yield,
)
from awaitomic.model.location import AttributeStep, Location, Root
from awaitomic.program.calls import targets_of
from awaitomic.program.locks import Cause, Flaw
from awaitomic.program.locks.per_request import made_for_request, yielded_once
from awaitomic.program.names import dotted, last_name
from awaitomic.program.operands import operands_of
from awaitomic.program.resolve import Resolver

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.link import Definition

_PLAIN = frozenset({"property", "staticmethod", "classmethod", "override", "final"})
"""Decorators under which each use of a getter runs its body."""


def made_for_each(program: Program, resolver: Resolver, manager: Operand) -> Flaw | None:
    """Tell where a lock is made if whoever takes it here makes one of his own; `manager` is what is entered."""
    origin = resolver.origin(manager)
    event = resolver.function.events[origin]
    if isinstance(event, Compute) and event.operator == "awaited":  # `async with await self.lock_of(key):`
        origin = resolver.origin(event.operands[0])
        event = resolver.function.events[origin]
    if isinstance(event, Call):
        if _makes_lock(resolver, event.id):
            return _flaw(resolver.function, origin) if _is_only_taken(resolver, origin) else None
        if len(event.arguments) > 1 and last_name(resolver.function.nodes[event.function]) in {"getattr", "get"}:
            return _by_default(program, resolver, event)
        targets = targets_of(resolver, event)
        found = [_returned_anew(program, target.function) for target in targets]
        return found[0] if found and None not in found else None
    if isinstance(event, Read) and isinstance(event.place, Name) and event.place.scope is Scope.PARAMETER:
        asked = made_for_request(program, resolver, event.place.name)
        return _by_request(program, asked) if asked is not None and asked.kind == "function" else None
    if isinstance(event, Read) and isinstance(event.place, Attribute):
        location = resolver.place(event.place)
        getter = program.property_at(resolver, location) if location is not None else None
        if getter is None or program.project.link.overrides(getter.class_id or "", event.place.attr):
            return None
        return _returned_anew(program, getter)
    return None


def _flaw(function: FunctionGraph, made: Operand) -> Flaw:
    return Flaw(Cause.MADE_ANEW, function.id, made)


def _makes_lock(resolver: Resolver, operand: Operand) -> bool:
    """Tell whether an event makes a lock that only those can meet at who have the object."""
    node = resolver.function.nodes[operand]
    known = LOCK_TYPES.get(dotted(node.func, resolver.module.imports) or "") if isinstance(node, ast.Call) else None
    return known is not None and known.library in IN_PROCESS and not (isinstance(node, ast.Call) and _wraps(node))


def _wraps(node: ast.Call) -> bool:
    """Tell whether a condition is made from a lock that there is already."""
    return last_name(node.func) == "Condition" and bool(node.args or node.keywords)


def _is_only_taken(resolver: Resolver, made: Operand, *, returned: bool = False) -> bool:
    """Tell whether all that a function does with a lock that it has made is to take it, or else to return it."""
    if made in resolver.published:
        return False
    names = {
        event.place.name
        for event in resolver.function.events
        if isinstance(event, Write) and event.value == made and isinstance(event.place, Name)
    }
    same = {made} | {
        event.id
        for event in resolver.function.events
        if isinstance(event, Read) and isinstance(event.place, Name) and event.place.name in names
    }
    return not names & resolver.captured and all(
        same.isdisjoint(operands_of(event)) or _takes(event, returned=returned) for event in resolver.function.events
    )


def _takes(event: Event, *, returned: bool) -> bool:
    if isinstance(event, Write):
        return isinstance(event.place, Name) and event.place.scope is Scope.LOCAL
    if isinstance(event, Read):
        return isinstance(event.place, Attribute) and event.place.attr in LOCK_METHODS
    if isinstance(event, Return | Yield):
        return returned
    return isinstance(event, Enter | Leave | Suspend) or (isinstance(event, Compute) and event.operator == "entered")


def _returned_anew(program: Program, function: FunctionGraph) -> Flaw | None:
    """Tell where a getter makes the lock that it returns, if that is a new one on every way."""
    if function.is_generator or not _decorators(function) <= _PLAIN:
        return None
    inner = program.resolver(function)
    values = [event.value for event in function.events if isinstance(event, Return)]
    made = [inner.origin(value) for value in values if value is not None]
    if not made or len(made) < len(values):
        return None
    anew = all(_makes_lock(inner, each) and _is_only_taken(inner, each, returned=True) for each in made)
    return _flaw(function, made[0]) if anew else None


def _by_request(program: Program, found: Definition) -> Flaw | None:
    """Tell where a lock is made that a framework has a function make for each request."""
    function = program.project.link.function(found.id)
    if function is None or not function.is_generator:
        return _returned_anew(program, function) if function is not None else None
    inner = program.resolver(function)
    made = yielded_once(inner)
    if made is None or _decorators(function) or not _makes_lock(inner, made):
        return None
    return _flaw(function, made) if _is_only_taken(inner, made, returned=True) else None


def _decorators(function: FunctionGraph) -> set[str]:
    return {last_name(each) for each in getattr(function.node, "decorator_list", ())}


def _by_default(program: Program, resolver: Resolver, event: Call) -> Flaw | None:
    """Tell whether a lookup always gives its default, a new lock, since nobody ever puts another one there."""
    default = event.arguments[-1]
    origin = resolver.origin(default)
    if not _makes_lock(resolver, origin) or origin != default:
        return None
    location = resolver.value(event.id)
    if location is None or location.root not in {Root.SELF, Root.GLOBAL} or not location.steps:
        return None
    nobody = _is_never_set(program, resolver, location)
    return _flaw(resolver.function, origin) if nobody else None


def _is_never_set(program: Program, resolver: Resolver, location: Location) -> bool:
    """Tell whether an attribute, or the entries of a table, are only ever looked up in this way."""
    step = location.steps[-1]
    table = location.parent if not isinstance(step, AttributeStep) else None
    if isinstance(step, AttributeStep):
        if len(location.steps) != 1 or location.root is not Root.SELF or not _is_all_known(resolver, location, step):
            return False
        name = step.name
    elif table is not None and table.steps and isinstance(table.steps[-1], AttributeStep):
        name = table.steps[-1].name
    else:
        name = table.name if table is not None else ""
    units = program.units_knowing(resolver.key_of(location))
    return bool(name) and not any(_sets(each, name) for unit in units for each in unit.resolvers)


def _is_all_known(resolver: Resolver, location: Location, step: AttributeStep) -> bool:
    """Tell whether no class of the family has an attribute of that name, and none comes from a stranger."""
    link = resolver.module.link
    family = [*link.lineage(location.owner), *link.descendants(location.owner)]
    strangers = {base for facts in family for base in link.bases(facts) if ":" not in base and base != "object"}
    return not strangers and not any(step.name in {*facts.attributes, *facts.methods} for facts in family)


def _sets(resolver: Resolver, name: str) -> bool:
    """Tell whether a function may set an attribute or fill a table, by its name: all but empty ones and lookups."""
    if name not in resolver.words:
        return False
    events = resolver.function.events
    for event in events:
        if isinstance(event, Const) and event.value == name and not _is_looked_up(resolver, event.id):
            return True
        if isinstance(event, Write) and _is_named(event, name):
            empty = event.value is not None and _is_empty(resolver.function.nodes[event.value])
            if not empty:
                return True
        if isinstance(event, Read) and _is_named(event, name):
            used = [each for each in events if event.id in operands_of(each)]
            if not all(_is_lookup(each) for each in used):
                return True
    return False


def _is_named(event: Read | Write, name: str) -> bool:
    place = event.place
    return (isinstance(place, Attribute) and place.attr == name) or (isinstance(place, Name) and place.name == name)


def _is_lookup(event: Event) -> bool:
    return isinstance(event, Read) and isinstance(event.place, Attribute) and event.place.attr == "get"


def _is_empty(node: ast.AST) -> bool:
    return isinstance(node, ast.Dict) and not node.keys


def _is_looked_up(resolver: Resolver, word: Operand) -> bool:
    """Tell whether a string is only the name that `getattr` is asked for."""
    return all(
        isinstance(event, Call) and last_name(resolver.function.nodes[event.function]) in {"getattr", "hasattr"}
        for event in resolver.function.events
        if word in operands_of(event)
    )
