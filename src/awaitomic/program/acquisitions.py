"""Which locks a call takes, directly or through any chain of awaited calls (`asyncio.Lock` is not reentrant)."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph
from awaitomic.flow.statements import block_of
from awaitomic.model.event import Attribute, Call, Const, Enter, Event, Read, Suspend
from awaitomic.model.location import Location
from awaitomic.program.calls import calls_while_waiting, parameter_default, translate
from awaitomic.program.constants import can_come_to, constants_of
from awaitomic.program.locks import Lock
from awaitomic.program.reach import components
from awaitomic.program.target import AwaitedCall, How, Target

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


_Key = tuple[Location, str, int]
_MOST_STEPS = 6
"""Paths longer than this are not followed: an object inside an object inside an object, in a recursion."""


class Acquisitions:
    """The locks that functions may take, found callees first; those in a circle of calls until nothing changes."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._acquires: dict[int, dict[_Key, Acquisition]] = {}
        self._waits: dict[int, list[tuple[int, AwaitedCall]]] = {}
        self._graphs: dict[int, FunctionGraph] = {}

    def of(self, function: FunctionGraph) -> list[Acquisition]:
        """Give every lock that may be taken while a call of the function is awaited."""
        self._graphs[id(function)] = function
        for component in components(id(function), self._callees, self._acquires.__contains__):
            for each in component:
                self._acquires[each] = self._own(each)
            changed = True
            while changed:
                changed = sum(self._absorb(each) for each in component) > 0  # each of them, every time
        return list(self._acquires[id(function)].values())

    def _callees(self, key: int) -> list[int]:
        found: list[int] = []
        for _, call in self._calls(key):
            for target in call.targets if call.how is not How.TASK else ():
                self._graphs[id(target.function)] = target.function
                found.append(id(target.function))
        return found

    def _calls(self, key: int) -> list[tuple[int, AwaitedCall]]:
        if key not in self._waits:
            function = self._graphs[key]
            resolver = self._program.resolver(function)
            suspends = [event for event in function.events if isinstance(event, Suspend)] if function.is_async else []
            self._waits[key] = [(event.id, call) for event in suspends for call in calls_while_waiting(resolver, event)]
        return self._waits[key]

    def _own(self, key: int) -> dict[_Key, Acquisition]:
        function = self._graphs[key]
        resolver = self._program.resolver(function)
        found: dict[_Key, Acquisition] = {}
        for event in function.events if function.is_async else ():
            for lock in own_acquisitions(self._program, resolver, event):
                found[lock.location, function.id, event.id] = Acquisition(lock, function.id, event.id, ())
        return found

    def _absorb(self, key: int) -> bool:
        resolver = self._program.resolver(self._graphs[key])
        mine = self._acquires[key]
        size = len(mine)
        for event, call in self._calls(key):
            if call.how is How.TASK:
                continue
            for target in call.targets:
                for taken in list(self._acquires[id(target.function)].values()):
                    if any(function == target.function.id for function, _, _ in taken.chain):
                        continue  # round a recursion into an object inside the object, and so on without an end
                    lock = acquired_by_call(self._program, resolver, target, taken)
                    if lock is None or len(lock.location.steps) > _MOST_STEPS:
                        continue
                    hop = (target.function.id, event, call.how)
                    mine.setdefault(
                        (lock.location, taken.function, taken.event),
                        Acquisition(lock, taken.function, taken.event, (hop, *taken.chain)),
                    )
        return len(mine) != size


def acquired_by_call(program: Program, resolver: Resolver, target: Target, taken: Acquisition) -> Lock | None:
    """Give, in the caller's terms, the lock that a call takes; None if it is another one or not taken this time."""
    location = translate(resolver, target, taken.lock.location)
    if location is None:
        return None
    if not taken.chain and not _condition_may_hold(resolver, target, taken):
        return None
    bound = program.resolver(target.function).bindings
    known = {name: value for name, value in constants_of(resolver, target).items() if name not in bound}
    if known and not can_come_to(target.function, taken.chain[0][1] if taken.chain else taken.event, known):
        return None
    return Lock(location, taken.lock.type)


def own_acquisitions(program: Program, resolver: Resolver, event: Event) -> list[Lock]:
    """Give the locks that an event itself takes and waits for, of those on which a task can hang."""
    if isinstance(event, Enter) and event.asynchronous:
        return [lock for lock in program.locks_of(resolver, event.manager) if lock.self_deadlocks]
    if isinstance(event, Call):
        taken = [lock for lock, takes in program.lock_calls(resolver, event) if takes and lock.self_deadlocks]
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
    for name, wanted in parameter_conditions(target.function, taken.event):
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
    node: ast.AST = function.node
    for step in function.statements[event][len(function.path) :]:
        if isinstance(node, ast.If):
            test, holds = node.test, step.block == "body"
            if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
                test, holds = test.operand, not holds
            if isinstance(test, ast.Name) and test.id in function.parameters:
                found.append((test.id, holds))
        node = block_of(node, step.block)[step.index]
    return found
