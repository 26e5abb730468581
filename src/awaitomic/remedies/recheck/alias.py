"""A local that holds what was read from the state, all the way to the write: nothing else has to be kept for a recheck.

It may be bound more than once, if each time it gets what the state holds from then on, too::

    try:
        wrap = self._wraps[key]
    except KeyError:
        wrap = self._wraps[key] = Wrap(key)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.flow.reach import reach_after
from awaitomic.model.event import Write
from awaitomic.model.position import StatementPath
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.effects import touches
from awaitomic.remedies.shared.siblings import Block
from awaitomic.remedies.shared.state_reads import StateRead, state_reads


def local_of(case: Case, block: Block, read: int, state: ast.expr) -> str | None:
    """Give the local that holds what was read, on every way to the write; None if there is none.

    Raises:
        Declined: ``recheck-shape`` if it may hold something else by then.
    """
    for event in case.function.events:
        if not isinstance(event, Write) or event.value != read:
            continue
        target = case.node(event.id)
        if not isinstance(target, ast.Name) or not _is_always_bound(case, block, read, target.id):
            continue
        if target.id not in case.resolver.captured and _follows(case, target.id, state):
            return target.id
        raise Declined("recheck-shape", f"`{target.id}`, which holds what was read, is bound more than once")
    return None


_PERHAPS = ast.BoolOp | ast.IfExp | ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def earliest_use(case: Case, block: Block, first: int) -> int:
    """Give the first of the statements, up to the one at `first`, that use what the state holds one after the other.

    ``self._task.cancel()`` in front of ``await self._task`` is about the same task, and shares its local.
    """
    location = case.fact.access.location
    while first > 0:
        statement = block.statements[first - 1]
        plain = isinstance(statement, ast.Expr | ast.Assign | ast.AnnAssign) and not block.suspends(first - 1)
        if not plain or any(isinstance(node, _PERHAPS) for node in ast.walk(statement)):
            return first
        reads = state_reads(case, block, first - 1, first - 1, location)
        if not reads or touches(case, block.events(first - 1, first - 1), [location]).may_write:
            return first
        first -= 1
    return first


def waits_above(case: Case, block: Block, first: int, reads: list[StateRead]) -> Iterator[str]:
    """Say which wait comes before what is used is read, where a local in front of the statements has it from before.

    Who waits until there is something to close would find nothing, read above that wait.

    Parameters:
        case: the case.
        block: the block with the statements.
        first: the statement in front of which the local is bound.
        reads: the reads that the local replaces.
    """
    graph, last = case.function, block.index_of(case.path(case.fact.event))
    nodes = {id(read.node) for read in reads}
    read_at = {event for event, node in enumerate(graph.nodes) if id(node) in nodes}
    top = min(block.events(first, first))
    before = {top} if top in read_at else {top, *reach_after(graph, top, stops=read_at).events}
    for index in range(first, last + 1):
        for event in block.suspends(index):
            if event in before and read_at & reach_after(graph, event, stops=(top,)).events:
                line = getattr(case.node(event), "lineno", 0)
                yield f"`{case.finding.state}` is read above the wait on line {line}, and was read behind it"
                return


def bindings_of(case: Case, name: str) -> list[Write]:
    """Give the events that bind a local, one of each place."""
    nodes = {
        id(case.node(event.id)): event
        for event in case.function.events
        if isinstance(event, Write) and getattr(event.place, "name", None) == name
    }
    return list(nodes.values())


def is_bound_at(case: Case, binding: Write, path: StatementPath) -> bool:
    """Tell whether a binding is made on every way to a statement: not if it is a part of the ``try`` that failed."""
    where = case.path(binding.id)
    header = isinstance(case.statement(where), ast.With | ast.AsyncWith | ast.For | ast.AsyncFor)
    inside = len(path) > len(where) and path[: len(where)] == where and path[len(where)].block == "body"
    return (header and inside) or _is_on_the_way(case, where, path)


def _follows(case: Case, name: str, state: ast.expr) -> bool:
    """Tell whether a local gets what the state holds whenever it is bound, and is bound anew by no wait of the span."""
    bindings = bindings_of(case, name)
    first_wait = min(case.finding.span.suspends, default=0)
    return len(bindings) == 1 or all(
        binding.id < first_wait and _is_of_state(case, binding, state) for binding in bindings
    )


def _is_of_state(case: Case, binding: Write, state: ast.expr) -> bool:
    if binding.value is not None and case.resolver.value(binding.value) == case.fact.access.location:
        return True
    statement, name = case.statement(case.path(binding.id)), case.node(binding.id)
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return any(each is name for each in targets) and ast.unparse(state) in map(ast.unparse, targets)


def _is_always_bound(case: Case, block: Block, read: int, name: str) -> bool:
    """Tell whether a local that is bound to what was read is bound on every way to the write."""
    where, path = case.path(read), case.path(case.fact.event)
    if _is_on_the_way(case, where, path):
        return True
    index = block.index_of(where)
    around = block.statements[index]
    if not isinstance(around, ast.Try) or index == block.index_of(path) or len(where) != len(block.path(index)) + 1:
        return False
    ways = [around.body, *(handler.body for handler in around.handlers)]
    return all(isinstance(way[-1], ast.Raise | ast.Return) or _binds(way[-1], name) for way in ways)


def _binds(statement: ast.stmt, name: str) -> bool:
    return isinstance(statement, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == name for target in statement.targets
    )


def _is_on_the_way(case: Case, where: StatementPath, path: StatementPath) -> bool:
    """Tell whether a statement, or the condition of an ``if``, is always evaluated before the statement at `path`."""
    depth = len(where) - 1
    if where[:depth] != path[:depth] or where[depth].block != path[depth].block:
        return False
    if where[depth].index < path[depth].index:
        return True
    around = case.statement(where)
    is_body = len(path) > len(where) and path[: len(where)] == where and path[len(where)].block == "body"
    branches = ast.IfExp | ast.Or
    return is_body and isinstance(around, ast.If) and not any(isinstance(i, branches) for i in ast.walk(around.test))
