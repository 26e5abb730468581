"""Whether a local has a value at a place, told from the statements: what a part of a body needs and what it leaves.

Where the answer is not plain it is the one that makes a split refused: a name counts as read before it is bound, and
as not bound in the end.
"""

from __future__ import annotations

import ast

from awaitomic.flow.statements import LEAVES
from awaitomic.remedies.shared.siblings import bound_names, loaded_names, names_in

_DEFINES = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def ends(statements: list[ast.stmt]) -> bool:
    """Tell whether control never comes behind the last statement of a block."""
    last = statements[-1] if statements else None
    if isinstance(last, ast.If):
        return ends(last.body) and ends(last.orelse)
    return isinstance(last, LEAVES)


def surely_bound(statements: list[ast.stmt], *, swallowing: bool = True) -> set[str]:
    """Give the names that have a value whenever control comes behind a block.

    Parameters:
        statements: the block.
        swallowing: whether a ``with`` is taken to swallow what its body raises; hardly one does.
    """
    found: set[str] = set()
    for statement in statements:
        found |= _bound_by(statement, swallowing=swallowing)
    return found


def _bound_by(statement: ast.stmt, *, swallowing: bool = True) -> set[str]:
    if isinstance(statement, ast.Assign):
        return set().union(*map(bound_names, statement.targets))
    if isinstance(statement, ast.AnnAssign):
        return bound_names(statement.target) if statement.value is not None else set()
    if isinstance(statement, _DEFINES):
        return bound_names(statement)
    if isinstance(statement, ast.With | ast.AsyncWith):
        inside = set() if swallowing else surely_bound(statement.body, swallowing=False)
        return entered_names(statement) | inside
    if isinstance(statement, ast.If):
        return _on_all([statement.body, statement.orelse], swallowing=swallowing)
    if isinstance(statement, ast.Try):
        ways = [[*statement.body, *statement.orelse], *(handler.body for handler in statement.handlers)]
        behind = surely_bound(statement.finalbody, swallowing=swallowing)
        return _on_all(ways, swallowing=swallowing) | behind
    return set()


def _on_all(ways: list[list[ast.stmt]], *, swallowing: bool) -> set[str]:
    sets = [surely_bound(way, swallowing=swallowing) for way in ways if not ends(way)]
    return set.intersection(*sets) if sets else set()


def entered_names(statement: ast.With | ast.AsyncWith) -> set[str]:
    """Give the names that a ``with`` binds by ``as``."""
    return {name for item in statement.items if item.optional_vars for name in bound_names(item.optional_vars)}


def reads_first(statements: list[ast.stmt], name: str) -> bool:
    """Tell whether a block may read a name before it binds it."""
    for statement in statements:
        if name not in names_in(statement):
            continue
        answer = _reads_first(statement, name)
        if answer is not None:
            return answer
    return False


def _reads_first(statement: ast.stmt, name: str) -> bool | None:
    """Answer for one statement; None if it neither surely binds the name nor may read it first."""
    heads: list[ast.expr] = []
    blocks: list[list[ast.stmt]] = []
    if isinstance(statement, ast.If):
        heads, blocks = [statement.test], [statement.body, statement.orelse]
    elif isinstance(statement, ast.For | ast.AsyncFor):
        bound = name in bound_names(statement.target)
        heads, blocks = [statement.iter], [statement.orelse, *([] if bound else [statement.body])]
    elif isinstance(statement, ast.With | ast.AsyncWith):
        heads = [item.context_expr for item in statement.items]
        blocks = [] if name in entered_names(statement) else [statement.body]
    elif name in loaded_names(statement):
        return True
    if any(name in loaded_names(head) for head in heads) or any(reads_first(block, name) for block in blocks):
        return True
    return False if name in _bound_by(statement) else None
