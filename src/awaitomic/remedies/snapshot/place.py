"""Which expression of a loop's header becomes a copy: what reads the container itself, step by step, and nothing more.

``enumerate`` and its kin go on around the copy, so that what they do, and when, stays the same.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitomic.knowledge.containers import CONTAINERS, LAZY, LIVE_VIEWS
from awaitomic.model.event import Attribute, Call, Compute, Const, Merge, Operand, Read
from awaitomic.model.plan import ReplaceExpression
from awaitomic.model.position import Extent
from awaitomic.program.contents import Iteration
from awaitomic.program.names import dotted
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.names import is_shadowed

_PASSES_ON = frozenset({"reversed", "iter", "itertools.islice", "filter", "itertools.filterfalse"})
"""Of what takes from an iterable only as it is iterated over: what hands on the members themselves, of one iterable."""
_PLAIN = ast.Name | ast.Attribute | ast.Subscript | ast.Call


@dataclass(frozen=True, slots=True)
class Place:
    """What is to be copied, and what the loop takes out of the copy."""

    operand: Operand
    node: ast.expr
    container: ast.expr | None
    """The container as the header names it, or None where it is no plain part of the header."""
    member: ast.expr | None
    """The part of the loop's target that is bound to a member (of a mapping: to a key), or None if there is none."""
    shows_values: bool
    """Whether values of a mapping are copied, which may be replaced while their keys stay."""


def place_of(case: Case, loop: Iteration, target: ast.expr) -> Place:
    """Find the expression to be copied.

    Raises:
        Declined: ``held-iterator`` if the iterator was made before the loop, ``snapshot-shape`` if no expression of the
            header stands for the container and nothing else.
    """
    iterator = case.function.events[loop.iterator]
    assert isinstance(iterator, Compute)
    node = case.node(loop.iterator)
    found = next(_places(case, loop, iterator.operands[0], node, target), None)
    if found is None:
        raise _no_place(case)
    return found


def copied(case: Case, place: Place) -> list[ReplaceExpression]:
    """Give the edits that put a copy in the place of what is iterated over; what stands in several lines stays."""
    node, path = place.node, case.path(place.operand)
    before, after = "list(", ")"
    if is_shadowed(case, "list"):
        before, after = ("[*", "]") if isinstance(node, _PLAIN) else ("[*(", ")]")
    extent, text = case.extent(node), case.text(node)
    if extent.line == extent.end_line:
        return [ReplaceExpression(path, extent, text, f"{before}{text}{after}")]
    start = Extent(extent.line, extent.column, extent.line, extent.column)
    end = Extent(extent.end_line, extent.end_column, extent.end_line, extent.end_column)
    return [ReplaceExpression(path, start, "", before), ReplaceExpression(path, end, "", after)]


def _places(case: Case, loop: Iteration, operand: Operand, node: ast.AST, target: ast.expr | None) -> Iterator[Place]:
    """Give the places in an operand of the header; `node` is the syntax that has to be behind it."""
    resolver = case.resolver
    event = case.function.events[operand]
    if isinstance(event, Compute) and event.operator == "generator" and isinstance(node, ast.GeneratorExp):
        first = node.generators[0].iter
        for each in case.function.events:
            if isinstance(each, Compute) and each.operator == "iter" and case.node(each.id) is first:
                yield from _places(case, loop, each.operands[0], first, None)
    elif not isinstance(node, ast.expr) or case.node(operand) is not node:
        return
    elif isinstance(event, Merge):
        if any(_leads_there(case, loop, each) for each in event.operands):
            yield _one_of_several(case, loop, operand, event, node)
    elif _is_lazy(case, resolver.origin(operand)) and resolver.origin(operand) != operand:
        if loop.read in _below(case, resolver.origin(operand)):
            held = f"`{case.text(node)}` was made before the loop, and something may have been taken from it already"
            raise Declined("held-iterator", held)
    elif resolver.value(operand) == loop.location:
        yield Place(operand, node, None if isinstance(node, ast.Call) else node, target, shows_values=False)
    elif (view := _view_of(case, loop, resolver.origin(operand))) is not None:
        base = node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None
        member = {"keys": target, "items": _part(target, 0), "values": None}[view]
        yield Place(operand, node, base, member, shows_values=view != "keys")
    elif isinstance(event, Call) and isinstance(node, ast.Call):
        yield from _in_call(case, loop, event, node, target)


def _in_call(case: Case, loop: Iteration, call: Call, node: ast.Call, target: ast.expr | None) -> Iterator[Place]:
    name = dotted(case.node(call.function), case.resolver.module.imports)
    for index, argument in enumerate(node.args):
        if name not in LAZY or index < LAZY[name] or isinstance(argument, ast.Starred):
            continue
        inner: ast.expr | None = None
        if name in {"enumerate", "zip"}:
            inner = _part(target, 1 if name == "enumerate" else index)
        elif name in _PASSES_ON:
            inner = target
        yield from _places(case, loop, call.arguments[index], argument, inner)


def _part(target: ast.expr | None, index: int) -> ast.expr | None:
    """Give one of the targets that a pair is taken apart into."""
    if not isinstance(target, ast.Tuple | ast.List) or any(isinstance(one, ast.Starred) for one in target.elts):
        return None
    return target.elts[index] if index < len(target.elts) else None


def _one_of_several(case: Case, loop: Iteration, operand: Operand, event: Merge, node: ast.expr) -> Place:
    """Give the place for ``self.guests or []``: the whole of it, if all that it may be can be copied."""
    for each in event.operands:
        other = case.function.events[case.resolver.origin(each)]
        location = case.resolver.value(each)
        known = location is not None and (case.resolver.type_of(location).name in CONTAINERS)
        made = isinstance(other, Const) or (
            isinstance(other, Compute) and other.operator in {"tuple", "list", "dict", "set"}
        )
        if not (known or made or _leads_there(case, loop, each)):
            raise _no_place(case)
    shows_values = any(
        _view_of(case, loop, case.resolver.origin(each)) in {"items", "values"} for each in event.operands
    )
    return Place(operand, node, None, None, shows_values)


def _leads_there(case: Case, loop: Iteration, operand: Operand) -> bool:
    return (
        case.resolver.value(operand) == loop.location or _view_of(case, loop, case.resolver.origin(operand)) is not None
    )


def _view_of(case: Case, loop: Iteration, operand: Operand) -> str | None:
    """Give which view of the container an event makes, if it makes one."""
    event = case.function.events[operand]
    callee = case.function.events[event.function] if isinstance(event, Call) and not event.arguments else None
    if isinstance(callee, Read) and isinstance(callee.place, Attribute) and callee.place.attr in LIVE_VIEWS:
        return callee.place.attr if case.resolver.value(callee.place.base) == loop.location else None
    return None


def _is_lazy(case: Case, operand: Operand) -> bool:
    """Tell whether an event makes an iterator, which can be gone through only once."""
    event = case.function.events[operand]
    if isinstance(event, Merge):
        return any(_is_lazy(case, case.resolver.origin(each)) for each in event.operands)
    if isinstance(event, Call):
        return dotted(case.node(event.function), case.resolver.module.imports) in LAZY
    return isinstance(event, Compute) and event.operator == "generator"


def _below(case: Case, operand: Operand) -> set[Operand]:
    """Give the events of the syntax behind an event."""
    inside = {id(node) for node in ast.walk(case.node(operand))}
    return {event for event, node in enumerate(case.function.nodes) if id(node) in inside}


def _no_place(case: Case) -> Declined:
    return Declined("snapshot-shape", f"no expression in the loop's header stands for `{case.finding.state}` alone")
