"""Tests and the expressions that branch: ``and``, ``or``, conditional expressions, chained comparisons, ``not``.

Where a value is only tested (``if a and not b:``), each operand gets a `Guard` of its own that leads directly to the
branch, as CPython jumps (``compiler_jump_if`` in Python/compile.c): an analysis then knows in the branch that *both*
hold. Where the value is used, the operands meet in a `Merge`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from awaitomic.flow.dispatch import lower_value, lowers_expression
from awaitomic.model.event import Block, Const, Merge, Operand

if TYPE_CHECKING:
    from awaitomic.flow.builder import Builder

_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}


def lower_test(builder: Builder, node: ast.expr, kind: str, holds: Block, fails: Block) -> None:
    """Lower an expression that is only tested; the current block ends, control goes to `holds` or `fails`.

    `kind` is that of every guard that decides it; the guard's node is the operand that is tested.
    A constant decides by itself (``while True``): there is no guard then, and nothing leads to the other block.
    """
    if isinstance(node, ast.BoolOp):
        is_and = isinstance(node.op, ast.And)
        for operand in node.values[:-1]:
            further = builder.new_block()
            lower_test(builder, operand, kind, *((further, fails) if is_and else (holds, further)))
            builder.start(further)
        lower_test(builder, node.values[-1], kind, holds, fails)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) and _branches(node.operand):
        lower_test(builder, node.operand, kind, fails, holds)
    elif isinstance(node, ast.IfExp):
        chosen, other = builder.new_block(), builder.new_block()
        lower_test(builder, node.test, "ifexp", chosen, other)
        builder.start(chosen)
        lower_test(builder, node.body, kind, holds, fails)
        builder.start(other)
        lower_test(builder, node.orelse, kind, holds, fails)
    elif isinstance(node, ast.Compare) and len(node.ops) > 1:
        links = _chain(builder, node, kind, fails)
        builder.branch(links[-1], kind, holds, fails, node)
    elif isinstance(node, ast.Constant):
        builder.add(Const(builder.next_id, node.value), node)
        builder.jump(holds if node.value else fails)
    else:
        value = lower_value(builder, node)
        builder.branch(value, kind, holds, fails, node)


def _branches(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not) and _branches(node.operand)
    return isinstance(node, ast.BoolOp | ast.IfExp | ast.Constant) or (
        isinstance(node, ast.Compare) and len(node.ops) > 1
    )


def _chain(builder: Builder, node: ast.Compare, kind: str, fails: Block) -> list[Operand]:
    """Lower the links of a chain, each but the last with a guard that leads to `fails`; give their events."""
    links = []
    left = lower_value(builder, node.left)
    for index, (operator, comparator) in enumerate(zip(node.ops, node.comparators, strict=True)):
        right = lower_value(builder, comparator)
        links.append(builder.compute(_COMPARISONS[type(operator)], (left, right), node))
        left = right
        if index < len(node.ops) - 1:
            further = builder.new_block()
            builder.branch(links[-1], kind, further, fails, node)
            builder.start(further)
    return links


def _merge(builder: Builder, join: Block, operands: list[Operand], node: ast.expr) -> Operand:
    builder.start(join)
    return builder.add(Merge(builder.next_id, tuple(operands)), node)


@lowers_expression(ast.BoolOp)
def _bool_op(builder: Builder, node: ast.BoolOp) -> Operand:
    join = builder.new_block()
    operands: list[Operand] = []
    for part in node.values[:-1]:
        further = builder.new_block()
        _decide(builder, part, node.op, join, further, operands)
        builder.start(further)
    operands.append(lower_value(builder, node.values[-1]))
    builder.jump(join)
    return _merge(builder, join, operands, node)


def _decide(
    builder: Builder, node: ast.expr, operator: ast.boolop, join: Block, further: Block, operands: list[Operand]
) -> None:
    """Lower an operand that gives the result of ``and`` or ``or`` if it decides, and is only tested if it does not.

    If it decides, control goes to `join` and its value is one of `operands`, else to `further`. In ``(a and b) or c``
    a false ``a`` leads directly to ``c``, and the value can only be that of ``b`` or ``c``.
    """
    is_and = isinstance(operator, ast.And)
    kind = "and" if is_and else "or"
    if isinstance(node, ast.BoolOp):
        for part in node.values[:-1]:
            next_part = builder.new_block()
            if isinstance(node.op, type(operator)):
                _decide(builder, part, operator, join, next_part, operands)
            else:
                lower_test(builder, part, kind, *((further, next_part) if is_and else (next_part, further)))
            builder.start(next_part)
        _decide(builder, node.values[-1], operator, join, further, operands)
    else:
        operands.append(lower_value(builder, node))
        builder.branch(operands[-1], kind, *((further, join) if is_and else (join, further)), node)


@lowers_expression(ast.IfExp)
def _conditional(builder: Builder, node: ast.IfExp) -> Operand:
    chosen, other, join = builder.new_block(), builder.new_block(), builder.new_block()
    lower_test(builder, node.test, "ifexp", chosen, other)
    operands = []
    for block, part in ((chosen, node.body), (other, node.orelse)):
        builder.start(block)
        operands.append(lower_value(builder, part))
        builder.jump(join)
    return _merge(builder, join, operands, node)


@lowers_expression(ast.Compare)
def _compare(builder: Builder, node: ast.Compare) -> Operand:
    if len(node.ops) == 1:
        left = lower_value(builder, node.left)
        right = lower_value(builder, node.comparators[0])
        return builder.compute(_COMPARISONS[type(node.ops[0])], (left, right), node)
    join = builder.new_block()
    links = _chain(builder, node, "compare", join)
    builder.jump(join)
    return _merge(builder, join, links, node)
