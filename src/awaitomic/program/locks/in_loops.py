"""Locks that a loop takes one after the other, each with those before held: in the order in which a caller names them.

``for key in keys: await stack.enter_async_context(self.locks[key])`` hangs as soon as another task is given two of the
same keys the other way round. Where the keys are sorted, or always come in one order, nobody is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from awaitomic.flow.statements import statement_at
from awaitomic.model.event import Call, Suspend
from awaitomic.model.location import ItemStep
from awaitomic.program.locks.edges import Edge, acquired_again, call_sites
from awaitomic.program.locks.known import known_locks, suspension_of
from awaitomic.program.locks.pairs import puts_in_order
from awaitomic.program.locks.stacks import stack_of
from awaitomic.program.names import last_name, names_of
from awaitomic.program.operands import method_of

if TYPE_CHECKING:
    from awaitomic.model.position import StatementPath
    from awaitomic.program import Program
    from awaitomic.program.locks import Lock
    from awaitomic.program.resolve import Resolver

_COPIES = frozenset({"list", "tuple", "iter"})
"""Functions that give what they are given, in the same order."""


def loop_edges(program: Program, resolver: Resolver) -> Iterator[Edge]:
    """Give the locks that a function takes in loops over what it is given, each as held and taken at once."""
    function = resolver.function
    if not function.is_async or not any(isinstance(node, ast.For) for node in function.syntax):
        return
    for event in function.events:
        if not isinstance(event, Call):
            continue
        for lock in known_locks(program, resolver, event):
            found = _loop_around(resolver, event)
            if found is None:
                continue
            path, loop, given = found
            target = loop.target.id if isinstance(loop.target, ast.Name) else ""
            if (
                _is_for_each(lock, target)
                and _stays_held(program, resolver, event, path, loop, lock)
                and not puts_in_order(function, (given, given))
                and not _is_handed_in_order(program, resolver, given)
            ):
                yield from acquired_again(
                    program, resolver, event, lock, is_tight=_is_tight(program, resolver, event, path)
                )


def _loop_around(resolver: Resolver, event: Call) -> tuple[StatementPath, ast.For, str] | None:
    """Give the innermost loop around an event, and the parameter whose elements it goes through as they are given."""
    path = resolver.function.statements[event.id]
    for length in range(len(path) - 1, len(resolver.function.path), -1):
        node = statement_at(resolver.module.tree, path[:length])
        if isinstance(node, ast.For):
            given = _given(resolver, node.iter)
            return (path[:length], node, given) if given is not None else None
        if isinstance(node, ast.AsyncFor | ast.While):
            return None
    return None


def _given(resolver: Resolver, source: ast.expr) -> str | None:
    while isinstance(source, ast.Call) and last_name(source.func) in _COPIES and len(source.args) == 1:
        source = source.args[0]
    if not isinstance(source, ast.Name) or source.id not in resolver.function.parameters:
        return None
    return None if resolver.is_bound(source.id) else source.id


def _is_for_each(lock: Lock, target: str) -> bool:
    """Tell whether each step of a loop means another lock."""
    keys = [step.text for step in lock.location.steps if isinstance(step, ItemStep)]
    return bool(target) and any(target in names_of(key) for key in keys)


def _stays_held(
    program: Program, resolver: Resolver, event: Call, path: StatementPath, loop: ast.For, lock: Lock
) -> bool:
    """Tell whether the next step of a loop is taken with the lock held: it goes round, and gives nothing back."""
    if any(isinstance(node, ast.Break | ast.Return) for node in ast.walk(loop)):
        return False
    function = resolver.function
    inside = [each for each in function.events if function.statements[each.id][: len(path)] == path]
    for each in inside:
        given = program.free_locks.given_back(resolver, each)
        if any(location == lock.location for location in given):
            return False
    method = method_of(function, event)
    if method is None or method.attr == "acquire":
        return True
    stack = stack_of(resolver, method.base)
    return function.statements[stack][: len(path)] != path  # a stack of the step's own ends with the step


def _is_tight(program: Program, resolver: Resolver, event: Call, path: StatementPath) -> bool:
    """Tell whether a step of a loop waits for nothing but the lock."""
    function, own = resolver.function, suspension_of(resolver, event.id)
    inside = (each for each in function.events if function.statements[each.id][: len(path)] == path)
    waits = [each for each in inside if isinstance(each, Suspend) and each != own]
    return not any(program.may_suspend(resolver, each) for each in waits)


def _is_handed_in_order(program: Program, resolver: Resolver, given: str) -> bool:
    """Tell whether all calls that are seen sort what they hand over, or write it out in one order."""
    written: list[list[object]] = []
    sites = call_sites(program, resolver)
    for site in sites:
        operand = dict(site.target.arguments).get(given)
        node = site.resolver.function.nodes[site.resolver.origin(operand)] if operand is not None else None
        if isinstance(node, ast.Call) and last_name(node.func) == "sorted":
            continue
        if not isinstance(node, ast.List | ast.Tuple) or not all(isinstance(each, ast.Constant) for each in node.elts):
            return False
        written.append([each.value for each in node.elts if isinstance(each, ast.Constant)])
    return bool(sites) and not any(_cross(one, other) for one, other in combinations(written, 2))


def _cross(one: list[object], other: list[object]) -> bool:
    """Tell whether two lists have two things the other way round."""
    both = [each for each in one if each in other]
    return both != [each for each in other if each in one]
