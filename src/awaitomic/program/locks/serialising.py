"""Decorators that let one call of a function run at a time: by their name, by what they are told, by what they do.

A decorator of the program is looked into: it has to hold a lock where it waits for the function that it wraps. What is
not in the program counts if it sounds like a lock, or says itself how many may run at once.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitomic.knowledge.locks import CONCURRENCY_LIMITS, SERIALISING_DECORATORS, sounds_like_a_lock
from awaitomic.model.event import Call, Const, Enter
from awaitomic.program.locks import excludes_by_type
from awaitomic.program.locks.managers import is_understood
from awaitomic.program.locks.wrappers import Wrapper, entered_of_object, is_within, waits_for_wrapped, wrappers_of
from awaitomic.program.names import dotted, last_name

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver
    from awaitomic.program.unit import Unit


def serialising_decorator(program: Program, function: FunctionGraph) -> str | None:
    """Give the decorator that lets only one call of a function run at a time, if there is one."""
    unit = program.unit_of(function)
    for node in getattr(function.node, "decorator_list", []):
        name = last_name(node)
        if name in SERIALISING_DECORATORS or _limits_to_one(node) or _is_configured(program, unit, node):
            return name
        found = program.project.link.find_decorator(node, unit.module)
        if _holds_a_lock(program, found) if found is not None else sounds_like_a_lock(name):
            return name
    return next((last_name(wrapper.decorator) for wrapper in _locking_wrappers(program, function)), None)


def _locking_wrappers(program: Program, function: FunctionGraph) -> Iterator[Wrapper]:
    """Give the wrappers that wait for a method under a lock of its object, by whatever name: ``self.turn``."""
    resolver = program.resolver(function)
    for wrapper in wrappers_of(program, function):
        entered = entered_of_object(program, wrapper, function)
        locks = [event for event, location in entered if excludes_by_type(resolver, location)]
        if wrapper.waits and all(any(is_within(wrapper.function, wait, at) for at in locks) for wait in wrapper.waits):
            yield wrapper


def _is_configured(program: Program, unit: Unit, node: ast.expr) -> bool:
    called = node.func if isinstance(node, ast.Call) else node
    return program.conventions.serialises(dotted(called, unit.module.imports) or last_name(node))


def _limits_to_one(node: ast.expr) -> bool:
    """Tell whether a decorator is told to run one at a time: ``@Job(concurrency=Concurrency.QUEUE)``."""
    for keyword in node.keywords if isinstance(node, ast.Call) else ():
        if keyword.arg in CONCURRENCY_LIMITS:
            if isinstance(keyword.value, ast.Constant):
                return keyword.value.value == 1
            return isinstance(keyword.value, ast.Attribute)
    return False


def _holds_a_lock(program: Program, decorator: FunctionGraph) -> bool:
    """Tell whether a decorator of the program may hold a lock around what it wraps."""
    prefix = decorator.qualname + "."
    inner = [each for each in program.unit_of(decorator).resolvers if each.function.qualname.startswith(prefix)]
    if any(_enters_by_name(resolver) for resolver in inner):
        return True
    found = [
        (resolver, e.id) for resolver in inner for e in resolver.function.events if program.lock_words(resolver, e)
    ]
    if not found or not all(is_understood(resolver, lock) for resolver, lock in found):
        return bool(found)
    waits = [(resolver, event) for resolver in inner for event in waits_for_wrapped(resolver)]
    return not waits or any(
        lock.flaw is None for resolver, event in waits for lock in program.suspension.may_hold(resolver).get(event, ())
    )


def _enters_by_name(resolver: Resolver) -> bool:
    """Tell whether a function enters what it fetches from an object by a name that the decorator was given."""
    events = resolver.function.events
    entered = [events[resolver.origin(event.manager)] for event in events if isinstance(event, Enter)]
    return any(
        last_name(resolver.function.nodes[made.function]) == "getattr"
        and not isinstance(events[resolver.origin(made.arguments[1])], Const)
        for made in entered
        if isinstance(made, Call) and len(made.arguments) > 1
    )
