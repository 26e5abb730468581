"""What a function is handed and only awaits: ``await self._with_retry(self._open)``, which is a call of ``_open``.

A private method that is a value somewhere may be called by anybody, from any task. If it is only lent to a helper that
calls it, waits for it and keeps it nowhere, it runs when who lends it runs, and waits for the helper.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.event import (
    Attribute,
    Call,
    Compute,
    Enter,
    Event,
    Guard,
    Name,
    Operand,
    Read,
    Scope,
    Suspend,
    Write,
)
from awaitomic.program.calls import targets_of
from awaitomic.program.locks import lock_of
from awaitomic.program.names import last_name
from awaitomic.program.operands import operands_of

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver

_MOST_HOPS = 3
"""A helper may hand on what it was lent; it is followed over so many calls."""

_ASKS = frozenset({"is", "is not", "not", "==", "!=", "f-string"})
"""Computations that only look at a value."""
_ASKING = frozenset("getattr hasattr callable repr str iscoroutinefunction".split())
_NAMES = frozenset({"__name__", "__qualname__", "__doc__"})


def only_awaits(program: Program, helper: FunctionGraph, parameter: str, hops: int = _MOST_HOPS) -> bool:
    """Tell whether a function calls what a parameter is, waits for it, and does nothing else with it.

    A helper that holds a lock meanwhile, or sets what may keep other callers out, is more than that: it says no.
    """
    resolver = program.resolver(helper)
    plain = helper.is_async and not helper.is_generator and not getattr(helper.node, "decorator_list", None)
    if not plain or not hops or resolver.is_bound(parameter) or _is_captured(helper, parameter):
        return False
    if "acquire" in resolver.words or any(_keeps_out(resolver, event) for event in helper.events):
        return False
    reads = [event for event in helper.events if isinstance(event, Read) and _is_parameter(event, parameter)]
    uses = [(read.id, event) for read in reads for event in helper.events if read.id in operands_of(event)]
    runs = [event for read, event in uses if _runs(program, resolver, event, read, hops)]
    return bool(runs) and all(event in runs or _only_looks(resolver, event) for _, event in uses)


def _is_parameter(event: Read, parameter: str) -> bool:
    return isinstance(event.place, Name) and event.place.scope is Scope.PARAMETER and event.place.name == parameter


def _is_captured(helper: FunctionGraph, parameter: str) -> bool:
    """Tell whether a function or class inside has the parameter, which may outlive the call."""
    inner = (
        node
        for node in ast.walk(helper.node)
        if node is not helper.node and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    )
    return any(isinstance(name, ast.Name) and name.id == parameter for node in inner for name in ast.walk(node))


def _keeps_out(resolver: Resolver, event: Event) -> bool:
    """Tell whether an event may let in only one: what may be a lock is taken, shared state is set."""
    if isinstance(event, Enter):
        made = resolver.function.events[resolver.origin(event.manager)]
        of_program = (resolver.operand_type(event.manager).name or "").startswith("class:") or (
            isinstance(made, Call) and bool(targets_of(resolver, made))
        )
        return of_program or lock_of(resolver, event.manager) is not None
    if not isinstance(event, Write):
        return False
    place = event.place
    return isinstance(place, Attribute) or (isinstance(place, Name) and place.scope in {Scope.GLOBAL, Scope.CLOSURE})


def _runs(program: Program, resolver: Resolver, event: Event, read: Operand, hops: int) -> bool:
    """Tell whether a use of what was lent runs it, and is waited for: a call of it, or of what it is lent to."""
    if not isinstance(event, Call) or not _is_waited_for(resolver, event):
        return False
    if event.function == read:
        return True
    targets = targets_of(resolver, event)
    names = [(target, name) for target in targets for name, operand in target.arguments if operand == read]
    return len(names) == len(targets) > 0 and all(
        only_awaits(program, target.function, name, hops - 1) for target, name in names
    )


def _is_waited_for(resolver: Resolver, call: Call) -> bool:
    """Tell whether a function waits for what a call gives, with or without a timeout, and for nothing beside it."""
    events = resolver.function.events
    for event in events:
        if isinstance(event, Suspend) and event.awaited is not None:
            origin = resolver.origin(event.awaited)
            outer = events[origin]
            timed = isinstance(outer, Call) and last_name(resolver.function.nodes[outer.function]) == "wait_for"
            if origin == call.id or (timed and isinstance(outer, Call) and call.id in outer.arguments[:1]):
                return True
    return False


def _only_looks(resolver: Resolver, event: Event) -> bool:
    """Tell whether a use neither calls nor keeps a value: ``if operation is None``, ``operation.__name__``."""
    if isinstance(event, Compute):
        return event.operator in _ASKS
    if isinstance(event, Call):
        return last_name(resolver.function.nodes[event.function]) in _ASKING
    return isinstance(event, Guard) or (
        isinstance(event, Read) and isinstance(event.place, Attribute) and event.place.attr in _NAMES
    )
