"""Assignment: the value first, then target by target its base, its key and the store (language reference, 7.2)."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from awaitomic.flow.dispatch import UnsupportedSyntax, lower_value, lowers_statement
from awaitomic.flow.lower_expressions import BINARY
from awaitomic.model.event import Attribute, Compute, Item, Operand, Place, WriteHow

if TYPE_CHECKING:
    from awaitomic.flow.builder import Builder


def lower_place(builder: Builder, node: ast.expr) -> Place:
    """Lower the base and the key of a name, an attribute or a subscript that is going to be stored or deleted."""
    if isinstance(node, ast.Name):
        return builder.scope.resolve(node.id)
    if isinstance(node, ast.Attribute):
        return Attribute(lower_value(builder, node.value), node.attr)
    if isinstance(node, ast.Subscript):
        base = lower_value(builder, node.value)
        return Item(base, lower_value(builder, node.slice))
    raise UnsupportedSyntax(node, "not a target")


def lower_target(builder: Builder, target: ast.expr, value: Operand, how: WriteHow) -> None:
    """Lower the store of `value` into a target, which may be a sequence of targets.

    Raises UnsupportedSyntax for what is no target.
    """
    if isinstance(target, ast.Tuple | ast.List):
        pieces = _pieces(builder, target, value)
        for element, piece in zip(target.elts, pieces, strict=True):
            lower_target(builder, element, piece, how)
    elif isinstance(target, ast.Starred):
        lower_target(builder, target.value, value, how)
    else:
        builder.write(lower_place(builder, target), value, how, target)


def _pieces(builder: Builder, target: ast.Tuple | ast.List, value: Operand) -> list[Operand]:
    """Take a sequence apart, as CPython does before it stores the first piece.

    The pieces of one that was written out on the spot are what stands there: ``old, self.ws = self.ws, None``.
    """
    made = builder.events[value]
    starred = any(isinstance(element, ast.Starred) for element in target.elts)
    if isinstance(made, Compute) and made.operator in {"tuple", "list"} and not starred:
        parts = [builder.events[part] for part in made.operands]
        if len(parts) == len(target.elts) and not any(
            isinstance(p, Compute) and p.operator == "starred" for p in parts
        ):
            return list(made.operands)
    return [builder.compute("unpack", (value,), element) for element in target.elts]


@lowers_statement(ast.Assign)
def _assign(builder: Builder, node: ast.Assign) -> None:
    value = lower_value(builder, node.value)
    for target in node.targets:
        lower_target(builder, target, value, WriteHow.ASSIGN)


@lowers_statement(ast.AugAssign)
def _augmented(builder: Builder, node: ast.AugAssign) -> None:
    place = lower_place(builder, node.target)
    old = builder.read(place, node.target)
    value = lower_value(builder, node.value)
    new = builder.compute(f"{BINARY[type(node.op)]}=", (old, value), node)
    builder.write(place, new, WriteHow.AUGMENTED, node.target)


@lowers_statement(ast.AnnAssign)
def _annotated(builder: Builder, node: ast.AnnAssign) -> None:
    if node.value is not None:
        lower_target(builder, node.target, lower_value(builder, node.value), WriteHow.ASSIGN)
    elif not isinstance(node.target, ast.Name):
        # Without a value the base and the key are evaluated all the same.
        lower_place(builder, node.target)
    is_function = builder.scope.function.parent is not None and not builder.scope.function.is_class
    if builder.evaluates_annotations and not is_function:
        lower_value(builder, node.annotation)


@lowers_statement(ast.Delete)
def _delete(builder: Builder, node: ast.Delete) -> None:
    for target in node.targets:
        _delete_target(builder, target)


def _delete_target(builder: Builder, target: ast.expr) -> None:
    if isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            _delete_target(builder, element)
    else:
        builder.write(lower_place(builder, target), None, WriteHow.DELETE, target)
