"""What a plan means, carried out on the `ast` tree: blind to layout, but beyond doubt about what goes where."""

from __future__ import annotations

import ast

from awaitomic.model.plan import (
    DeleteStatement,
    Edit,
    InsertStatements,
    MoveStatement,
    ReplaceStatement,
    UnwrapStatement,
    WrapStatements,
)
from awaitomic.model.position import StatementPath
from awaitomic.patching.paths import ast_block


def expected(text: str, edit: Edit) -> str:
    """The dump of the tree that `text` must have after one edit."""
    tree = ast.parse(text)
    match edit:
        case MoveStatement():
            source, index = _place(tree, edit.path)
            target, after = _place(tree, edit.after)
            anchor, moved = target[after], source[index]
            source.remove(moved)
            target.insert(target.index(anchor) + 1, moved)
            _fill(tree, source)
        case WrapStatements():
            block, index = _place(tree, edit.first)
            [header] = ast.parse(f"{edit.header}:\n    pass").body
            assert isinstance(header, ast.If | ast.AsyncWith)
            header.body = block[index : index + edit.count]
            block[index : index + edit.count] = [header]
        case InsertStatements():
            block, index = _place(tree, edit.path)
            index += edit.where == "after"
            block[index:index] = ast.parse(edit.text).body
        case ReplaceStatement():
            block, index = _place(tree, edit.path)
            block[index : index + 1] = ast.parse(edit.text).body
        case DeleteStatement():
            block, index = _place(tree, edit.path)
            del block[index]
            _fill(tree, block)
        case UnwrapStatement():
            block, index = _place(tree, edit.path)
            block[index : index + 1] = ast_block(block[index], "body")
        case _:
            raise AssertionError(f"no meaning written down for {edit}")
    return ast.dump(tree)


def _fill(tree: ast.Module, block: list[ast.stmt]) -> None:
    if not block and block is not tree.body:
        block.append(ast.Pass())


def _place(tree: ast.Module, path: StatementPath) -> tuple[list[ast.stmt], int]:
    """The list of the tree that holds the statement, itself and no copy, and the index in it."""
    node: ast.AST = tree
    block: list[ast.stmt] = []
    for step in path:
        field, _, number = step.block.partition(".")
        owner: ast.AST = getattr(node, field)[int(number)] if number else node
        block = getattr(owner, "body" if number else field)
        node = block[step.index]
    return block, path[-1].index
