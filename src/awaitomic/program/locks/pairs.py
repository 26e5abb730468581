"""Two locks of one kind, on two objects: whether others may take the same two the other way round.

``async with src.lock, dst.lock`` in a transfer hangs as soon as somebody transfers back. Where the two are put in order
first, or stand in an order by what they are (a node and its child), nobody does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitomic.knowledge.locks import sounds_ranked
from awaitomic.model.finding import Confidence
from awaitomic.model.location import AttributeStep, ItemStep, Location, Root
from awaitomic.program.locks.edges import Edge, call_sites
from awaitomic.program.names import names_of

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph
    from awaitomic.program import Program
    from awaitomic.program.module_calls import Site, Spawn
    from awaitomic.program.resolve import Resolver

_ORDERS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_SORTS = frozenset({"sorted", "min", "max", "sort"})


def interchangeable(program: Program, edge: Edge) -> Confidence | None:
    """Say how sure it can be at most that two runs take a pair of one kind crosswise; None if they do not.

    Parameters: `edge` has two locks that the program knows under one name.
    """
    names = _swappable(edge)
    if names is None or puts_in_order(edge.within.function, names):
        return None
    ranked = any(sounds_ranked(name) for name in names)
    at_most = Confidence.POSSIBLE if ranked else Confidence.LIKELY
    if Root.PARAMETER in {edge.held.location.root, edge.taken.location.root}:
        return _as_called(program, edge, at_most)
    return at_most


def _base(location: Location) -> Location:
    """Give the object that a lock belongs to, or the lock itself where it is an entry or a variable."""
    last = location.steps[-1] if location.steps else None
    return location.parent or location if isinstance(last, AttributeStep) else location


def _swappable(edge: Edge) -> tuple[str, str] | None:
    """Give the words by which two objects are told apart if each could stand in the place of the other."""
    left, right = _base(edge.held.location), _base(edge.taken.location)
    whole = {Root.PARAMETER, Root.SELF}
    if left.root in whole and right.root in whole and not left.steps and not right.steps:
        return (left.name, right.name) if left.name != right.name else None
    if (left.root, left.owner, left.name, len(left.steps)) != (right.root, right.owner, right.name, len(right.steps)):
        return None
    differing = [(a, b) for a, b in zip(left.steps, right.steps, strict=True) if a != b]
    if len(differing) != 1:
        return None
    one, other = differing[0]
    if not isinstance(one, ItemStep) or not isinstance(other, ItemStep) or "*" in {one.text, other.text}:
        return None
    return _free_keys(edge.within, one, other)


def _free_keys(resolver: Resolver, one: ItemStep, other: ItemStep) -> tuple[str, str] | None:
    """Give the two keys if any two could be meant: names that are given, or the neighbours in a ring."""
    if one.is_literal or other.is_literal:
        return None
    mine, theirs = names_of(one.text), names_of(other.text)
    if mine & theirs:
        in_ring = "%" in one.text or "%" in other.text
        same_object = one.text.partition(".")[0] == other.text.partition(".")[0] and "." in one.text
        return (one.text, other.text) if in_ring or (same_object and "." in other.text) else None
    return (one.text, other.text) if all(_is_given(resolver, name) for name in mine | theirs) else None


def _is_given(resolver: Resolver, name: str) -> bool:
    """Tell whether a name is a parameter, or plainly a part of one: what a call gives may have been put in order."""
    if name in resolver.function.parameters:
        return not resolver.is_bound(name)
    value = resolver.binding(name)
    node = resolver.function.nodes[value] if value is not None else None
    return isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Constant)


def puts_in_order(function: FunctionGraph, names: tuple[str, str]) -> bool:
    """Tell whether a function compares or sorts two things, by whatever key: then it takes them in one order."""
    words = [names_of(name) for name in names]
    return any(all(each & said for each in words) for said in _compared(function.node))


def _compared(node: ast.AST) -> Iterator[set[str]]:
    """Give the names that stand in a comparison by size, or that are sorted or come out of that."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Compare) and any(isinstance(each, _ORDERS) for each in inner.ops):
            yield _names_in(inner)
        elif isinstance(inner, ast.Assign | ast.For | ast.AsyncFor | ast.Call | ast.withitem):
            calls = (each for each in ast.walk(inner) if isinstance(each, ast.Call))
            if any(_called(each) in _SORTS for each in calls):
                yield _names_in(inner)


def _called(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _names_in(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


# -- what the callers hand over ---------------------------------------------------------------------------------------


def _as_called(program: Program, edge: Edge, at_most: Confidence) -> Confidence | None:
    """Weigh what the calls in the project show: both orders, one order only, or nothing."""
    sites = call_sites(program, edge.holder)
    pairs = [_handed(edge, site.resolver, site.target.receiver, dict(site.target.arguments)) for site in sites]
    fixed = {pair for pair in pairs if pair is not None}
    both = any((right, left) in fixed for left, right in fixed)
    if both and any(site.resolver.function.is_async and _makes(site, edge) for site in sites):
        return Confidence.CERTAIN
    private = program.callers.only_awaited_here(edge.holder.function) is not None
    if pairs and len(fixed) == len(pairs):
        return None if private or both else Confidence.POSSIBLE  # both orders of the same two are a circle of their own
    return at_most


def _makes(site: Site | Spawn, edge: Edge) -> bool:
    """Tell whether a caller has made one of the objects itself, so that it has no name beyond this call."""
    operands = dict(site.target.arguments)
    names = {edge.held.location.name, edge.taken.location.name}
    found = (site.resolver.value(operands[name]) for name in names if name in operands)
    return any(location is not None and location.root is Root.FRESH for location in found)


def _handed(
    edge: Edge, caller: Resolver, receiver: Location | None, arguments: dict[str, int]
) -> tuple[str, str] | None:
    """Give the two objects that a call is about if it always means the same two, or puts them in order itself."""
    found = []
    for location in (edge.held.location, edge.taken.location):
        operand = arguments.get(location.name)
        value = receiver if location.root is Root.SELF else caller.value(operand) if operand is not None else None
        text = ast.unparse(caller.function.nodes[operand]) if operand is not None else str(receiver)
        found.append((value, text))
    (left, one), (right, other) = found
    if puts_in_order(caller.function, (one, other)):
        return ("first", "second")
    if left is None or right is None:
        return None
    same = _same_each_time(caller, left), _same_each_time(caller, right)
    return (same[0], same[1]) if same[0] is not None and same[1] is not None else None


def _same_each_time(resolver: Resolver, location: Location) -> str | None:
    """Give a path by what it means to the program; None if it can mean another object each time."""
    if any(isinstance(step, ItemStep) and not step.is_literal for step in location.steps):
        return None
    if location.root in {Root.SELF, Root.PARAMETER}:
        place = _in_class(resolver, location)
        return str((place.owner, place.steps)) if place is not None else None
    return str((location.owner, location.name, location.steps))


def fixed_places(edge: Edge) -> tuple[Location, Location] | None:
    """Give two locks of one kind as what they are in their common owner, if these are always the same two."""
    places = [_place(edge.within, lock.location) for lock in (edge.held, edge.taken)]
    one, other = places
    return (one, other) if one is not None and other is not None and one != other else None


def _place(resolver: Resolver, location: Location) -> Location | None:
    if any(isinstance(step, ItemStep) and not step.is_literal for step in location.steps):
        return None
    if location.root is Root.GLOBAL:
        return location
    return _in_class(resolver, location) if len(location.steps) > 1 else None


def _in_class(resolver: Resolver, location: Location) -> Location | None:
    """Give a path below an object of a class as its methods would name it."""
    first = location.steps[0] if location.steps else None
    whole = Location(location.root, location.owner, location.name)
    kind, _, owner = (resolver.type_of(whole).name or "").partition(":")
    if kind != "class" or location.root not in {Root.SELF, Root.PARAMETER} or not isinstance(first, AttributeStep):
        return None
    return Location(Root.SELF, resolver.module.link.declaring(owner, first.name), "self", location.steps)
