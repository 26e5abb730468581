"""Calls that make tasks, under whatever name: ``create_task`` renamed, and helpers of the project that call it.

``self._in_background(self._send(x))`` makes a task of what it is handed, as ``create_task`` does, if that is what the
helper does with it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitomic.knowledge.spawners import LATER_IN_LOOP, SPAWN_ALL, TASK_CLASSES, starts_one
from awaitomic.model.event import Attribute, Call, Compute, Item, Name, Operand, Read, Scope, Suspend, Write
from awaitomic.program.calls import targets_of
from awaitomic.program.names import dotted, last_name
from awaitomic.program.variables import Variables

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph
    from awaitomic.program.resolve import Resolver


def called_as(resolver: Resolver, event: Call) -> str:
    """Give the last name of what is called where it is defined: ``create_task`` for what an import has renamed."""
    nodes = resolver.function.nodes
    name = last_name(nodes[event.function])
    if starts_one(name) or name in SPAWN_ALL:
        return name
    for node in (nodes[event.function], nodes[resolver.origin(event.function)]):
        full = dotted(node, resolver.module.imports) or ""
        meant = "create_task" if full in TASK_CLASSES else full.rpartition(".")[2]
        if starts_one(meant) or meant in SPAWN_ALL:
            return meant
    return name


def made_into_tasks(resolver: Resolver, event: Call) -> list[Operand]:
    """Give the arguments of a call of which tasks are made: the first of what starts one, or of what hands it on."""
    name = called_as(resolver, event)
    if starts_one(name):
        return list(event.arguments[:1])
    if name in LATER_IN_LOOP and len(event.arguments) > 1:
        maker = resolver.function.nodes[resolver.origin(event.arguments[0])]
        return [event.arguments[1]] if starts_one(last_name(maker)) else []
    targets = targets_of(resolver, event)
    if len(targets) != 1:
        return []
    spawned = set(_spawned_parameters(targets[0].function))
    return [operand for name, operand in targets[0].arguments if name in spawned]


def is_waited_for(resolver: Resolver, event: Call) -> bool:
    """Tell whether what a helper gives that makes a task is waited for: the task, unless the helper is a coroutine."""
    if starts_one(called_as(resolver, event)) or any(each.function.is_async for each in targets_of(resolver, event)):
        return False
    return _waits_for(resolver, event.id)


def _waits_for(local: Variables, task: Operand) -> bool:
    return any(
        isinstance(each, Suspend) and each.awaited is not None and local.origin(each.awaited) == task
        for each in local.function.events
    )


def _spawned_parameters(function: FunctionGraph) -> Iterator[str]:
    """Give the parameters of which a function makes a task that it neither keeps in one place nor waits for."""
    local = Variables(function)
    made = [event for event in function.events if isinstance(event, Call) and event.arguments]
    for event in made:
        if not starts_one(last_name(function.nodes[event.function])):
            continue
        if _keeps_one(local, event) or _waits_for(local, event.id) or _hands_on(local, event):
            continue
        given = function.events[local.origin(event.arguments[0])]
        if isinstance(given, Call):  # `create_task(work(*args))`
            given = function.events[given.function]
        place = given.place if isinstance(given, Read) else None
        if isinstance(place, Name) and place.scope is Scope.PARAMETER and not local.is_bound(place.name):
            yield place.name


_LEAVES_ALONE = frozenset({"add", "append", "discard", "add_done_callback", "set_name"})
"""Calls with a task, or on one, that do not wait for it."""


def _hands_on(local: Variables, task: Call) -> bool:
    """Tell whether something may wait for a task in the function that makes it: who gets it, or its group."""
    for event in local.function.events:
        if not isinstance(event, Call) or last_name(local.function.nodes[event.function]) in _LEAVES_ALONE:
            continue
        callee = local.function.events[event.function]
        base = callee.place.base if isinstance(callee, Read) and isinstance(callee.place, Attribute) else None
        given = (*event.arguments, *(value for _, value in event.keywords), *(() if base is None else (base,)))
        if any(_holds(local, operand, task.id) for operand in given):
            return True
    return _is_of_own_group(local.function, task)


def _holds(local: Variables, operand: Operand, task: int) -> bool:
    """Tell whether a value is the task, or a collection that it is put into on the spot."""
    origin = local.origin(operand)
    event = local.function.events[origin]
    parts = event.operands if isinstance(event, Compute) else ()
    return origin == task or any(local.origin(part) == task for part in parts)


def _is_of_own_group(function: FunctionGraph, task: Call) -> bool:
    """Tell whether a task belongs to a group that the function opens itself, and waits for as it leaves it."""
    node = function.nodes[task.function]
    owner = node.value.id if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) else None
    items = (item for outer in function.syntax if isinstance(outer, ast.AsyncWith) for item in outer.items)
    return owner is not None and any(
        isinstance(item.optional_vars, ast.Name) and item.optional_vars.id == owner for item in items
    )


def _keeps_one(local: Variables, task: Call) -> bool:
    return any(
        isinstance(event, Write)
        and isinstance(event.place, Attribute | Item)
        and event.value is not None
        and local.origin(event.value) == task.id
        for event in local.function.events
    )
