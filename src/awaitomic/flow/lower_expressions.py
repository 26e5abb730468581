"""Expressions without branches: operands from left to right, then the operation (language reference, 6.16)."""

from __future__ import annotations

import ast

from awaitomic.flow.builder import Builder, Nested
from awaitomic.flow.dispatch import kinds_named, lower_value, lower_values, lowers_expression
from awaitomic.model.event import Attribute, Call, Const, Item, Operand, SuspendWhy, WriteHow, Yield

BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.MatMult: "@",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.BitAnd: "&",
}
"""How the binary operators are spelled."""

_UNARY: dict[type[ast.unaryop], str] = {ast.Not: "not", ast.USub: "-", ast.UAdd: "+", ast.Invert: "~"}


@lowers_expression(ast.Constant)
def _constant(builder: Builder, node: ast.Constant) -> Operand:
    return builder.add(Const(builder.next_id, node.value), node)


@lowers_expression(ast.Name)
def _name(builder: Builder, node: ast.Name) -> Operand:
    return builder.read(builder.scope.resolve(node.id), node)


@lowers_expression(ast.Attribute)
def _attribute(builder: Builder, node: ast.Attribute) -> Operand:
    return builder.read(Attribute(lower_value(builder, node.value), node.attr), node)


@lowers_expression(ast.Subscript)
def _subscript(builder: Builder, node: ast.Subscript) -> Operand:
    base = lower_value(builder, node.value)
    key = lower_value(builder, node.slice)
    return builder.read(Item(base, key), node)


@lowers_expression(ast.Slice)
def _slice(builder: Builder, node: ast.Slice) -> Operand:
    parts = [lower_value(builder, part) for part in (node.lower, node.upper, node.step) if part is not None]
    return builder.compute("slice", tuple(parts), node)


@lowers_expression(ast.Call)
def _call(builder: Builder, node: ast.Call) -> Operand:
    function = lower_value(builder, node.func)
    arguments = lower_values(builder, node.args)
    keywords = tuple([(keyword.arg, lower_value(builder, keyword.value)) for keyword in node.keywords])
    return builder.add(Call(builder.next_id, function, arguments, keywords), node)


@lowers_expression(ast.BinOp)
def _binary(builder: Builder, node: ast.BinOp) -> Operand:
    # "a" + "b" + … of generated code nests hundreds of levels to the left: no recursion there.
    chain = [node]
    while isinstance(node.left, ast.BinOp):
        node = node.left
        chain.append(node)
    value = lower_value(builder, node.left)
    for link in reversed(chain):
        right = lower_value(builder, link.right)
        value = builder.compute(BINARY[type(link.op)], (value, right), link)
    return value


@lowers_expression(ast.UnaryOp)
def _unary(builder: Builder, node: ast.UnaryOp) -> Operand:
    return builder.compute(_UNARY[type(node.op)], (lower_value(builder, node.operand),), node)


@lowers_expression(ast.Tuple)
def _tuple(builder: Builder, node: ast.Tuple) -> Operand:
    return builder.compute("tuple", lower_values(builder, node.elts), node)


@lowers_expression(ast.List)
def _list(builder: Builder, node: ast.List) -> Operand:
    return builder.compute("list", lower_values(builder, node.elts), node)


@lowers_expression(ast.Set)
def _set(builder: Builder, node: ast.Set) -> Operand:
    return builder.compute("set", lower_values(builder, node.elts), node)


@lowers_expression(ast.Dict)
def _dict(builder: Builder, node: ast.Dict) -> Operand:
    operands = []
    for key, value in zip(node.keys, node.values, strict=True):
        if key is not None:
            operands.append(lower_value(builder, key))
        operands.append(lower_value(builder, value))
    return builder.compute("dict", tuple(operands), node)


@lowers_expression(ast.Starred)
def _starred(builder: Builder, node: ast.Starred) -> Operand:
    return builder.compute("starred", (lower_value(builder, node.value),), node)


@lowers_expression(ast.JoinedStr, ast.FormattedValue, *kinds_named("TemplateStr", "Interpolation"))
def _formatted(builder: Builder, node: ast.expr) -> Operand:
    operands: list[Operand] = []
    _formatted_parts(builder, node, operands)
    return builder.compute("f-string", tuple(operands), node)


def _formatted_parts(builder: Builder, node: ast.expr, operands: list[Operand]) -> None:
    """Lower what is in braces; the text around has no events. Format specifications may hold braces again."""
    values = getattr(node, "values", None)
    if values is not None:
        for part in values:
            if not isinstance(part, ast.Constant):
                _formatted_parts(builder, part, operands)
        return
    value = getattr(node, "value", None)
    if isinstance(value, ast.expr):
        operands.append(lower_value(builder, value))
    specification = getattr(node, "format_spec", None)
    if specification is not None:
        _formatted_parts(builder, specification, operands)


@lowers_expression(ast.NamedExpr)
def _named(builder: Builder, node: ast.NamedExpr) -> Operand:
    value = lower_value(builder, node.value)
    builder.write(builder.scope.function.bind_late(node.target.id), value, WriteHow.BIND, node.target)
    return value


@lowers_expression(ast.Await)
def _await(builder: Builder, node: ast.Await) -> Operand:
    awaited = lower_value(builder, node.value)
    builder.suspend(SuspendWhy.AWAIT, awaited, node)
    return builder.compute("awaited", (awaited,), node)


@lowers_expression(ast.Yield)
def _yield(builder: Builder, node: ast.Yield) -> Operand:
    builder.yields = True
    value = lower_value(builder, node.value) if node.value is not None else None
    builder.add(Yield(builder.next_id, value), node)
    builder.suspend(SuspendWhy.YIELD, None, node)
    return builder.compute("sent", (), node)


@lowers_expression(ast.YieldFrom)
def _yield_from(builder: Builder, node: ast.YieldFrom) -> Operand:
    # Here the suspension names the iterator: in a generator-based coroutine or an ``__await__`` it is an await.
    builder.yields = True
    iterator = builder.compute("iter", (lower_value(builder, node.value),), node)
    builder.add(Yield(builder.next_id, iterator), node)
    builder.suspend(SuspendWhy.YIELD, iterator, node)
    return builder.compute("sent", (iterator,), node)


@lowers_expression(ast.Lambda)
def _lambda(builder: Builder, node: ast.Lambda) -> Operand:
    defaults = lower_values(builder, node.args.defaults)
    keyword_defaults = lower_values(builder, [value for value in node.args.kw_defaults if value is not None])
    builder.nested[node] = Nested(node, builder.scope, builder.path)
    return builder.compute("lambda", defaults + keyword_defaults, node)
