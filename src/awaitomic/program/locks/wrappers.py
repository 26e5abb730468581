"""What decorators of the program do around the functions that they wrap: the locks that they take and hold.

``@locked`` on a method takes ``self.lock`` for each call, so that a call of the method is an acquisition and its body
runs with the lock held.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.spawners import starts_one
from awaitomic.model.event import Call, Const, Enter, Name, Read, Scope, Suspend
from awaitomic.model.location import AttributeStep, Location, Root
from awaitomic.program.locks import lock_of
from awaitomic.program.names import last_name

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A function that runs in the place of a decorated one."""

    function: FunctionGraph
    waits: tuple[int, ...]
    """The suspensions at which it waits for the one that it wraps; none if it only starts it."""
    decorator: ast.expr
    maker: FunctionGraph
    """The function that the decorator is, or is made by."""


def wrappers_of(program: Program, function: FunctionGraph) -> Iterator[Wrapper]:
    """Give what runs around a function by its decorators, of those that are in the program and understood."""
    nodes = getattr(function.node, "decorator_list", ())
    module = program.unit_of(function).module if nodes else None
    for node in nodes:
        maker = program.project.link.find_decorator(node, module) if module is not None else None
        if maker is None or maker.is_async:
            continue
        prefix = maker.qualname + "."
        for resolver in program.unit_of(maker).resolvers:
            inner = resolver.function
            if not inner.qualname.startswith(prefix) or inner.class_name is not None:
                continue
            waits = tuple(waits_for_wrapped(resolver))
            if (waits and inner.is_async) or _starts_wrapped(resolver):
                yield Wrapper(inner, waits, node, maker)


def waits_for_wrapped(resolver: Resolver) -> list[int]:
    """Give the suspensions at which a function waits for a call of what a function around it was given."""
    events = resolver.function.events
    found: list[int] = []
    for event in events:
        call = (
            events[resolver.origin(event.awaited)] if isinstance(event, Suspend) and event.awaited is not None else None
        )
        if isinstance(call, Call) and _is_of_outside(resolver, call):
            found.append(event.id)
    return found


def _starts_wrapped(resolver: Resolver) -> bool:
    """Tell whether a function makes a task of a call of what a function around it was given."""
    events = resolver.function.events
    for event in events:
        if isinstance(event, Call) and starts_one(last_name(resolver.function.nodes[event.function])):
            given = [events[resolver.origin(argument)] for argument in event.arguments]
            if any(isinstance(each, Call) and _is_of_outside(resolver, each) for each in given):
                return True
    return False


def _is_of_outside(resolver: Resolver, call: Call) -> bool:
    callee = resolver.function.events[call.function]
    return isinstance(callee, Read) and isinstance(callee.place, Name) and callee.place.scope is Scope.CLOSURE


def in_wrapped(program: Program, wrapper: Wrapper, function: FunctionGraph, location: Location) -> Location | None:
    """Say in the terms of a decorated function which location of its wrapper is meant; None if it has no name for it.

    The first parameters are taken to be the same; the arguments of a decorator are looked up where it stands.
    """
    if location.root is Root.GLOBAL:
        return location
    if location.root is not Root.PARAMETER:
        return None
    resolver = program.resolver(function)
    if (
        function.parameters
        and location.owner == wrapper.function.id
        and location.name == wrapper.function.parameters[0]
    ):
        base = resolver.receiver() or Location(Root.PARAMETER, function.id, function.parameters[0])
    elif location.owner == wrapper.maker.id:
        argument = argument_of(wrapper, location.name)
        module = resolver.module
        if not isinstance(argument, ast.Name) or argument.id not in module.globals:
            return None
        base = Location(Root.GLOBAL, module.name, argument.id)
    else:
        return None
    for step in location.steps:
        if not isinstance(step, AttributeStep):
            return None
        base = base.attribute(step.name)
    return base


def entered_of_object(program: Program, wrapper: Wrapper, function: FunctionGraph) -> Iterator[tuple[int, Location]]:
    """Give what a wrapper enters of the object whose method it wraps, where only the method knows what that is.

    ``async with self.turn:``, and by a name: ``async with getattr(self, name):``.

    Yields: the event at which it is entered, and the attribute in the terms of the decorated function.
    """
    inner = program.resolver(wrapper.function)
    for event in wrapper.function.events:
        if not isinstance(event, Enter):
            continue
        made = inner.function.events[inner.origin(event.manager)]
        if isinstance(made, Call) and last_name(inner.function.nodes[made.function]) == "getattr":
            location = _by_name(program, wrapper, function, made)
        else:
            path = inner.value(event.manager) if lock_of(inner, event.manager) is None else None
            location = in_wrapped(program, wrapper, function, path) if path is not None and path.steps else None
        if location is not None:
            yield event.id, location


def _by_name(program: Program, wrapper: Wrapper, function: FunctionGraph, call: Call) -> Location | None:
    """Give the attribute that ``getattr`` fetches, by a literal or by what the decorator was given."""
    inner = program.resolver(wrapper.function)
    base = inner.value(call.arguments[0]) if len(call.arguments) == 2 else None
    mine = in_wrapped(program, wrapper, function, base) if base is not None else None
    name = inner.function.events[inner.origin(call.arguments[1])] if mine is not None else None
    written: object = name.value if isinstance(name, Const) else None
    if isinstance(name, Read) and isinstance(name.place, Name):
        given = argument_of(wrapper, name.place.name)
        written = given.value if isinstance(given, ast.Constant) else None
    return mine.attribute(written) if mine is not None and isinstance(written, str) else None


def is_within(function: FunctionGraph, event: int, enter: int) -> bool:
    """Tell whether an event stands in the body of a with-statement."""
    path = function.statements[enter]
    return len(function.statements[event]) > len(path) and function.statements[event][: len(path)] == path


def argument_of(wrapper: Wrapper, parameter: str) -> ast.expr | None:
    """Give what a decorator that is called was given for a parameter."""
    call = wrapper.decorator
    if not isinstance(call, ast.Call):
        return None
    named = next((keyword.value for keyword in call.keywords if keyword.arg == parameter), None)
    at = wrapper.maker.parameters.index(parameter) if parameter in wrapper.maker.parameters else len(call.args)
    return named if named is not None else call.args[at] if at < len(call.args) else None
