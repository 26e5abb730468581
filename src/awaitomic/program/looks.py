"""Awaits that only look: a test asks for what they give, and decides by it whether something is done.

``if await store.contains(key): return``, ``known = await self._known(key)``, and ``if not known:`` behind it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.flow.statements import statement_at
from awaitomic.model.event import Suspend
from awaitomic.program.locks.removals import tests_before
from awaitomic.program.resolve import Resolver


def guards_of(resolver: Resolver, event: int) -> Iterator[ast.expr]:
    """Give what an event has behind it that decides whether it happens: statements as `tests_before`, and ``match``.

    What stands before it in one expression (``await known(key) or await make(key)``) counts, too.
    """
    yield from tests_before(resolver, event)
    node = resolver.function.nodes[event]
    statement = statement_at(resolver.module.tree, resolver.function.statements[event])
    for around, _ in resolver.function.around(event):
        if isinstance(around, ast.Match):
            yield around.subject
    for each in ast.walk(statement):
        if isinstance(each, ast.IfExp) and (_has(each.body, node) or _has(each.orelse, node)):
            yield each.test
        elif isinstance(each, ast.BoolOp):
            at = next((at for at, value in enumerate(each.values) if _has(value, node)), 0)
            yield from each.values[:at]


def asks_for(resolver: Resolver, wait: Suspend, test: ast.expr) -> bool:
    """Tell whether a test asks for what an await gives: it contains the await, or a local that has been given it."""
    return _has(test, resolver.function.nodes[wait.id]) or names_what_is_given(resolver, wait, test)


def names_what_is_given(resolver: Resolver, wait: Suspend, tree: ast.AST) -> bool:
    """Tell whether code names a local that has been given what an await gives."""
    statement = statement_at(resolver.module.tree, resolver.function.statements[wait.id])
    names = _names_given(statement, resolver.function.nodes[wait.id])
    return any(isinstance(each, ast.Name) and each.id in names for each in ast.walk(tree))


def _names_given(statement: ast.stmt, node: ast.AST) -> set[str]:
    """Give the locals that a statement puts what an await gives into, or what is made of it."""
    found: set[str] = set()
    if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        if _has(statement.value, node):
            found |= {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}
    for each in ast.walk(statement):
        if isinstance(each, ast.NamedExpr) and _has(each.value, node):
            found.add(each.target.id)
    return found


def _has(tree: ast.AST, node: ast.AST) -> bool:
    return any(each is node for each in ast.walk(tree))
