"""A part of AWA201: the last one of several is told by a count, and clears up under a lock that did not see the count.

``self._users -= 1``, ``if self._users == 0: async with self._lock: self._pool = None``: while the lock is waited for,
somebody comes in under it, counts himself in, and is given what is then cleared away. Count and thing are two pieces of
state, so no question about one of them finds this; that they belong together is told by who changes the count under the
same lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from awaitomic.program import Program
from awaitomic.program.accesses import FORGETS, Change
from awaitomic.program.concurrency import Hint, Judgement, Rival, judge
from awaitomic.program.facts import WriteFact
from awaitomic.program.locks import Lock
from awaitomic.program.locks.covering import locks_at, locks_at_write
from awaitomic.program.resolve import Resolver
from awaitomic.program.room import counts
from awaitomic.program.state import ActiveGuard, Token
from awaitomic.rules.rule import has_fresh_guard, in_the_span

_COUNTS_IN = frozenset({Change.AUGMENTED, Change.ASSIGN, Change.ADD})


@dataclass(frozen=True, slots=True)
class CountedOut:
    """A removal under a lock that an older test of a count has decided. `counts` is the event that counts down."""

    fact: WriteFact
    guard: ActiveGuard
    token: Token
    counts: int
    lock: Lock
    judgement: Judgement


def find_counted_out(program: Program, resolver: Resolver) -> Iterator[CountedOut]:
    """Find such removals in one function; one for each test."""
    writes = program.facts(resolver).writes
    counted = {
        fact.access.location: fact for fact in writes if fact.via is None and counts(resolver, fact.access, up=False)
    }
    seen: set[int] = set()
    for fact in writes if counted else ():
        lock = min(locks_at_write(resolver, fact), key=str, default=None)
        if lock is None or fact.via is not None or fact.access.change not in FORGETS or has_fresh_guard(fact):
            continue
        for guard in sorted(fact.state.guards, key=lambda each: each.guard):
            for token in sorted(guard.tokens, key=lambda each: each.read):
                down = counted.get(token.location)
                apart = down is not None and token.location != fact.access.location
                if down is None or not apart or not down.event < token.read or guard.guard in seen:
                    continue
                found = _examine(program, resolver, fact, token, lock) if token.is_stale else None
                if found is not None:
                    seen.add(guard.guard)
                    yield CountedOut(fact, guard, token, down.event, lock, found)


def _examine(program: Program, resolver: Resolver, fact: WriteFact, token: Token, lock: Lock) -> Judgement | None:
    others = in_the_span(program, resolver, fact, (token,), _counts_in(program, resolver, token, lock))
    hint = Hint(f"`{token.location}` counts how many use it, so several at once are meant")
    return judge(program, resolver, token.location, others, hint, does="counts in with", write=fact.event)


def _counts_in(program: Program, resolver: Resolver, token: Token, lock: Lock) -> Iterator[Rival]:
    """Give the writes that count somebody in under the lock: so it is the lock of the count, too."""
    key = resolver.key_of(lock.location)
    for rival, access in program.changing_writers(resolver, token.location):
        held = locks_at(program, rival, access.event, access.location)
        if access.change in _COUNTS_IN and any(rival.key_of(each.location) == key for each in held):
            yield rival, access
