"""Writes that reach the state by a way whose steps are not all known: another name for the object, a stored callback.

`awaitomic.remedies.shared.effects` follows what it can resolve. What is here is for the rest:
``self.parent.total += 1`` in a child, ``for account in accounts: account.total = 0``, ``await self.on_done()``, a
coroutine that was made earlier and is awaited by its name. None of it proves a write, but a fix that moves past it
cannot be called safe.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.containers import ANY_MUTATOR
from awaitomic.knowledge.spawners import AWAITED_ALONE, SPAWN_ALL, starts_one
from awaitomic.model.event import Attribute, Call, Event, Item, Name, Place, Read, Scope, Suspend, SuspendWhy, Write
from awaitomic.model.location import ANY_ITEM, AttributeStep, Location
from awaitomic.program import Program
from awaitomic.program.calls import awaited_calls, targets_of
from awaitomic.program.coroutines import referenced
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver


def other_name_of(resolver: Resolver, event: Event, keys: frozenset[Location]) -> str | None:
    """Give what an event writes to if it is an attribute like the state's, of an object that may be the state's own.

    Parameters:
        resolver: of the function of the event.
        event: any event; only writes, and calls of methods that change containers, can count.
        keys: the states, in the terms of the whole file.

    Returns:
        The target as it is written, or None if the event writes nothing, or surely something else.
    """
    place = _written(resolver, event)
    while isinstance(place, Item):
        inner = resolver.function.events[place.base]
        place = inner.place if isinstance(inner, Read) else None
    if not isinstance(place, Attribute):
        return None
    steps = [(key, step.name) for key in keys for step in key.steps if isinstance(step, AttributeStep)]
    owners = [key.owner for key, name in steps if place.attr in {name, "__dict__"}]
    if not owners:
        return None
    base = resolver.function.nodes[place.base]
    module = resolver.module
    found = resolver.operand_type(place.base)
    typed = "" if found.nothing else found.name or ""
    named = module.class_named(base.id) if isinstance(base, ast.Name) else None
    own_class = named is not None
    if named is not None:
        typed = f"class:{named}"
    if typed and not typed.startswith("class:"):
        return None
    if typed and place.attr != "__dict__" and not own_class:
        return None  # a known object: its locations are compared
    if typed and not any(module.link.class_facts(owner) and module.can_be_one(owner, typed[6:]) for owner in owners):
        return None
    return f"{ast.unparse(base)}.{place.attr}" if isinstance(base, ast.expr) else place.attr


def _written(resolver: Resolver, event: Event) -> Place | None:
    if isinstance(event, Write):
        return event.place
    callee = resolver.function.events[event.function] if isinstance(event, Call) else None
    if isinstance(callee, Read) and isinstance(callee.place, Attribute) and callee.place.attr in ANY_MUTATOR:
        return Item(callee.place.base, callee.place.base)
    return None


def names_builtin(resolver: Resolver, callee: Event) -> bool:
    """Tell whether an event reads a name that nothing in the file binds, so that it is Python's own."""
    if not isinstance(callee, Read) or not isinstance(callee.place, Name) or callee.place.scope is not Scope.GLOBAL:
        return False
    module, name = resolver.module, callee.place.name
    own = module.class_named(name) is not None
    return not own and not any(name in known for known in (module.globals, module.imports, module.by_name))


def runs_unknown(resolver: Resolver, event: Event) -> bool:
    """Tell whether an event runs code that was chosen elsewhere: a stored callable, a coroutine or a task by name."""
    if isinstance(event, Call):
        return not targets_of(resolver, event) and _is_stored(resolver, event)
    if not isinstance(event, Suspend) or event.awaited is None:
        return False
    if event.why is SuspendWhy.ASYNC_FOR:
        return True  # the generator may have been made anywhere
    if event.why is not SuspendWhy.AWAIT:
        return False
    if not awaited_calls(resolver, event) and not _is_call(resolver, event.awaited):
        return True
    awaited = resolver.function.events[resolver.origin(event.awaited)]
    if not isinstance(awaited, Call):
        return False
    wrapper = last_name(resolver.function.nodes[awaited.function])
    if not starts_one(wrapper) and wrapper not in AWAITED_ALONE | SPAWN_ALL | {"wait", "as_completed"}:
        return False
    return any(
        not _is_call(resolver, argument) for argument in awaited.arguments[: None if wrapper in SPAWN_ALL else 1]
    )


def _is_call(resolver: Resolver, operand: int) -> bool:
    return isinstance(resolver.function.events[resolver.origin(operand)], Call)


def _is_stored(resolver: Resolver, call: Call) -> bool:
    callee = resolver.function.events[call.function]
    if not isinstance(callee, Read):
        return True
    if isinstance(callee.place, Name):
        return callee.place.scope is not Scope.GLOBAL or callee.place.name in resolver.module.globals
    return not isinstance(callee.place, Attribute) or not _is_of_container(resolver, callee.place)


def _is_of_container(resolver: Resolver, place: Attribute) -> bool:
    """Tell whether an attribute that is called is a method of a kind of object from outside the file."""
    typed = resolver.operand_type(place.base).name or ""
    base = resolver.function.nodes[place.base]
    imported = isinstance(base, ast.Name) and base.id in resolver.module.imports
    return imported or bool(typed and not typed.startswith("class:"))


def loose_functions(program: Program) -> Iterator[FunctionGraph]:
    """Give the functions that are handed around as values, and those that are called and run only later.

    The latter are coroutines that are not awaited where they are called, and generators.
    """
    for resolver in program.resolvers:
        callees = {event.function for event in resolver.function.events if isinstance(event, Call)}
        awaited = {
            call.call
            for event in resolver.function.events
            if isinstance(event, Suspend)
            for call in awaited_calls(resolver, event)
        }
        for event in resolver.function.events:
            if isinstance(event, Read) and event.id not in callees:
                found = referenced(resolver, event)
                if found is not None:
                    yield found
                else:
                    yield from _by_name(resolver, event)
            elif isinstance(event, Call) and event.id not in awaited:
                called = (target.function for target in targets_of(resolver, event))
                yield from (function for function in called if function.is_async or function.is_generator)


def _by_name(resolver: Resolver, event: Read) -> Iterator[FunctionGraph]:
    """Give the methods that an attribute of an object of unknown class may be."""
    place = event.place
    if isinstance(place, Attribute) and resolver.operand_type(place.base).name is None:
        for facts in resolver.module.classes.values():
            if place.attr in facts.methods:
                yield facts.methods[place.attr]


def methods_called(
    program: Program, resolver: Resolver, event: Event, keys: frozenset[Location]
) -> Iterator[FunctionGraph]:
    """Give the methods of the file that a call on an object of unknown class may reach, by their name alone.

    Not those of the class that has the state: they would be called on another object, and write that one's. But who has
    been handed such an object may call it back.
    """
    callee = resolver.function.events[event.function] if isinstance(event, Call) else None
    if not isinstance(callee, Read) or not isinstance(callee.place, Attribute):
        return
    if resolver.operand_type(callee.place.base).name is not None:
        return
    owners = {facts.id for key in keys for facts in program.module.family(key.owner)}
    named = [each for each in program.module.functions if getattr(each.node, "name", "") == callee.place.attr]
    found = [each for each in named if each.class_id is not None]
    calls_back = resolver.function.class_id not in owners and _is_handed_out(program, resolver.function, owners)
    yield from (each for each in found if each.class_id not in owners or calls_back)


def _is_handed_out(program: Program, function: FunctionGraph, owners: set[str]) -> bool:
    """Tell whether something of the function's class, or the function itself, is given an object of some classes."""
    mine = function.class_id or function.id
    for resolver in program.resolvers:
        for event in resolver.function.events:
            if not isinstance(event, Call):
                continue
            given = [*event.arguments, *(value for _, value in event.keywords)]
            kinds = {(resolver.operand_type(each).name or "").removeprefix("class:") for each in given}
            if owners.isdisjoint(kinds):
                continue
            made = (resolver.operand_type(event.id).name or "").removeprefix("class:")
            if mine in {made, *(each.function.class_id or each.function.id for each in targets_of(resolver, event))}:
                return True
    return False


def wrappers_around(program: Program, resolver: Resolver) -> Iterator[FunctionGraph]:
    """Give what decorators of the program put in the place of a function: it runs around each call of it."""
    for node in getattr(resolver.function.node, "decorator_list", ()):
        decorator = program.module.link.find_decorator(node, resolver.module)
        if decorator is not None:
            prefix = f"{decorator.qualname}."
            inner = (each.function for each in program.unit_of(decorator).resolvers)
            yield from (each for each in inner if each.qualname.startswith(prefix))


def shared_containers(program: Program, keys: frozenset[Location]) -> Iterator[Location]:
    """Give the entries, under another name, of containers that some states are in: ``self.by_id = self.rows``."""
    containers = {key.parent for key in keys if key.is_entry}
    for resolver in program.resolvers if containers else ():
        for event in resolver.function.events:
            if not isinstance(event, Write) or event.value is None:
                continue
            place, value = resolver.place(event.place), resolver.value(event.value)
            if place is None or value is None:
                continue
            pair = resolver.key_of(place), resolver.key_of(value)
            if pair[0] != pair[1] and not containers.isdisjoint(pair):
                yield from (name.item(ANY_ITEM) for name in pair if name not in containers)
