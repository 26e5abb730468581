"""What else a hoist reads later than before may be changed by others meanwhile, and no longer go with what was awaited.

``self.total += self.rate * await self.price(self.currency)`` takes rate and currency of one moment. Behind the await
the rate may be that of another currency: right before, and wrong now.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from awaitomic.model.event import Attribute, Item, Name, Read, Scope
from awaitomic.model.location import ANY_ITEM, Location
from awaitomic.program.module import is_construction
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.shared.effects import read_by_calls, touches


def changed_meanwhile(case: Case, moved: Sequence[int], passed: Sequence[int]) -> list[str]:
    """Say what else than the state is read later, though others may change it during the await.

    What only leads to the state (`self.session` of `self.session.count`) counts if what is awaited uses it as well.

    Parameters:
        case: the case.
        moved: the events that happen later than before.
        passed: the events that they are moved past.
    """
    state = case.fact.access.location
    own = case.resolver.key_of(state)
    found: dict[str, None] = {}
    for location in _read_by(case, moved):
        key = case.resolver.key_of(location)
        if _lies_on(location, state) or _lies_on(state, location) or _lies_on(key, own):
            other = _changer(case, [key]) if _is_used(case, location, passed) else None
        else:
            other = _changer(case, [key, key.item(ANY_ITEM)])
        if other is not None:
            found[f"`{other}` may change `{location}` during the await, and the new one need not go with it"] = None
    for key in read_by_calls(case, moved):
        other = _changer(case, [key]) if not (_lies_on(key, own) or _lies_on(own, key)) else None
        if other is not None:
            found[f"`{other}` may change `{key}` during the await, and the new one need not go with it"] = None
    return list(found)


def _read_by(case: Case, events: Iterable[int]) -> Iterable[Location]:
    """Give the state that some events look up by itself; what a local holds is held by it all the while."""
    found: dict[Location, None] = {}
    for each in events:
        event = case.function.events[each]
        if not isinstance(event, Read):
            continue
        shared = isinstance(event.place, Name) and event.place.scope in {Scope.CLOSURE, Scope.GLOBAL}
        if shared or isinstance(event.place, Attribute | Item):
            location = case.resolver.place(event.place)
            if location is not None:
                found[location] = None
    return found


def _lies_on(key: Location, own: Location) -> bool:
    """Tell whether a location is the state, what has it, or an entry beside it."""
    if (key.root, key.owner, key.name) != (own.root, own.owner, own.name):
        return False
    steps = key.steps[:-1] if key.is_entry else key.steps
    return own.steps[: len(steps)] == steps


def _is_used(case: Case, location: Location, events: Sequence[int]) -> bool:
    """Tell whether some events, or what they call, look a location up."""
    graph, resolver = case.function, case.resolver
    reads = (graph.events[event] for event in events)
    if any(isinstance(read, Read) and resolver.place(read.place) == location for read in reads):
        return True
    return bool(touches(case, events, [location]).reads)


def _changer(case: Case, keys: Sequence[Location]) -> str | None:
    """Give another function that changes one of the locations, outside of construction."""
    for key in keys:
        for resolver, _ in case.program.writers_at(key):
            if resolver.function is not case.function and not is_construction(resolver.function):
                return resolver.function.qualname
    return None
