"""Where a program ends what a state holds: ``await self._pool.close()``, or a loop that closes each entry of a table.

What somebody closes must not be made twice: the one that nobody has any more is never closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitomic.knowledge.resources import CLOSERS, ends_it
from awaitomic.model.event import Attribute, Call, Read
from awaitomic.model.location import ItemStep, Location
from awaitomic.program.resolve import Resolver

if TYPE_CHECKING:
    from awaitomic.program import Program


def closings(program: Program, resolver: Resolver, location: Location) -> Iterator[tuple[Resolver, str]]:
    """Give each call that ends what a state holds: the function that makes it, and the name of the method.

    Entries of a table are not told apart: a loop over all of them closes the one in question, too.

    Parameters:
        program: the facts of the project.
        resolver: the function in whose terms the state is named.
        location: the state.
    """
    key = _any_entry(resolver.key_of(location))
    for each in program.resolvers_knowing(resolver.key_of(location)):
        for event in each.function.events:
            callee = each.function.events[event.function] if isinstance(event, Call) else None
            place = callee.place if isinstance(callee, Read) else None
            if not isinstance(place, Attribute) or not ends_it(place.attr):
                continue
            closed = each.value(place.base)
            if closed is not None and _any_entry(each.key_of(closed)) == key:
                yield each, place.attr


def has_closer(resolver: Resolver, kind: str) -> bool:
    """Tell whether a type is a class of the program with a method that ends its objects."""
    if not kind.startswith("class:"):
        return False
    link = resolver.module.link
    return any(link.find_method(kind.removeprefix("class:"), closer) is not None for closer in CLOSERS)


def _any_entry(key: Location) -> tuple[object, ...]:
    """Give a state under its name, but for which entry of a table it is."""
    steps = tuple("entry" if isinstance(step, ItemStep) else step for step in key.steps)
    return key.root, key.owner, key.name, steps
