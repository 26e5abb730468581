"""Which locks a task certainly holds at each place of a function, and what has taken them: all that can hang asks here.

The freshness analysis asks what protects, and there a context manager of the program is one lock without a name. Here
it is asked *which* lock it is: of a generator, what it holds at its yield; of a class, what its ``__aenter__`` leaves
held; of a decorator, what it holds around the function. What a task would hang on by itself (`may_hang`) and what
others may wait for meanwhile (`first_taken`) are two views of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph
from awaitomic.flow.solver import Solution, solve
from awaitomic.model.event import (
    Call,
    Enter,
    Event,
    Guard,
    Leave,
    Operand,
    Return,
    Suspend,
    Write,
    is_yield,
)
from awaitomic.model.location import ANY_ITEM, Location
from awaitomic.program.calls import targets_of
from awaitomic.program.constants import can_come_to, constants_of, with_locals
from awaitomic.program.constructed import in_caller
from awaitomic.program.locks import Lock, known_as, typed_lock
from awaitomic.program.locks.acquisitions import own_acquisitions, taken_here
from awaitomic.program.locks.given_back import free_after
from awaitomic.program.locks.known import entered_locks, known_locks
from awaitomic.program.locks.moved_on import binds_key, moved_on
from awaitomic.program.locks.stacks import is_stack, stack_of, stacked_locks
from awaitomic.program.locks.taken import AROUND, Holding, Taken, may_hang, meet, without
from awaitomic.program.locks.wrappers import entered_of_object, in_wrapped, is_within, wrappers_of
from awaitomic.program.target import Target
from awaitomic.program.while_waiting import entered_by_stack, entering

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver

_Locks = frozenset[Lock]
_NOTHING: _Locks = frozenset()


class Holdings:
    """The locks with which a task can hang, where they are held on every way."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._solutions: dict[int, Solution[Holding]] = {}
        self._ends: dict[int, list[tuple[int, _Locks]]] = {}
        self._managed: dict[tuple[int, Operand], _Locks] = {}

    def states(self, resolver: Resolver) -> Iterator[tuple[Event, Holding]]:
        """Give each event of a function at which it holds anything itself (not only its callers do), and what."""
        if self._may_take(resolver):
            solution = self._of(resolver)
            for block in resolver.function.blocks:
                yield from ((event, state) for event, state in solution.states(block.index) if state)

    def before(self, resolver: Resolver, event: int) -> Holding:
        """Give what a function itself holds before an event; nothing where control never comes."""
        return self._of(resolver).before_event(event) or frozenset()

    def _may_take(self, resolver: Resolver) -> bool:
        """Tell whether a function takes anything that could be a lock, before more is asked."""
        program, events = self._program, resolver.function.events
        return (
            any(isinstance(event, Enter) and event.asynchronous for event in events)
            or any(
                isinstance(event, Call)
                and (own_acquisitions(program, resolver, event) or program.locks_left_by(resolver, event))
                for event in events
            )
            or any(entered_by_stack(resolver, event) is not None for event in events)
            or bool(self.by_decorators(resolver.function))
        )

    def _of(self, resolver: Resolver) -> Solution[Holding]:
        key = id(resolver.function)
        if key not in self._solutions:
            problem = _Problem(self, self._program, resolver)
            self._solutions[key] = solve(resolver.function, problem, raises=False)
        return self._solutions[key]

    def by_manager(self, resolver: Resolver, manager: Operand) -> _Locks:
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

    def by_decorators(self, function: FunctionGraph) -> _Locks:
        """Give what the decorators of a function hold while it runs."""
        found: set[Lock] = set()
        for wrapper in wrappers_of(self._program, function):
            inner = self._program.resolver(wrapper.function)
            resolver = self._program.resolver(function)
            of_object = list(entered_of_object(self._program, wrapper, function))
            held = [
                {
                    *(in_wrapped(self._program, wrapper, function, each.location) for each in self._any(inner, wait)),
                    *(place for at, place in of_object if is_within(wrapper.function, wait, at)),
                }
                for wait in wrapper.waits
            ]
            for location in set.intersection(*held) if held else ():
                lock = typed_lock(resolver, location) if location is not None else None
                if lock is not None:
                    found.add(lock)
        return frozenset(found)

    def _any(self, resolver: Resolver, event: int) -> Iterable[Lock]:
        """Give every lock that a wrapper holds, also one of which only the wrapped function knows the type."""
        return self._program.suspension.held_before(resolver, event, lambda _: _NOTHING)

    def _find(self, resolver: Resolver, manager: Operand) -> _Locks:
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

    def _left_by(self, resolver: Resolver, target: Target) -> _Locks:
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

    def _ends_of(self, resolver: Resolver) -> list[tuple[int, _Locks]]:
        key = id(resolver.function)
        if key not in self._ends:
            self._ends[key] = []
            solution = self._of(resolver)
            ends = [event.id for event in resolver.function.events if _is_end(resolver.function, event)]
            found = [(event, solution.before_event(event)) for event in ends]
            self._ends[key] = [(event, may_hang(state)) for event, state in found if state is not None]
        return self._ends[key]


def _is_end(function: FunctionGraph, event: Event) -> bool:
    if function.is_generator:
        return is_yield(event)
    return isinstance(event, Return)


class _Problem:
    """What is held on every way: a forward problem, see `awaitomic.flow.solver`."""

    def __init__(self, holdings: Holdings, program: Program, resolver: Resolver) -> None:
        self._holdings = holdings
        self._program = program
        self._resolver = resolver
        self._stacked = dict(stacked_locks(program, resolver))

    def initial(self) -> Holding:
        locks = self._holdings.by_decorators(self._resolver.function)
        return frozenset(Taken(lock, AROUND, is_known=False) for lock in locks)

    def join(self, left: Holding, right: Holding) -> Holding:
        return meet(left, right)

    def branch(self, guard: Guard, holds: bool, state: Holding) -> Holding:
        """Where a test says that a lock is free, the task does not hold it: control never comes there with it held."""
        if not state:
            return state
        location = free_after(self._program, self._resolver, guard, holds=holds)
        return state if location is None else without(state, (location,))

    def transfer(self, event: Event, state: Holding) -> Holding:
        if isinstance(event, Leave):
            return without(state, self._ended(event.manager)) if state else state
        if state and isinstance(event, Write | Call | Suspend):
            state = self._replaced(state, event)
        if state and isinstance(event, Call | Suspend):
            state = without(state, self._program.free_locks.given_back(self._resolver, event))
        gained = self._gained(event)
        return state | gained if gained else state

    def _replaced(self, state: Holding, event: Event) -> Holding:
        """Leave out what is held by a path that leads to another lock now: ``self._lock = asyncio.Lock()``."""
        held = {taken.lock.location for taken in state}
        return without(state, moved_on(self._program, self._resolver, event, held))

    def _gained(self, event: Event) -> Holding:
        """Give what an event takes: itself, and by a manager or a function of the program."""
        left: Iterable[Lock] = ()
        if isinstance(event, Enter):
            left = self._by_manager(event.manager)
        elif isinstance(event, Call):
            left = self._holdings.by_call(self._resolver, event)
        else:
            stacked = entered_by_stack(self._resolver, event)
            left = self._by_manager(stacked[1]) if stacked is not None else ()
        known = {*known_locks(self._program, self._resolver, event), *(lock for lock in left if lock.keeps_waiting)}
        taken = {*known, *left, *taken_here(self._program, self._resolver, event)}
        if isinstance(event, Enter):
            said = self._resolver.origin(event.manager)
            function = self._resolver.function
            taken = {lock for lock in taken if not binds_key(function, lock.location, said, event.id)}
        return frozenset(Taken(lock, event.id, lock in known) for lock in taken)

    def _ended(self, manager: Operand) -> set[Location]:
        """Give the places of the locks that are given back when a manager is left."""
        locks = [*entered_locks(self._program, self._resolver, manager), *self._by_manager(manager)]
        if manager in self._stacked:
            locks += self._stacked[manager].locks
        if is_stack(self._resolver, manager):
            locks += self._in_stack(self._resolver.origin(manager))
        return {lock.location for lock in locks}

    def _by_manager(self, manager: Operand) -> _Locks:
        return self._holdings.by_manager(self._resolver, manager)

    def _in_stack(self, stack: Operand) -> Iterable[Lock]:
        for event in self._resolver.function.events:
            stacked = entered_by_stack(self._resolver, event)
            if stacked is not None and stack_of(self._resolver, stacked[0]) == stack:
                yield from self._by_manager(stacked[1])
