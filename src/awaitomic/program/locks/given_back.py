"""Where a lock cannot be held by the task itself although a caller held it: it was given back, or was asked for.

``self.lock.release()`` before the call, ``if self.lock.locked(): return`` before the acquisition. A test that tells the
current task from others (`asyncio.current_task`, a context variable) is what makes a lock reentrant: behind it, nobody
knows for whom the lock is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from awaitomic.flow.graph import FunctionGraph
from awaitomic.flow.solver import Solution, solve
from awaitomic.knowledge.locks import CONTEXT_VARIABLE, CURRENT_TASK
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
    Return,
    Suspend,
    SuspendWhy,
)
from awaitomic.model.location import Location
from awaitomic.program.calls import awaited_calls, targets_of, translate
from awaitomic.program.operands import method_of, operands_of
from awaitomic.program.target import Target

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver


class _Way(NamedTuple):
    """One outcome of a test that asks who runs."""

    guard: int
    holds: bool


class _State(NamedTuple):
    released: frozenset[Location]
    """Given back on some way, and not taken again."""
    asked: frozenset[Location | _Way]
    """Free on every way, since a test has said so; and the outcomes of tests of who runs."""

    def without(self, location: Location) -> _State:
        return _State(self.released - {location}, self.asked - {location})


class FreeLocks:
    """Answers where in a function a lock is free, whatever its callers hold."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._solutions: dict[int, Solution[_State]] = {}
        self._given_back: dict[int, frozenset[Location]] = {}

    def at(self, resolver: Resolver, event: int, location: Location) -> bool:
        """Tell whether a lock may be free before an event although the function's caller holds it."""
        key = id(resolver.function)
        if key not in self._solutions:
            self._solutions[key] = solve(resolver.function, _Problem(self, self._program, resolver), raises=False)
        state = self._solutions[key].before_event(event)
        if state is None:
            return False
        return location in state.released or any(one == location or isinstance(one, _Way) for one in state.asked)

    def given_back(self, resolver: Resolver, event: Event) -> Iterator[Location]:
        """Give the locks that an event gives back by hand: ``lock.release()`` itself, or a function that does it."""
        targets: tuple[Target, ...] = ()
        if isinstance(event, Call):
            yield from (lock.location for lock, taken in self._program.lock_calls(resolver, event) if not taken)
            targets = tuple(each for each in targets_of(resolver, event) if not each.function.is_async)
        elif isinstance(event, Suspend) and event.why is SuspendWhy.AWAIT:
            calls = awaited_calls(resolver, event)
            targets = tuple(each for call in calls for each in call.targets if each.function.is_async)
        for target in targets if not any(each.function.is_generator for each in targets) else ():
            for location in self._released_in(target.function):
                mine = translate(resolver, target, location)
                if mine is not None:
                    yield mine

    def _released_in(self, function: FunctionGraph) -> frozenset[Location]:
        """Give the locks that a function gives back and has not taken itself."""
        if id(function) not in self._given_back:
            resolver = self._program.resolver(function)
            found: set[Location] = set()
            for event in function.events if "release" in resolver.words else ():
                for lock, taken in self._program.lock_calls(resolver, event) if isinstance(event, Call) else ():
                    held = self._program.suspension.held_before(resolver, event.id, lambda _: frozenset())
                    if not taken and not any(one.location == lock.location for one in held):
                        found.add(lock.location)
            self._given_back[id(function)] = frozenset(found)
        return self._given_back[id(function)]


def said_free(resolver: Resolver, test: Operand, *, holds: bool) -> Location | None:
    """Give the lock that is free if a test comes out so: ``if self.lock.locked():``, ``if not self.busy():``."""
    event = resolver.function.events[resolver.origin(test)]
    while isinstance(event, Compute) and event.operator == "not":
        holds = not holds
        event = resolver.function.events[resolver.origin(event.operands[0])]
    method = method_of(resolver.function, event)
    return resolver.value(method.base) if not holds and method is not None and method.attr == "locked" else None


def _through_helper(program: Program, resolver: Resolver, test: Operand, *, holds: bool) -> Location | None:
    """Give the lock that a helper of one line asks about: ``def busy(self): return self.lock.locked()``."""
    event = resolver.function.events[resolver.origin(test)]
    while isinstance(event, Compute) and event.operator == "not":
        holds = not holds
        event = resolver.function.events[resolver.origin(event.operands[0])]
    if holds:
        return None
    targets: tuple[Target, ...] = ()
    if isinstance(event, Call):
        targets = targets_of(resolver, event)
    elif isinstance(event, Read) and isinstance(event.place, Attribute):
        location = resolver.place(event.place)
        getter = program.property_at(resolver, location) if location is not None else None
        targets = (Target(getter, resolver.value(event.place.base)),) if getter is not None else ()
    if len(targets) != 1 or targets[0].function.is_async:
        return None
    inner = program.resolver(targets[0].function)
    returned = [each for each in inner.function.events if isinstance(each, Return)]
    if len(returned) != 1 or returned[0].value is None:
        return None
    location = said_free(inner, returned[0].value, holds=False)
    return translate(resolver, targets[0], location) if location is not None else None


def free_after(program: Program, resolver: Resolver, guard: Guard, *, holds: bool) -> Location | None:
    """Give the lock that is free on one way out of a test."""
    found = said_free(resolver, guard.test, holds=holds)
    return found if found is not None else _through_helper(program, resolver, guard.test, holds=holds)


def _asks_who_runs(resolver: Resolver, test: Operand) -> bool:
    """Tell whether a test asks for the current task, by a function that tells it or by a context variable."""
    events = resolver.function.events
    waiting, seen = [test], set[Operand]()
    while waiting:
        operand = resolver.origin(waiting.pop())
        if operand in seen:
            continue
        seen.add(operand)
        event = events[operand]
        if isinstance(event, Read) and _last(event) in CURRENT_TASK:
            return True
        if isinstance(event, Read) and isinstance(event.place, Attribute) and event.place.attr == "get":
            typed = resolver.operand_type(event.place.base).name or ""
            if typed.rpartition(":")[2] == CONTEXT_VARIABLE:
                return True
        waiting.extend(operands_of(event))
    return False


def _last(event: Read) -> str:
    if isinstance(event.place, Name):
        return event.place.name
    return event.place.attr if isinstance(event.place, Attribute) else ""


class _Problem:
    """Which locks are free: a forward problem, see `awaitomic.flow.solver`."""

    def __init__(self, locks: FreeLocks, program: Program, resolver: Resolver) -> None:
        self._locks = locks
        self._program = program
        self._resolver = resolver

    def initial(self) -> _State:
        return _State(frozenset(), frozenset())

    def join(self, left: _State, right: _State) -> _State:
        return _State(left.released | right.released, left.asked & right.asked)

    def branch(self, guard: Guard, holds: bool, state: _State) -> _State:
        location = free_after(self._program, self._resolver, guard, holds=holds)
        if location is not None:
            return state._replace(asked=state.asked | {location})
        if _asks_who_runs(self._resolver, guard.test):
            return state._replace(asked=state.asked | {_Way(guard.id, holds)})
        return state

    def transfer(self, event: Event, state: _State) -> _State:
        if isinstance(event, Enter):
            for lock in self._program.locks_of(self._resolver, event.manager):
                state = state.without(lock.location)
        elif isinstance(event, Call):
            for lock, taken in self._program.lock_calls(self._resolver, event):
                state = state.without(lock.location) if taken else state
        released = frozenset(self._locks.given_back(self._resolver, event))
        return state._replace(released=state.released | released) if released else state
