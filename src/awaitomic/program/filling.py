"""Writes that only put something where a test has found nothing.

Whoever takes away what is there can come in between: it is as if he had come first, when nothing was there either.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from awaitomic.model.event import Guard
from awaitomic.program.accesses import CONTENTS, Access, Change
from awaitomic.program.names import is_none

if TYPE_CHECKING:
    from awaitomic.program.facts import WriteFact
    from awaitomic.program.resolve import Resolver


def only_fills(resolver: Resolver, fact: WriteFact) -> bool:
    """Tell whether a write only puts something where its tests have found nothing."""
    return fact.access.change in {Change.ASSIGN, Change.FILL} and _is_for_what_is_absent(resolver, fact)


def _is_for_what_is_absent(resolver: Resolver, fact: WriteFact) -> bool:
    guards = [guard for guard in fact.state.guards if any(fact.about(token) for token in guard.tokens)]
    return bool(guards) and all(
        _asks_absence(resolver.function.nodes[guard.guard], holds=guard.holds)
        for guard in guards
        if isinstance(resolver.function.events[guard.guard], Guard)
    )


def spoils_no_fill(resolver: Resolver, fact: WriteFact, rival: Resolver, access: Access) -> bool:
    """Tell whether another write does no harm to one that only fills: it takes away, or changes what has to be there.

    Where the test asks if something is there at all, nothing can be added to it or taken from it before it is.
    """
    empty = fact.access.change is Change.RESET and _finds_nothing(resolver, fact)  # an entry that begins empty
    if not only_fills(resolver, fact) and not (empty and _is_for_what_is_absent(resolver, fact)):
        return False
    if takes_away(access):
        return True
    same = rival.key_of(access.location) == resolver.key_of(fact.access.location)
    return same and access.change in CONTENTS and _finds_nothing(resolver, fact)


def _finds_nothing(resolver: Resolver, fact: WriteFact) -> bool:
    """Tell whether the tests ask for an entry or for None, and not if something is empty, which can be added to."""
    guards = [guard for guard in fact.state.guards if any(fact.about(token) for token in guard.tokens)]
    nodes = [resolver.function.nodes[guard.guard] for guard in guards]
    return all(isinstance(node, ast.Compare | ast.ExceptHandler) for node in nodes)


def takes_away(access: Access) -> bool:
    """Tell whether a write only takes away what is there."""
    return access.change in {Change.RESET, Change.DELETE, Change.CLEAR}


def _asks_absence(test: ast.AST, *, holds: bool) -> bool:
    if isinstance(test, ast.ExceptHandler):
        return holds
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _asks_absence(test.operand, holds=not holds)
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        absent = isinstance(test.ops[0], ast.Is | ast.Eq) and is_none(test.comparators[0])
        present = isinstance(test.ops[0], ast.IsNot | ast.NotEq) and is_none(test.comparators[0])
        if absent or isinstance(test.ops[0], ast.NotIn):
            return holds
        return not holds if present or isinstance(test.ops[0], ast.In) else False
    return not holds if isinstance(test, ast.Name | ast.Attribute | ast.Subscript | ast.Call | ast.NamedExpr) else False
