"""Whether a function of the program that is used in a with-statement keeps others out of its body.

Of a generator (`contextlib.asynccontextmanager`) it matters what it holds where it yields: one that gives its lock back
before that protects nothing. Where a lock goes another way than those that are understood here (it is handed on, or
a method that nobody knows is called on it), the function counts as one that holds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from awaitomic.knowledge.containers import ANY_MUTATOR
from awaitomic.knowledge.locks import LOCK_METHODS, LOCK_TYPES, UNKNOWN_LOCK
from awaitomic.model.event import (
    Attribute,
    Call,
    Compute,
    Enter,
    Event,
    Guard,
    Leave,
    Operand,
    Read,
    Suspend,
    Write,
    is_yield,
)
from awaitomic.model.location import Location, Root
from awaitomic.program.locks import Lock
from awaitomic.program.names import dotted
from awaitomic.program.operands import operands_of

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver

_TESTS = frozenset({"in", "not in", "is", "is not", "==", "!=", "not", "entered"})
_METHODS = LOCK_METHODS | ANY_MUTATOR | {"get"}


def held_in_body(program: Program, resolver: Resolver, function: FunctionGraph) -> Iterator[Lock]:
    """Give the lock that a function holds in the body of a with-statement of `resolver`'s function, if it may."""
    inner = program.resolver(function)
    locks = [event.id for event in function.events if program.lock_words(inner, event)]
    if not locks:
        return
    lock = Lock(Location(Root.RESULT, resolver.function.id, f"{function.qualname}()"), UNKNOWN_LOCK)
    if not function.is_generator or not all(is_understood(inner, each) for each in locks):
        yield lock
        return
    regions = program.suspension.may_hold(inner)
    yields = (event.id for event in function.events if is_yield(event))
    held = [each for event in yields for each in regions.get(event, ())]
    if held:
        kept = any(each.flaw is None for each in held)
        flaws = [each.flaw for each in held if each.flaw is not None]
        yield lock if kept else replace(lock, flaw=min(flaws, key=lambda flaw: flaw[1:]))


def is_understood(resolver: Resolver, lock: Operand) -> bool:
    """Tell whether it can be seen of a lock that a function reads when the function holds it."""
    read = resolver.function.events[lock]
    if isinstance(read, Read) and isinstance(read.place, Attribute) and read.place.attr in LOCK_METHODS:
        return True  # `self.turn.locked` only sounds like a lock itself
    if dotted(resolver.function.nodes[lock], resolver.module.imports) in LOCK_TYPES:
        return True
    return all(_says_if_held(resolver, event, lock) for event in resolver.function.events)


def _says_if_held(resolver: Resolver, event: Event, lock: Operand) -> bool:
    """Tell whether an event enters, acquires, looks up, stores or tests a lock, or has nothing to do with it."""
    if lock not in operands_of(event) or isinstance(event, Enter | Leave | Suspend | Guard | Write):
        return True
    if isinstance(event, Read):
        return not isinstance(event.place, Attribute) or event.place.attr in _METHODS
    if isinstance(event, Compute):
        return event.operator in _TESTS
    entered = [resolver.origin(each.manager) for each in resolver.function.events if isinstance(each, Enter)]
    return isinstance(event, Call) and event.function == lock and event.id in entered  # `with self.lock_of(key):`
