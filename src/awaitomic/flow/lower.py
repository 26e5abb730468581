"""From syntax to event graphs: the entry of the lowering.

Everything that the analysis knows of a function's body comes from here, so the order of events is CPython's, and every
construct of the running Python is lowered or refused by name; nothing is passed over.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from awaitomic.flow import (
    lower_comprehensions,
    lower_definitions,
    lower_exits,
    lower_expressions,
    lower_patterns,
    lower_statements,
    lower_targets,
    lower_tests,
)
from awaitomic.flow.builder import Builder, Nested
from awaitomic.flow.dispatch import EXPRESSIONS, STATEMENTS, UnsupportedSyntax, lower_body, lower_value
from awaitomic.flow.graph import FunctionGraph, GraphNode, ModuleGraph
from awaitomic.flow.scopes import AnyScope, FunctionScope
from awaitomic.model.event import Return

if TYPE_CHECKING:
    from awaitomic.model.position import StatementPath

__all__ = ["EXPRESSIONS", "STATEMENTS", "UnsupportedSyntax", "lower_module"]

_FILLS_THE_TABLES = (
    lower_comprehensions,
    lower_definitions,
    lower_exits,
    lower_expressions,
    lower_patterns,
    lower_statements,
    lower_targets,
    lower_tests,
)


def lower_module(tree: ast.Module, name: str = "") -> ModuleGraph:
    """Lower a module and everything in it.

    `tree` is what `ast.parse` gave, `name` what the program calls the module. Returns the graphs in source order, the
    module's body first, parents before what is nested in them.
    Raises UnsupportedSyntax for a node that is not known or nested too deeply for the interpreter's stack.
    """
    lowering = _Lowering(name, evaluates_annotations=_evaluates_annotations(tree))
    try:
        lowering.run(tree)
    except RecursionError as error:
        raise UnsupportedSyntax(None, "nested too deeply") from error
    return ModuleGraph(tuple(lowering.functions))


def _evaluates_annotations(tree: ast.Module) -> bool:
    """Tell whether annotations are evaluated where they stand: not under PEP 563, and not since 3.14 (PEP 649)."""
    return sys.version_info < (3, 14) and not any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(alias.name == "annotations" for alias in node.names)
        for node in tree.body
    )


class _Lowering:
    def __init__(self, module: str, *, evaluates_annotations: bool) -> None:
        self._module = module
        self.functions: list[FunctionGraph] = []
        self._evaluates_annotations = evaluates_annotations

    def run(self, tree: ast.Module) -> None:
        scope = FunctionScope(None)
        scope.collect(tree.body)
        self._lower(tree, scope, (), None, "")

    def _lower(
        self, node: GraphNode, scope: FunctionScope, path: StatementPath, enclosing: int | None, prefix: str
    ) -> None:
        """Lower one function and what is nested in it; `prefix` is the name of what it stands in, with a dot."""
        builder = self._body(node, scope, path)
        while scope.bound_late:
            scope.restart()
            builder = self._body(node, scope, path)
        graph = replace(_graph(node, builder, scope, enclosing, prefix), module=self._module)
        index = len(self.functions)
        self.functions.append(graph)
        inside = _inside(node, prefix)
        # Evaluation order differs from source order (``x[lambda: 1] = lambda: 2``), and copies of a ``finally`` repeat.
        for nested in sorted(builder.nested.values(), key=_position):
            self._lower(nested.node, _scope_of(nested, scope.counter), nested.path, index, inside)

    def _body(self, node: GraphNode, scope: FunctionScope, path: StatementPath) -> Builder:
        builder = Builder(scope, path, evaluates_annotations=self._evaluates_annotations)
        if isinstance(node, ast.Lambda):
            value = lower_value(builder, node.body)
            builder.add(Return(builder.next_id, value), node.body)
            builder.jump(builder.exit)
        else:
            lower_body(builder, node.body, "body")
            if builder.block is not None:
                builder.add(Return(builder.next_id, None), node)
                builder.jump(builder.exit)
        return builder


def _graph(
    node: GraphNode, builder: Builder, scope: FunctionScope, enclosing: int | None, prefix: str
) -> FunctionGraph:
    owners = [0] * len(builder.events)
    for block in builder.blocks:
        for event in block.events:
            owners[event.id] = block.index
    qualname, class_name = _names(node, scope, prefix)
    return FunctionGraph(
        qualname=qualname,
        node=node,
        path=builder.path,
        enclosing=enclosing,
        class_name=class_name,
        parameters=scope.parameters,
        is_async=isinstance(node, ast.AsyncFunctionDef),
        is_generator=builder.yields,
        local_names=frozenset(scope.bound - scope.globals - scope.nonlocals if scope.parent else scope.bound),
        global_names=frozenset(scope.globals),
        nonlocal_names=frozenset(scope.nonlocals),
        blocks=builder.blocks,
        entry=0,
        exit=builder.exit.index,
        raises=builder.raises.index,
        events=tuple(builder.events),
        nodes=tuple(builder.nodes),
        statements=tuple(builder.statements),
        owners=tuple(owners),
    )


def _names(node: GraphNode, scope: FunctionScope, prefix: str) -> tuple[str, str | None]:
    """Give the qualified name, and the class that the function stands in directly."""
    if isinstance(node, ast.Module):
        return "<module>", None
    if isinstance(node, ast.ClassDef):
        return f"{prefix}{node.name}.<body>", f"{prefix}{node.name}"
    parent = scope.parent
    in_class = parent is not None and parent.function.is_class
    name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
    return prefix + name, prefix[:-1] if in_class else None


def _inside(node: GraphNode, prefix: str) -> str:
    if isinstance(node, ast.Module):
        return ""
    return f"{prefix}<lambda>." if isinstance(node, ast.Lambda) else f"{prefix}{node.name}."


def _position(nested: Nested) -> tuple[int, int]:
    return nested.node.lineno, nested.node.col_offset


def _scope_of(nested: Nested, counter: int) -> FunctionScope:
    """Make the scope of a nested function: its parameters and what its statements bind."""
    node = nested.node
    parent: AnyScope = nested.scope
    scope = FunctionScope(parent, is_class=isinstance(node, ast.ClassDef), counter=counter)
    if not isinstance(node, ast.ClassDef):
        arguments = node.args
        ordered = [*arguments.posonlyargs, *arguments.args]
        ordered += [arguments.vararg] if arguments.vararg else []
        ordered += arguments.kwonlyargs
        ordered += [arguments.kwarg] if arguments.kwarg else []
        scope.parameters = tuple(argument.arg for argument in ordered)
        scope.bound.update(scope.parameters)
    if not isinstance(node, ast.Lambda):
        scope.collect(node.body)
    return scope
