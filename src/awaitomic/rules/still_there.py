"""Tests that tell, right before something is let go, whether it is still what was used before the wait.

Of what is taken from the end of a stack or queue, it is the element that has to be asked for: ``if stack[-1] is mine:
stack.pop()``. That there is any at all (``if stack: stack.pop()``) does not tell whose it is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitomic.model.event import Attribute, Compute, Guard, Name, Operand, Read, Scope
from awaitomic.program.accesses import Change
from awaitomic.program.conditions import whole_test

if TYPE_CHECKING:
    from awaitomic.model.location import Location
    from awaitomic.program.facts import WriteFact
    from awaitomic.program.resolve import Resolver
    from awaitomic.program.state import ActiveGuard, Token, Use

_SAME = {"is": True, "==": True, "is not": False, "!=": False}
"""Comparisons, and the outcome that says that both sides are one."""
_MINE = frozenset({Scope.LOCAL, Scope.PARAMETER})


def is_asked_again(resolver: Resolver, fact: WriteFact) -> bool:
    """Tell whether a test of the same state, with no suspension since, governs a write that lets something go.

    Whether a container in a local is empty is no such test: it may hold what has come in the meantime.
    """
    return any(
        fact.about(token) and not _asks_if_empty(resolver, token)
        for guard in fact.state.guards
        for token in _fresh(fact, guard)
    )


def is_still_there(resolver: Resolver, fact: WriteFact, use: Use) -> bool:
    """Tell whether the very element that was used has been asked for right before one is taken from its end.

    ``if stack[-1] is mine: stack.pop()`` takes what it has asked for, whenever the stack was bound to its local.
    """
    if fact.access.change is not Change.TAKE:
        return False
    for guard in fact.state.guards:
        reads = {token.read for token in _fresh(fact, guard) if token.location == use.token.location}
        if reads and any(_compares(resolver, each, reads, use.token.location) for each in _held(resolver, guard)):
            return True
    return False


def _fresh(fact: WriteFact, guard: ActiveGuard) -> list[Token]:
    """Give what a test has asked for since the last suspension, on every way."""
    outdated = {(token.read, token.location) for token in guard.tokens if fact.is_stale(token)}
    return [token for token in guard.tokens if (token.read, token.location) not in outdated]


def _asks_if_empty(resolver: Resolver, token: Token) -> bool:
    """Tell whether a token is that of a test for emptiness; that of an entry counts: an empty one is let go."""
    return isinstance(resolver.function.events[token.read], Guard) and not token.location.is_entry


def _held(resolver: Resolver, guard: ActiveGuard) -> list[Compute]:
    """Give the comparisons by which the outcome of a test says that two things are one."""
    parts = {id(test): holds for test, holds in _parts(whole_test(resolver.function, guard.guard), holds=guard.holds)}
    events, nodes = resolver.function.events, resolver.function.nodes
    compared = [each for each in events if isinstance(each, Compute) and id(nodes[each.id]) in parts]
    return [each for each in compared if _SAME.get(each.operator) is parts[id(nodes[each.id])]]


def _parts(test: ast.AST, *, holds: bool) -> Iterator[tuple[ast.AST, bool]]:
    """Give the parts of a test of which its outcome tells theirs."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from _parts(test.operand, holds=not holds)
    elif isinstance(test, ast.BoolOp):
        if holds is isinstance(test.op, ast.And):
            for part in test.values:
                yield from _parts(part, holds=holds)
    else:
        yield test, holds


def _compares(resolver: Resolver, test: Compute, reads: set[int], element: Location) -> bool:
    """Tell whether a comparison holds an element that was just read, or the same part of both, against a local."""
    left, right = (_stem(resolver, operand) for operand in test.operands)
    for (read, part), (other, their_part) in ((left, right), (right, left)):
        event = resolver.function.events[other]
        mine = isinstance(event, Read) and isinstance(event.place, Name) and event.place.scope in _MINE
        if read in reads and mine and part == their_part and resolver.value(other) != element:
            return True
    return False


def _stem(resolver: Resolver, operand: Operand) -> tuple[Operand, str | None]:
    """Give what a side of a comparison is an attribute of, and which: ``job`` and ``id`` of ``job.id``."""
    event = resolver.function.events[operand]
    if isinstance(event, Read) and isinstance(event.place, Attribute):
        return event.place.base, event.place.attr
    return operand, None
