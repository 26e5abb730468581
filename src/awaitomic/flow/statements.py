"""Walks statement paths through `ast` trees: the way from a path back to the statement, for every room."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from awaitomic.model.position import StatementPath

LEAVES = ast.Return | ast.Raise | ast.Continue | ast.Break
"""Statements behind which nothing more of their block is done."""


def statement_at(tree: ast.AST, path: StatementPath) -> ast.stmt:
    """Follow a statement path down from `tree` (the module, or the statement that the path starts below).

    Raises:
        LookupError: if the tree has no such statement, or the path is empty.
    """
    node: ast.AST = tree
    for step in path:
        node = block_of(node, step.block)[step.index]
    if not isinstance(node, ast.stmt) or not path:
        message = "no statement stands at that path"
        raise LookupError(message)
    return node


def block_of(node: ast.AST, block: str) -> list[ast.stmt]:
    """Give the statements of one block (``body``, ``orelse``, ``handlers.0``, ``cases.1`` …) of a statement.

    Raises:
        LookupError: if the statement has no such block.
    """
    field, _, number = block.partition(".")
    found = getattr(node, field, None)
    if number:
        found = found[int(number)].body if found else None
    if not isinstance(found, list):
        message = f"{type(node).__name__} has no block {block}"
        raise LookupError(message)
    return found
