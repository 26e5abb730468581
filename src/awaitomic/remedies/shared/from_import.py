"""Names that a file takes out of a library by ``from library import …``: a new one joins those that are there.

A file that writes ``from asyncio import Event`` wants to read ``Lock``, and no second way of importing
beside the first.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from awaitomic.model.plan import Edit, ReplaceExpression
from awaitomic.model.position import BlockStep, Extent
from awaitomic.program import Program


@dataclass(frozen=True, slots=True)
class Imported:
    """A name of the module's top level, and the edits by which it comes there."""

    name: str
    edits: tuple[Edit, ...] = ()


def plainly(program: Program, library: str) -> str | None:
    """Give the name under which the module's top level has a library; imports for type checkers do not count."""
    for node in program.module.tree.body:
        for alias in node.names if isinstance(node, ast.Import) else ():
            if alias.name == library:
                return alias.asname or library
    return None


def taken_out(program: Program, library: str, name: str) -> Imported | None:
    """Give how the file says ``library.name``, if it takes this or anything else out of the library by name.

    Only imports that surely run count: not those in a ``try``, a function or under ``TYPE_CHECKING``.

    Returns:
        None if the file does not, or if `name` means something else in it.
    """
    found = [
        (index, node)
        for index, node in enumerate(program.module.tree.body)
        if isinstance(node, ast.ImportFrom) and (node.level, node.module) == (0, library)
    ]
    for _, node in found:
        for alias in node.names:
            if alias.name == name:
                return Imported(alias.asname or name)
    joining = [(index, node) for index, node in found if node.names[0].name != "*"]
    if not joining or _means_something(program, name):
        return None
    index, node = joining[0]
    return Imported(name, (joined(program, index, node, name),))


def _means_something(program: Program, name: str) -> bool:
    used = {node.id for node in ast.walk(program.module.tree) if isinstance(node, ast.Name)}
    used |= {node.arg for node in ast.walk(program.module.tree) if isinstance(node, ast.arg)}
    return name in used | program.module.graph.module.local_names or name in program.module.imports


def _by_kind(name: str) -> tuple[int, str]:
    """Sort as isort does: constants, then classes, then functions."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name


_ORDERS: tuple[Callable[[str], tuple[int, str]], ...] = (
    _by_kind,
    lambda name: (0, name.lower()),
    lambda name: (0, name),
)


def joined(program: Program, index: int, node: ast.ImportFrom, name: str) -> Edit:
    """Put a name where the order of its neighbours wants it, or at the end if there is none.

    Parameters:
        program: the facts of the file.
        index: which statement of the module the import is.
        node: the import.
        name: the name.
    """
    path = (BlockStep("body", index),)
    names = [alias.name for alias in node.names]
    order = next((each for each in _ORDERS if names == sorted(names, key=each)), None)
    later = [alias for alias in node.names if order is not None and order(alias.name) > order(name)]
    first = program.positions.extent(later[0] if later else node.names[-1])
    own_line = not program.positions.line(first.line)[: first.column - 1].strip()
    if later:
        at = Extent(first.line, first.column, first.line, first.column)
        return ReplaceExpression(path, at, "", f"{name}," + _gap(first, own_line=own_line))
    at = Extent(first.end_line, first.end_column, first.end_line, first.end_column)
    return ReplaceExpression(path, at, "", "," + _gap(first, own_line=own_line) + name)


def _gap(beside: Extent, *, own_line: bool) -> str:
    return f"\n{' ' * (beside.column - 1)}" if own_line else " "
