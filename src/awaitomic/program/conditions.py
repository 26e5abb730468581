"""Compound tests: which outcome of ``a and not (b or c)`` is decided by the outcome of one of its parts.

The flow graph branches at every part. To a reader the whole condition is one test, and what stands in the ``else`` is
governed by it, whichever part was false; this module gives the parts back their whole. It also knows what a test
asks, and that ``except KeyError`` is a test of what was looked up.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.event import Guard
from awaitomic.source.syntax import walk

_LOOKUP_ERRORS = frozenset({"KeyError", "LookupError", "IndexError", "AttributeError"})


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a compound test."""

    whole: int
    """The guard of the first part, which stands for the whole."""
    if_true: bool | None
    """The outcome of the whole if this part holds; None if it is not decided by that."""
    if_false: bool | None
    test: ast.expr
    """The whole condition."""


def parts_of(function: FunctionGraph) -> dict[int, Part]:
    """Map the guards of compound tests to their part in the whole; a guard that is a whole test is absent."""
    return function.once(_find_parts)


def _find_parts(function: FunctionGraph) -> dict[int, Part]:
    if not any(isinstance(event, Guard) for event in function.events):
        return {}
    outcomes: dict[int, tuple[int, bool | None, bool | None]] = {}
    wholes: dict[int, ast.expr] = {}
    inside: set[int] = set()
    for node in function.syntax:
        if not isinstance(node, ast.If | ast.While | ast.IfExp | ast.Assert) or id(node) in inside:
            continue
        test, nested = _with_nested(node)
        inside.update(nested)
        if _is_compound(test):
            wholes[id(test)] = test
            _decide(test, id(test), (True, False), outcomes)
    if not outcomes:
        return {}
    guards = [
        (event.id, *outcomes[id(function.nodes[event.id])])
        for event in function.events
        if isinstance(event, Guard) and id(function.nodes[event.id]) in outcomes
    ]
    first: dict[int, int] = {}
    for guard, whole, _, _ in guards:
        first.setdefault(whole, guard)
    return {guard: Part(first[whole], if_true, if_false, wholes[whole]) for guard, whole, if_true, if_false in guards}


def _with_nested(node: ast.If | ast.While | ast.IfExp | ast.Assert) -> tuple[ast.expr, list[int]]:
    """Give the condition of a statement, and the ``if`` statements that are a part of it.

    ``if a:`` around nothing but ``if b:``, both without ``else``, is ``if a and b:``.
    """
    tests, nested = [node.test], list[int]()
    while isinstance(node, ast.If) and len(node.body) == 1 and not node.orelse:
        (inner,) = node.body
        if not isinstance(inner, ast.If) or inner.orelse:
            break
        tests.append(inner.test)
        nested.append(id(inner))
        node = inner
    if not nested:
        return node.test, nested
    return ast.copy_location(ast.BoolOp(ast.And(), list(tests)), tests[0]), nested


def whole_test(function: FunctionGraph, guard: int) -> ast.AST:
    """Give the condition behind a guard: the whole of a compound one."""
    part = parts_of(function).get(guard)
    return part.test if part is not None else function.nodes[guard]


def _is_compound(test: ast.expr) -> bool:
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test = test.operand
    return isinstance(test, ast.BoolOp)


def _decide(
    test: ast.expr,
    whole: int,
    outcome: tuple[bool | None, bool | None],
    found: dict[int, tuple[int, bool | None, bool | None]],
) -> None:
    """Note, for each part of `test`, what the whole comes to if the part is true and if it is false."""
    if_true, if_false = outcome
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        _decide(test.operand, whole, (if_false, if_true), found)
    elif isinstance(test, ast.BoolOp):
        early = (None, if_false) if isinstance(test.op, ast.And) else (if_true, None)
        for part in test.values[:-1]:
            _decide(part, whole, early, found)
        _decide(test.values[-1], whole, outcome, found)
    found[id(test)] = (whole, if_true, if_false)


def tests_absence(test: ast.AST) -> bool:
    """Tell whether a test only asks if something is there: truth, ``is None``, membership, equality with a constant."""
    asking = ast.Is | ast.IsNot | ast.In | ast.NotIn
    compares = [node for node in walk(test) if isinstance(node, ast.Compare)]
    return all(isinstance(c.ops[0], asking) or isinstance(c.comparators[0], ast.Constant) for c in compares)


def asks_for_key(test: ast.AST) -> bool:
    """Tell whether a test asks if a key is there, so that storing anything under it, even None, changes the answer."""
    compares = [node for node in walk(test) if isinstance(node, ast.Compare)]
    return any(isinstance(compare.ops[0], ast.In | ast.NotIn) for compare in compares)


def tells_presence(test: ast.AST, *, holds: bool) -> bool:
    """Tell whether an outcome of a test says that something is there: ``x``, ``x is not None``, ``key in x`` hold.

    Of a compound test it has to be said by every part.
    """
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return tells_presence(test.operand, holds=not holds)
    if isinstance(test, ast.BoolOp):
        return holds is isinstance(test.op, ast.And) and all(tells_presence(v, holds=holds) for v in test.values)
    if isinstance(test, ast.NamedExpr):
        return tells_presence(test.value, holds=holds)
    if isinstance(test, ast.Compare):
        operator = test.ops[0]
        if isinstance(operator, ast.Is | ast.IsNot):
            nothing = isinstance(test.comparators[0], ast.Constant) and test.comparators[0].value is None
            return nothing and holds is isinstance(operator, ast.IsNot)
        return isinstance(operator, ast.In | ast.NotIn) and holds is isinstance(operator, ast.In)
    return holds and isinstance(test, ast.Name | ast.Attribute | ast.Subscript | ast.Call)


def names_lookup_error(handler: ast.ExceptHandler) -> bool:
    """Tell whether a handler catches what a failed lookup raises."""
    return not _LOOKUP_ERRORS.isdisjoint(_kinds(handler))


def names_attribute_error(handler: ast.ExceptHandler) -> bool:
    """Tell whether a handler catches that there is no such attribute."""
    return "AttributeError" in _kinds(handler)


def _kinds(handler: ast.ExceptHandler) -> list[str]:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return [kind.id for kind in kinds if isinstance(kind, ast.Name)]


def guarded_bodies(root: ast.AST) -> dict[int, frozenset[int]]:
    """Map each handler (by identity) to the identities of the syntax in the body that it guards."""
    found: dict[int, frozenset[int]] = {}
    for node in walk(root):
        if isinstance(node, ast.Try) and node.handlers:
            inside = frozenset(id(inner) for statement in node.body for inner in walk(statement))
            for handler in node.handlers:
                found[id(handler)] = inside
    return found
