"""What a test tells: which reads govern what follows on each of its ways out.

A test is made of the reads in its condition; of a compound one, of those of every part. ``except KeyError`` tests what
was looked up, and ``if not waiters`` asks a container anew, however long ago its local was bound.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from collections.abc import Set as AbstractSet

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.containers import ANY_MUTATOR
from awaitomic.model.event import Attribute, Compute, Guard, Item, Merge, Name, Read, Scope, Suspend
from awaitomic.model.location import Location
from awaitomic.program.conditions import guarded_bodies, names_attribute_error, names_lookup_error, parts_of
from awaitomic.program.resolve import Resolver
from awaitomic.program.state import NOTHING, ActiveGuard, State, Token, Tokens
from awaitomic.program.types import is_container

_LOOPS = frozenset({"for", "while"})

TokenMaker = Callable[[int, Location, State], Token | None]


class Tests:
    """The tests of one function."""

    def __init__(self, resolver: Resolver, token: TokenMaker) -> None:
        self.resolver = resolver
        self.function = resolver.function
        self.token = token
        catches = any(isinstance(event, Guard) and event.kind == "except" for event in self.function.events)
        self._tries = guarded_bodies(self.function.node) if catches else {}
        self._has_loops = any(isinstance(e, Guard) and e.kind in _LOOPS for e in self.function.events)
        self._parts = parts_of(self.function)
        self._containers = _used_as_containers(self.function)
        self._emptiness = set[int]()
        """The tests that have asked so far if a container in a local is empty, and not which one it is."""

    def branch(self, guard: Guard, holds: bool, state: State) -> State:
        """Give the state on one way out of a guard: the test's tokens govern what follows."""
        if guard.kind == "for":
            return state
        tokens = frozenset(t for t in state.values.get(guard.test, NOTHING) if not t.answered)
        if guard.kind == "except":
            tokens = self._lookup_tokens(guard, state) if holds else NOTHING
        else:
            tokens |= self._emptiness_tokens(guard, state)
        part = self._parts.get(guard.id)
        outcome = None if part is None else part.if_true if holds else part.if_false
        if part is None or outcome is None:
            return self._governed(state, {guard.id}, ActiveGuard(guard.id, holds, tokens))
        siblings = {each for each, other in self._parts.items() if other.whole == part.whole}
        earlier = [active.tokens for active in state.guards if active.guard in siblings - {guard.id}]
        return self._governed(state, siblings, ActiveGuard(part.whole, outcome, tokens.union(*earlier)))

    def _governed(self, state: State, replaced: set[int], guard: ActiveGuard) -> State:
        return governed(state, replaced, guard, keep=self._has_loops, emptiness=self._emptiness)

    def _lookup_tokens(self, guard: Guard, state: State) -> Tokens:
        """``except KeyError`` around lookups without a suspension is a test of the entries that were looked up.

        ``except AttributeError`` is one of the attributes.
        """
        handler = self.function.nodes[guard.id]
        body = self._tries.get(id(handler))
        if body is None or not isinstance(handler, ast.ExceptHandler) or not names_lookup_error(handler):
            return NOTHING
        found = set()
        of_attributes = names_attribute_error(handler)
        for index, node in enumerate(self.function.nodes):
            event = self.function.events[index]
            if id(node) not in body:
                continue
            if isinstance(event, Suspend):
                return NOTHING
            if isinstance(event, Read) and isinstance(event.place, Item | Attribute):
                location = self.resolver.place(event.place)
                token = self.token(event.id, location, state) if location is not None else None
                if token is not None and (token.location.is_entry or of_attributes):
                    found.add(token)
        return frozenset(found)

    def _emptiness_tokens(self, guard: Guard, state: State) -> Tokens:
        """``if not waiters`` asks anew what is in the container, however long ago the local was bound to it."""
        event = self.function.events[guard.test]
        if isinstance(event, Compute) and event.operator == "not":
            event = self.function.events[event.operands[0]]
        if not isinstance(event, Read) or not isinstance(event.place, Name) or event.place.scope is not Scope.LOCAL:
            return NOTHING
        location = self.resolver.value(event.id)
        if location is None or event.place.name not in self._containers:
            return NOTHING
        if not location.is_entry and not is_container(self.resolver.type_of(location)):
            return NOTHING
        if not location.is_entry:
            self._emptiness.add(guard.id)
        token = self.token(guard.id, location, state)
        return NOTHING if token is None else frozenset({token})


def choices_of(function: FunctionGraph) -> dict[int, tuple[int, ...]]:
    """Map the value of each conditional expression to its test: ``x if x else y`` is built from the test too."""
    merges = {id(function.nodes[e.id]): e.id for e in function.events if isinstance(e, Merge)}
    wanted = {key: merge for key, merge in merges.items() if isinstance(function.nodes[merge], ast.IfExp)}
    if not wanted:
        return {}
    tests = {id(function.nodes[e.id]): e.test for e in function.events if isinstance(e, Guard) and e.kind == "ifexp"}
    found: dict[int, tuple[int, ...]] = {}
    for merge in wanted.values():
        node = function.nodes[merge]
        assert isinstance(node, ast.IfExp)
        inside = [tests[id(part)] for part in ast.walk(node.test) if id(part) in tests]
        if inside:
            found[merge] = tuple(inside)
    return found


def _used_as_containers(function: FunctionGraph) -> frozenset[str]:
    """Give the locals on which a method is called that only containers have."""
    found = set()
    for event in function.events:
        if isinstance(event, Read) and isinstance(event.place, Attribute) and event.place.attr in ANY_MUTATOR:
            base = function.events[event.place.base]
            if isinstance(base, Read) and isinstance(base.place, Name):
                found.add(base.place.name)
    return frozenset(found)


def governed(
    state: State,
    replaced: set[int],
    guard: ActiveGuard,
    *,
    keep: bool = False,
    emptiness: AbstractSet[int] = frozenset(),
) -> State:
    """Give the state in which `guard` governs, in place of the guards that it renews or sums up.

    `keep` says to note it even if it tells nothing so far: in a loop it may tell more the next time round, and guards
    that stand on one way only are lost where ways meet. For `emptiness` see `ActiveGuard.validates`.
    """
    kept = frozenset(active for active in state.guards if active.guard not in replaced)
    validated = frozenset(each for each in state.validated if each[0] not in replaced)
    if guard.validates(emptiness):
        validated |= {(guard.guard, guard.holds)}
    return state._replace(guards=kept | {guard} if guard.tokens or keep else kept, validated=validated)
