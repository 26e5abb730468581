"""What a test has found about a future: whether it was settled already, or still open."""

from __future__ import annotations

import ast

from awaitomic.program.conditions import whole_test
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver
from awaitomic.program.state import ActiveGuard


def found_open(resolver: Resolver, guard: ActiveGuard) -> bool | None:
    """Tell whether a test has found that a future is not settled; None if that is not told by what it came to.

    Of alternatives (``if answer.done() or late:``) it is not told which one has led on.
    """
    node = resolver.function.nodes[guard.guard]
    found = _says_open(resolver, node, guard.holds)
    whole = whole_test(resolver.function, guard.guard)
    mixed = whole is not node and any(isinstance(each, ast.Or) for each in ast.walk(whole))
    return None if mixed and not found else found


def _says_open(resolver: Resolver, test: ast.AST, holds: bool) -> bool | None:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _says_open(resolver, test.operand, not holds)
    if isinstance(test, ast.Name):
        value = resolver.binding(test.id)
        node = resolver.function.nodes[value] if value is not None else None
        return None if node is None or isinstance(node, ast.Name) else _says_open(resolver, node, holds)
    if isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute) and last_name(test) == "done":
        return not holds
    return None
