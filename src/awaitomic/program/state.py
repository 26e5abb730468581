"""The abstract state of the freshness analysis: which reads each value is built from, and if each is still fresh."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, NamedTuple

from awaitomic.model.location import ItemStep, Location
from awaitomic.program.locks import PRIVATE, Lock

if TYPE_CHECKING:
    from awaitomic.program.escape import Publication

FRESH = -1

_NAMES = re.compile(r"(?<![\w.])[^\W\d]\w*")


class Token(NamedTuple):
    """One read of one location, as it lives on in a value."""

    read: int
    """The event that read; for a claim, the write that made it."""
    location: Location
    contents: bool
    """Whether the value tells about what is inside the container, not only which object it is."""
    own: bool
    """Whether this function itself had written the location since the last suspension: a claim, not news."""
    locks: frozenset[Lock]
    """The protecting locks held ever since the read."""
    answered: bool = False
    """Whether it lives on only in the answer of an awaited call: the state was asked with, not asked about."""
    stale: int = FRESH
    """The suspension that made it stale."""

    @property
    def is_stale(self) -> bool:
        """Whether another task may have changed the location since."""
        return self.stale != FRESH


Tokens = frozenset[Token]
NOTHING: Tokens = frozenset()


class ActiveGuard(NamedTuple):
    """A test that has decided that control is here."""

    guard: int
    holds: bool
    tokens: Tokens

    def validates(self, emptiness: AbstractSet[int]) -> bool:
        """Tell whether the test held an old read of some state against a fresh one: a version, generation or identity.

        Parameters:
            emptiness: tests that only ask if a container in a local is empty: they compare it with nothing.
        """
        stale = {token.location for token in self.tokens if token.is_stale}
        fresh = {token.location for token in self.tokens if not token.is_stale and token.read not in emptiness}
        return not stale.isdisjoint(fresh)


class Use(NamedTuple):
    """State that an awaited call was given, or (`claim`) that this function has set without testing it."""

    token: Token
    suspend: int
    claim: bool


class State(NamedTuple):
    """What is known at one point of a function. Mappings are never changed in place.

    Values, uses and `suspended` are *may* facts (joined by union), guards, own writes and held locks are *must* facts
    (joined by intersection).
    """

    values: dict[int | str, Tokens]
    guards: frozenset[ActiveGuard]
    uses: frozenset[Use]
    own: frozenset[Location]
    held: frozenset[Lock]
    suspended: bool
    validated: frozenset[tuple[int, bool]] = frozenset()
    """Ways out of tests that compared an old read of some state with a fresh one, with no suspension since."""

    def map_tokens(self, change: Callable[[Token], Token]) -> State:
        """Give the state with every token replaced."""
        return self._replace(
            values={key: frozenset(map(change, tokens)) for key, tokens in self.values.items()},
            guards=frozenset(g._replace(tokens=frozenset(map(change, g.tokens))) for g in self.guards),
            uses=frozenset(u._replace(token=change(u.token)) for u in self.uses),
        )

    def with_value(self, key: int | str, tokens: Tokens, dead: Sequence[int | str] = ()) -> State:
        """Give the state in which `key` (an event or a local) holds a value built from `tokens`, and some none more."""
        if not dead and self.values.get(key, NOTHING) == tokens:
            return self
        values = dict(self.values)
        for each in dead:
            del values[each]
        if tokens:
            values[key] = tokens
        else:
            values.pop(key, None)
        return self._replace(values=values)

    def after_suspension(self, suspend: int) -> State:
        """Give the state behind a suspension: what no lock protects is stale, and no write is news of our own."""

        def age(token: Token) -> Token:
            return token if token.locks or token.stale != FRESH else token._replace(stale=suspend)

        return self.map_tokens(age)._replace(own=frozenset(), suspended=True, validated=frozenset())

    def acquire(self, lock: Lock) -> State:
        """Give the state with a protecting lock held."""
        return self._replace(held=self.held | {lock})

    def claim(self, lock: Lock) -> State:
        """Give the state with a claim made, or a lock taken at once: reads that are fresh now are covered since, too.

        A claim on one entry covers only what belongs to the same key.
        """

        def cover(token: Token) -> Token:
            if token.stale != FRESH or not lock.covers(token.location):
                return token
            return token._replace(locks=token.locks | {lock})

        return self.map_tokens(cover)._replace(held=self.held | {lock})

    def locks_for(self, location: Location) -> frozenset[Lock]:
        """Give what is held that protects a read of `location` made now."""
        return frozenset(lock for lock in self.held if lock.covers(location))

    def told(self) -> set[Location]:
        """Give the locations of which a test or a use says something."""
        found = {use.token.location for use in self.uses}
        found.update(token.location for guard in self.guards for token in guard.tokens)
        return found

    def owns(self, location: Location) -> bool:
        """Tell whether a location is a part of an object that nobody else has yet."""
        return any(lock.type is PRIVATE and lock.covers(location) for lock in self.held)

    def release(self, lock: Lock) -> State:
        """Give the state with a lock given back: what it protected can age from here on."""
        if lock not in self.held:
            return self

        def expose(token: Token) -> Token:
            return token._replace(locks=token.locks - {lock}) if lock in token.locks else token

        return self.map_tokens(expose)._replace(held=self.held - {lock})

    def forget_key(self, name: str) -> State:
        """Give the state after a local is rebound: what is known of entries that it names is about another key now."""

        def about(location: Location) -> bool:
            return any(isinstance(step, ItemStep) and _mentions(step.text, name) for step in location.steps)

        if (
            not any(about(t.location) for tokens in self.values.values() for t in tokens)
            and not any(about(t.location) for g in self.guards for t in g.tokens)
            and not any(about(use.token.location) for use in self.uses)
        ):
            return self
        values = {key: frozenset(t for t in tokens if not about(t.location)) for key, tokens in self.values.items()}
        guards = frozenset(
            guard._replace(tokens=kept)
            for guard in self.guards
            if (kept := frozenset(t for t in guard.tokens if not about(t.location)))
        )
        uses = frozenset(use for use in self.uses if not about(use.token.location))
        own = frozenset(location for location in self.own if not about(location))
        return self._replace(values={k: v for k, v in values.items() if v}, guards=guards, uses=uses, own=own)


EMPTY = State({}, frozenset(), frozenset(), frozenset(), frozenset(), suspended=False)


def _mentions(text: str, name: str) -> bool:
    """Tell whether a key's text uses a variable (an attribute of that name does not count)."""
    return any(match[0] == name for match in _NAMES.finditer(text))


def join(left: State, right: State) -> State:
    """Join two states at a point where control comes together."""
    if left == right:
        return left
    if left.values == right.values:
        values = left.values
    else:
        values = dict(left.values)
        for key, tokens in right.values.items():
            mine = values.get(key)
            if mine is None:
                values[key] = tokens
            elif mine is not tokens and mine != tokens:
                values[key] = mine | tokens
    return State(
        values,
        _join_guards(left.guards, right.guards),
        left.uses | right.uses,
        left.own & right.own,
        left.held & right.held,
        left.suspended or right.suspended,
        left.validated & right.validated,
    )


def _join_guards(left: frozenset[ActiveGuard], right: frozenset[ActiveGuard]) -> frozenset[ActiveGuard]:
    if left == right:
        return left
    others = {(guard.guard, guard.holds): guard.tokens for guard in right}
    return frozenset(
        guard._replace(tokens=guard.tokens | others[guard.guard, guard.holds])
        for guard in left
        if (guard.guard, guard.holds) in others
    )


def handovers(made: Mapping[int, Publication]) -> dict[int, list[tuple[Lock, bool]]]:
    """Give where a call comes to have objects of its own (True), and where it gives them away."""
    found: dict[int, list[tuple[Lock, bool]]] = {}
    for creation, publication in made.items():
        lock = Lock(publication.location, PRIVATE)
        for event in publication.events - {creation}:
            found.setdefault(event, []).append((lock, False))
        for event in {creation, *publication.regained}:
            found.setdefault(event, []).append((lock, True))
    return found
