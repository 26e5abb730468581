"""Which locks a call takes, directly or through any chain of awaited calls (`asyncio.Lock` is not reentrant)."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph
from awaitomic.flow.reach import reach_after, reach_from
from awaitomic.model.event import Attribute, Call, Const, Enter, Event, Read, Return, Suspend, is_yield
from awaitomic.model.identity import qualname_of
from awaitomic.model.location import Location, Root
from awaitomic.program.callables import reached
from awaitomic.program.calls import parameter_default, unwrapped
from awaitomic.program.constants import can_come_to, constants_of, with_locals
from awaitomic.program.constructed import in_caller
from awaitomic.program.deferred import Deferred, awaited_parameters, handed_on
from awaitomic.program.given import shortest
from awaitomic.program.locks import Lock, is_handed, known_as, typed_lock
from awaitomic.program.locks.moved_on import binds_key
from awaitomic.program.locks.taken import AROUND, may_hang
from awaitomic.program.locks.wrappers import entered_of_object, in_wrapped, wrappers_of
from awaitomic.program.reach import components
from awaitomic.program.target import AwaitedCall, How, Part, Target
from awaitomic.program.while_waiting import calls_while_waiting

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver


@dataclass(frozen=True, slots=True)
class Acquisition:
    """A lock that a call takes, in the callee's terms, and the way to where it does."""

    lock: Lock
    function: str
    event: int
    chain: tuple[tuple[str, int, How], ...]
    """(function, suspension, how it waits) for every hop from the callee to the function that acquires."""
    if_free: bool = False
    """Whether who holds the lock never comes there, or has given it back by then."""
    detour: bool = False
    """Whether it is known only by what an object on the way was given when it was made that this is the lock."""


_Key = tuple[Location, str, int, bool]
_MOST_STEPS = 6
"""Paths longer than this are not followed: an object inside an object inside an object, in a recursion."""


class Acquisitions:
    """The locks that functions may take, found callees first; those in a circle of calls until nothing changes."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._acquires: dict[int, dict[_Key, Acquisition]] = {}
        self._deferred: dict[int, dict[tuple[str, int], Deferred]] = {}
        self._waits: dict[int, list[tuple[int, AwaitedCall]]] = {}
        self._graphs: dict[int, FunctionGraph] = {}

    def of(self, function: FunctionGraph) -> list[Acquisition]:
        """Give every lock that may be taken while a call of the function is awaited."""
        return [taken for taken in self._all(function) if taken.lock.self_deadlocks]

    def by_call(self, resolver: Resolver, target: Target) -> Iterator[tuple[Lock, Acquisition]]:
        """Give every lock that may be taken while a call is awaited, in the caller's terms.

        Besides what `of` tells of the function these are locks that it is handed, and those that are taken by functions
        which it is handed and awaits.
        """
        for taken in self._all(target.function):
            lock = acquired_by_call(self._program, resolver, target, taken)
            if lock is not None:
                direct = in_caller(resolver, target, taken.lock.location) == lock.location
                yield lock, taken if direct else replace(taken, detour=True)
        for deferred in self._deferred[id(target.function)].values():
            yield from self._handed(resolver, target, deferred)

    def in_handed(self, resolver: Resolver, target: Target) -> Iterator[tuple[Lock, Lock, int, Acquisition]]:
        """Give the locks that a callee holds where it awaits what it is handed, and that this takes.

        Yields: the lock in the caller's terms and in the callee's, where the callee awaits it, and how it is taken.
        """
        inner = self._program.resolver(target.function)
        self._all(target.function)
        for deferred in self._deferred[id(target.function)].values():
            held = self._program.holdings.before(inner, deferred.event) if not deferred.chain else ()
            for lock in may_hang(held):
                location = in_caller(resolver, target, lock.location)
                for taken, how in self._handed(resolver, target, deferred) if location is not None else ():
                    if taken.location == location and taken.self_deadlocks:
                        yield taken, lock, deferred.event, how

    def _all(self, function: FunctionGraph) -> list[Acquisition]:
        self._graphs[id(function)] = function
        for component in components(id(function), self._callees, self._acquires.__contains__):
            for each in component:
                self._acquires[each] = self._own(each)
                resolver = self._program.resolver(self._graphs[each])
                self._deferred[each] = {found.key: found for found in awaited_parameters(resolver)}
            changed = True
            while changed:
                changed = sum(self._absorb(each) for each in component) > 0  # each of them, every time
        return list(self._acquires[id(function)].values())

    def _callees(self, key: int) -> list[int]:
        found: list[int] = []
        for _, call in self._calls(key):
            for target in call.targets if call.how is not How.TASK else ():
                handed = handed_on(self._program.resolver(self._graphs[key]), target)
                for function in (target.function, *(each.function for each in handed)):
                    self._graphs[id(function)] = function
                    found.append(id(function))
        return found

    def _calls(self, key: int) -> list[tuple[int, AwaitedCall]]:
        if key not in self._waits:
            resolver = self._program.resolver(self._graphs[key])
            self._waits[key] = list(_calls_of(self._program, resolver))
        return self._waits[key]

    def _own(self, key: int) -> dict[_Key, Acquisition]:
        function = self._graphs[key]
        resolver = self._program.resolver(function)
        found: dict[_Key, Acquisition] = {}
        started = any(not wrapper.waits for wrapper in wrappers_of(self._program, function))
        for event in function.events if function.is_async and not started else ():
            for lock in taken_here(self._program, resolver, event):
                free = self._program.free_locks.at(resolver, event.id, lock.location)
                found[lock.location, function.id, event.id, free] = Acquisition(
                    lock, function.id, event.id, (), if_free=free
                )
        for taken in self._around(function, resolver):
            found[taken.lock.location, taken.function, taken.event, taken.if_free] = taken
        return found

    def _around(self, function: FunctionGraph, resolver: Resolver) -> Iterator[Acquisition]:
        """Give the locks that decorators of a function take."""
        for wrapper in wrappers_of(self._program, function):
            inner = self._program.resolver(wrapper.function)
            hop = (wrapper.function.id, AROUND, How.DIRECT)
            for event in wrapper.function.events:
                for lock in taken_here(self._program, inner, event):
                    location = in_wrapped(self._program, wrapper, function, lock.location)
                    known = known_as(resolver, location, lock) if location is not None else None
                    if known is not None:
                        free = self._program.free_locks.at(inner, event.id, lock.location)
                        yield Acquisition(known, wrapper.function.id, event.id, (hop,), if_free=free)
            for enter, location in entered_of_object(self._program, wrapper, function):
                typed = typed_lock(resolver, location)
                if typed is not None:
                    free = self._program.free_locks.at(inner, enter, location)
                    yield Acquisition(typed, wrapper.function.id, enter, (hop,), if_free=free)

    def _absorb(self, key: int) -> bool:
        resolver = self._program.resolver(self._graphs[key])
        size = len(self._acquires[key]) + len(self._deferred[key])
        for event, call in self._calls(key):
            for target in call.targets if call.how is not How.TASK else ():
                self._absorb_call(key, resolver, event, call, target)
        return len(self._acquires[key]) + len(self._deferred[key]) != size

    def _absorb_call(self, key: int, resolver: Resolver, event: int, call: AwaitedCall, target: Target) -> None:
        mine = self._acquires[key]
        hop = (target.function.id, event, call.how)
        for lock, taken in list(self.by_call(resolver, target)):
            if any(function == target.function.id for function, _, _ in taken.chain):
                continue  # round a recursion into an object inside the object, and so on without an end
            if len(lock.location.steps) > _MOST_STEPS:
                continue
            free = taken.if_free or self._program.free_locks.at(resolver, event, lock.location)
            mine.setdefault(
                (lock.location, taken.function, taken.event, free),
                Acquisition(lock, taken.function, taken.event, (hop, *taken.chain), if_free=free, detour=taken.detour),
            )
        for found in list(self._deferred[id(target.function)].values()):
            lifted = found.in_caller(resolver, target, hop)
            if lifted is not None:
                self._deferred[key].setdefault(lifted.key, lifted)

    def _handed(self, resolver: Resolver, target: Target, deferred: Deferred) -> Iterator[tuple[Lock, Acquisition]]:
        """Give the locks that a function takes which a call is handed and awaits, in the terms of who hands it over."""
        operand = dict(target.arguments).get(deferred.parameter)
        if operand is None:
            return
        if deferred.called:
            targets = reached(resolver, operand)
        else:
            calls = unwrapped(resolver, operand, How.DIRECT)
            targets = tuple(each for call in calls if call.how is not How.TASK for each in call.targets)
        for each in targets:
            hop = (each.function.id, deferred.event, deferred.how)
            for taken in self._all(each.function):
                if each.function.id in {function for function, _, _ in taken.chain}:
                    continue
                lock = acquired_by_call(self._program, resolver, each, taken)
                if lock is not None:
                    yield lock, replace(taken, lock=lock, chain=(*deferred.chain, hop, *taken.chain))


def _calls_of(program: Program, resolver: Resolver) -> Iterator[tuple[int, AwaitedCall]]:
    """Give the calls that a function waits for; of a plain function, those that it returns for its caller to await."""
    function = resolver.function
    if not function.is_async:
        for event in function.events if not function.is_generator else ():
            if isinstance(event, Return) and event.value is not None:
                for call in unwrapped(resolver, event.value, How.DIRECT):
                    yield event.id, call
        return
    if any(not wrapper.waits for wrapper in wrappers_of(program, function)):
        return  # a decorator starts it, and nobody who calls it waits for it
    for event in function.events:
        if isinstance(event, Suspend):
            for call in calls_while_waiting(resolver, event):
                yield event.id, call


def acquired_by_call(program: Program, resolver: Resolver, target: Target, taken: Acquisition) -> Lock | None:
    """Give, in the caller's terms, the lock that a call takes; None if it is another one or not taken this time."""
    location = _of_named_class(resolver, target, taken.lock.location)
    location = location or in_caller(resolver, target, taken.lock.location)
    if location is None:
        return None
    location = shortest(program, resolver, location)
    first = taken.chain[0][1] if taken.chain else taken.event
    if first != AROUND:
        if taken.chain and binds_key(target.function, taken.lock.location, -1, first):
            return None
        if target.part is not None and first not in _part_of(target.function, target.part):
            return None
        if not taken.chain and not _condition_may_hold(resolver, target, taken):
            return None
        if not target.open and not _constants_lead(program, resolver, target, first):
            return None
    return known_as(resolver, location, taken.lock)


def _of_named_class(resolver: Resolver, target: Target, lock: Location) -> Location | None:
    """Give what ``cls._lock`` is in a method that is called on another class by its name: maybe a lock of that class.

    A class that names itself means what it calls ``cls``, too.
    """
    named, home = target.receiver, resolver.function.class_id
    if lock.root is not Root.CLASS or named is None or named.root is not Root.CLASS or named.steps:
        return None
    said = [qualname_of(named.owner) == named.name, qualname_of(lock.owner) == lock.name]
    if said != [True, False] or named.owner in (lock.owner, home):
        return None
    return named.along(lock.steps)


def _constants_lead(program: Program, resolver: Resolver, target: Target, event: int) -> bool:
    known = with_locals(program.resolver(target.function), constants_of(resolver, target))
    return not known or can_come_to(target.function, event, known)


def _part_of(function: FunctionGraph, part: Part) -> frozenset[int]:
    """Give the events of a part of a generator that has one yield, or one on each way."""
    yields = [event.id for event in function.events if is_yield(event)]
    if part is Part.ENTERING:
        return reach_from(function, function.entry, stops=yields).events
    return frozenset[int]().union(*(reach_after(function, each, stops=yields).events for each in yields))


def taken_here(program: Program, resolver: Resolver, event: Event) -> list[Lock]:
    """Give the locks that an event takes, also those that a function was handed: its callers know the type."""
    taken = own_acquisitions(program, resolver, event)
    locks: list[Lock] = []
    if isinstance(event, Enter) and event.asynchronous:
        locks = list(program.locks_of(resolver, event.manager))
    elif isinstance(event, Call):
        locks = [lock for lock, takes in program.lock_calls(resolver, event) if takes]
    return [*taken, *filter(is_handed, locks)]


def own_acquisitions(program: Program, resolver: Resolver, event: Event) -> list[Lock]:
    """Give the locks that an event itself takes and waits for, of those that one task has at a time."""
    if isinstance(event, Enter) and event.asynchronous:
        return [lock for lock in program.locks_of(resolver, event.manager) if lock.keeps_waiting]
    if isinstance(event, Call):
        taken = [lock for lock, takes in program.lock_calls(resolver, event) if takes and lock.keeps_waiting]
        return [lock for lock in taken if not _hands_out_release(resolver, lock)]
    return []


def _hands_out_release(resolver: Resolver, lock: Lock) -> bool:
    """Tell whether a function leaves the release to somebody else: ``loop.call_later(1, self.lock.release)``."""
    events = resolver.function.events
    called = {event.function for event in events if isinstance(event, Call)}
    return any(
        isinstance(event, Read)
        and isinstance(event.place, Attribute)
        and event.place.attr == "release"
        and event.id not in called
        and resolver.value(event.place.base) == lock.location
        for event in events
    )


def _condition_may_hold(resolver: Resolver, target: Target, taken: Acquisition) -> bool:
    """Follow constants into ``if hold_lock:``; where the argument is not a constant, it counts as not taken."""
    conditions = parameter_conditions(target.function, taken.event)
    if conditions and target.open:
        return False
    for name, wanted in conditions:
        operand = next((operand for parameter, operand in target.arguments if parameter == name), None)
        if operand is not None:
            event = resolver.function.events[operand]
            if not isinstance(event, Const) or bool(event.value) is not wanted:
                return False
        else:
            default = parameter_default(target.function, name)
            if not isinstance(default, ast.Constant) or bool(default.value) is not wanted:
                return False
    return True


def parameter_conditions(function: FunctionGraph, event: int) -> list[tuple[str, bool]]:
    """Give the parameters whose truth decides whether an event happens: those tested by an enclosing ``if``."""
    found: list[tuple[str, bool]] = []
    for node, step in function.around(event):
        if isinstance(node, ast.If):
            test, holds = node.test, step.block == "body"
            if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
                test, holds = test.operand, not holds
            if isinstance(test, ast.Name) and test.id in function.parameters:
                found.append((test.id, holds))
    return found


def decided_by_arguments(function: FunctionGraph, event: int, known: Collection[str] = ()) -> bool:
    """Tell whether an ``if`` around an event asks for nothing but what the function was given, and nobody here knows.

    Parameters:
        known: the parameters that were given constants: these are followed, and so is one that is a switch by itself.
    """
    own = {function.parameters[0]} if function.class_name is not None and function.parameters else set()
    given = set(function.parameters) - own - set(known)
    for node, step in function.around(event):
        if isinstance(node, ast.If) and step.block in {"body", "orelse"} and not _is_switch(node.test):
            names = {each.id for each in ast.walk(node.test) if isinstance(each, ast.Name)}
            if names & given and not names & own:
                return True
    return False


def _is_switch(test: ast.expr) -> bool:
    inner = test.operand if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) else test
    return isinstance(inner, ast.Name)
