"""Keeps what is known in a long function small: of one read, only so many variants are told apart.

Each claim that is made on one way only (``if self.a is None: self.a = 1``) tells a read that it protects from the same
read without it, and each wait on one way only another time at which that went stale. Twenty such tests one after the
other would make a million variants. Where a read has many, it is no longer told which claims of the past protect it,
but those that hold on all ways, and it went stale at the first of its times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from awaitomic.model.location import Location
from awaitomic.program.locks import Lock
from awaitomic.program.state import FRESH, State, Token, Use

_MOST = 8
"""So many variants of one read are told apart: more than any function has that people can follow."""

_Read = tuple[int, Location, bool, bool, bool]


class Crowding:
    """The reads of one function that have too many variants; once it has, a read stays among them."""

    def __init__(self) -> None:
        self._crowded: set[_Read] = set()

    def thinned(self, state: State) -> State:
        """Give a state in which no read has too many variants, which may be the same."""
        values = {key: tokens for key, tokens in state.values.items() if self._is_many(tokens)}
        guards = [guard for guard in state.guards if self._is_many(guard.tokens)]
        used = self._is_many_uses(state.uses)
        if not values and not guards and not used:
            return state
        held = state.held
        thin = {key: frozenset(_merged(tokens, self._crowded, held)) for key, tokens in values.items()}
        few = {guard: guard._replace(tokens=frozenset(_merged(guard.tokens, self._crowded, held))) for guard in guards}
        return state._replace(
            values={**state.values, **thin},
            guards=frozenset(few.get(guard, guard) for guard in state.guards) if few else state.guards,
            uses=frozenset(self._merged_uses(state.uses, held)) if used else state.uses,
        )

    def _is_many(self, tokens: frozenset[Token]) -> bool:
        """Tell whether some tokens have one among them that has, or once had, too many variants."""
        if len(tokens) > _MOST:
            self._crowded.update(read for read, count in Counter(map(_read, tokens)).items() if count > _MOST)
        return bool(self._crowded) and any(_read(token) in self._crowded for token in tokens)

    def _is_many_uses(self, uses: frozenset[Use]) -> bool:
        if len(uses) > _MOST:
            counted = Counter((_read(use.token), use.suspend, use.claim) for use in uses)
            self._crowded.update(read for (read, _, _), count in counted.items() if count > _MOST)
        return bool(self._crowded) and any(_read(use.token) in self._crowded for use in uses)

    def _merged_uses(self, uses: frozenset[Use], held: frozenset[Lock]) -> Iterator[Use]:
        by_place: dict[tuple[int, bool], list[Token]] = {}
        for use in uses:
            by_place.setdefault((use.suspend, use.claim), []).append(use.token)
        for (suspend, claim), tokens in by_place.items():
            for token in _merged(tokens, self._crowded, held):
                yield Use(token, suspend, claim)


def _read(token: Token) -> _Read:
    return token.read, token.location, token.contents, token.own, token.answered


def _merged(tokens: Iterable[Token], crowded: set[_Read], held: frozenset[Lock]) -> Iterator[Token]:
    """Give tokens in which the crowded reads have a fresh and a stale variant for each of the locks that are held."""
    stale: dict[Token, int] = {}
    for token in tokens:
        if _read(token) not in crowded:
            yield token
            continue
        kept = token._replace(locks=token.locks & held, stale=FRESH)
        if not token.is_stale:
            yield kept
        else:
            stale[kept] = min(stale.get(kept, token.stale), token.stale)
    for kept, suspend in stale.items():
        yield kept._replace(stale=suspend)
