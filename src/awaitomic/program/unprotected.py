"""What a function's locks keep from it: the same analysis as if they kept nobody out.

What is stale then, and is not with the locks, is what the locks are for. Whoever writes there without them is the bug.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from awaitomic.model.event import Event
from awaitomic.program.freshness import Freshness
from awaitomic.program.locks import Lock, is_plain
from awaitomic.program.state import State, Token

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.facts import WriteFact
    from awaitomic.program.resolve import Resolver


def plain_locks(program: Program, resolver: Resolver) -> frozenset[Lock]:
    """Give the plain locks that a function holds while others may run: its own, and those of all its callers."""
    held = (lock for locks in program.suspension.may_hold(resolver).values() for lock in locks)
    return frozenset(filter(is_plain, (*held, *program.callers.locks_at_entry(resolver.function))))


class Unprotected(Freshness):
    """The freshness problem of a function in which some locks protect nothing."""

    def __init__(self, program: Program, resolver: Resolver, entry: Iterable[Lock], without: frozenset[Lock]) -> None:
        super().__init__(program, resolver, frozenset(entry) - without)
        self._without = without

    def transfer(self, event: Event, state: State) -> State:
        """Give the state behind an event."""
        after = super().transfer(event, state)
        for lock in after.held & self._without:
            after = after.release(lock)
        return after


def protecting(fact: WriteFact, reads: Iterable[int]) -> frozenset[Lock]:
    """Give the plain locks that are held from each of some reads to a write; none if a read is stale all the same.

    Parameters: `fact` is the write as the usual analysis, with the locks, sees it.
    """
    found: frozenset[Lock] | None = None
    for read in reads:
        tokens = [token for token in _tokens(fact) if token.read == read]
        if not tokens or any(fact.is_stale(token) for token in tokens):
            return frozenset()
        for token in tokens:
            locks = frozenset(filter(is_plain, token.locks & fact.state.held))
            found = locks if found is None else found & locks
    return found or frozenset()


def _tokens(fact: WriteFact) -> Iterable[Token]:
    yield from fact.value
    for guard in fact.state.guards:
        yield from guard.tokens
    for use in fact.state.uses:
        yield use.token
