"""Which lock guards which state, inferred from what most accesses do (code as belief: Engler et al., SOSP 2001).

An access counts if it is made outside construction; a lock counts for it if it is held there on every way and covers
the state. Claims are no locks. Ties go to the lock that comes first by name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.knowledge.lifecycle import CONSTRUCTION
from awaitomic.model.event import Call, Event, Read, Write
from awaitomic.program.accesses import access_of

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph
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
        found = self._known_as({key})
        counts = _under_locks(found)
        if not counts:
            return NOT_GUARDED
        lock = min(counts, key=lambda each: (-counts[each], str(each)))
        writes = [access for access in found if access.is_write]
        under = sum(lock in access.locks for access in writes)
        return Guarding(lock, counts[lock] / len(found), under / len(writes) if writes else 0.0)

    def majority(self, keys: Collection[Location], besides: FunctionGraph) -> tuple[Location | None, Counter[Location]]:
        """Give the lock that more than half of the accesses of a state hold, if one does, and how many hold which.

        Parameters:
            keys: the state and what belongs to it, as `Resolver.key_of` names them.
            besides: a function whose accesses do not count, as it is the one in question.
        """
        found = self._known_as(keys, besides)
        counts = _under_locks(found)
        most = max(counts, key=lambda each: (counts[each], str(each)), default=None)
        return (most if most is not None and 2 * counts[most] > len(found) else None), counts

    def _known_as(self, keys: Collection[Location], besides: FunctionGraph | None = None) -> list[_Access]:
        known = {id(each): each for key in keys for each in self._program.resolvers_knowing(key)}
        asked = [each for each in known.values() if each.function is not besides]
        return [access for each in asked for key in keys for access in self._of(each).get(key, ())]

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


def _under_locks(accesses: list[_Access]) -> Counter[Location]:
    """Count how many accesses hold which lock."""
    return Counter(lock for access in accesses for lock in access.locks)


def _accessed(resolver: Resolver, event: Event) -> Location | None:
    if isinstance(event, Write | Call):
        access = access_of(resolver, event)
        return access.location if access is not None else None
    return resolver.place(event.place) if isinstance(event, Read) else None


def _held(resolver: Resolver, state: State, location: Location) -> frozenset[Location]:
    locks = state.locks_for(location)
    return frozenset(resolver.key_of(lock.location) for lock in locks if not lock.is_claim)
