"""``def``, ``async def`` and ``class``: what runs where they stand. Their bodies are graphs of their own."""

from __future__ import annotations

import ast

from awaitomic.flow.builder import Builder, Nested
from awaitomic.flow.dispatch import lower_value, lower_values, lowers_statement
from awaitomic.flow.scopes import AnyScope, InnerScope
from awaitomic.model.event import Call, Operand, WriteHow


@lowers_statement(ast.FunctionDef, ast.AsyncFunctionDef)
def _function(builder: Builder, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    decorators = lower_values(builder, node.decorator_list)
    defaults = lower_values(builder, node.args.defaults)
    keyword_defaults = lower_values(builder, [value for value in node.args.kw_defaults if value is not None])
    outside = _enter_type_parameters(builder, node)
    if builder.evaluates_annotations:
        for annotation in _annotations(node):
            lower_value(builder, annotation)
    builder.nested[node] = Nested(node, builder.scope, builder.path)
    value = builder.compute("function", defaults + keyword_defaults, node)
    builder.scope = outside
    _bind(builder, node, value, decorators)


@lowers_statement(ast.ClassDef)
def _class(builder: Builder, node: ast.ClassDef) -> None:
    decorators = lower_values(builder, node.decorator_list)
    outside = _enter_type_parameters(builder, node)
    bases = lower_values(builder, node.bases)
    keywords = lower_values(builder, [keyword.value for keyword in node.keywords])
    builder.nested[node] = Nested(node, builder.scope, builder.path)
    value = builder.compute("class", bases + keywords, node)
    builder.scope = outside
    _bind(builder, node, value, decorators)


def _bind(
    builder: Builder,
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
    value: Operand,
    decorators: tuple[Operand, ...],
) -> None:
    """Apply the decorators, the last one first, and bind the name."""
    for decorator, expression in zip(reversed(decorators), reversed(node.decorator_list), strict=True):
        value = builder.add(Call(builder.next_id, decorator, (value,)), expression)
    builder.write(builder.scope.resolve(node.name), value, WriteHow.BIND, node)


def _enter_type_parameters(builder: Builder, node: ast.AST) -> AnyScope:
    """Begin the scope of the type parameters, if there are any (PEP 695); give the scope outside.

    Bounds and defaults are evaluated when somebody asks for them, so they have no events.
    """
    outside = builder.scope
    parameters: list[ast.AST] = getattr(node, "type_params", [])
    if parameters:
        names = [getattr(parameter, "name", "") for parameter in parameters]
        builder.scope = InnerScope(outside, names, sees_class=True)
        for name, parameter in zip(names, parameters, strict=True):
            builder.write(builder.scope.resolve(name), None, WriteHow.BIND, parameter)
    return outside


def _annotations(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.expr]:
    """List the annotations in the order in which CPython evaluates them (positional-only ones are not the first)."""
    arguments = node.args
    ordered = [
        *arguments.args,
        *arguments.posonlyargs,
        *([arguments.vararg] if arguments.vararg else ()),
        *arguments.kwonlyargs,
        *([arguments.kwarg] if arguments.kwarg else ()),
    ]
    annotations = [argument.annotation for argument in ordered]
    return [annotation for annotation in (*annotations, node.returns) if annotation is not None]
