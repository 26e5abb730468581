"""Variables of one call that its closures share: until one of those is named, nobody else can see them."""

from __future__ import annotations

from awaitomic.model.event import Name, Read
from awaitomic.model.location import Location, Root
from awaitomic.program import Program
from awaitomic.program.resolve import Resolver


def can_be_seen(program: Program, resolver: Resolver, location: Location, before: int) -> bool:
    """Tell whether others can see what a function has set at `location` in front of the event `before`.

    Not if it is a variable of its own, and no function that stands in it has been called, started or handed on so far.
    """
    function = resolver.function
    if location.root is not Root.CLOSURE or location.owner != function.id:
        return True
    used = (event.place for event in function.events[:before] if isinstance(event, Read))
    names = {place.name for place in used if isinstance(place, Name)}
    own = function.qualname + "."
    nested = (each.qualname for each in program.unit_of(function).module.functions if each.qualname.startswith(own))
    return any(name.removeprefix(own).partition(".")[0] in names for name in nested)
