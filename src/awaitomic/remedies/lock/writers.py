"""Everybody who writes a state: who has to do so under its lock, and who can only do what could be done before."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.model.event import Guard
from awaitomic.model.location import Root
from awaitomic.program import Program, is_construction
from awaitomic.program.accesses import Access, Change
from awaitomic.program.facts import WriteFact
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.remedies.lock.home import Home, Kind
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.split.takers import place_of


def tolerates(coverage: Coverage, resolver: Resolver, access: Access) -> bool:
    """Tell whether a writer without the lock only takes away what is not there while the span fills it."""
    if access.change not in {Change.RESET, Change.DELETE, Change.CLEAR}:
        return False
    key = resolver.key_of(access.location)
    homes = [home for home in coverage.homes if key in home.keys] or [coverage.home]
    found = [each for home in homes for each in late_writes(coverage.program, home)]
    return all(_only_fills(other, fact) for other, fact in found)


def cover_writers(coverage: Coverage, home: Home) -> None:
    """See that everybody who writes the state does so under the lock, together with what he decided on."""
    program = coverage.program
    late = {(id(resolver), fact.event) for resolver, fact in late_writes(program, home)}
    for resolver, access in home.writers(program):
        if access.location.root in {Root.PARAMETER, Root.RESULT} or _is_elsewhere(home, access):
            where = place_of(program, resolver.function, access.event)
            message = f"`{resolver.function.qualname}` ({where}) writes the state through another object"
            raise Declined("foreign-state", message)
        if access.task is not None:
            where = place_of(program, resolver.function, access.event)
            message = f"the task that `{resolver.function.qualname}` makes ({where}) writes what it is handed"
            raise Declined("foreign-state", message)
        if (id(resolver), access.event) not in late and coverage.tolerates(coverage, resolver, access):
            coverage.tolerated.append((resolver, access))
        else:
            coverage.demand(resolver, access.event, access)
    for resolver, fact in late_writes(program, home):
        if fact.via is not None:
            coverage.demand(resolver, fact.event, None)


def late_writes(program: Program, home: Home) -> Iterator[tuple[Resolver, WriteFact]]:
    """Give every write of the state that a suspension separates from what it was decided on or made from."""
    for resolver in program.resolvers:
        if not resolver.function.is_async or is_construction(resolver.function):
            continue
        for fact in program.facts(resolver).writes:
            if resolver.key_of(fact.access.location) not in home.keys:
                continue
            tokens = [*fact.value, *(token for guard in fact.state.guards for token in guard.tokens)]
            uses = [use for use in fact.state.uses if use.token.location == fact.access.location]
            if fact.via is not None and (fact.via.write.guarded or not tokens):
                continue
            if uses or any(fact.about(token) and fact.is_stale(token) for token in tokens):
                yield resolver, fact


def _is_elsewhere(home: Home, access: Access) -> bool:
    """Tell whether a writer reaches the state from another object than the one that owns it."""
    if home.kind not in {Kind.INSTANCE, Kind.CLASS}:
        return False
    steps = access.location.steps
    return access.location.root not in {Root.SELF, Root.CLASS} or not steps or str(steps[0]) != f".{home.state}"


def _only_fills(resolver: Resolver, fact: WriteFact) -> bool:
    """Tell whether the span only puts something where its tests have found nothing.

    A plain function that takes away what is not there can come in between: it is as if it had come first.
    """
    if fact.access.change not in {Change.ASSIGN, Change.FILL}:
        return False
    guards = [guard for guard in fact.state.guards if any(fact.about(token) for token in guard.tokens)]
    return bool(guards) and all(
        _asks_absence(resolver.function.nodes[guard.guard], holds=guard.holds)
        for guard in guards
        if isinstance(resolver.function.events[guard.guard], Guard)
    )


def _asks_absence(test: ast.AST, *, holds: bool) -> bool:
    if isinstance(test, ast.ExceptHandler):
        return holds
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _asks_absence(test.operand, holds=not holds)
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        absent = isinstance(test.ops[0], ast.Is | ast.Eq) and _is_none(test.comparators[0])
        present = isinstance(test.ops[0], ast.IsNot | ast.NotEq) and _is_none(test.comparators[0])
        if absent or isinstance(test.ops[0], ast.NotIn):
            return holds
        return not holds if present or isinstance(test.ops[0], ast.In) else False
    return not holds if isinstance(test, ast.Name | ast.Attribute | ast.Subscript | ast.Call | ast.NamedExpr) else False


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
