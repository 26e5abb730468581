"""What a property or a getter returns: the state that reading or calling it stands for.

``self.pool.workers`` is the list ``self.pool._workers`` if the property does nothing but return it, and what
``self.sessions.get_or_create(key)`` gives is the entry ``self.sessions._cache[key]``. Only what is one place on all
ways counts: a copy, a new object, what a subclass may find elsewhere, what is kept from an earlier call
(``cached_property``) or comes after a wait stand for nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.flow.reach import reach_after, reach_from
from awaitomic.model.event import Attribute, Call, Const, Event, Name, Operand, Read, Return, Scope, Write
from awaitomic.model.location import ANY_ITEM, AttributeStep, ItemStep, Location, Root
from awaitomic.program.accesses import CONTENTS, access_of
from awaitomic.program.calls import targets_of, translate
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver
from awaitomic.program.target import Target

_PLAIN = frozenset({"property", "override", "final", "classmethod"})
"""Decorators under which a function returns what its body returns."""
_ASK_WHO_HOLDS = frozenset({"locked", "current_task"})
"""Calls on which it depends whether a lock is given, or None to who holds it already."""
_SHARED = frozenset({Root.SELF, Root.GLOBAL, Root.PARAMETER})
_LONGEST = 40
"""A call with more text than this is shown without its arguments."""


def standing_for(resolver: Resolver, event: Read | Call) -> Location | None:
    """Give the location that a property or a call stands for in the terms of the function that reads or calls it."""
    target = _property(resolver, event) if isinstance(event, Read) else _called(resolver, event)
    found = resolver.module.link.returned(target.function) if target is not None else None
    if target is None or found is None:
        return None
    location = translate(resolver, target, found)
    if location is None or ANY_ITEM in location.steps:
        return None
    return _as_written(resolver, event, location)


def _property(resolver: Resolver, event: Read) -> Target | None:
    if not isinstance(event.place, Attribute):
        return None
    owner = resolver.operand_type(event.place.base).name or ""
    if not owner.startswith("class:"):
        return None
    link, owner = resolver.module.link, owner.removeprefix("class:")
    getter = link.find_property(owner, event.place.attr)
    if getter is None or link.overrides(owner, event.place.attr):
        return None
    return Target(getter, resolver.value(event.place.base))


def _called(resolver: Resolver, event: Call) -> Target | None:
    targets = targets_of(resolver, event)
    return targets[0] if len(targets) == 1 else None


def _as_written(resolver: Resolver, event: Read | Call, location: Location) -> Location:
    """Show a location by the property or call that it was reached by, if that was a step from an object."""
    place = event.place if isinstance(event, Read) else None
    if isinstance(event, Call):
        callee = resolver.function.events[event.function]
        place = callee.place if isinstance(callee, Read) else None
    base = resolver.value(place.base) if isinstance(place, Attribute) else None
    if base is None or not isinstance(place, Attribute) or (base.root, base.name) != (location.root, location.name):
        return location
    node = resolver.function.nodes[event.id]
    name = place.attr if isinstance(event, Read) else f"{place.attr}({_arguments(node)})"
    return location.written_as((*(base.written or base.steps), AttributeStep(name)))


def _arguments(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    text = ast.unparse(ast.Call(ast.Name("f", ast.Load()), node.args, node.keywords))[2:-1]
    return text if len(text) <= _LONGEST else "…"


# -- the function that returns it --------------------------------------------------------------------------------------


def returned_location(resolver: Resolver) -> Location | None:
    """Give the one location that a function returns whenever it returns something, in its own terms."""
    function = resolver.function
    if function.is_async or function.is_generator or not isinstance(function.node, ast.FunctionDef):
        return None
    if any(last_name(node) not in _PLAIN for node in function.node.decorator_list):
        return None
    if any(last_name(node.func) in _ASK_WHO_HOLDS for node in function.kinds.of(ast.Call)):
        return None
    found: set[Location | None] = set()
    for event in function.events:
        if isinstance(event, Return) and event.value is not None and not _is_none(resolver, event.value):
            found.add(_of_return(resolver, event, event.value))
    location = found.pop() if len(found) == 1 else None
    return location if location is not None and _can_be_named(resolver, location) else None


def _is_none(resolver: Resolver, operand: Operand) -> bool:
    event = resolver.function.events[operand]
    return isinstance(event, Const) and event.value is None


def _can_be_named(resolver: Resolver, location: Location) -> bool:
    """Tell whether callers have names for a location: its keys are literals, or parameters as they were given."""
    if location.root is Root.CLASS:
        return resolver.is_class_lock(location)  # other state of a class may be that of a subclass
    if location.root not in _SHARED or not location.steps:
        return location.root is Root.GLOBAL
    keys = [each for each in location.steps if isinstance(each, ItemStep)]
    given = resolver.function.parameters
    return all(key.is_literal or (key.text in given and not resolver.is_bound(key.text)) for key in keys)


def _of_return(resolver: Resolver, event: Return, value: Operand) -> Location | None:
    returned = resolver.function.events[value]
    if isinstance(returned, Read) and isinstance(returned.place, Name) and returned.place.scope is Scope.LOCAL:
        return _of_local(resolver, event, returned.place.name)
    return resolver.value(value)


def _of_local(resolver: Resolver, event: Return, name: str) -> Location | None:
    """Give where the object in a local is stored when it is returned: looked up there, or put there before, always."""
    graph = resolver.function
    taken = dict(_taken(resolver, name))
    stored = dict(_stored(resolver, name))
    locations = {*taken.values(), *stored.values()} - {None}
    location = locations.pop() if len(locations) == 1 else None
    if location is None:
        return None
    good = {each for each in (*taken, *stored) if taken.get(each, stored.get(each)) == location}
    at_once = {_written(resolver, each) for each in stored}  # self._x = x = X()
    bad = {each for each in taken if each not in good and _written(resolver, each) not in at_once}
    bad.update(_losses(resolver, location, good))
    reached = reach_from(graph, graph.entry, stops=good).events
    lost = any(event.id in reach_after(graph, each, stops=good).events for each in bad)
    return None if event.id in reached or lost else location


def _taken(resolver: Resolver, name: str) -> Iterator[tuple[int, Location | None]]:
    """Give the events that bind a local, with the place of others where they have found its value."""
    for event in resolver.function.events:
        if isinstance(event, Write) and isinstance(event.place, Name) and event.place.name == name:
            found = event.value is not None and event.value not in resolver.published
            location = resolver.value(event.value) if found and event.value is not None else None
            yield event.id, location if location is not None and location.root in _SHARED else None


def _stored(resolver: Resolver, name: str) -> Iterator[tuple[int, Location | None]]:
    """Give the events that store what is in a local, or what it is bound to by the same statement, and where."""
    bound = resolver.values_of(name)
    for event in resolver.function.events:
        if not isinstance(event, Write) or event.value is None or isinstance(event.place, Name):
            continue
        if event.value in bound or _is_local(resolver.function.events[event.value], name):
            yield event.id, resolver.place(event.place)


def _written(resolver: Resolver, event: int) -> Operand | None:
    write = resolver.function.events[event]
    return write.value if isinstance(write, Write) else None


def _is_local(event: Event, name: str) -> bool:
    return isinstance(event, Read) and isinstance(event.place, Name) and event.place.name == name


def _losses(resolver: Resolver, location: Location, stored: set[int]) -> Iterator[int]:
    """Give the events that put something else at a location, or take away what is there."""
    for event in resolver.function.events:
        access = access_of(resolver, event) if event.id not in stored else None
        if access is None or access.change in CONTENTS:
            continue
        steps = access.location.steps
        if location.steps[: len(steps)] == steps and (location.root, location.name) == (
            access.location.root,
            access.location.name,
        ):
            yield event.id
