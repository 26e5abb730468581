"""Where a statement path leads, in the `ast` tree and in the libcst tree of one text, and that both say the same."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import libcst as cst

from awaitomic.model.plan import (
    AddImport,
    Edit,
    ExtractStatements,
    MoveStatement,
    SplitBody,
    SplitMethod,
    WrapStatements,
)
from awaitomic.patching.refusal import position_mismatch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from awaitomic.model.position import StatementPath
    from awaitomic.patching.tree import Block, Statement

_OTHER_NAMES = {"Delete": "Del"}


def edit_paths(edit: Edit) -> tuple[StatementPath, ...]:
    """Return the paths that `edit` names, of statements that must exist; the module's empty path is left out."""
    match edit:
        case MoveStatement():
            return (edit.path, edit.after)
        case WrapStatements():
            return (edit.first,)
        case SplitMethod():
            return (edit.method, edit.region)
        case SplitBody():
            return (edit.method,)
        case ExtractStatements():
            return (edit.function, edit.first)
        case AddImport():
            return ()
        case _:
            return (edit.path,) if edit.path else ()


def ast_block(node: ast.AST, name: str) -> list[ast.stmt]:
    """Return the statements of a block of an `ast` node by its name in statement paths; empty if there is none."""
    field, _, number = name.partition(".")
    value = getattr(node, field, None)
    if not isinstance(value, list):
        return []
    if number:
        if not number.isdecimal() or int(number) >= len(value):
            return []
        value = getattr(value[int(number)], "body", [])
    return [item for item in value if isinstance(item, ast.stmt)]


def find_ast(tree: ast.Module, path: StatementPath) -> ast.stmt:
    """Return the statement at `path`.

    Raises PatchRefused: ``position-mismatch`` if the path leads nowhere.
    """
    node: ast.AST = tree
    for step in path:
        block = ast_block(node, step.block)
        if not 0 <= step.index < len(block):
            raise position_mismatch(f"no statement at {describe(path)}")
        node = block[step.index]
    if not isinstance(node, ast.stmt):
        raise position_mismatch("the empty path is no statement")
    return node


def find_statement(module: Block, path: StatementPath) -> Statement:
    """Return the handle of the statement at `path` below the block of the module.

    Raises PatchRefused: ``position-mismatch`` if the path leads nowhere.
    """
    block: Block | None = module
    statement: Statement | None = None
    for number, step in enumerate(path):
        if statement is not None:
            block = statement.blocks.get(step.block)
        elif step.block != "body" or number:
            block = None
        if block is None or not 0 <= step.index < len(block.items):
            raise position_mismatch(f"no statement at {describe(path)}")
        statement = block.items[step.index]
    if statement is None:
        raise position_mismatch("the empty path is no statement")
    return statement


def check_agreement(found: Statement, expected: ast.stmt, path: StatementPath) -> None:
    """Refuse with ``position-mismatch`` if the two trees have different kinds of statements at `path`."""
    name = type(expected).__name__.removeprefix("Async")
    name = _OTHER_NAMES.get(name, name)
    if type(found.node).__name__ != name or _is_async(found.node) != type(expected).__name__.startswith("Async"):
        raise position_mismatch(f"ast and libcst disagree about the statement at {describe(path)}")


def describe(path: StatementPath) -> str:
    """Return a path in words, for messages."""
    return ".".join(f"{step.block}[{step.index}]" for step in path) or "the module"


def skeleton(tree: ast.AST) -> Iterator[str]:
    """Yield the kinds of all statements of a tree in order, with their nesting: what an edit of expressions keeps.

    A ``with`` may become an ``async with``: that is one word more in its line.
    """
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            yield "With" if isinstance(child, ast.AsyncWith) else type(child).__name__
            yield "("
            yield from skeleton(child)
            yield ")"


def _is_async(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.FunctionDef | cst.For | cst.With) and node.asynchronous is not None
