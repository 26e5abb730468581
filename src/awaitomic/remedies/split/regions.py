"""Where a coroutine takes a lock: the ``async with`` statements, whether they are all it does, and how to drop one."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.location import Root
from awaitomic.model.plan import Edit, ReplaceExpression, UnwrapStatement
from awaitomic.model.position import Extent, StatementPath
from awaitomic.program import Program
from awaitomic.program.locks import Lock
from awaitomic.program.locks.acquisitions import own_acquisitions
from awaitomic.remedies.remedy import statement_at
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.region import has_docstring


@dataclass(frozen=True, slots=True)
class Taker:
    """A coroutine that takes a lock at an event; `lock` is in its own terms."""

    function: FunctionGraph
    event: int
    lock: Lock


@dataclass(frozen=True, slots=True)
class Region:
    """An ``async with`` that takes a lock, and which of the things that it enters the lock is."""

    path: StatementPath
    node: ast.AsyncWith
    index: int

    @property
    def is_alone(self) -> bool:
        """Whether nothing else is entered."""
        return len(self.node.items) == 1


def are_alike(one: Lock, other: Lock) -> bool:
    """Tell whether two functions can mean one lock, each in its own terms: variables as such, others by path."""
    left, right = one.location, other.location
    own = {Root.SELF, Root.CLASS, Root.PARAMETER}
    return left.steps == right.steps and (left == right or (left.root in own and right.root in own))


def lock_name(lock: Lock) -> str:
    """Give a lock as the functions of its class speak of it, without the receiver."""
    if lock.location.root in {Root.SELF, Root.CLASS} and lock.location.steps:
        return "".join(map(str, lock.location.steps)).removeprefix(".")
    return str(lock.location)


def regions_of(program: Program, taker: Taker) -> tuple[Region, ...]:
    """Give every ``async with`` in which a taker takes its lock, in the order of the text.

    Raises:
        Declined: ``explicit-acquire`` if it calls ``acquire``, ``split-partial-region`` if it binds a name.
    """
    resolver = program.resolver(taker.function)
    found: dict[StatementPath, Region] = {}
    for event in taker.function.events:
        own = own_acquisitions(program, resolver, event)
        if any(lock.location == taker.lock.location for lock in own):
            region = _region(program, taker.function, event.id)
            found[region.path] = region
    return tuple(sorted(found.values(), key=lambda region: (region.node.lineno, region.node.col_offset)))


def region_at(program: Program, taker: Taker) -> Region:
    """Give the ``async with`` in which a taker takes its lock at the event that it stands for."""
    return _region(program, taker.function, taker.event)


def _region(program: Program, function: FunctionGraph, event: int) -> Region:
    path = function.statements[event]
    node = statement_at(program.unit_of(function).module.tree, path)
    name = function.qualname
    if not isinstance(node, ast.AsyncWith):
        message = f"`{name}` takes the lock by a call on line {node.lineno}, not by `async with`"
        raise Declined("explicit-acquire", message)
    lock = function.nodes[event]
    index = next((index for index, item in enumerate(node.items) if item.context_expr is lock), None)
    if index is None or node.items[index].optional_vars is not None:
        raise Declined("split-partial-region", f"line {node.lineno} of `{name}` binds a name to the lock")
    return Region(path, node, index)


def is_whole_body(function: FunctionGraph, region: Region) -> bool:
    """Tell whether a region is all that a function does, but for its docstring."""
    body = function.node.body
    assert isinstance(body, list)
    index = region.path[-1].index
    top = len(region.path) == len(function.path) + 1
    return top and region.is_alone and index == len(body) - 1 == int(has_docstring(body) and len(body) > 1)


def dropped(program: Program, region: Region) -> Edit:
    """Give the edit after which a region does what it did without taking the lock; `program` is that of its file."""
    if region.is_alone:
        return UnwrapStatement(region.path)
    extents = [program.positions.extent(item.context_expr) for item in region.node.items]
    own = extents[region.index]
    if region.index + 1 < len(extents):
        behind = extents[region.index + 1]
        extent = Extent(own.line, own.column, behind.line, behind.column)
    else:
        before = region.node.items[region.index - 1]
        last = program.positions.extent(before.optional_vars or before.context_expr)
        extent = Extent(last.end_line, last.end_column, own.end_line, own.end_column)
    return ReplaceExpression(region.path, extent, program.positions.snippet(extent), "")
