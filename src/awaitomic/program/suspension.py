"""Where other tasks may run: which functions suspend, and which locks may have to be waited for.

Both are one question: a function suspends if it awaits something that suspends, and taking an asyncio lock suspends if
somebody holds the lock over a suspension. So functions and locks are the nodes of one graph, and `Reach` answers.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from awaitomic.flow.graph import FunctionGraph
from awaitomic.flow.solver import Solution, solve
from awaitomic.knowledge.awaitables import NEVER_SUSPEND, QUEUES
from awaitomic.model.event import Attribute, Call, Enter, Event, Guard, Leave, Read, Return, Suspend, SuspendWhy
from awaitomic.model.location import Location
from awaitomic.program.calls import awaited_calls
from awaitomic.program.locks import Lock
from awaitomic.program.locks.found_free import is_found_free
from awaitomic.program.markers import decorators_of
from awaitomic.program.names import dotted, last_name
from awaitomic.program.reach import Reach
from awaitomic.program.target import How, Target

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver
    from awaitomic.program.unit import Unit


class Node(NamedTuple):
    """A function, by the identity of its graph, or a lock, by the name under which the program knows it."""

    function: int | None
    lock: Location | None


Leads = tuple[bool, tuple[Node, ...]]
"""Whether something suspends by itself, and else what it depends on."""

_ALWAYS: Leads = (True, ())
_NEVER: Leads = (False, ())


class Suspension:
    """Answers which functions may suspend, and whether other tasks may run at a suspension point."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._graphs: dict[int, FunctionGraph] = {}
        self._held: dict[int, dict[int, frozenset[Lock]] | None] = {}
        self._under: dict[str, dict[Location, list[tuple[Resolver, Suspend]]]] = {}
        self._left: dict[int, frozenset[Lock]] = {}
        self._must: dict[int, Solution[frozenset[Lock]]] = {}
        self._reach: Reach[Node] = Reach(self._expand)

    def suspends(self, function: FunctionGraph) -> bool:
        """Tell whether other tasks may run while a coroutine function is awaited."""
        return self._reach(self._function(function))

    def at(self, resolver: Resolver, event: Suspend) -> bool:
        """Tell whether other tasks may run at a suspension point."""
        own, leads = self._leads(resolver, event)
        return own or any(self._reach(node) for node in leads)

    def takes_locks(self, resolver: Resolver) -> bool:
        """Tell whether a function itself takes a lock."""
        return self._regions(resolver) is not None

    def may_hold(self, resolver: Resolver) -> dict[int, frozenset[Lock]]:
        """Give the locks that a function itself may hold at each of its suspensions."""
        return self._regions(resolver) or {}

    def left_held(self, function: FunctionGraph) -> frozenset[Lock]:
        """Give the locks that a function takes by hand and may still hold when it returns: ``await self._enter()``."""
        key = id(function)
        if key not in self._left:
            self._left[key] = frozenset()  # a recursion takes nothing more
            resolver = self._program.resolver(function)
            if "acquire" in resolver.words and not function.is_generator:
                solution = solve(function, _Held(self._program, resolver), raises=False)
                ends = [event.id for event in function.events if isinstance(event, Return)]
                held = [solution.before_event(end) or frozenset() for end in ends]
                self._left[key] = frozenset().union(*held)
        return self._left[key]

    def held_before(
        self, resolver: Resolver, event: int, at_entry: Callable[[FunctionGraph], frozenset[Lock]]
    ) -> frozenset[Lock]:
        """Give the locks that are held on every way to an event; `at_entry` tells those of the function's callers."""
        key = id(resolver.function)
        entry = at_entry(resolver.function)
        if self._regions(resolver) is None:
            return entry
        if key not in self._must:
            self._must[key] = solve(resolver.function, _Held(self._program, resolver, entry, every=True), raises=False)
        state = self._must[key].before_event(event)
        return state if state is not None else frozenset()

    # -- the graph -----------------------------------------------------------------------------------------------

    def _function(self, function: FunctionGraph) -> Node:
        self._graphs[id(function)] = function
        return Node(id(function), None)

    def _expand(self, node: Node) -> Leads:
        if node.function is not None:
            resolver = self._program.resolver(self._graphs[node.function])
            return _any(self._leads(resolver, e) for e in resolver.function.events if isinstance(e, Suspend))
        assert node.lock is not None
        return self._expand_lock(node.lock)

    def _expand_lock(self, key: Location) -> Leads:
        """Ask every region of a lock in the modules that can know it."""
        units = self._program.units_knowing(key)
        return _any(self._leads(*place) for unit in units for place in self._waits_under(unit).get(key, ()))

    def _waits_under(self, unit: Unit) -> dict[Location, list[tuple[Resolver, Suspend]]]:
        """Give the suspensions of a module's functions by the locks that may be held there."""
        if unit.name not in self._under:
            found = self._under[unit.name] = {}
            for resolver in unit.resolvers:
                for event, held in self.may_hold(resolver).items():
                    suspend = resolver.function.events[event]
                    if isinstance(suspend, Suspend):
                        for key in {resolver.key_of(lock.location) for lock in held}:
                            found.setdefault(key, []).append((resolver, suspend))
        return self._under[unit.name]

    def _regions(self, resolver: Resolver) -> dict[int, frozenset[Lock]] | None:
        key = id(resolver.function)
        if key not in self._held:
            self._held[key] = _may_hold(self._program, resolver)
        return self._held[key]

    def _leads(self, resolver: Resolver, event: Suspend) -> Leads:
        if event.awaited is None:
            return _ALWAYS
        if event.why in {SuspendWhy.ASYNC_ENTER, SuspendWhy.ASYNC_EXIT}:
            locks = self._program.locks_of(resolver, event.awaited)
            if locks and self._program.is_plain_lock(resolver, event.awaited):
                return self._waiting(resolver, event, locks) if event.why is SuspendWhy.ASYNC_ENTER else _NEVER
            node = resolver.function.nodes[event.awaited]
            if isinstance(node, ast.Call) and dotted(node.func, resolver.module.imports) in NEVER_SUSPEND:
                return _NEVER
        if event.why is SuspendWhy.AWAIT and _puts_unbounded(resolver, event):
            return _NEVER
        calls = awaited_calls(resolver, event)
        if len(calls) != 1 or calls[0].how is not How.DIRECT:
            return _ALWAYS
        return _any(self._called(target) for target in calls[0].targets)

    def _waiting(self, resolver: Resolver, event: Suspend, locks: tuple[Lock, ...]) -> Leads:
        if any(lock.type.library != "asyncio" or not lock.self_deadlocks for lock in locks):
            return _ALWAYS
        awaited = [lock for lock in locks if not is_found_free(resolver, event, lock)]
        return False, tuple(Node(None, resolver.key_of(lock.location)) for lock in awaited)

    def _called(self, target: Target) -> Leads:
        function = target.function
        if not function.is_async:
            return _ALWAYS  # a plain function that returns something to wait for
        if decorators_of(function, self._program.unit_of(function).module) or is_stub(function):
            return _ALWAYS
        return False, (self._function(function),)


def _any(found: Iterable[Leads]) -> Leads:
    nodes: list[Node] = []
    for own, leads in found:
        if own:
            return _ALWAYS
        nodes.extend(leads)
    return False, tuple(dict.fromkeys(nodes))


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
    """Which locks are held, on some way (joined by union) or on `every` way: a forward problem."""

    def __init__(
        self, program: Program, resolver: Resolver, entry: frozenset[Lock] = frozenset(), *, every: bool = False
    ) -> None:
        self._program = program
        self._resolver = resolver
        self._entry = entry
        self._every = every

    def initial(self) -> frozenset[Lock]:
        return self._entry

    def join(self, left: frozenset[Lock], right: frozenset[Lock]) -> frozenset[Lock]:
        return left & right if self._every else left | right

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
            state = state.union(self._program.locks_left_by(self._resolver, event))
        return state


def _may_hold(program: Program, resolver: Resolver) -> dict[int, frozenset[Lock]] | None:
    """Give the locks that may be held at each suspension of a function, or None if it takes none at all."""
    takes = any(
        (isinstance(event, Enter) and program.locks_of(resolver, event.manager))
        or (isinstance(event, Call) and (program.lock_calls(resolver, event) or program.locks_left_by(resolver, event)))
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
