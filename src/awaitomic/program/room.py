"""Writes that add something because a test has found room: ``if len(self.used) < limit``, ``if self.count < limit``.

Whoever takes something out meanwhile makes more room: what the test has found still holds, whatever it waited for.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from awaitomic.model.event import Compute
from awaitomic.program.accesses import FORGETS, Access, Change
from awaitomic.program.names import last_name

if TYPE_CHECKING:
    from awaitomic.model.location import Location
    from awaitomic.program.facts import WriteFact
    from awaitomic.program.resolve import Resolver

_BELOW = (ast.Lt, ast.LtE)
_ABOVE = (ast.Gt, ast.GtE)


def only_makes_room(resolver: Resolver, fact: WriteFact, rival: Resolver, access: Access) -> bool:
    """Tell whether another write only takes out, where this one adds because its tests have found room.

    Parameters: `fact` is a write of the resolver's function; `access` that of the rival.
    """
    adds = fact.access.change is Change.ADD or counts(resolver, fact.access, up=True)
    takes_out = access.change in FORGETS or counts(rival, access, up=False)
    return adds and takes_out and finds_room(resolver, fact)


def finds_room(resolver: Resolver, fact: WriteFact) -> bool:
    """Tell whether all tests of what a write of the function changes say that there is less of it than a limit."""
    if fact.via is not None:
        return False
    guards = [guard for guard in fact.state.guards if any(fact.about(token) for token in guard.tokens)]
    return bool(guards) and all(
        _finds_room(resolver.function.nodes[guard.guard], fact.access.location, holds=guard.holds) for guard in guards
    )


def counts(resolver: Resolver, access: Access, *, up: bool) -> bool:
    """Tell whether a write adds to a number (``n += 1``, ``n = n + 1``), or with `up` False takes from it."""
    event = resolver.function.events[access.value] if access.value is not None else None
    return isinstance(event, Compute) and event.operator in ({"+=", "+"} if up else {"-=", "-"})


def _finds_room(test: ast.AST, location: Location, *, holds: bool) -> bool:
    """Tell whether a test and its outcome say that there is less of something than a limit: ``not n >= 3``, too."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _finds_room(test.operand, location, holds=not holds)
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return False
    left, right = (_measures(side, location) for side in (test.left, test.comparators[0]))
    if left is right:
        return False
    less = isinstance(test.ops[0], _BELOW if left else _ABOVE)
    more = isinstance(test.ops[0], _ABOVE if left else _BELOW)
    return less if holds else more


def _measures(side: ast.expr, location: Location) -> bool:
    """Tell whether one side of a comparison is the state, or how many there are in it."""
    if location.is_entry:
        return False
    if isinstance(side, ast.Call) and isinstance(side.func, ast.Name) and side.func.id == "len" and len(side.args) == 1:
        side = side.args[0]
    return isinstance(side, ast.Name | ast.Attribute) and last_name(side) == str(location).rpartition(".")[2]
