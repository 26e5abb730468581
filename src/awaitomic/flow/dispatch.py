"""Which function lowers which node: tables by type, filled by the ``lower_*`` modules, so that they can be recursive.

`awaitomic.flow.lower` imports them all; nobody else needs to.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, TypeVar

from awaitomic.flow.builder import Builder
from awaitomic.model.event import Operand
from awaitomic.model.position import BlockStep

EXPRESSIONS: dict[type[ast.AST], Callable[[Builder, Any], Operand]] = {}
STATEMENTS: dict[type[ast.AST], Callable[[Builder, Any], None]] = {}

ExpressionLowering = TypeVar("ExpressionLowering", bound=Callable[[Builder, Any], Operand])
StatementLowering = TypeVar("StatementLowering", bound=Callable[[Builder, Any], None])


class UnsupportedSyntax(Exception):  # noqa: N818 - it names what was met, not a fault of the program
    """A node that cannot be lowered: newer than this version of awaitomic, or nested too deeply.

    `node` is the node, or None if it is not known; `line` is its line, counting from 1, or None if it has none.
    """

    def __init__(self, node: ast.AST | None, reason: str = "unknown syntax") -> None:
        self.node = node
        self.line: int | None = getattr(node, "lineno", None)
        where = f", line {self.line}" if self.line is not None else ""
        what = f": {type(node).__name__}" if node is not None else ""
        super().__init__(f"{reason}{what}{where}")


def lowers_expression(*kinds: type[ast.AST]) -> Callable[[ExpressionLowering], ExpressionLowering]:
    """Register a function as the lowering of these expressions; it gives the id of the event that is the value."""

    def register(function: ExpressionLowering) -> ExpressionLowering:
        for kind in kinds:
            EXPRESSIONS[kind] = function
        return function

    return register


def lowers_statement(*kinds: type[ast.AST]) -> Callable[[StatementLowering], StatementLowering]:
    """Register a function as the lowering of these statements."""

    def register(function: StatementLowering) -> StatementLowering:
        for kind in kinds:
            STATEMENTS[kind] = function
        return function

    return register


def kinds_named(*names: str) -> tuple[type[ast.AST], ...]:
    """Give the node types of these names that the running Python has (syntax newer than the floor)."""
    return tuple(getattr(ast, name) for name in names if hasattr(ast, name))


def lower_value(builder: Builder, node: ast.expr) -> Operand:
    """Lower an expression; give the id of the event that is its value.

    Raises UnsupportedSyntax for a node that is not known.
    """
    lowering = EXPRESSIONS.get(type(node))
    if lowering is None:
        raise UnsupportedSyntax(node)
    return lowering(builder, node)


def lower_values(builder: Builder, nodes: list[ast.expr]) -> tuple[Operand, ...]:
    """Lower expressions from left to right; give the ids of their values."""
    return tuple([lower_value(builder, node) for node in nodes])


def lower_body(builder: Builder, body: list[ast.stmt], field: str) -> None:
    """Lower the statements of one block of the current statement.

    `field` is the block's name in a statement path (`BlockStep.block`).
    Raises UnsupportedSyntax for a node that is not known.
    """
    parent = builder.path
    for index, node in enumerate(body):
        builder.path = (*parent, BlockStep(field, index))
        lowering = STATEMENTS.get(type(node))
        if lowering is None:
            raise UnsupportedSyntax(node)
        lowering(builder, node)
    builder.path = parent
