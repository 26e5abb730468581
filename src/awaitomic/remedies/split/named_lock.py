"""A local that only stands for the lock: ``lock = self._lock``, ``async with lock:``. A variant has no use for it."""

from __future__ import annotations

import ast
from typing import NamedTuple

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.position import BlockStep, StatementPath
from awaitomic.program.names import dotted
from awaitomic.remedies.split.forms import node_of
from awaitomic.remedies.split.regions import Region


class NamedLock(NamedTuple):
    """The statement that gives a lock its name in a function, and how the lock is said there."""

    path: StatementPath
    said: ast.expr


def named_lock(function: FunctionGraph, regions: tuple[Region, ...]) -> NamedLock | None:
    """Give the statement right above the one region of a function that names its lock, if it is there for nothing else.

    It has to stand at the top, and to give the name a path of attributes of the object.
    """
    region, depth = regions[0], len(function.path)
    header = region.node.items[region.index].context_expr
    index = region.path[depth].index - 1
    if len(regions) > 1 or len(region.path) != depth + 1 or index < 0 or not isinstance(header, ast.Name):
        return None
    statement = node_of(function).body[index]
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if len(targets) != 1 or not isinstance(statement, ast.Assign):
        return None
    said = dotted(statement.value, {})
    uses = [node for node in ast.walk(function.node) if isinstance(node, ast.Name) and node.id == header.id]
    of_object = said is not None and "." in said and said.partition(".")[0] in function.parameters[:1]
    if not of_object or any(use is not targets[0] and use is not header for use in uses) or len(uses) != _BOTH:
        return None
    return NamedLock((*function.path, BlockStep("body", index)), statement.value)


_BOTH = 2
