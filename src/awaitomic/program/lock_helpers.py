"""Whether a function of the program that is used in a with-statement keeps others out of its body.

Of a generator (`contextlib.asynccontextmanager`) it matters what it holds where it yields: one that gives its lock back
before that protects nothing. Where a lock goes another way than those that are understood here (it is handed on, or
a method that nobody knows is called on it), the function counts as one that holds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.knowledge.containers import ANY_MUTATOR
from awaitomic.knowledge.locks import LOCK_METHODS
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
    SuspendWhy,
    Write,
)
from awaitomic.program.operands import operands_of

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver

_TESTS = frozenset({"in", "not in", "is", "is not", "==", "!=", "not", "entered"})
_METHODS = LOCK_METHODS | ANY_MUTATOR | {"get"}


def keeps_out(program: Program, function: FunctionGraph) -> bool:
    """Tell whether the function has to do with a lock, and may still hold it in the body of the with-statement."""
    resolver = program.resolver(function)
    locks = [e.id for e in function.events if program.lock_words(resolver, e) and not _is_method(e)]
    if not locks or not function.is_generator:
        return bool(locks)
    if not all(_is_understood(resolver, event, lock) for lock in locks for event in function.events):
        return True
    held = program.suspension.may_hold(resolver)
    yields = (event.id for event in function.events if isinstance(event, Suspend) and event.why is SuspendWhy.YIELD)
    return any(held.get(event) for event in yields)


def _is_method(event: Event) -> bool:
    """Tell whether an event looks up a method of a lock, which may sound like a lock itself."""
    return isinstance(event, Read) and isinstance(event.place, Attribute) and event.place.attr in LOCK_METHODS


def _is_understood(resolver: Resolver, event: Event, lock: Operand) -> bool:
    """Tell whether an event enters, acquires, looks up, stores or tests a lock, or has nothing to do with it."""
    if lock not in operands_of(event) or isinstance(event, Enter | Leave | Suspend | Guard | Write):
        return True
    if isinstance(event, Read):
        return not isinstance(event.place, Attribute) or event.place.attr in _METHODS
    if isinstance(event, Compute):
        return event.operator in _TESTS
    entered = [resolver.origin(each.manager) for each in resolver.function.events if isinstance(each, Enter)]
    return isinstance(event, Call) and event.function == lock and event.id in entered  # `with self.lock_of(key):`
