"""What holds on every way to a private function: what all its callers have claimed or set, over several calls.

Only where all calls are seen can anything be said. A caller hands down what its own callers have found so, if it never
writes there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from awaitomic.model.location import AttributeStep, Location, Root
from awaitomic.program.target import How

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph
    from awaitomic.program import Program
    from awaitomic.program.module_calls import Site

_MOST_HOPS = 5
"""Over so many calls something is followed from who has done it to who works under it."""


class Placed(Protocol):
    """Something that is known of a location."""

    @property
    def location(self) -> Location:
        """The location, in the terms of one function."""
        ...

    def at(self, location: Location) -> Self:
        """Give the same about a location in the terms of another function."""
        ...


P = TypeVar("P", bound=Placed)


def on_every_way(
    program: Program, function: FunctionGraph, before: Callable[[Site], frozenset[P]], way: tuple[int, ...] = ()
) -> frozenset[P]:
    """Give what holds on every way to a function, in its own terms.

    A recursion adds no caller from outside, and is not followed round again, so that what is found does not depend on
    who is asked first.

    Parameters:
        before: gives what a caller itself has seen to where it calls.
        way: the functions that lead from there to where the question began, by identity.
    """
    way = (*way, id(function))

    def at(site: Site) -> frozenset[P]:
        here, caller = before(site), site.resolver.function
        if len(way) < _MOST_HOPS:
            here |= untouched(program, caller, on_every_way(program, caller, before, way))
        return here

    return at_all(program.callers.waited_for(function), at, way)


def at_all(sites: Iterable[Site], at: Callable[[Site], frozenset[P]], way: tuple[int, ...]) -> frozenset[P]:
    """Give what holds at each of some calls of a function, in its own terms; calls by those on the way aside."""
    found: frozenset[P] | None = None
    for site in sites:
        if id(site.resolver.function) not in way:
            mine = in_callee(site, at(site))
            found = mine if found is None else found & mine
            if not found:
                break
    return found or frozenset()


def untouched(program: Program, function: FunctionGraph, known: frozenset[P]) -> frozenset[P]:
    """Give what stays known throughout a function: neither it nor what it calls ever writes there."""
    if not known:
        return known
    written = {write.location for write in program.summary(function).writes}
    return frozenset(each for each in known if each.location not in written)


def in_callee(site: Site, known: frozenset[P]) -> frozenset[P]:
    """Say in the callee's terms what is known where it is called."""
    if site.how not in {How.DIRECT, How.WAIT_FOR}:
        return frozenset()
    return frozenset(each.at(_place_in_callee(site, each.location)) for each in known)


def _place_in_callee(site: Site, location: Location) -> Location:
    mine = site.target.receiver
    if mine is None or location.steps[: len(mine.steps)] != mine.steps or location.root is not mine.root:
        return location
    steps = location.steps[len(mine.steps) :]
    if not steps or not all(isinstance(step, AttributeStep) for step in steps):
        return location
    function = site.target.function
    parameters = function.parameters
    return Location(Root.SELF, function.class_id or mine.owner, parameters[0] if parameters else "self", steps)
