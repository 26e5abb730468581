"""What a piece tells: one of a returned tuple (``balance, name = self.account()``), one of a table or an object.

Who goes on with the name alone has read no balance; and who reads ``self.stats["holds"]`` knows nothing of what else is
in ``self.stats``.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from awaitomic.model.event import Attribute, Call, Compute, Item, Return
from awaitomic.model.location import Location
from awaitomic.program.calls import targets_of, translate
from awaitomic.program.state import NOTHING, State, Tokens

if TYPE_CHECKING:
    from awaitomic.flow.solver import Solution
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver

Pieces = tuple[frozenset[Location], ...]


def pieces_returned(resolver: Resolver, solution: Solution[State]) -> Pieces:
    """Give the state that each piece of a result is built from, if a function returns tuples of one length only."""
    found: list[list[frozenset[Location]]] = []
    for event in resolver.function.events:
        if not isinstance(event, Return):
            continue
        made = resolver.function.events[resolver.origin(event.value)] if event.value is not None else None
        if not isinstance(made, Compute) or made.operator != "tuple" or _has_starred(resolver, made):
            return ()
        state = solution.before_event(made.id)
        if state is not None:
            told = (state.values.get(operand, NOTHING) for operand in made.operands)
            found.append([frozenset(token.location for token in tokens) for tokens in told])
    if not found or len({len(each) for each in found}) != 1:
        return ()
    return tuple(frozenset().union(*column) for column in zip(*found, strict=True))


def of_part(resolver: Resolver, place: Attribute | Item, tokens: Tokens) -> Tokens:
    """Let what was read of a table or object tell only which one it is, where but a part of it is read."""
    whole = resolver.value(place.base)
    return frozenset(token._replace(contents=False) if token.location == whole else token for token in tokens)


def _has_starred(resolver: Resolver, made: Compute) -> bool:
    parts = (resolver.function.events[operand] for operand in made.operands)
    return any(isinstance(part, Compute) and part.operator == "starred" for part in parts)


def _is_like(other: Compute, event: Compute) -> bool:
    return other.operator == event.operator and other.operands == event.operands


def of_piece(program: Program, resolver: Resolver, event: Compute, tokens: Tokens) -> Tokens:
    """Leave out what only other pieces of a tuple tell, where one is taken out of what a function returns."""
    if event.operator != "unpack" or not tokens or len(event.operands) != 1:
        return tokens
    events = resolver.function.events
    call = events[resolver.origin(event.operands[0])]
    if isinstance(call, Compute) and call.operator == "awaited":
        call = events[resolver.origin(call.operands[0])]
    targets = targets_of(resolver, call) if isinstance(call, Call) else ()
    if len(targets) != 1:
        return tokens
    pieces = program.summary(targets[0].function).pieces
    group = [each.id for each in events if isinstance(each, Compute) and _is_like(each, event)]
    if len(group) != len(pieces) or any(isinstance(resolver.function.nodes[each], ast.Starred) for each in group):
        return tokens
    own = pieces[group.index(event.id)]
    others = {translate(resolver, targets[0], each) for piece in pieces for each in piece - own}
    kept = {translate(resolver, targets[0], each) for each in own}
    return frozenset(token for token in tokens if token.location in kept or token.location not in others)
