"""What a function holds, as plain data: the locks, and the events that have taken each of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from awaitomic.program.locks import Lock, is_handed

AROUND = -1
"""In the place of an event: a decorator of the function does it, around each call."""


class Taken(NamedTuple):
    """A lock that is held, and an event that may have taken it."""

    lock: Lock
    event: int
    is_known: bool
    """Whether it is known what the lock is, so that it can be told who waits for it."""


Holding = frozenset[Taken]
"""The locks that are held on every way, each with every event that has taken it on one of them."""


def meet(left: Holding, right: Holding) -> Holding:
    """Give what is held where two ways meet."""
    if left == right:
        return left
    both = {taken.lock for taken in left} & {taken.lock for taken in right}
    return frozenset(taken for taken in left | right if taken.lock in both)


def without(state: Holding, locations: Iterable[object]) -> Holding:
    """Give what is left when locks have been given back."""
    gone = set(locations)
    kept = frozenset(taken for taken in state if taken.lock.location not in gone) if gone else state
    return state if len(kept) == len(state) else kept


def may_hang(state: Iterable[Taken]) -> frozenset[Lock]:
    """Give the locks for which tasks wait while they are held, and those of which its callers know that."""
    return frozenset(taken.lock for taken in state if taken.lock.keeps_waiting or is_handed(taken.lock))


def first_taken(state: Holding) -> list[Taken]:
    """Give the locks of which it is known what they are, each with the first place of several, in their order."""
    vague = {taken.lock for taken in state if not taken.is_known}
    first: dict[Lock, Taken] = {}
    for taken in sorted(state, key=lambda taken: (taken.event, str(taken.lock))):
        if taken.lock not in vague:
            first.setdefault(taken.lock, taken)
    return list(first.values())
