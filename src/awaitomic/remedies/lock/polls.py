"""Loops that wait until others have changed the state: with the lock held they would keep those others out for ever.

A loop looks at the state by a read of its own, by a property, by a method or helper that tells of it
(``while not self.is_ready():``) or that raises by it, and goes on or ends by what it finds. Functions that call each
other to look again are a loop as well. What has the state looked at by somebody else is in `handed_tests`.

Where it is not plain that the loop goes on for as long as the state is as it is, the fix is not refused, but unsafe.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.flow.reach import reach_after
from awaitomic.model.event import Attribute, Call, Compute, Guard, Item, Merge, Name, Raise, Read, Suspend, Write
from awaitomic.model.location import Location
from awaitomic.program.calls import targets_of, translate
from awaitomic.program.module import is_property
from awaitomic.program.resolve import Resolver
from awaitomic.program.target import Target
from awaitomic.program.while_waiting import calls_while_waiting
from awaitomic.remedies.lock.turns import TELL, Loop, bounded, deciding, has_test, leaves, tried
from awaitomic.remedies.remedy import statement_at
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.region import Run, events_in

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph
    from awaitomic.remedies.lock.coverage import Coverage

_TESTS = frozenset({"if", "while", "ifexp", "and", "or", "compare", "assert", "match", "filter"})
"""The kinds of guards that ask for something: neither the end of an iteration nor the kind of an error."""

_WHO = "who would wait for the lock"
_OTHERS = f"somebody else has changed the state, {_WHO}"

_Names = Callable[[Location], Location | None]
"""Says by which name the program knows a location of a function."""


def check_polls(coverage: Coverage, resolver: Resolver, run: Run) -> None:
    """See that no loop under the lock waits for what only others do to the state: ``while not self.rows: await …``.

    One that only may do so makes the fix unsafe as any loop under the lock does.

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
    loops = [node for node in function.syntax if isinstance(node, Loop)] if waits else []
    if loops:
        held = {event.id for event in function.events if coverage.held_already(resolver, event.id)}
        _note(coverage, _Polls(coverage, resolver, resolver.key_of).check(loops, held))
    for event in waits:
        check_awaited(coverage, resolver, event)


def check_awaited(coverage: Coverage, resolver: Resolver, event: Suspend) -> None:
    """See that of all that is awaited with the lock held, and that nothing there calls itself to look again.

    Raises:
        Declined: ``waits-for-holder``.
    """
    _note(coverage, _Polls(coverage, resolver, resolver.key_of).check_awaited(event, set()))


def _note(coverage: Coverage, found: list[str]) -> None:
    coverage.beside.extend(each for each in dict.fromkeys(found) if each not in coverage.beside)


class _Polls:
    """What the loops of one function do to the state; `names` says by which name it is known in the program."""

    def __init__(self, coverage: Coverage, resolver: Resolver, names: _Names) -> None:
        self._coverage = coverage
        self.resolver = resolver
        self._names = names

    def check(self, nodes: Iterable[ast.AST], events: set[int]) -> list[str]:
        """See that none of the loops among `nodes` waits for others; give those that may.

        Raises:
            Declined: ``waits-for-holder``.
        """
        found = []
        for loop in nodes:
            if not isinstance(loop, Loop):
                continue
            turn = self._in(events, [loop.test, *loop.body] if isinstance(loop, ast.While) else loop.body)
            waiting = turn if isinstance(loop, ast.While) else [*self._in(events, [loop.iter]), *turn]
            if not self._may_look(loop, turn) or not self.waits(waiting) or self.changes({*waiting, *turn}):
                continue
            where = f"the loop on line {loop.lineno} of `{self.resolver.function.qualname}`"
            if self._surely_looks(loop, turn):
                raise Declined("waits-for-holder", f"{where} waits until {_OTHERS}")
            found.append(f"{where} may wait until {_OTHERS}")
        return found

    def check_awaited(self, event: Suspend, seen: set[str], around: tuple[_Turn, ...] = ()) -> list[str]:
        """See that of what a suspension runs, which may know the state by a parameter; give what may wait for others.

        Parameters: `around` are the calls that have led here from one to the next.

        Raises:
            Declined: ``waits-for-holder``.
        """
        found = []
        turns = (*around, _Turn(self, event))
        for call in calls_while_waiting(self.resolver, event):
            for target in call.targets:
                at = next((i for i, turn in enumerate(turns) if turn.function is target.function), None)
                if at is not None:
                    found += self._check_begins_again(turns[at:])
                elif target.function.id not in seen:
                    seen.add(target.function.id)
                    found += self._check_of(target, seen, turns)
        return found

    def _check_of(self, target: Target, seen: set[str], turns: tuple[_Turn, ...]) -> list[str]:
        polls = self._of(target)
        function = target.function
        found = polls.check(function.syntax, set(range(len(function.events))))
        for event in function.events:
            if isinstance(event, Suspend):
                found += polls.check_awaited(event, seen, turns)
        return found

    def _of(self, target: Target) -> _Polls:
        callee = self._coverage.program.resolver(target.function)
        return _Polls(self._coverage, callee, given_by(self._coverage, self.resolver, target, self._names))

    def _check_begins_again(self, turns: tuple[_Turn, ...]) -> list[str]:
        """See that functions do not look at the state, wait, and call each other to look again: a loop as well."""
        parts = [(turn.polls, turn.before(), turn.event.id) for turn in turns]
        if not any(polls.waits([each for each in before if each != call]) for polls, before, call in parts):
            return []
        if any(polls.changes(set(before)) for polls, before, _ in parts):
            return []
        first, last = turns[0].function, turns[-1]
        line = self._coverage.program.extent(last.function, last.event.id).line
        again = "itself" if first is last.function else f"`{first.qualname}`"
        where = f"`{last.function.qualname}` looks again by calling {again} (line {line})"
        if any(polls.tests(event, before) for polls, before, _ in parts for event in before):
            raise Declined("waits-for-holder", f"{where}, until others have changed the state, {_WHO}")
        if any(polls.looks(event, before) for polls, before, _ in parts for event in before):
            return [f"{where}, maybe until others have changed the state, {_WHO}"]
        return []

    def _in(self, events: set[int], parts: Sequence[ast.AST]) -> list[int]:
        inside = {id(node) for part in parts for node in ast.walk(part)}
        return [event for event in sorted(events) if id(self.resolver.function.nodes[event]) in inside]

    def _surely_looks(self, loop: Loop, turn: list[int]) -> bool:
        """Tell whether a loop goes on or ends by what is found of the state."""
        if bounded(loop):
            return False
        nodes = self.resolver.function.nodes
        tested = {id(node) for node in ast.walk(loop.test)} if isinstance(loop, ast.While) else set()
        deciding_nodes, tried_nodes = deciding(loop.body), tried(loop.body) if leaves(loop) else frozenset()
        only_by_errors = not has_test(loop) and not leaves(loop)
        for event in turn:
            node = id(nodes[event])
            if node in tested and (self.asks(event, turn) or self._reads(event)):
                return True
            if node in deciding_nodes and self.asks(event, turn):
                return True
            if (node in tried_nodes or only_by_errors) and self._raises(event):
                return True
        return False

    def _may_look(self, loop: Loop, turn: list[int]) -> bool:
        """Tell whether the state is looked at in a loop, for whatever that is."""
        if not isinstance(loop, ast.While) and not leaves(loop):
            return False
        for event in turn:
            if self._raises(event, plain=False) or self._is_guard(event, turn):
                return True
            if isinstance(loop, ast.While) and self.looks(event, turn):
                return True
        return False

    def tests(self, event: int, turn: list[int]) -> bool:
        """Tell whether what comes behind an event depends on what is found there of the state."""
        return self.asks(event, turn) or self._raises(event)

    def _raises(self, event: int, *, plain: bool = True) -> bool:
        """Tell whether an error comes, or not, by what is found of the state: an entry that is missing, a check.

        Parameters: `plain` leaves out coroutines, which may do something else besides, for which they are tried again.
        """
        events = self.resolver.function.events
        found = events[event]
        if isinstance(found, Read) and isinstance(found.place, Item):
            base = events[found.place.base]
            return self._reads(event) or self._reads(base.id)
        reached = asked_through(self.resolver, event)
        targets = [target for target in reached if not (plain and target.function.is_async)]
        return any(self._of(target).fails_by_the_state() for target in targets)

    def fails_by_the_state(self, seen: frozenset[str] = frozenset()) -> bool:
        """Tell whether the function raises, or does not, by what it finds of the state."""
        function = self.resolver.function
        if function.id in seen or self.changes(set(range(len(function.events)))):
            return False
        seen |= {function.id}
        everything = [event.id for event in function.events]
        body = function.node.body if isinstance(function.node, ast.FunctionDef | ast.AsyncFunctionDef) else []
        nodes = deciding(body)
        raises = any(isinstance(event, Raise) for event in function.events)
        for event in function.events:
            decides = raises and id(function.nodes[event.id]) in nodes
            if decides and self.asks(event.id, everything):
                return True
            if isinstance(event, Read) and isinstance(event.place, Item) and self._raises(event.id):
                return True
            if isinstance(event, Call):
                inner = (each for each in targets_of(self.resolver, event) if not each.function.is_async)
                if any(self._of(target).fails_by_the_state(seen) for target in inner):
                    return True
        return False

    def looks(self, event: int, turn: list[int]) -> bool:
        """Tell whether an event looks at the state; what goes back to a read in front of the loop does not."""
        return self._reads(event) or self._is_guard(event, turn)

    def _reads(self, event: int) -> bool:
        found = self.resolver.function.events[event]
        place = self.resolver.place(found.place) if isinstance(found, Read) else None
        return place is not None and self.is_state(place)

    def asks(self, event: int, turn: list[int]) -> bool:
        """Tell whether a guard asks for the state, and not for an answer of others who were given it."""
        guard = self.resolver.function.events[event]
        if not isinstance(guard, Guard) or guard.kind not in _TESTS:
            return False
        waiting, seen = [guard.test], set[int]()
        while waiting:
            operand = self.resolver.origin(waiting.pop())
            if operand in seen or operand not in turn:
                continue
            seen.add(operand)
            if self._reads(operand) or self._tells(operand):
                return True
            waiting += self._parts(operand, turn)
        return False

    def _tells(self, operand: int) -> bool:
        """Tell whether a call or a property of the program gives what it has found of the state."""
        program = self._coverage.program
        targets = asked_through(self.resolver, operand)
        found = ((self._of(target), program.summary(target.function)) for target in targets)
        return any(polls.is_state(location) for polls, summary in found for location in summary.returns)

    def _parts(self, operand: int, turn: list[int]) -> Sequence[int]:
        """Give what a value is made of; a call of what is not known makes it of what its method is called on."""
        events = self.resolver.function.events
        found = events[operand]
        if isinstance(found, Compute | Merge):
            return found.operands
        if isinstance(found, Call):
            named = self.resolver.function.nodes[found.function]
            told = found.arguments if isinstance(named, ast.Name) and named.id in TELL else ()
            return (*told, found.function)
        if not isinstance(found, Read):
            return ()
        if not isinstance(found.place, Name):
            return (found.place.base,)
        writes = (events[event] for event in turn)
        return [
            each.value
            for each in writes
            if isinstance(each, Write) and each.place == found.place and each.value is not None
        ]

    def _is_guard(self, event: int, turn: list[int]) -> bool:
        found = self.resolver.function.events[event]
        if not isinstance(found, Guard) or found.kind not in _TESTS:
            return False
        state = self._coverage.program.facts(self.resolver).solution.before_event(event)
        tokens = state.values.get(found.test, ()) if state is not None else ()
        return any(token.read in turn and self.is_state(token.location) for token in tokens)

    def is_state(self, location: Location) -> bool:
        name = self._names(location)
        return name is not None and name in self._coverage.keys

    def waits(self, events: list[int]) -> bool:
        program, resolver = self._coverage.program, self.resolver
        found = (resolver.function.events[event] for event in events)
        return any(isinstance(event, Suspend) and program.may_suspend(resolver, event) for event in found)

    def changes(self, events: set[int]) -> bool:
        """Tell whether the function itself changes there what it looks at, by itself or by what it calls."""
        return any(
            fact.event in events and self.is_state(fact.access.location)
            for fact in self._coverage.program.facts(self.resolver).writes
        )


@dataclass(frozen=True, slots=True)
class _Turn:
    """One of several calls that lead from one function to the next: what runs in that function before it."""

    polls: _Polls
    event: Suspend

    @property
    def function(self) -> FunctionGraph:
        return self.polls.resolver.function

    def before(self) -> list[int]:
        """Give the events after which the call may come."""
        function = self.function
        return [each.id for each in function.events if self.event.id in reach_after(function, each.id).events]


def asked_through(resolver: Resolver, operand: int) -> tuple[Target, ...]:
    """Give the functions of the program that a call, or reading a property, runs."""
    found = resolver.function.events[operand]
    if isinstance(found, Call):
        return targets_of(resolver, found)
    if not isinstance(found, Read) or not isinstance(found.place, Attribute):
        return ()
    kind, _, owner = (resolver.operand_type(found.place.base).name or "").partition(":")
    method = resolver.module.find_method(owner, found.place.attr) if kind == "class" else None
    receiver = resolver.value(found.place.base)
    return (Target(method, receiver),) if method is not None and is_property(method) and receiver is not None else ()


def fails_by_the_state(coverage: Coverage, resolver: Resolver, target: Target) -> bool:
    """Tell whether a function that is handed on raises, or does not, by what it finds of the state."""
    callee = coverage.program.resolver(target.function)
    return _Polls(coverage, callee, given_by(coverage, resolver, target, resolver.key_of)).fails_by_the_state()


def given_by(coverage: Coverage, caller: Resolver, target: Target, names: _Names) -> _Names:
    """Give the names of a callee's locations, those that it reaches through a parameter in the caller's terms."""
    callee = coverage.program.resolver(target.function)

    def name(location: Location) -> Location | None:
        own = callee.key_of(location)
        if own in coverage.keys:
            return own
        mine = translate(caller, target, location)
        return None if mine is None else names(mine)

    return name
