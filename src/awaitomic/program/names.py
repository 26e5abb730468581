"""What names mean in one module: imports, and dotted names of expressions, without running anything."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from awaitomic.flow import scopes

_NAMES = re.compile(r"(?<![\w.'\"])[^\W\d]\w*")


def names_of(text: str) -> set[str]:
    """Give the names that the text of an expression says, attributes and what is quoted aside."""
    return set(_NAMES.findall(text))


def is_special(name: str) -> bool:
    """Tell whether Python itself calls what has a name: ``__aenter__``, ``__call__``."""
    return name.startswith("__") and name.endswith("__")


def import_table(nodes: Iterable[ast.AST]) -> dict[str, str]:
    """Map each name that a module imports, at any depth, to the dotted name of what it stands for.

    Parameters: `nodes` are all that the module is made of, as `awaitomic.source.syntax.walk` gives them.

    Relative imports keep their leading dots, so they never look like a library.
    """
    table: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    table[alias.asname] = alias.name
                else:
                    top = alias.name.partition(".")[0]
                    table[top] = top
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            for alias in node.names:
                if alias.name != "*":
                    table[alias.asname or alias.name] = joined(module, alias.name)
    return table


def joined(module: str, name: str) -> str:
    """Give the dotted name of something in a module; of a relative one that is only dots, too."""
    return f"{module}{name}" if not module.strip(".") else f"{module}.{name}"


def star_imports(nodes: Iterable[ast.AST]) -> tuple[str, ...]:
    """Give the dotted names of the modules from which everything is imported; `nodes` as for `import_table`."""
    return tuple(
        "." * node.level + (node.module or "")
        for node in nodes
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
    )


def dotted(node: ast.AST | None, imports: dict[str, str]) -> str | None:
    """Give the dotted name that an expression stands for, or None if it is no plain chain of names.

    ``asyncio.Lock``, ``aio.Lock`` (``import asyncio as aio``) and ``Lock`` (``from asyncio import Lock``) all give
    ``asyncio.Lock``; a name that is not imported stands for itself.
    """
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    parts.append(imports.get(node.id, node.id))
    return ".".join(reversed(parts))


def last_name(node: ast.AST | None) -> str:
    """Give the last identifier of an expression such as ``a.b.c`` or ``f(x)`` (its callee's), or the empty string."""
    while True:
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Subscript | ast.Await):
            node = node.value
        elif isinstance(node, ast.Attribute):
            return node.attr
        elif isinstance(node, ast.Name):
            return node.id
        else:
            return ""


def target_names(targets: Iterable[ast.expr]) -> list[str]:
    """Give the plain names that assignment targets bind, in order."""
    return [name for target in targets for name in scopes.target_names(target)]


def assigned_names(statement: ast.AST) -> list[str]:
    """Give the plain names that a statement assigns, with an annotation or without; none if it assigns nothing."""
    if isinstance(statement, ast.Assign):
        return target_names(statement.targets)
    return target_names([statement.target]) if isinstance(statement, ast.AnnAssign) else []


def is_none(node: ast.expr) -> bool:
    """Tell whether an expression is a plain None."""
    return isinstance(node, ast.Constant) and node.value is None
