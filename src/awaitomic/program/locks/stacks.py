"""Locks in a stack of context managers: ``await stack.enter_async_context(lock)`` holds until the stack ends."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from awaitomic.knowledge.locks import EXIT_STACKS, UNKNOWN_LOCK
from awaitomic.model.event import Call, Compute, Leave, Operand
from awaitomic.program.callers import in_loop
from awaitomic.program.locks import Lock
from awaitomic.program.names import last_name
from awaitomic.program.operands import method_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver


class Stacked(NamedTuple):
    """The locks that a stack has entered when a with-statement ends it."""

    locks: tuple[Lock, ...]
    in_loops: tuple[Lock, ...]
    """What the body holds of those that are entered in loops: one for each thing that it is about, however many."""


def stacked_locks(program: Program, resolver: Resolver) -> Iterator[tuple[Operand, Stacked]]:
    """Give, for each stack that a with-statement of the function ends, the locks that it has entered."""
    events = resolver.function.events
    managers = {event.manager for event in events if isinstance(event, Leave)}
    stacks = {manager for manager in managers if is_stack(resolver, manager)}
    if not stacks:
        return
    entered: dict[Operand, list[tuple[Lock, bool]]] = {}
    for event in events:
        method = method_of(resolver.function, event)
        if method is None or not isinstance(event, Call):
            continue
        locks = [lock for lock, taken in program.lock_calls(resolver, event) if taken]
        if locks:
            loops = in_loop(resolver, event.id)
            entered.setdefault(stack_of(resolver, method.base), []).extend((lock, loops) for lock in locks)
    for manager in sorted(stacks):
        found = entered.get(resolver.origin(manager))
        if found:
            in_loops = tuple(replace(lock, type=UNKNOWN_LOCK) for lock, loops in found if loops)
            yield manager, Stacked((*(lock for lock, _ in found), *in_loops), in_loops)


def is_stack(resolver: Resolver, manager: Operand) -> bool:
    """Tell whether a manager is a stack of others."""
    return last_name(resolver.function.nodes[resolver.origin(manager)]) in EXIT_STACKS


def stack_of(resolver: Resolver, operand: Operand) -> Operand:
    """Give the event that made a stack, from a name that ``as`` or an assignment gave it."""
    origin = resolver.origin(operand)
    event = resolver.function.events[origin]
    while isinstance(event, Compute) and event.operator in {"entered", "awaited"} and event.operands:
        origin = resolver.origin(event.operands[0])
        event = resolver.function.events[origin]
    return origin
