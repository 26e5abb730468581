"""How many a semaphore lets in whose size is a parameter: by what it is given, or by its default.

``def __init__(self, limit=10): self._permits = Semaphore(limit)`` lets in ten unless somebody says otherwise. The calls
that the project makes say what is given; where one of them cannot be read, or none is seen, the default speaks, and
less surely. Where one of them gives one, or the default does, it may be meant as a lock, and counts as one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from awaitomic.knowledge.locks import LOCK_TYPES, Exclusion
from awaitomic.model.event import Call
from awaitomic.model.finding import Confidence
from awaitomic.model.location import AttributeStep, Location, Root
from awaitomic.program.calls import targets_of
from awaitomic.program.names import dotted

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver


class Size(NamedTuple):
    """How many hold a semaphore at once."""

    most: int
    parameter: str
    sure: Confidence
    """How sure that several do."""


class _Parameter(NamedTuple):
    """The parameter that says how many."""

    name: str
    position: int | None
    """Which positional argument it is, without the instance; None if it is given by name only."""
    default: int | None


def size_by_parameter(program: Program, resolver: Resolver, lock: Location) -> Size | None:
    """Give how many a semaphore lets in whose size is a parameter of what makes it; None if it may be one."""
    key = resolver.key_of(lock)
    maker = _maker(program, key)
    if maker is None:
        return None
    method, given = maker
    parameter = _parameter(program.resolver(method), given)
    if parameter is None:
        return None
    return _weigh(parameter, _sizes(program, key, method, parameter))


def _weigh(parameter: _Parameter, sizes: list[int | None]) -> Size | None:
    """Weigh what the calls give (None for what cannot be read) against the default."""
    if any(size is not None and size < 2 for size in sizes):
        return None
    known = [size for size in sizes if size is not None]
    if known and len(known) == len(sizes):
        return Size(max(known), parameter.name, Confidence.CERTAIN)
    if parameter.default is None or parameter.default < 2:
        return None
    return Size(parameter.default, parameter.name, Confidence.LIKELY)


# -- where the semaphore is made ---------------------------------------------------------------------------------------


def _maker(program: Program, key: Location) -> tuple[FunctionGraph, ast.expr] | None:
    """Give the function that makes a semaphore, and what it gives as the size, if there is only one such place."""
    step = key.steps[0] if len(key.steps) == 1 else None
    found: list[tuple[FunctionGraph, ast.expr | None]] = []
    if key.root is Root.SELF and isinstance(step, AttributeStep):
        link = program.project.link
        for facts in {each.id: each for each in (*link.lineage(key.owner), *link.descendants(key.owner))}.values():
            for method in facts.methods.values():
                found += [(method, _size_given(program, method, value)) for value in _stored(method, step.name)]
    elif key.root is Root.CLOSURE and not key.steps:
        function = program.named(key.owner).function
        found += [(function, _size_given(program, function, value)) for value in _bound(function, key.name)]
    if len(found) != 1:
        return None
    method, given = found[0]
    if given is None or (key.root is Root.SELF and getattr(method.node, "name", "") != "__init__"):
        return None
    return method, given


def _stored(method: FunctionGraph, name: str) -> Iterator[ast.expr | None]:
    """Give what a method stores in an attribute of its instance."""
    first = method.parameters[0] if method.parameters else ""
    for target, value in _assignments(method):
        own = isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == first
        if own and isinstance(target, ast.Attribute) and target.attr == name:
            yield value


def _bound(function: FunctionGraph, name: str) -> Iterator[ast.expr | None]:
    for target, value in _assignments(function):
        if isinstance(target, ast.Name) and target.id == name:
            yield value


def _assignments(function: FunctionGraph) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    for node in function.syntax:
        if isinstance(node, ast.Assign):
            yield from ((target, node.value) for target in node.targets)
        elif isinstance(node, ast.AnnAssign | ast.AugAssign):
            yield node.target, node.value


def _size_given(program: Program, method: FunctionGraph, value: ast.expr | None) -> ast.expr | None:
    """Give the size that a semaphore is made with; one that is kept in an attribute first is what was stored there."""
    imports = program.resolver(method).module.imports
    known = LOCK_TYPES.get(dotted(value.func, imports) or "") if isinstance(value, ast.Call) else None
    if known is None or known.exclusion is not Exclusion.COUNTING or not isinstance(value, ast.Call):
        return None
    given = [*value.args, *(keyword.value for keyword in value.keywords if keyword.arg is not None)]
    if len(given) != 1:
        return None
    kept = given[0]
    if isinstance(kept, ast.Attribute):
        stored = list(_stored(method, kept.attr))
        return stored[0] if len(stored) == 1 else None
    return kept


def _parameter(resolver: Resolver, given: ast.expr) -> _Parameter | None:
    """Give the parameter that a size is, if it is never bound to anything else."""
    node = resolver.function.node
    if not isinstance(given, ast.Name) or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    if resolver.is_bound(given.id):
        return None
    positional = [*node.args.posonlyargs, *node.args.args]
    defaults: list[ast.expr | None] = [*[None] * (len(positional) - len(node.args.defaults)), *node.args.defaults]
    methods = resolver.function.class_id is not None
    for index, (argument, default) in enumerate(zip(positional, defaults, strict=True)):
        if argument.arg == given.id:
            return _Parameter(given.id, index - methods, _number(resolver, default))
    for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        if argument.arg == given.id:
            return _Parameter(given.id, None, _number(resolver, default))
    return None


def _number(resolver: Resolver, node: ast.AST | None) -> int | None:
    return resolver.module.types.number(node)


# -- what it is given --------------------------------------------------------------------------------------------------


def _sizes(program: Program, key: Location, method: FunctionGraph, parameter: _Parameter) -> list[int | None]:
    """Give what each call by which a semaphore is made says of its size; None for one that cannot be read."""
    if key.root is Root.CLOSURE:
        callers = [site.resolver for site in program.callers.sites(method)]
        callers += [spawn.resolver for spawn in program.callers.spawns(method)]
        return [_size_in(resolver, _call_of(resolver, method), parameter) for resolver in callers]
    link = program.project.link
    owner = method.class_id or ""
    overridden = any("__init__" in facts.methods for facts in link.descendants(owner))
    made = program.makers.constructions(owner) or []
    return [None if overridden else _size_in(resolver, call, parameter) for resolver, call in made]


def _call_of(resolver: Resolver, function: FunctionGraph) -> Call | None:
    """Give the call of a function in another one, if there is only one."""
    calls = (event for event in resolver.function.events if isinstance(event, Call))
    found = [each for each in calls if any(target.function is function for target in targets_of(resolver, each))]
    return found[0] if len(found) == 1 else None


def _size_in(resolver: Resolver, call: Call | None, parameter: _Parameter) -> int | None:
    """Give the size that a call gives, or leaves to the default; None if it cannot be read."""
    if call is None:
        return None
    nodes = resolver.function.nodes
    if any(isinstance(nodes[each], ast.Starred) for each in call.arguments):
        return None
    for name, value in call.keywords:
        if name is None:
            return None
        if name == parameter.name:
            return _number(resolver, nodes[resolver.origin(value)])
    if parameter.position is not None and parameter.position < len(call.arguments):
        return _number(resolver, nodes[resolver.origin(call.arguments[parameter.position])])
    return parameter.default
