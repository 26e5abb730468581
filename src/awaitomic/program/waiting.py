"""Where other tasks run as a rule: which coroutines always wait, and which only now and then.

`awaitomic.program.suspension` answers where a suspension *may* happen, which is what no update may rely on. But a
coroutine that makes sure that something is there (``if self._conn: return; self._conn = await dial()``) waits once and
then never again, and a span with nothing else in it is seldom gone through by two tasks. So this asks the second
question: does every way to the normal end of a coroutine pass a suspension that waits as a rule?

"Can get to its end at once" is the least fixpoint over functions that await each other: a recursion counts as waiting
unless some way out of it does not. Waiting for what is not the program's (a library, a parameter, a task) is the rule.
"""

from __future__ import annotations

import ast
from itertools import pairwise
from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph
from awaitomic.flow.passage import Way, passage
from awaitomic.flow.reach import reach_from
from awaitomic.model.event import Guard, Suspend
from awaitomic.program.conditions import parts_of
from awaitomic.program.foregone import Known, given_tests, known_at, never_taken, seen_from
from awaitomic.program.names import last_name
from awaitomic.program.reach import components
from awaitomic.program.resolve import Resolver
from awaitomic.program.suspension import is_stub
from awaitomic.program.target import How, Target

if TYPE_CHECKING:
    from awaitomic.program import Program

_LONGEST = 50
_DEEPEST = 6
_MOST_KNOWING = 3
"""What a caller knows is carried into so many calls."""

_Targets = tuple[Target, ...]


class Waiting:
    """Answers at which suspension points other tasks run as a rule."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._graphs: dict[int, FunctionGraph] = {}
        self._points: dict[int, list[tuple[int, _Targets]]] = {}
        self._at_once: dict[int, bool] = {}
        """Of functions that were asked about, by the identity of their graphs: whether they can end without waiting."""

    def at(self, resolver: Resolver, event: Suspend) -> bool:
        """Tell whether other tasks run at a suspension point as a rule."""
        if not self._program.may_suspend(resolver, event):
            return False
        targets = self._run_at(resolver, event)
        for function in _followed(targets):
            self._settle(function)
        if self._waits(targets):
            return True
        known = known_at(self._program, resolver, event.id)
        return bool(known) and self._waits_knowing(resolver, targets, known.get, _MOST_KNOWING)

    def why_not(self, view: Program, resolver: Resolver, event: Suspend) -> str:
        """Say in a sentence when other tasks run where they seldom do; places are named as `view` sees them."""
        return f"{_named(resolver, event)} {self._cause(view, self._run_at(resolver, event), _DEEPEST)}"

    # -- who waits -----------------------------------------------------------------------------------------------

    def _run_at(self, resolver: Resolver, event: Suspend) -> _Targets:
        """Give the calls of which one runs at a suspension point; none if it waits for something else."""
        calls = self._program.effective_calls(resolver, event)
        if len(calls) != 1 or calls[0].how is not How.DIRECT:
            return ()
        return calls[0].targets

    def _points_of(self, function: FunctionGraph) -> list[tuple[int, _Targets]]:
        """Give the suspension points of a function at which other tasks may run, with what runs there."""
        key = id(function)
        if key not in self._points:
            resolver = self._program.resolver(function)
            self._graphs[key] = function
            self._points[key] = [
                (event.id, self._run_at(resolver, event))
                for event in function.events
                if isinstance(event, Suspend) and self._program.may_suspend(resolver, event)
            ]
        return self._points[key]

    def _settle(self, function: FunctionGraph) -> None:
        self._points_of(function)
        for component in components(id(function), self._called, self._at_once.__contains__):
            self._at_once.update(dict.fromkeys(component, False))
            changed = True
            while changed:
                changed = False
                for key in component:
                    if not self._at_once[key] and self._passes(self._graphs[key]):
                        self._at_once[key] = changed = True

    def _called(self, key: int) -> list[int]:
        found = [function for _, targets in self._points_of(self._graphs[key]) for function in _followed(targets)]
        self._graphs.update((id(function), function) for function in found)
        return list(dict.fromkeys(map(id, found)))

    def _passes(self, function: FunctionGraph) -> bool:
        return self._can_pass(function, self._waits_in(function))

    def _can_pass(self, function: FunctionGraph, closed: frozenset[int], never: frozenset[Way] = frozenset()) -> bool:
        """Tell whether control can get through a function past none of the `closed` events, whatever it was given."""
        if passage(function, closed, never) is None:
            return False
        given = given_tests(self._program, self._program.resolver(function)) if closed else frozenset()
        return not given or passage(function, closed, never, given) is not None

    def _waits_in(self, function: FunctionGraph) -> frozenset[int]:
        """Give the suspension points of a function that wait as a rule."""
        return frozenset(event for event, targets in self._points_of(function) if self._waits(targets))

    def _waits(self, targets: _Targets) -> bool:
        """Tell whether it is the rule to wait where one of some functions runs.

        What only stands for others is as they are, if they can be all that there are: the class is the project's own
        affair, or there are two of them at least.
        """
        if not targets:
            return True
        real = _real(targets)
        if any(_is_opaque(each.function) or not self._at_once[id(each.function)] for each in real):
            return True
        if len(real) > 1 or len(real) == len(targets):
            return False
        owner = next(each.function.class_id for each in targets if each not in real)
        return not real or owner is None or not self._program.makers.is_internal(owner)

    def _waits_knowing(self, resolver: Resolver, targets: _Targets, known: Known, most: int) -> bool:
        """Tell whether one of some functions waits as a rule where it is called, since some of its tests are foregone.

        Parameters:
            resolver, targets: the caller, and what it calls; none of it waits as a rule wherever it is called.
            known: what the caller knows, in its own terms.
            most: how many calls to follow.
        """
        for target in _real(targets) if most else []:
            inner = self._program.resolver(target.function)
            known_inside = seen_from(resolver, target, known)
            closed = {
                event
                for event, below in self._points_of(target.function)
                if self._waits(below) or self._waits_knowing(inner, below, known_inside, most - 1)
            }
            never = never_taken(self._program, inner, known_inside)
            if not self._can_pass(target.function, frozenset(closed), never):
                return True
        return False

    # -- in words ------------------------------------------------------------------------------------------------

    def _cause(self, view: Program, targets: _Targets, most: int) -> str:
        real = _real(targets)
        if len(real) > 1 or len(real) < len(targets):
            return "waits as a rule in none of the classes of the project that define it"
        if not real or not most:
            return "can end without having waited for anything"
        function = real[0].function
        way = passage(function, self._waits_in(function)) or []
        decision = self._decision(view, function, way)
        if decision is not None:
            return f"{decision}: else nothing is awaited here"
        points = self._points_of(function)
        passed = next((below for event, below in points if function.owners[event] in way), None)
        if passed is not None:
            return self._cause(view, passed, most - 1)
        if not points:
            return "awaits nothing"
        return f"waits only at {view.place(function, points[0][0])}, where something has failed"

    def _decision(self, view: Program, function: FunctionGraph, way: list[int]) -> str | None:
        """Say which test leads past all that waits: the last one on the way behind whose other outcome it stands."""
        waits = self._waits_in(function)
        for block, following in reversed(list(pairwise(way))):
            last = function.blocks[block].events[-1] if function.blocks[block].events else None
            if not isinstance(last, Guard):
                continue
            taken = function.blocks[block].successors[0] == following
            other = function.blocks[block].successors[int(taken)]
            if not waits.isdisjoint(reach_from(function, other, raises=False).events):
                test, outcome = _tested(function, last, taken=taken)
                return f"waits only if {test} is {outcome} at {view.place(function, last.id)}"
        return None


def _tested(function: FunctionGraph, guard: Guard, *, taken: bool) -> tuple[str, str]:
    """Give a test in words, and the outcome that is the other one than that which was taken."""
    node, outcome = function.nodes[guard.id], not taken
    part = parts_of(function).get(guard.id)
    whole = (part.if_true if taken else part.if_false) if part is not None else None
    if part is not None and whole is not None:
        node, outcome = part.test, not whole
    while isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        node, outcome = node.operand, not outcome
    text = ast.unparse(node) if isinstance(node, ast.expr) else ""
    return (f"`{text}`" if 0 < len(text) <= _LONGEST else "the test"), ("true" if outcome else "false")


def _named(resolver: Resolver, event: Suspend) -> str:
    assert event.awaited is not None, "what a yield gives way to always runs"
    node = resolver.function.nodes[resolver.origin(event.awaited)]
    text = f"{ast.unparse(node.func)}()" if isinstance(node, ast.Call) else ast.unparse(node)
    return f"`{text}`" if len(text) <= _LONGEST else "what is awaited"


def _real(targets: _Targets) -> list[Target]:
    """Give those of some functions that do something, and do not only stand for others that override them."""
    return [target for target in targets if not _is_abstract(target.function)]


def _followed(targets: _Targets) -> list[FunctionGraph]:
    """Give the functions of which what they do tells if they wait."""
    return [target.function for target in _real(targets) if not _is_opaque(target.function)]


def _is_abstract(function: FunctionGraph) -> bool:
    return is_stub(function) or "abstractmethod" in _decorators(function)


def _is_opaque(function: FunctionGraph) -> bool:
    """Tell whether nobody here knows what awaiting a call of a function waits for."""
    return not function.is_async or bool(_decorators(function) - _TRANSPARENT)


def _decorators(function: FunctionGraph) -> set[str | None]:
    return {last_name(node) for node in getattr(function.node, "decorator_list", ())}


_TRANSPARENT = frozenset({"staticmethod", "classmethod", "override", "final", "abstractmethod"})
"""Decorators that change nothing of what a call waits for."""
