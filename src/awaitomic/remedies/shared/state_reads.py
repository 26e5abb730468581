"""Where a stretch of statements reads the state that a late write resets, and how those reads can share one local."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitomic.model.event import Call, Read, Suspend, Write
from awaitomic.model.event import Name as NamePlace
from awaitomic.model.location import Location
from awaitomic.model.plan import ReplaceExpression
from awaitomic.model.position import StatementPath
from awaitomic.program.accesses import Change, access_of
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.siblings import Block

_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef


@dataclass(frozen=True, slots=True)
class StateRead:
    """One expression that reads the state, in the statement with this index."""

    index: int
    node: ast.expr
    suspends: bool
    """Whether other tasks can run while its statement does."""


def state_reads(case: Case, block: Block, first: int, last: int, location: Location) -> list[StateRead]:
    """Give the expressions in the statements `first` to `last` that read a state, in source order.

    Raises:
        Declined: ``closure-reads`` if a nested function reads it, at a time that is not known.
    """
    found: dict[int, StateRead] = {}
    for index in range(first, last + 1):
        suspends = bool(block.suspends(index))
        for event in block.events(index, index):
            node = case.node(event)
            if isinstance(node, ast.expr) and _is_read(case, event, location):
                found.setdefault(id(node), StateRead(index, node, suspends))
    reads = sorted(found.values(), key=lambda read: (read.index, case.extent(read.node)))
    for read in reads:
        for statement in block.statements[first : last + 1]:
            _refuse_closures(case, statement, case.text(read.node))
    return reads


def refuse_closures(case: Case, text: str) -> None:
    """See that no function inside this one reads what is written so: where its write moves, that one may see it.

    Raises:
        Declined: ``closure-reads`` if one does, wherever it is made: it may be called in between.
    """
    for statement in ast.iter_child_nodes(case.function.node):
        _refuse_closures(case, statement, text)


def _is_read(case: Case, event: int, location: Location) -> bool:
    found = case.function.events[event]
    if isinstance(found, Read):
        return case.resolver.place(found.place) == location
    return isinstance(found, Call) and case.resolver.value(event) == location


def _refuse_closures(case: Case, statement: ast.AST, text: str) -> None:
    for node in ast.walk(statement):
        if isinstance(node, _FUNCTIONS):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Name | ast.Attribute | ast.Subscript) and case.text(inner) == text:
                    raise Declined("closure-reads", f"a nested function reads `{text}`, and when it runs is not known")


def in_while_test(block: Block, read: StateRead) -> bool:
    """Tell whether a read stands in the condition of a ``while``: a local would never change there."""
    return any(
        isinstance(loop, ast.While) and any(inner is read.node for inner in ast.walk(loop.test))
        for loop in ast.walk(block.statements[read.index])
    )


def replaced(case: Case, block: Block, reads: list[StateRead], name: str) -> Iterator[ReplaceExpression]:
    """Give the edits that put a local in the place of reads."""
    for read in reads:
        path = _innermost(case, read.node, block.path(read.index))
        yield ReplaceExpression(path, case.extent(read.node), case.text(read.node), name)


def _innermost(case: Case, node: ast.expr, default: StatementPath) -> StatementPath:
    for event, found in enumerate(case.function.nodes):
        if found is node:
            return case.path(event)
    return default


def must_empty_in_place(case: Case) -> str | None:
    """Tell why a container must stay the same object: somebody holds it, or fills it across an await.

    Returns:
        The reason, or None if it can be rebound.
    """
    key = case.resolver.key_of(case.fact.access.location)
    for resolver in case.program.resolvers_knowing(key):
        for event in resolver.function.events:
            if isinstance(event, Write) and event.value is not None:
                value = resolver.function.events[event.value]
                stored = not (isinstance(event.place, NamePlace) and resolver.place(event.place) is None)
                if stored and isinstance(value, Read):
                    source = resolver.place(value.place)
                    if source is not None and resolver.key_of(source) == key:
                        return f"`{resolver.function.qualname}` stores it under another name"
            access = access_of(resolver, event) if isinstance(event, Call) else None
            if access is None or access.change is not Change.ADD or resolver.key_of(access.location) != key:
                continue
            assert isinstance(event, Call)
            between = resolver.function.events[event.function : event.id]
            if any(isinstance(inner, Suspend) for inner in between):
                return f"`{resolver.function.qualname}` fills it with what it awaits"
    return None
