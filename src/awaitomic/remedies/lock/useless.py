"""Locks that each call makes for itself: the new lock takes their place, and does not go inside them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitomic.model.event import Enter
from awaitomic.model.plan import DeleteStatement, Edit, ReplaceExpression
from awaitomic.model.position import BlockStep, StatementPath
from awaitomic.program import Program
from awaitomic.program.locks.made_anew import made_for_each
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.remedy import statement_at
from awaitomic.remedies.shared.region import Run, has_docstring


@dataclass(frozen=True, slots=True)
class Private:
    """A region of a lock of a call's own."""

    path: StatementPath
    """The ``async with``."""
    body: Run
    """All that it holds."""
    manager: ast.expr
    """What is entered."""


def private_around(program: Program, resolver: Resolver, path: StatementPath) -> Private | None:
    """Give the innermost region of a lock of the call's own that a statement lies in."""
    tree = program.unit_of(resolver.function).module.tree
    found = [private for private in _regions(program, resolver, tree) if private.body.covers(path)]
    return max(found, key=lambda private: len(private.path), default=None)


def _regions(program: Program, resolver: Resolver, tree: ast.Module) -> Iterator[Private]:
    for event in resolver.function.events:
        if not isinstance(event, Enter) or not event.asynchronous:
            continue
        flaw = made_for_each(program, resolver, event.manager)
        if flaw is None or (flaw.function != resolver.function.id and not _only_makes(program, flaw.function)):
            continue
        path = resolver.function.statements[event.id]
        region = statement_at(tree, path)
        node = resolver.function.nodes[event.manager]
        if isinstance(region, ast.AsyncWith) and any(item.context_expr is node for item in region.items):
            assert isinstance(node, ast.expr), "what a with-statement enters is an expression"
            yield Private(path, Run((*path, BlockStep("body", 0)), len(region.body)), node)


def _only_makes(program: Program, getter: str) -> bool:
    """Tell whether a getter does nothing but to make the lock."""
    body = program.named(getter).function.node.body
    assert isinstance(body, list)
    return len(body) - has_docstring(body) == 1


def replaced(program: Program, resolver: Resolver, private: Private, lock: str) -> Iterator[Edit]:
    """Give the edits that let a region take another lock, and forget the one that the call has made."""
    function = resolver.function
    unit = program.unit_of(function)
    extent = unit.positions.extent(private.manager)
    yield ReplaceExpression(private.path, extent, unit.positions.snippet(extent), lock)
    if not isinstance(private.manager, ast.Name):
        return
    name = private.manager.id
    said = [node for node in ast.walk(function.node) if isinstance(node, ast.Name) and node.id == name]
    if len(said) > 2:
        return  # another region takes it, too
    for path in dict.fromkeys(function.statements):
        statement = statement_at(unit.module.tree, path) if path else None
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        if len(targets) == 1 and isinstance(targets[0], ast.Name) and targets[0].id == name:
            yield DeleteStatement(path)
            return
