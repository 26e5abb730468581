"""What of a loop decides, by its syntax alone, whether there is another turn."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from awaitomic.program.names import last_name

Loop = ast.While | ast.For | ast.AsyncFor

TELL = frozenset({"bool", "len", "any", "all", "isinstance"})
"""Builtins that tell of what they are given, and do nothing with it."""
_LEAVE = ast.Break | ast.Return | ast.Raise | ast.Continue


def bounded(loop: Loop) -> bool:
    """Tell whether a loop ends by itself after some turns: ``for _ in range(3)``."""
    if not isinstance(loop, ast.For):
        return False
    known = isinstance(loop.iter, ast.List | ast.Tuple)
    return known or (isinstance(loop.iter, ast.Call) and last_name(loop.iter.func) == "range")


def has_test(loop: Loop) -> bool:
    """Tell whether a loop can end at its top, other than ``while True``."""
    return not (isinstance(loop, ast.While) and isinstance(loop.test, ast.Constant))


def leaves(loop: Loop) -> bool:
    """Tell whether something in the body of a loop leaves it on purpose."""
    return any(isinstance(node, ast.Break | ast.Return | ast.Raise) for node in _inside(loop.body))


def deciding(body: Iterable[ast.AST]) -> frozenset[int]:
    """Give the identities of the nodes of all tests that have a branch which leaves, or goes on to the next turn."""
    found: set[int] = set()
    for node in _inside(body):
        if isinstance(node, ast.If) and _goes(node):
            found |= {id(node), *map(id, ast.walk(node.test))}
        elif isinstance(node, ast.Match) and _goes(node):
            found |= {id(node), *map(id, ast.walk(node.subject))}
            found |= {id(each) for case in node.cases for each in _inside([case.pattern, case.guard])}
            found |= {id(case) for case in node.cases}
        elif isinstance(node, ast.Assert):
            found |= set(map(id, ast.walk(node)))
    return frozenset(found)


def tried(body: Iterable[ast.AST]) -> frozenset[int]:
    """Give the identities of the nodes whose errors are caught in the body."""
    tries = [node for node in _inside(body) if isinstance(node, ast.Try) and node.handlers]
    return frozenset(id(each) for node in tries for each in _inside(node.body))


def _goes(node: ast.AST) -> bool:
    return any(isinstance(each, _LEAVE) for each in ast.walk(node))


def _inside(parts: Iterable[ast.AST | None]) -> list[ast.AST]:
    return [node for part in parts if part is not None for node in ast.walk(part)]
