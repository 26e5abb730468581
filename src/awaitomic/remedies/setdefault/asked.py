"""What the test before a fill asks: `setdefault` fits only one that asks for the key, and nothing else."""

from __future__ import annotations

import ast

from awaitomic.flow.reach import reach_from
from awaitomic.model.event import Guard
from awaitomic.program.conditions import parts_of
from awaitomic.program.facts import WriteFact
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.shared.declined import Declined

_MISSES = frozenset({"KeyError", "LookupError"})


def governed_by_absence(case: Case, fact: WriteFact, target: ast.Subscript) -> frozenset[int]:
    """See that a store happens only if its key is missing, and give all events that happen only then.

    Raises:
        Declined: ``none-is-missing`` if the test asks for what is stored under the key, ``refilled`` if it also lets
            through an entry that is there, ``setdefault-shape`` if it is not understood.
    """
    guard = case.finding.span.guards[0]
    outcomes = {active.holds for active in fact.state.guards if active.guard == guard}
    handler = case.node(guard)
    if isinstance(handler, ast.ExceptHandler):
        if outcomes != {True} or not misses_only(case, handler, target):
            raise Declined("setdefault-shape", "the handler may be entered for something else than the missing key")
        return _only_after(case, guard, present=False)
    parts = parts_of(case.function)
    for event in (guard, *(each for each, part in parts.items() if part.whole == guard)):
        found = _asks(case.node(event), target)
        if not isinstance(case.function.events[event], Guard) or found is None:
            continue
        part = parts.get(event)
        kept_out: bool | None = found
        if part is not None:
            kept_out = part.if_true if found else part.if_false
        if kept_out is None or kept_out in outcomes:
            raise Declined("refilled", "an entry that is there is also replaced, not only a missing one added")
        return _only_after(case, event, present=found)
    raise Declined("none-is-missing", "the test asks for what is stored: a stored None would never be replaced")


def _only_after(case: Case, guard: int, *, present: bool) -> frozenset[int]:
    """Give the events to which control comes only by the way out of a test on which there is no entry."""
    function = case.function
    block, _ = function.position_of(guard)
    other = function.blocks[block].successors[0 if present else 1]
    reached = reach_from(function, function.entry, stops=(guard,)).events
    reached |= reach_from(function, other, stops=(guard,)).events
    return frozenset(range(len(function.events))) - reached - {guard}


def _asks(node: ast.AST, target: ast.Subscript) -> bool | None:
    """Give what a test of the key comes to while there is an entry; None if it is no such test."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = _asks(node.operand, target)
        return None if inner is None else not inner
    if not isinstance(node, ast.Compare) or len(node.ops) != 1 or not isinstance(node.ops[0], ast.In | ast.NotIn):
        return None
    container = node.comparators[0]
    if isinstance(container, ast.Call) and isinstance(container.func, ast.Attribute) and container.func.attr == "keys":
        container = container.func.value
    same = _same(node.left, target.slice) and _same(container, target.value)
    return isinstance(node.ops[0], ast.In) if same else None


def misses_only(case: Case, handler: ast.ExceptHandler, target: ast.Subscript) -> bool:
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
        return plain and _same(statement.value, target)
    return isinstance(statement, ast.Return | ast.Expr) and _same(statement.value, target)


def _same(one: ast.expr | None, other: ast.expr) -> bool:
    return one is not None and ast.unparse(one) == ast.unparse(other)
