"""What a write goes back to, and which functions look at other state beside it: both belong under one lock with it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.flow.reach import reach_after
from awaitomic.model.event import Name, Read, Suspend, Write
from awaitomic.model.location import Location
from awaitomic.program import Program
from awaitomic.program.accesses import CONTENTS, FORGETS, Change
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


def read_at_once(program: Program, resolver: Resolver, fact: WriteFact, start: int) -> set[int]:
    """Give the reads in front of an event that stand in one step with a write, and of the state that it changes.

    A wait for a lock at `start` would come between ``number = self.next`` and ``self.next += 1``, whatever was done
    with the number by then.
    """
    events, location = resolver.function.events, fact.access.location
    taken = (token for name, tokens in fact.state.values.items() if isinstance(name, str) for token in tokens)
    found = {t.read for t in taken if t.read < start and not t.is_stale and not t.locks and fact.about(t)}
    if fact.access.change in CONTENTS or fact.state.locks_for(location):
        return found
    reads = [each.id for each in events[:start] if isinstance(each, Read) and resolver.place(each.place) == location]
    if reads:
        stops = [each.id for each in events if isinstance(each, Suspend) and program.may_suspend(resolver, each)]
        graph = resolver.function
        found.update(r for r in reads if fact.event in reach_after(graph, r, stops=stops, raises=False).events)
    return found
