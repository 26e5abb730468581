"""Locks in a stack of context managers: ``await stack.enter_async_context(lock)`` holds until the stack ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.knowledge.locks import EXIT_STACKS
from awaitomic.model.event import Attribute, Call, Compute, Leave, Operand, Read
from awaitomic.program.names import last_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from awaitomic.program import Program
    from awaitomic.program.locks import Lock
    from awaitomic.program.resolve import Resolver


def stacked_locks(program: Program, resolver: Resolver) -> Iterator[tuple[Operand, tuple[Lock, ...]]]:
    """Give, for each stack that a with-statement of the function ends, the locks that it has entered."""
    events = resolver.function.events
    managers = {event.manager for event in events if isinstance(event, Leave)}
    stacks = {manager for manager in managers if _is_stack(resolver, manager)}
    if not stacks:
        return
    entered: dict[Operand, list[Lock]] = {}
    for event in events:
        callee = events[event.function] if isinstance(event, Call) else None
        if not isinstance(event, Call) or not isinstance(callee, Read) or not isinstance(callee.place, Attribute):
            continue
        locks = [lock for lock, taken in program.lock_calls(resolver, event) if taken]
        if locks:
            entered.setdefault(_stack_of(resolver, callee.place.base), []).extend(locks)
    for manager in sorted(stacks):
        found = entered.get(resolver.origin(manager))
        if found:
            yield manager, tuple(found)


def _is_stack(resolver: Resolver, manager: Operand) -> bool:
    return last_name(resolver.function.nodes[resolver.origin(manager)]) in EXIT_STACKS


def _stack_of(resolver: Resolver, operand: Operand) -> Operand:
    """Give the event that made a stack, from a name that ``as`` or an assignment gave it."""
    origin = resolver.origin(operand)
    event = resolver.function.events[origin]
    while isinstance(event, Compute) and event.operator in {"entered", "awaited"} and event.operands:
        origin = resolver.origin(event.operands[0])
        event = resolver.function.events[origin]
    return origin
