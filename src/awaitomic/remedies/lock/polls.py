"""Loops that wait until others have changed the state: with the lock held they would keep those others out for ever.

A loop looks at the state by a read of its own, by a property, by a method or helper that tells of it
(``while not self.is_ready():``), or has a function looked at for it (``await until(lambda: self.rows)``).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from awaitomic.flow.reach import reach_after
from awaitomic.knowledge.threads import HANDED_TO_THREADS
from awaitomic.model.event import Call, Guard, Operand, Read, Suspend
from awaitomic.model.location import Location
from awaitomic.program.callables import reached
from awaitomic.program.calls import awaited_calls, translate
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver
from awaitomic.program.target import Target
from awaitomic.program.while_waiting import calls_while_waiting
from awaitomic.remedies.remedy import statement_at
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.region import Run, events_in

if TYPE_CHECKING:
    from awaitomic.remedies.lock.coverage import Coverage

_TESTS = frozenset({"if", "while", "ifexp", "and", "or", "compare", "assert", "match", "filter"})
"""The kinds of guards that ask for something: neither the end of an iteration nor the kind of an error."""
_TELL = frozenset({"bool", "len", "any", "all", "isinstance"})
"""Builtins that tell of what they are given, and do nothing with it."""

_Loop = ast.While | ast.For | ast.AsyncFor
_Names = Callable[[Location], Location | None]
"""Says by which name the program knows a location of a function."""


def check_polls(coverage: Coverage, resolver: Resolver, run: Run) -> None:
    """See that no loop under the lock waits for what only others do to the state: ``while not self.rows: await …``.

    Raises:
        Declined: ``waits-for-holder``.
    """
    tree = coverage.tree_of(resolver.function)
    nodes = [node for path in run.paths for node in ast.walk(statement_at(tree, path))]
    _Polls(coverage, resolver, resolver.key_of).check(nodes, set(events_in(resolver.function, run)))


def check_holder(coverage: Coverage, resolver: Resolver) -> None:
    """See that a function that holds the lock already waits in no loop for what is to need it from now on.

    Raises:
        Declined: ``waits-for-holder``.
    """
    function = resolver.function
    suspends = (event for event in function.events if isinstance(event, Suspend))
    waits = [event for event in suspends if coverage.held_already(resolver, event.id)]
    loops = [node for node in function.syntax if isinstance(node, _Loop)] if waits else []
    if loops:
        held = {event.id for event in function.events if coverage.held_already(resolver, event.id)}
        _Polls(coverage, resolver, resolver.key_of).check(loops, held)
    for event in waits:
        check_awaited(coverage, resolver, event)


def check_awaited(coverage: Coverage, resolver: Resolver, event: Suspend) -> None:
    """See that of all that is awaited with the lock held, and that nothing there calls itself to look again.

    Raises:
        Declined: ``waits-for-holder``.
    """
    _Polls(coverage, resolver, resolver.key_of).check_awaited(event, set())


def check_predicates(coverage: Coverage, resolver: Resolver, operand: Operand, place: str) -> None:
    """See that nothing awaited under the lock is handed a test of the state: ``await until(lambda: self.rows)``.

    Raises:
        Declined: ``waits-for-holder``.
    """
    event = resolver.function.events[resolver.origin(operand)]
    if not isinstance(event, Call) or last_name(resolver.function.nodes[event.function]) in HANDED_TO_THREADS:
        return
    for value in (*event.arguments, *(each for _, each in event.keywords)):
        for target in reached(resolver, value):
            if _only_tells(coverage, target) and _tells_of(coverage, resolver, target):
                message = (
                    f"{place} waits with a test of the state, until somebody else has changed it, "
                    "who would wait for the lock"
                )
                raise Declined("waits-for-holder", message)


class _Polls:
    """What the loops of one function do to the state; `names` says by which name it is known in the program."""

    def __init__(self, coverage: Coverage, resolver: Resolver, names: _Names) -> None:
        self._coverage = coverage
        self._resolver = resolver
        self._names = names

    def check(self, nodes: Iterable[ast.AST], events: set[int]) -> None:
        """See that none of the loops among `nodes` waits for others.

        Raises:
            Declined: ``waits-for-holder``.
        """
        function = self._resolver.function
        for loop in nodes:
            if not isinstance(loop, _Loop):
                continue
            if isinstance(loop, ast.While):
                looking = waiting = turn = self._in(events, [loop.test, *loop.body])
            else:
                turn = self._in(events, loop.body)
                waiting = [*self._in(events, [loop.iter]), *turn]
                looking = [event for event in turn if isinstance(function.events[event], Guard) and _leaves(loop)]
            if self._waits_for_others(looking, waiting, turn):
                message = (
                    f"the loop on line {loop.lineno} of `{function.qualname}` waits until somebody else has changed "
                    "the state, who would wait for the lock"
                )
                raise Declined("waits-for-holder", message)

    def check_awaited(self, event: Suspend, seen: set[str]) -> None:
        """See that of what a suspension runs, which may know the state by a parameter.

        Raises:
            Declined: ``waits-for-holder``.
        """
        self._check_begins_again(event)
        for call in calls_while_waiting(self._resolver, event):
            for target in call.targets:
                if target.function.id not in seen:
                    seen.add(target.function.id)
                    self._check_of(target, seen)

    def _check_of(self, target: Target, seen: set[str]) -> None:
        function = target.function
        callee = self._coverage.program.resolver(function)
        polls = _Polls(self._coverage, callee, _given_by(self._coverage, self._resolver, target, self._names))
        polls.check(function.syntax, set(range(len(function.events))))
        for event in function.events:
            if isinstance(event, Suspend):
                polls.check_awaited(event, seen)

    def _check_begins_again(self, event: Suspend) -> None:
        """See that the function does not look at the state, wait, and call itself to look again: a loop as well."""
        resolver, function = self._resolver, self._resolver.function
        if not any(target.function is function for call in awaited_calls(resolver, event) for target in call.targets):
            return
        before = [each.id for each in function.events if event.id in reach_after(function, each.id).events]
        if self._waits_for_others(before, [each for each in before if each != event.id], before):
            line = self._coverage.program.extent(function, event.id).line
            message = (
                f"`{function.qualname}` looks again by calling itself (line {line}), until others have changed the "
                "state, who would wait for the lock"
            )
            raise Declined("waits-for-holder", message)

    def _in(self, events: set[int], parts: Sequence[ast.AST]) -> list[int]:
        inside = {id(node) for part in parts for node in ast.walk(part)}
        return [event for event in sorted(events) if id(self._resolver.function.nodes[event]) in inside]

    def _waits_for_others(self, looking: list[int], waiting: list[int], turn: list[int]) -> bool:
        """Tell whether some events look at the state, some wait, and none of a turn changes it."""
        if not any(self._looks(event, turn) for event in looking):
            return False
        return self._waits(waiting) and not self._changes({*waiting, *turn})

    def _looks(self, event: int, turn: list[int]) -> bool:
        """Tell whether an event looks at the state; what goes back to a read in front of the loop does not."""
        found = self._resolver.function.events[event]
        if isinstance(found, Read):
            place = self._resolver.place(found.place)
            return place is not None and self._is_state(place)
        if not isinstance(found, Guard) or found.kind not in _TESTS:
            return False
        state = self._coverage.program.facts(self._resolver).solution.before_event(event)
        tokens = state.values.get(found.test, ()) if state is not None else ()
        return any(token.read in turn and self._is_state(token.location) for token in tokens)

    def _is_state(self, location: Location) -> bool:
        name = self._names(location)
        return name is not None and name in self._coverage.keys

    def _waits(self, events: list[int]) -> bool:
        program, resolver = self._coverage.program, self._resolver
        found = (resolver.function.events[event] for event in events)
        return any(isinstance(event, Suspend) and program.may_suspend(resolver, event) for event in found)

    def _changes(self, events: set[int]) -> bool:
        """Tell whether the function itself changes there what it looks at, by itself or by what it calls."""
        return any(
            fact.event in events and self._is_state(fact.access.location)
            for fact in self._coverage.program.facts(self._resolver).writes
        )


def _given_by(coverage: Coverage, caller: Resolver, target: Target, names: _Names) -> _Names:
    """Give the names of a callee's locations, those that it reaches through a parameter in the caller's terms."""
    callee = coverage.program.resolver(target.function)

    def name(location: Location) -> Location | None:
        own = callee.key_of(location)
        if own in coverage.keys:
            return own
        mine = translate(caller, target, location)
        return None if mine is None else names(mine)

    return name


def _leaves(loop: ast.For | ast.AsyncFor) -> bool:
    inside = (node for statement in loop.body for node in ast.walk(statement))
    return any(isinstance(node, ast.Break | ast.Return | ast.Raise) for node in inside)


# -- tests that are handed on ------------------------------------------------------------------------------------------


def _only_tells(coverage: Coverage, target: Target) -> bool:
    """Tell whether a function looks at something and does nothing: no piece of work that is handed on to be done."""
    function = target.function
    resolver = coverage.program.resolver(function)
    if function.is_async or function.is_generator or coverage.program.summary(function).writes:
        return False
    calls = (event for event in function.events if isinstance(event, Call))
    return all(_is_question(resolver, call) for call in calls)


def _is_question(resolver: Resolver, call: Call) -> bool:
    node = resolver.function.nodes[call.function]
    if isinstance(node, ast.Name) and node.id in _TELL:
        return True
    called = reached(resolver, call.function)
    return bool(called) and not any(target.function.is_async for target in called)


def _tells_of(coverage: Coverage, resolver: Resolver, target: Target) -> bool:
    """Tell whether what a function returns was read from the state, or tested on it."""
    told = coverage.program.summary(target.function).returns
    names = _given_by(coverage, resolver, target, resolver.key_of)
    return any(names(location) in coverage.keys for location in told)
