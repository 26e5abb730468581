"""Tests in front of a fill: whether it happens only if nothing is there, by what a remedy takes such a test to be."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import NamedTuple

from awaitomic.model.event import Guard
from awaitomic.program.conditions import parts_of
from awaitomic.program.facts import WriteFact
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.shared.declined import Declined

_MISSES = frozenset({"KeyError", "LookupError"})


class Absence(NamedTuple):
    """The test that lets a fill happen, and what it comes to while something is there."""

    event: int
    present: bool


Asks = Callable[[ast.AST], bool | None]
"""Gives what a test comes to while something is there; None if it does not ask for that."""


def absence_before(case: Case, fact: WriteFact, target: ast.expr, asks: Asks, shape: str) -> Absence | None:
    """Give the test by which a write happens only if nothing is there; None if none of it asks so.

    Parameters:
        case: the finding.
        fact: the write.
        target: what is filled, as it is written.
        asks: what counts as asking.
        shape: the code of the refusal for a handler that may be entered for something else.

    Raises:
        Declined: ``refilled`` if what is there is also replaced, and `shape`.
    """
    guard = case.finding.span.guards[0]
    outcomes = {active.holds for active in fact.state.guards if active.guard == guard}
    handler = case.node(guard)
    if isinstance(handler, ast.ExceptHandler):
        if outcomes != {True} or not isinstance(target, ast.Subscript) or not _misses_only(case, handler, target):
            raise Declined(shape, "the handler may be entered for something else than the missing key")
        return Absence(guard, present=False)
    parts = parts_of(case.function)
    for event in (guard, *(each for each, part in parts.items() if part.whole == guard)):
        found = asks(case.node(event))
        if not isinstance(case.function.events[event], Guard) or found is None:
            continue
        part = parts.get(event)
        kept_out: bool | None = found
        if part is not None:
            kept_out = part.if_true if found else part.if_false
        if kept_out is None or kept_out in outcomes:
            raise Declined("refilled", "what is there is also replaced, not only what is missing added")
        return Absence(event, found)
    return None


def asks_for_key(node: ast.AST, target: ast.Subscript) -> bool | None:
    """Give what ``key in d`` comes to while there is an entry ``d[key]``; None if it is no such test."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = asks_for_key(node.operand, target)
        return None if inner is None else not inner
    if not isinstance(node, ast.Compare) or len(node.ops) != 1 or not isinstance(node.ops[0], ast.In | ast.NotIn):
        return None
    container = node.comparators[0]
    if isinstance(container, ast.Call) and isinstance(container.func, ast.Attribute) and container.func.attr == "keys":
        container = container.func.value
    same = same_text(node.left, target.slice) and same_text(container, target.value)
    return isinstance(node.ops[0], ast.In) if same else None


def _misses_only(case: Case, handler: ast.ExceptHandler, target: ast.Subscript) -> bool:
    """Tell whether a handler is entered only because the entry is missing: nothing else is done in its ``try``."""
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    if not all(isinstance(kind, ast.Name) and kind.id in _MISSES for kind in kinds):
        return False
    for node in ast.walk(case.function.node):
        if isinstance(node, ast.Try) and any(each is handler for each in node.handlers):
            return len(node.body) == 1 and _looks_up(node.body[0], target)
    return False


def _looks_up(statement: ast.stmt, target: ast.Subscript) -> bool:
    if isinstance(statement, ast.Assign):
        plain = all(isinstance(each, ast.Name) for each in statement.targets)
        return plain and same_text(statement.value, target)
    return isinstance(statement, ast.Return | ast.Expr) and same_text(statement.value, target)


def same_text(one: ast.expr | None, other: ast.expr) -> bool:
    """Tell whether two expressions are written alike."""
    return one is not None and ast.unparse(one) == ast.unparse(other)
