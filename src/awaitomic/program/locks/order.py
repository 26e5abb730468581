"""The orders in which a project takes its locks, and the circles in them: who waits for whom, round to the first.

Locks are the nodes; an edge leads from one that is held to one that is waited for. A circle is a hang as soon as its
tasks meet, which is for the rule to judge. What is asked is answered by the modules that know a lock, whichever file
asks, so that all files see the same circles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.model.location import NAMED_BY_SEVERAL, Location
from awaitomic.program.locks.edges import Edge, lifted_to, own_edges
from awaitomic.program.locks.in_loops import loop_edges
from awaitomic.program.locks.pairs import fixed_places
from awaitomic.program.reach import components

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.module_calls import Site, Spawn
    from awaitomic.program.resolve import Resolver
    from awaitomic.program.unit import Unit


Step = tuple[Edge, ...]
"""All edges that lead from one lock of a circle to the next one, in the order of their places."""


@dataclass(frozen=True, slots=True)
class Circle:
    """Locks of which each is waited for with the one before held, round to the first."""

    locks: tuple[Location, ...]
    steps: tuple[Step, ...]


class LockOrder:
    """Answers which circles the locks of a file are in."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._own: dict[int, tuple[Edge, ...]] = {}
        self._edges: dict[str, dict[Location, list[Edge]]] = {}
        self._following: dict[Location, dict[Location, list[Edge]]] = {}

    def of(self, resolver: Resolver) -> tuple[Edge, ...]:
        """Give the edges of the locks that a function takes, in its own terms."""
        key = id(resolver.function)
        if key not in self._own:
            self._own[key] = tuple(own_edges(self._program, resolver))
        return self._own[key]

    def pairs(self, unit: Unit) -> Iterator[Edge]:
        """Give the edges of a module between two locks of a kind, of which nothing says that they are the same ones.

        In an edge of a loop both are what one event takes.
        """
        for resolver in unit.resolvers:
            for edge in self.of(resolver):
                held, taken = edge.ends
                if held == taken and not edge.is_open and fixed_places(edge) is None:
                    yield edge
            yield from loop_edges(self._program, resolver)

    def circles(self, unit: Unit) -> Iterator[Circle]:
        """Give the circles in which locks are that a module takes, each once, in a fixed order."""
        done: set[Location] = set()
        for start in sorted(self._leading(unit), key=_order):
            for component in components(start, self._successors, done.__contains__):
                done.update(component)
                if len(component) > 1:
                    yield from self._within(frozenset(component))

    # -- the graph -----------------------------------------------------------------------------------------------

    def _leading(self, unit: Unit) -> dict[Location, list[Edge]]:
        """Give the edges of a module by the lock that is held."""
        if unit.name not in self._edges:
            found = self._edges[unit.name] = {}
            for edge in self._in_module(unit):
                ends = ends_of(edge)
                if ends is not None:
                    found.setdefault(ends[0], []).append(edge)
        return self._edges[unit.name]

    def _in_module(self, unit: Unit) -> Iterator[Edge]:
        for resolver in unit.resolvers:
            yield from self.of(resolver)
        calls = self._program.callers.in_module(unit)
        sites: list[Site | Spawn] = [site for found in calls.sites.values() for site in found]
        sites.extend(spawn for found in calls.spawns.values() for spawn in found)
        for site in sites:
            for edge in self.of(self._program.resolver(site.target.function)):
                yield from lifted_to(edge, site)

    def _successors(self, lock: Location) -> list[Location]:
        if lock not in self._following:
            found = self._following[lock] = {}
            for unit in self._program.units_knowing(lock):
                for edge in self._leading(unit).get(lock, ()):
                    ends = ends_of(edge)
                    if ends is not None:
                        found.setdefault(ends[1], []).append(edge)
        return sorted(self._following[lock], key=_order)

    # -- circles -------------------------------------------------------------------------------------------------

    def _within(self, locks: frozenset[Location]) -> Iterator[Circle]:
        """Give the circles of a component: the pairs first, then longer ones that are made of no pairs."""
        left = {
            (one, other): tuple(sorted(edges, key=self.order))
            for one in locks
            for other in self._successors(one)
            if other in locks
            for edges in [self._following[one][other]]
        }
        for one, other in sorted(left, key=lambda pair: (_order(pair[0]), _order(pair[1]))):
            if _order(one) < _order(other) and (other, one) in left:
                yield Circle((one, other), (left[one, other], left[other, one]))
        for pair in [pair for pair in left if pair[::-1] in left]:
            del left[pair]  # what else goes round through these goes with them
        while (way := _shortest(left)) is not None:
            pairs = list(zip(way, [*way[1:], way[0]], strict=True))
            yield Circle(tuple(way), tuple(left[pair] for pair in pairs))
            del left[pairs[-1]]

    def order(self, edge: Edge) -> tuple[str, int, int]:
        """Give where an edge stands, to sort by."""
        function = edge.within.function
        extent = self._program.extent(function, edge.event if edge.site is None else edge.site)
        return function.module, extent.line, extent.column


def ends_of(edge: Edge) -> tuple[Location, Location] | None:
    """Give the two locks of an edge as all the program knows them; None if one is known in its function alone."""
    if edge.is_open:
        return None
    held, taken = edge.ends
    if held == taken:
        return fixed_places(edge)
    return (held, taken) if held.root in NAMED_BY_SEVERAL and taken.root in NAMED_BY_SEVERAL else None


def _order(lock: Location) -> tuple[str, str, str]:
    return lock.owner, lock.root.value, str(lock)


def _shortest(edges: Iterable[tuple[Location, Location]]) -> list[Location] | None:
    """Give the shortest circle, of equal ones the first; None if there is none."""
    following: dict[Location, list[Location]] = {}
    for one, other in sorted(edges, key=lambda pair: (_order(pair[0]), _order(pair[1]))):
        following.setdefault(one, []).append(other)
    best: list[Location] | None = None
    for start in following:
        ways, seen = [[start]], {start}
        for way in ways:
            for after in following.get(way[-1], ()):
                if after == start and (best is None or len(way) < len(best)):
                    best = way
                elif after not in seen:
                    seen.add(after)
                    ways.append([*way, after])
    return best
