"""How a test comes out if some state has a certain value: whether who has set a flag has shut out who tests it.

Nothing is run. A condition is worked out as far as it depends on constants and on the one state whose value is assumed;
what depends on anything else is not known, and then neither is the outcome.
"""

from __future__ import annotations

import ast
from typing import Final

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.event import Call, Read
from awaitomic.model.location import ItemStep, Location
from awaitomic.program.conditions import whole_test
from awaitomic.program.resolve import Resolver
from awaitomic.program.state import ActiveGuard


class _Something:
    """Stands for a value that is no constant: an object that is there, and true."""


SOMETHING: Final = _Something()
_UNKNOWN: Final = object()


def excludes(resolver: Resolver, guard: ActiveGuard, location: Location, value: object) -> bool:
    """Tell whether a test that governs something comes out otherwise if the state at a location has a value.

    Parameters:
        guard: the test and its outcome, in the function of `resolver`.
        location: the state, in the terms of that function.
        value: what is assumed to be there: a constant, or `SOMETHING`.
    """
    test = whole_test(resolver.function, guard.guard)
    if not isinstance(test, ast.expr):
        return False
    found = _Outcome(resolver, location, value).of(test)
    return found is not _UNKNOWN and bool(found) is not guard.holds


class _Outcome:
    """Works out the conditions of one function under one assumption."""

    def __init__(self, resolver: Resolver, location: Location, value: object) -> None:
        self._resolver = resolver
        self._location = location
        self._value = value
        self._events = _values_by_syntax(resolver.function)

    def of(self, node: ast.expr) -> object:
        """Give the value of an expression, or `_UNKNOWN`."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.NamedExpr):
            return self.of(node.value)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            operand = self.of(node.operand)
            return _UNKNOWN if operand is _UNKNOWN else not operand
        if isinstance(node, ast.BoolOp):
            return self._of_parts(node)
        if isinstance(node, ast.Compare):
            return self._of_comparison(node)
        return self._value if self._stands_at(node, self._location) else _UNKNOWN

    def _of_parts(self, node: ast.BoolOp) -> object:
        """One part decides if it ends the evaluation, wherever it stands: the others can only agree."""
        decides = isinstance(node.op, ast.Or)
        parts = [self.of(part) for part in node.values]
        known = [bool(part) for part in parts if part is not _UNKNOWN]
        if decides in known:
            return decides
        return (not decides) if len(known) == len(parts) else _UNKNOWN

    def _of_comparison(self, node: ast.Compare) -> object:
        if len(node.ops) != 1:
            return _UNKNOWN
        operator = node.ops[0]
        if isinstance(operator, ast.In | ast.NotIn):
            return self._of_membership(node, operator)
        left, right = self.of(node.left), self.of(node.comparators[0])
        if left is _UNKNOWN or right is _UNKNOWN:
            return _UNKNOWN
        if isinstance(operator, ast.Is | ast.IsNot):
            singletons = any(side is None or side is True or side is False for side in (left, right))
            return (left is right) is isinstance(operator, ast.Is) if singletons else _UNKNOWN
        if not isinstance(operator, ast.Eq | ast.NotEq) or SOMETHING in (left, right):
            return _UNKNOWN
        return (left == right) is isinstance(operator, ast.Eq)

    def _of_membership(self, node: ast.Compare, operator: ast.cmpop) -> object:
        """Find an entry that has been stored in its container, whatever was stored."""
        last = self._location.steps[-1] if self._location.steps else None
        container = self._location.parent
        if not isinstance(last, ItemStep) or container is None or ast.unparse(node.left) != last.text:
            return _UNKNOWN
        return isinstance(operator, ast.In) if self._stands_at(node.comparators[0], container) else _UNKNOWN

    def _stands_at(self, node: ast.expr, location: Location) -> bool:
        event = self._events.get(id(node))
        return event is not None and self._resolver.value(event) == location


def _values_by_syntax(function: FunctionGraph) -> dict[int, int]:
    """Map the syntax of what is read, and of calls, to the event that gives its value."""
    events = function.events
    return {id(function.nodes[event.id]): event.id for event in events if isinstance(event, Read | Call)}
