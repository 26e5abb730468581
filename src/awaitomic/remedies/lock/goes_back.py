"""What a write goes back to, and which functions look at other state beside it: both belong under one lock with it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.model.event import Name, Read, Write
from awaitomic.model.location import Location
from awaitomic.program.accesses import FORGETS, Change
from awaitomic.program.facts import WriteFact
from awaitomic.program.resolve import Resolver
from awaitomic.program.state import State, Token


def tokens_of(fact: WriteFact, *, uses: bool = True) -> Iterator[Token]:
    """Give the reads of the written state that a write goes back to: its value, its tests, what it forgets."""
    yield from (token for token in fact.value if fact.about(token))
    for guard in fact.state.guards:
        yield from (token for token in guard.tokens if fact.about(token))
    if uses and (fact.access.change in FORGETS or fact.access.change is Change.AUGMENTED):
        yield from (
            use.token for use in fact.state.uses if not use.claim and use.token.location == fact.access.location
        )


def looks_at(resolver: Resolver, key: Location, state: frozenset[Location]) -> bool:
    """Tell whether a function reads `key` (other than to update it in place) and touches `state`, too."""
    function = resolver.function
    looks = touches = False
    for event in function.events:
        if isinstance(event, Read | Write) and (found := resolver.place(event.place)) is not None:
            name = resolver.key_of(found)
            touches = touches or name in state
            in_place = isinstance(getattr(function.nodes[event.id], "ctx", None), ast.Store)
            looks = looks or (isinstance(event, Read) and name == key and not in_place)
            if looks and touches:
                return True
    return False


def taken_before(resolver: Resolver, state: State, start: int, keys: frozenset[Location]) -> list[int]:
    """Give the reads right before an event that have taken something of the state which is used behind it.

    ``number = self.next`` in front of ``self.next += 1``: with a wait in between, two would take the same number.
    """
    events = resolver.function.events
    later = {each.place.name for each in events[start:] if isinstance(each, Read) and isinstance(each.place, Name)}
    return [
        token.read
        for name, tokens in state.values.items()
        if isinstance(name, str) and name in later
        for token in sorted(tokens, key=lambda token: token.read)
        if not token.is_stale and not token.locks and token.read < start and resolver.key_of(token.location) in keys
    ]
