"""What a call of a function does, as its callers have to know it: suspends, acquires, writes, what its result tells.

Two layers. `Effects` (suspends, acquires) is a least fixpoint over all functions of the file. `Summary` (writes that
come late, state that a result tells about) needs the freshness analysis and is made on demand, callees first; inside a
recursion the inner call counts as doing nothing, which can only hide a finding, never make one.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph
from awaitomic.flow.solver import solve
from awaitomic.flow.statements import block_of
from awaitomic.knowledge.awaitables import NEVER_SUSPEND, QUEUES
from awaitomic.model.event import Attribute, Call, Const, Enter, Event, Guard, Leave, Read, Suspend, SuspendWhy
from awaitomic.model.location import Location
from awaitomic.program.accesses import Change
from awaitomic.program.calls import awaited_calls, parameter_default, translate
from awaitomic.program.locks import Lock
from awaitomic.program.names import dotted, last_name
from awaitomic.program.target import AwaitedCall, How, Target

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver


@dataclass(frozen=True, slots=True)
class SummaryWrite:
    """A write that a call makes, in the callee's terms."""

    location: Location
    change: Change
    late: bool
    """A suspension may come before it in the callee."""
    guarded: bool
    """The callee itself tests the state with no suspension in between, or holds a lock."""
    decided: bool
    """A test of the callee's own governs it, however old: what the caller has tested before adds nothing."""
    consumed: bool
    """The callee itself has given the state to an awaited call before: what the caller did with it adds nothing."""
    function: str
    event: int
    """Function and event of the write itself, however many calls away."""
    value: int | None
    """What is written, an operand of that function."""
    parameters: frozenset[str] = frozenset()
    """The callee's parameters that flow into what is written."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The flow-sensitive part of what a call does."""

    writes: tuple[SummaryWrite, ...] = ()
    returns: frozenset[Location] = frozenset()
    """State that the result was read from or tested on."""
    outdated: frozenset[Location] = frozenset()
    """State that the result was read from before a suspension of the function itself."""
    settled: frozenset[Location] = frozenset()
    """Of these, what was tested under a lock: the caller may store the result, if it does so at once."""


@dataclass(frozen=True, slots=True)
class Acquisition:
    """A lock that a call takes, in the callee's terms, and the way to where it does."""

    lock: Lock
    function: str
    event: int
    chain: tuple[tuple[str, int, How], ...]
    """(function, suspension, how it waits) for every hop from the callee to the function that acquires."""


class Effects:
    """Which functions may suspend, which locks they may take, which locks may have to be waited for."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.suspending: set[int] = set()
        """Identities of the graphs that may suspend."""
        self.takes_locks = False
        """Whether any function of the file takes a lock."""
        self._contended: set[Location] = set()
        """Keys of locks held over a suspension somewhere: only these make their takers wait (asyncio)."""
        self._acquires: dict[int, dict[tuple[Location, str, int], Acquisition]] = {}
        self._solve()

    # -- suspends ------------------------------------------------------------------------------------------------

    def may_suspend(self, resolver: Resolver, event: Suspend) -> bool:
        """Tell whether other tasks may run at a suspension point."""
        if event.awaited is None:
            return True
        if event.why in {SuspendWhy.ASYNC_ENTER, SuspendWhy.ASYNC_EXIT}:
            locks = self._program.locks_of(resolver, event.awaited)
            if locks and self._program.is_plain_lock(resolver, event.awaited):
                return event.why is SuspendWhy.ASYNC_ENTER and any(self._may_wait(resolver, lock) for lock in locks)
            node = resolver.function.nodes[event.awaited]
            if isinstance(node, ast.Call) and dotted(node.func, resolver.module.imports) in NEVER_SUSPEND:
                return False
        if event.why is SuspendWhy.AWAIT and _puts_unbounded(resolver, event):
            return False
        calls = awaited_calls(resolver, event)
        if len(calls) != 1 or calls[0].how is not How.DIRECT:
            return True
        return any(self._runs_and_suspends(target) for target in calls[0].targets)

    def _runs_and_suspends(self, target: Target) -> bool:
        function = target.function
        if not function.is_async:
            return True  # a plain function that returns something to wait for
        if getattr(function.node, "decorator_list", ()) or is_stub(function):
            return True
        return id(function) in self.suspending

    def _may_wait(self, resolver: Resolver, lock: Lock) -> bool:
        if lock.type.library != "asyncio" or not lock.self_deadlocks:
            return True
        return resolver.key_of(lock.location) in self._contended

    def _solve(self) -> None:
        """Grow both sets until nothing changes: a least fixpoint, independent of order."""
        regions = [(resolver, _may_hold(self._program, resolver)) for resolver in self._program.resolvers]
        self.takes_locks = any(held is not None for _, held in regions)
        changed = True
        while changed:
            changed = False
            for resolver, held in regions:
                for event in resolver.function.events:
                    if not isinstance(event, Suspend) or not self.may_suspend(resolver, event):
                        continue
                    if id(resolver.function) not in self.suspending:
                        self.suspending.add(id(resolver.function))
                        changed = True
                    for lock in (held or {}).get(event.id, ()):
                        key = resolver.key_of(lock.location)
                        if key not in self._contended:
                            self._contended.add(key)
                            changed = True
        self._solve_acquisitions()

    # -- acquires ------------------------------------------------------------------------------------------------

    def acquisitions(self, function: FunctionGraph) -> list[Acquisition]:
        """Give every lock that may be taken while a call of the function is awaited."""
        return list(self._acquires.get(id(function), {}).values())

    def _solve_acquisitions(self) -> None:
        waits: list[tuple[Resolver, list[tuple[int, AwaitedCall]]]] = []
        for resolver in self._program.resolvers:
            if not resolver.function.is_async:
                continue
            own = {}
            calls: list[tuple[int, AwaitedCall]] = []
            for event in resolver.function.events:
                for lock in own_acquisitions(self._program, resolver, event):
                    own[lock.location, resolver.function.qualname, event.id] = Acquisition(
                        lock, resolver.function.qualname, event.id, ()
                    )
                if isinstance(event, Suspend):
                    calls.extend((event.id, call) for call in awaited_calls(resolver, event))
            self._acquires[id(resolver.function)] = own
            waits.append((resolver, calls))
        changed = True
        while changed:
            changed = False
            for resolver, calls in waits:
                changed |= self._absorb(resolver, calls)

    def _absorb(self, resolver: Resolver, calls: list[tuple[int, AwaitedCall]]) -> bool:
        mine = self._acquires[id(resolver.function)]
        size = len(mine)
        for event, call in calls:
            if call.how is How.TASK:
                continue
            for target in call.targets:
                for taken in self.acquisitions(target.function):
                    if any(function == target.function.qualname for function, _, _ in taken.chain):
                        continue  # round a recursion into an object inside the object, and so on without an end
                    lock = self.acquired_by_call(resolver, target, taken)
                    if lock is None:
                        continue
                    key = (lock.location, taken.function, taken.event)
                    hop = (target.function.qualname, event, call.how)
                    mine.setdefault(key, Acquisition(lock, taken.function, taken.event, (hop, *taken.chain)))
        return len(mine) != size

    def acquired_by_call(self, resolver: Resolver, target: Target, taken: Acquisition) -> Lock | None:
        """Give, in the caller's terms, the lock that a call takes; None if it is another one or not taken this time."""
        location = translate(resolver, target, taken.lock.location)
        if location is None:
            return None
        if not taken.chain and not _condition_may_hold(resolver, target, taken):
            return None
        return Lock(location, taken.lock.type)


def is_stub(function: FunctionGraph) -> bool:
    """Tell whether a function only stands for those that override it: ``...``, ``pass``, not implemented."""
    for statement in getattr(function.node, "body", ()):
        if isinstance(statement, ast.Pass):
            continue
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        if isinstance(statement, ast.Raise) and last_name(statement.exc) == "NotImplementedError":
            continue
        return False
    return True


def own_acquisitions(program: Program, resolver: Resolver, event: Event) -> list[Lock]:
    """Give the locks that an event itself takes and waits for, of those on which a task can hang."""
    if isinstance(event, Enter) and event.asynchronous:
        return [lock for lock in program.locks_of(resolver, event.manager) if lock.self_deadlocks]
    if isinstance(event, Call):
        return [lock for lock, taken in program.lock_calls(resolver, event) if taken and lock.self_deadlocks]
    return []


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


def _puts_unbounded(resolver: Resolver, event: Suspend) -> bool:
    assert event.awaited is not None
    call = resolver.function.events[resolver.origin(event.awaited)]
    if not isinstance(call, Call):
        return False
    callee = resolver.function.events[call.function]
    if not isinstance(callee, Read) or not isinstance(callee.place, Attribute) or callee.place.attr != "put":
        return False
    typed = resolver.operand_type(callee.place.base)
    return typed.name in QUEUES and typed.bound == 0


class _Held:
    """Which locks may be held: a forward problem joined by union."""

    def __init__(self, program: Program, resolver: Resolver) -> None:
        self._program = program
        self._resolver = resolver

    def initial(self) -> frozenset[Lock]:
        return frozenset()

    def join(self, left: frozenset[Lock], right: frozenset[Lock]) -> frozenset[Lock]:
        return left | right

    def branch(self, guard: Guard, holds: bool, state: frozenset[Lock]) -> frozenset[Lock]:  # noqa: ARG002 - the solver's protocol
        return state

    def transfer(self, event: Event, state: frozenset[Lock]) -> frozenset[Lock]:
        if isinstance(event, Enter):
            return state.union(self._program.locks_of(self._resolver, event.manager))
        if isinstance(event, Leave):
            return state.difference(self._program.locks_of(self._resolver, event.manager))
        if isinstance(event, Call):
            for lock, taken in self._program.lock_calls(self._resolver, event):
                state = state | {lock} if taken else state - {lock}
        return state


def _may_hold(program: Program, resolver: Resolver) -> dict[int, frozenset[Lock]] | None:
    """Give the locks that may be held at each suspension of a function, or None if it takes none at all."""
    takes = any(
        (isinstance(event, Enter) and program.locks_of(resolver, event.manager))
        or (isinstance(event, Call) and program.lock_calls(resolver, event))
        for event in resolver.function.events
    )
    if not takes:
        return None
    solution = solve(resolver.function, _Held(program, resolver), raises=False)
    found: dict[int, frozenset[Lock]] = {}
    for block in resolver.function.blocks:
        for event, state in solution.states(block.index):
            if isinstance(event, Suspend):
                found[event.id] = state
    return found
