"""Tests whose outcome is settled before they are made, so that they do not decide anew what a callee does each time.

A caller has just made the same test, and nobody ran since: ``if key not in self._rows: row = await self._load(key)``,
and `_load` begins with ``if key in self._rows: return …``. On this way it never returns there.

Or the test asks what the call was given, or how the object was made: ``if not data: return``, or
``if self._on_close is not None: await self._on_close()``. One call always waits there and another one never, and it is
the first that matters.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from awaitomic.model.event import Call, Compute, Const, Guard, Name, Operand, Place, Read, Scope
from awaitomic.model.location import AttributeStep, Location, Root
from awaitomic.program.calls import translate
from awaitomic.program.conditions import parts_of
from awaitomic.program.state import Tokens

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver
    from awaitomic.program.target import Target

Known = Callable[[Location], bool | None]
"""Tells of state whether it is known to be there (true, not None, a key of its container) or not to be."""


def seen_from(resolver: Resolver, target: Target, known: Known) -> Known:
    """Give what a function that is called knows by what its caller knows."""

    def inside(location: Location) -> bool | None:
        mine = translate(resolver, target, location)
        return None if mine is None else known(mine)

    return inside


def known_at(program: Program, resolver: Resolver, event: int) -> dict[Location, bool]:
    """Give the state of which the tests that led to an event tell, with no suspension since, if it is there."""
    state = program.facts(resolver).solution.before_event(event)
    parts = parts_of(resolver.function)
    found: dict[Location, bool] = {}
    for guard in state.guards if state is not None else ():
        part = parts.get(guard.guard)
        test = part.test if part is not None else resolver.function.nodes[guard.guard]
        found.update(said(test, guard.tokens, holds=guard.holds))
    return found


def never_taken(program: Program, resolver: Resolver, known: Known) -> frozenset[tuple[int, int]]:
    """Give the ways between blocks of a function that are not taken, since what their test asks is known already."""
    solution = program.facts(resolver).solution
    found: set[tuple[int, int]] = set()
    for block in resolver.function.blocks:
        guard = block.events[-1] if block.events else None
        if not isinstance(guard, Guard) or (state := solution.before_event(guard.id)) is None:
            continue
        tokens = state.values.get(guard.test, frozenset())
        for location, there in said(resolver.function.nodes[guard.id], tokens, holds=True):
            if (fact := known(location)) is not None:
                found.add((block.index, block.successors[0 if there is not fact else 1]))
    return frozenset(found)


def given_tests(program: Program, resolver: Resolver) -> frozenset[int]:
    """Give the blocks of a function that end with a test of nothing that changes from one call to the next by itself.

    Such a test asks what the call was given (arguments, and what is made of them), or how the object was made: only
    attributes of its own object are meant, and variables of the module. What is inside another object, a connection
    that was lost, is its own affair.
    """
    solution = program.facts(resolver).solution
    found: set[int] = set()
    for block in resolver.function.blocks:
        guard = block.events[-1] if block.events else None
        if not isinstance(guard, Guard) or guard.kind in _NO_CHOICE:
            continue
        state = solution.before_event(guard.id)
        told = state.values.get(guard.test) if state is not None else None
        if not told and all(_is_given(program, resolver, place) for place in _asked_by(resolver, guard.test)):
            found.add(block.index)
    return frozenset(found)


def _asked_by(resolver: Resolver, operand: Operand) -> Iterator[Place | None]:
    """Give the places of which a test asks; None where it asks something else, by a method of some object."""
    event = resolver.function.events[operand]
    if isinstance(event, Compute):
        for each in event.operands:
            yield from _asked_by(resolver, each)
    elif isinstance(event, Call):
        callee = resolver.function.events[event.function]
        plain = isinstance(callee, Read) and isinstance(callee.place, Name)
        for each in event.arguments if plain else ():
            yield from _asked_by(resolver, each)
        if not plain:
            yield None
    elif not isinstance(event, Const):
        yield event.place if isinstance(event, Read) else None


_NO_CHOICE = frozenset({"for", "while", "except", "match"})


def _is_given(program: Program, resolver: Resolver, place: Place | None) -> bool:
    if isinstance(place, Name) and place.scope in {Scope.LOCAL, Scope.PARAMETER}:
        return place.name in resolver.function.parameters or place.name not in resolver.captured
    location = resolver.variable(place) if isinstance(place, Name) else resolver.place(place) if place else None
    if location is None or len(location.steps) != (0 if location.root is Root.GLOBAL else 1):
        return False
    own = location.root is Root.GLOBAL or (location.root is Root.SELF and isinstance(location.steps[0], AttributeStep))
    return own and not program.changes(resolver, location) and program.property_at(resolver, location) is None


def said(test: ast.AST, tokens: Tokens, *, holds: bool) -> Iterator[tuple[Location, bool]]:
    """Give what an outcome of a test says of the state that it has read: in a simple test, of all of it."""
    asked = dict(_asked(test, holds=holds))
    fresh = {token.location for token in tokens if not token.is_stale and not token.answered}
    named = {location for location in fresh if str(location) in asked}
    if named:
        yield from ((location, asked[str(location)]) for location in named)
    elif len(asked) == 1:
        yield from ((location, there) for location in fresh for there in asked.values())


def _asked(test: ast.AST, *, holds: bool) -> Iterator[tuple[str, bool]]:
    """Give the places that a test asks for, as text, and whether they are there with this outcome."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from _asked(test.operand, holds=not holds)
    elif isinstance(test, ast.BoolOp) and holds is isinstance(test.op, ast.And):
        for part in test.values:
            yield from _asked(part, holds=holds)
    elif isinstance(test, ast.NamedExpr):
        yield from _asked(test.value, holds=holds)
    elif isinstance(test, ast.Compare) and len(test.ops) == 1:
        operator, left, right = test.ops[0], ast.unparse(test.left), test.comparators[0]
        if isinstance(operator, ast.Is | ast.IsNot) and isinstance(right, ast.Constant) and right.value is None:
            yield left, holds is isinstance(operator, ast.IsNot)
        elif isinstance(operator, ast.In | ast.NotIn):
            yield f"{ast.unparse(right)}[{left}]", holds is isinstance(operator, ast.In)
    elif isinstance(test, ast.Name | ast.Attribute | ast.Subscript | ast.Call):
        yield ast.unparse(test), holds
