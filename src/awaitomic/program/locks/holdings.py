"""Which locks a task certainly holds at each place of a function, so that it would hang if it took one of them again.

The freshness analysis asks what protects, and there a context manager of the program is one lock without a name. Here
it is asked *which* lock it is: of a generator, what it holds at its yield; of a class, what its ``__aenter__`` leaves
held; of a decorator, what it holds around the function.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph
from awaitomic.flow.solver import Solution, solve
from awaitomic.model.event import Call, Enter, Event, Guard, Leave, Name, Operand, Return, Suspend, SuspendWhy, Write
from awaitomic.model.location import ANY_ITEM, ItemStep
from awaitomic.program.calls import targets_of
from awaitomic.program.constants import can_come_to, constants_of, with_locals
from awaitomic.program.constructed import in_caller
from awaitomic.program.locks import Lock, is_handed, known_as, lock_type
from awaitomic.program.locks.given_back import free_after
from awaitomic.program.locks.stacks import is_stack, stack_of, stacked_locks
from awaitomic.program.locks.wrappers import entered_by_name, in_wrapped, wrappers_of
from awaitomic.program.target import Target
from awaitomic.program.while_waiting import entered_by_stack, entering

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver

_Held = frozenset[Lock]
_NOTHING: _Held = frozenset()


class Holdings:
    """The locks on which a task can hang, where they are held on every way."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._solutions: dict[int, Solution[_Held]] = {}
        self._ends: dict[int, list[tuple[int, _Held]]] = {}
        self._managed: dict[tuple[int, Operand], _Held] = {}

    def of(self, resolver: Resolver) -> Solution[_Held]:
        """Give what a function itself holds (not its callers) at each of its places."""
        key = id(resolver.function)
        if key not in self._solutions:
            problem = _Problem(self, self._program, resolver)
            self._solutions[key] = solve(resolver.function, problem, raises=False)
        return self._solutions[key]

    def by_manager(self, resolver: Resolver, manager: Operand) -> _Held:
        """Give what a manager of the program holds while it is entered: a generator, or an object with `__aenter__`."""
        key = (id(resolver), manager)
        if key not in self._managed:
            self._managed[key] = _NOTHING  # what enters itself holds what it holds anyway
            self._managed[key] = self._find(resolver, manager)
        return self._managed[key]

    def by_call(self, resolver: Resolver, event: Call) -> list[Lock]:
        """Give the locks that a call certainly leaves held: those that its functions take by hand on every way."""
        found = self._program.locks_left_by(resolver, event)
        if not found:
            return []
        certain = [{lock.location for lock in self._translated(resolver, each)} for each in targets_of(resolver, event)]
        return [lock for lock in found if all(lock.location in each for each in certain)]

    def by_decorators(self, function: FunctionGraph) -> _Held:
        """Give what the decorators of a function hold while it runs."""
        found: set[Lock] = set()
        for wrapper in wrappers_of(self._program, function):
            inner = self._program.resolver(wrapper.function)
            resolver = self._program.resolver(function)
            by_name = list(entered_by_name(self._program, wrapper, function))
            held = [
                {
                    *(in_wrapped(self._program, wrapper, function, each.location) for each in self._any(inner, wait)),
                    *(place for at, place in by_name if _is_within(wrapper.function, wait, at)),
                }
                for wait in wrapper.waits
            ]
            for location in set.intersection(*held) if held else ():
                known = lock_type(resolver.type_of(location)) if location is not None else None
                if location is not None and known is not None and known.hangs:
                    found.add(Lock(location, known))
        return frozenset(found)

    def _any(self, resolver: Resolver, event: int) -> Iterable[Lock]:
        """Give every lock that a wrapper holds, also one of which only the wrapped function knows the type."""
        return self._program.suspension.held_before(resolver, event, lambda _: _NOTHING)

    def _find(self, resolver: Resolver, manager: Operand) -> _Held:
        origin = resolver.origin(manager)
        event = resolver.function.events[origin]
        targets = targets_of(resolver, event) if isinstance(event, Call) else ()
        entered = [each for each in targets if each.function.is_async and each.function.is_generator]
        if not entered:
            method = entering(resolver, origin)
            entered = [method] if method is not None else []
        held = [frozenset(self._translated(resolver, each)) for each in entered]
        return frozenset.intersection(*held) if held else _NOTHING

    def _translated(self, resolver: Resolver, target: Target) -> Iterable[Lock]:
        for lock in self._left_by(resolver, target):
            location = in_caller(resolver, target, lock.location)
            known = known_as(resolver, location, lock) if location is not None else None
            if known is not None and ANY_ITEM not in known.location.steps:
                yield known

    def _left_by(self, resolver: Resolver, target: Target) -> _Held:
        """Give what a function holds where it gives control back: at every yield or return that a call can come to."""
        function = target.function
        inner = self._program.resolver(function)
        known = with_locals(inner, constants_of(resolver, target))
        states = [
            state
            for event, state in self._ends_of(inner)
            if not known or target.open or can_come_to(function, event, known)
        ]
        return frozenset.intersection(*states) if states else _NOTHING

    def _ends_of(self, resolver: Resolver) -> list[tuple[int, _Held]]:
        key = id(resolver.function)
        if key not in self._ends:
            self._ends[key] = []
            solution = self.of(resolver)
            ends = [event.id for event in resolver.function.events if _is_end(resolver.function, event)]
            found = [(event, solution.before_event(event)) for event in ends]
            self._ends[key] = [(event, state) for event, state in found if state is not None]
        return self._ends[key]


def _is_within(function: FunctionGraph, event: int, enter: int) -> bool:
    """Tell whether an event stands in the body of a with-statement."""
    path = function.statements[enter]
    return len(function.statements[event]) > len(path) and function.statements[event][: len(path)] == path


def _is_end(function: FunctionGraph, event: Event) -> bool:
    if function.is_generator:
        return isinstance(event, Suspend) and event.why is SuspendWhy.YIELD
    return isinstance(event, Return)


def _is_kept(lock: Lock) -> bool:
    """Tell whether a task can hang on a lock, or nobody here knows, since it was handed over."""
    return lock.self_deadlocks or is_handed(lock)


def _about_others(state: _Held, event: Write) -> _Held:
    """Leave out the locks of entries whose key means another one now: a local in it is bound anew."""
    if not isinstance(event.place, Name) or not state:
        return state
    name = event.place.name
    keys = ((lock, step.text) for lock in state for step in lock.location.steps if isinstance(step, ItemStep))
    gone = {lock.location for lock, text in keys if name in _WORD.findall(text)}
    return _without(state, gone)


_WORD = re.compile(r"\w+")


def _without(state: _Held, locations: Iterable[object]) -> _Held:
    gone = set(locations)
    return frozenset(lock for lock in state if lock.location not in gone) if gone else state


class _Problem:
    """What is held on every way: a forward problem, see `awaitomic.flow.solver`."""

    def __init__(self, holdings: Holdings, program: Program, resolver: Resolver) -> None:
        self._holdings = holdings
        self._program = program
        self._resolver = resolver
        self._stacked = dict(stacked_locks(program, resolver))

    def initial(self) -> _Held:
        return self._holdings.by_decorators(self._resolver.function)

    def join(self, left: _Held, right: _Held) -> _Held:
        return left & right

    def branch(self, guard: Guard, holds: bool, state: _Held) -> _Held:
        """Where a test says that a lock is free, the task does not hold it: control never comes there with it held."""
        if not state:
            return state
        location = free_after(self._program, self._resolver, guard, holds=holds)
        return state if location is None else _without(state, (location,))

    def transfer(self, event: Event, state: _Held) -> _Held:
        if isinstance(event, Enter):
            return state | self._entered(event.manager)
        if isinstance(event, Leave):
            return _without(state, (lock.location for lock in self._ended(event.manager)))
        if isinstance(event, Call):
            return self._called(event, state)
        if isinstance(event, Write):
            return _about_others(state, event)
        state = _without(state, self._program.free_locks.given_back(self._resolver, event))
        stacked = entered_by_stack(self._resolver, event)
        return state if stacked is None else state | self._holdings.by_manager(self._resolver, stacked[1])

    def _entered(self, manager: Operand) -> _Held:
        locks = self._program.locks_of(self._resolver, manager)
        return self._holdings.by_manager(self._resolver, manager).union(filter(_is_kept, locks))

    def _ended(self, manager: Operand) -> Iterable[Lock]:
        yield from self._entered(manager)
        if manager in self._stacked:
            yield from self._stacked[manager].locks
        if is_stack(self._resolver, manager):
            yield from self._in_stack(self._resolver.origin(manager))

    def _in_stack(self, stack: Operand) -> Iterable[Lock]:
        for event in self._resolver.function.events:
            stacked = entered_by_stack(self._resolver, event)
            if stacked is not None and stack_of(self._resolver, stacked[0]) == stack:
                yield from self._holdings.by_manager(self._resolver, stacked[1])

    def _called(self, event: Call, state: _Held) -> _Held:
        program, resolver = self._program, self._resolver
        state = _without(state, program.free_locks.given_back(resolver, event))
        taken = [lock for lock, takes in program.lock_calls(resolver, event) if takes]
        left = self._holdings.by_call(resolver, event)
        return state.union(filter(_is_kept, (*taken, *left)))
