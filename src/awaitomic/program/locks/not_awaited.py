"""Locks of tasks that are taken like locks of threads, and so not at all.

``self._lock.acquire()`` that nobody awaits makes a coroutine and throws it away: the lock keeps nobody out, and the
``release`` behind it gives back what another task holds, if it does not raise. ``with self._lock:`` raises when it is
run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from awaitomic.flow.statements import statement_at
from awaitomic.model.event import Call, Enter, Operand
from awaitomic.program.locks import Lock, lock_of, lock_type
from awaitomic.program.operands import method_of
from awaitomic.program.resolve import Resolver


class NotAwaited(NamedTuple):
    """A call of ``acquire`` whose result is thrown away, or only asked whether it is there."""

    lock: Lock
    call: int
    type: str = ""
    """The name of the lock's type."""


def entered_plainly(resolver: Resolver) -> Iterator[NotAwaited]:
    """Give the locks of tasks that a plain ``with`` enters, and where; only of locks known by what makes them."""
    for event in resolver.function.events:
        if isinstance(event, Enter) and not event.asynchronous:
            lock = _of_tasks(resolver, event.manager)
            if lock is not None and not isinstance(resolver.function.nodes[event.manager], ast.Await):
                yield NotAwaited(lock, event.id)


def _of_tasks(resolver: Resolver, operand: Operand) -> Lock | None:
    """Give the lock that an operand is, if it is made by a library for tasks; a class of the program may differ."""
    known = lock_type(resolver.operand_type(operand))
    return lock_of(resolver, operand) if known is not None and known.is_for_tasks else None


def never_taken(resolver: Resolver) -> Iterator[NotAwaited]:
    """Give such calls in a function, once for each place in the text; only of locks known by what makes them."""
    function = resolver.function
    seen: set[int] = set()
    for event in function.events if "acquire" in resolver.words else ():
        method = method_of(function, event) if isinstance(event, Call) else None
        if method is None or method.attr != "acquire" or id(function.nodes[event.id]) in seen:
            continue
        lock = _of_tasks(resolver, method.base)
        if lock is None:
            continue
        call = function.nodes[event.id]
        if _is_thrown_away(statement_at(resolver.module.tree, function.statements[event.id]), call):
            seen.add(id(call))
            yield NotAwaited(lock, event.id, resolver.operand_type(method.base).name or "")


def _is_thrown_away(statement: ast.stmt, call: ast.AST) -> bool:
    if isinstance(statement, ast.Expr):
        return statement.value is call
    if isinstance(statement, ast.If | ast.While):
        test = statement.test
        return call in {test, test.operand if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) else test}
    return False
