"""Finds the statement that a place belongs to, for comments and fingerprints, which are about statements."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from awaitomic.model.position import Extent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from awaitomic.source.positions import Positions


def innermost_statement(tree: ast.Module, positions: Positions, line: int, column: int) -> ast.stmt | None:
    """Give the innermost statement that contains a place (line and character column from 1), or None.

    Decorators belong to the function or class that they decorate.
    """
    found: ast.stmt | None = None
    pending = list(tree.body)
    while pending:
        statement = pending.pop()
        if not _first_line(statement) <= line <= (statement.end_lineno or line):
            continue  # columns have to be counted, which is dear where a module has thousands of statements
        extent = positions.extent(statement)
        if start_of(statement, positions) <= (line, column) < (extent.end_line, extent.end_column):
            found = statement
            pending = list(children(statement))
    return found


def _first_line(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min(statement.lineno, decorators[0].lineno) if decorators else statement.lineno


def children(statement: ast.stmt) -> Iterator[ast.stmt]:
    """Give the statements directly inside a compound statement, in the order of the text."""
    for name in ("body", "handlers", "cases", "orelse", "finalbody"):
        for child in getattr(statement, name, ()):
            if isinstance(child, ast.stmt):
                yield child
            else:
                yield from child.body


def header_extent(statement: ast.stmt, positions: Positions) -> Extent:
    """Give the extent of a simple statement, or of a compound one up to the first statement inside it.

    The latter ends with whatever stands between the colon and that statement: blanks, newlines, comments.
    """
    whole = positions.extent(statement)
    inner = next(children(statement), None)
    if inner is None:
        return whole
    return Extent(whole.line, whole.column, *start_of(inner, positions))


def start_of(statement: ast.stmt, positions: Positions) -> tuple[int, int]:
    """Give line and column where a statement starts; one that is decorated starts at its first decorator's name."""
    extents = [positions.extent(each) for each in (statement, *getattr(statement, "decorator_list", ()))]
    return min((each.line, each.column) for each in extents)
