"""Which lock guards which state, inferred from what most accesses do (code as belief: Engler et al., SOSP 2001).

An access counts if it is made outside construction; a lock counts for it if it is held there on every way and covers
the state. Claims are no locks. Ties go to the lock that comes first by name.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.knowledge.lifecycle import CONSTRUCTION
from awaitomic.model.event import Call, Event, Read, Write
from awaitomic.program.accesses import access_of

if TYPE_CHECKING:
    from awaitomic.model.location import Location
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver
    from awaitomic.program.state import State


@dataclass(frozen=True, slots=True)
class Guarding:
    """The lock that most accesses of a state hold, named as by `Resolver.key_of`."""

    lock: Location | None
    """None if no access holds one."""
    fraction: float
    """The part of all accesses that hold it, from 0 to 1."""
    writes: float
    """The part of the writes that hold it."""


NOT_GUARDED = Guarding(None, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class _Access:
    is_write: bool
    locks: frozenset[Location]


class GuardedBy:
    """The guards of all state of a program. The accesses of a function are collected once, when first asked."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._accesses: dict[int, dict[Location, list[_Access]]] = {}

    def guarding(self, key: Location) -> Guarding:
        """Give the lock of a state.

        Parameters:
            key: the state, as `Resolver.key_of` names it for all functions.

        Returns:
            The lock held by most of its accesses, and how many hold it; `NOT_GUARDED` if none does.
        """
        found = [access for each in self._program.resolvers_knowing(key) for access in self._of(each).get(key, ())]
        counts = Counter(lock for access in found for lock in access.locks)
        if not counts:
            return NOT_GUARDED
        lock = min(counts, key=lambda each: (-counts[each], str(each)))
        writes = [access for access in found if access.is_write]
        under = sum(lock in access.locks for access in writes)
        return Guarding(lock, counts[lock] / len(found), under / len(writes) if writes else 0.0)

    def _of(self, resolver: Resolver) -> dict[Location, list[_Access]]:
        """Give the accesses of one function, by what the program knows the state as; construction has none."""
        key = id(resolver.function)
        if key not in self._accesses:
            self._accesses[key] = {}
            if getattr(resolver.function.node, "name", "") not in CONSTRUCTION:
                self._collect(resolver, self._accesses[key])
        return self._accesses[key]

    def _collect(self, resolver: Resolver, found: dict[Location, list[_Access]]) -> None:
        facts = self._program.facts(resolver)
        seen: set[tuple[int, Location]] = set()
        for block in resolver.function.blocks:
            if facts.solution.before_block(block.index) is None:
                continue
            for event, state in facts.solution.states(block.index):
                location = _accessed(resolver, event)
                if location is None or not self._program.changes(resolver, location):
                    continue
                place = (id(resolver.function.nodes[event.id]), location)
                if place not in seen:  # copies of a `finally` body are one access
                    seen.add(place)
                    access = _Access(not isinstance(event, Read), _held(resolver, state, location))
                    found.setdefault(resolver.key_of(location), []).append(access)


def _accessed(resolver: Resolver, event: Event) -> Location | None:
    if isinstance(event, Write | Call):
        access = access_of(resolver, event)
        return access.location if access is not None else None
    return resolver.place(event.place) if isinstance(event, Read) else None


def _held(resolver: Resolver, state: State, location: Location) -> frozenset[Location]:
    locks = state.locks_for(location)
    return frozenset(resolver.key_of(lock.location) for lock in locks if not lock.is_claim)
