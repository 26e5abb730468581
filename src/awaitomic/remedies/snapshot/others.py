"""What other tasks do to the container: whether anybody takes something out, and whether one member at a time."""

from __future__ import annotations

from collections.abc import Iterator

from awaitomic.flow.reach import reach_after
from awaitomic.model.event import Suspend
from awaitomic.program.accesses import Change
from awaitomic.program.contents import ContentChange, Iteration
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.remedy import Case

STORES = frozenset({Change.ASSIGN, Change.RESET, Change.AUGMENTED})
"""Changes that set an entry, new or old."""

_GROWTH = frozenset({Change.ADD, Change.FILL, *STORES})
_ADDS_ONE = frozenset({"append", "appendleft", "insert", "add"})
_SEVERAL = frozenset({"difference_update", "intersection_update", "symmetric_difference_update"})


def only_grows(loop: Iteration, changes: list[ContentChange]) -> bool:
    """Tell whether nobody takes anything out; a deque may drop what it has no room for, a weak set what is unused."""
    if loop.kind == "collections.deque" or loop.kind.startswith("weakref."):
        return False
    return not any(_takes_out(change) for change in changes)


def several_at_once(case: Case, changes: list[ContentChange]) -> str | None:
    """Give a function that changes more than one member with no suspension between, or None.

    A loop that looks members up as they are now sees a part of that: it has been to the one before, and gets to the
    other after it.
    """
    places: dict[str, tuple[Resolver, set[int]]] = {}
    for change in changes:
        if not _is_of_one(change):
            return change.resolver.function.qualname
        for resolver, event in _places(case, change):
            places.setdefault(resolver.function.id, (resolver, set()))[1].add(event)
    for resolver, found in places.values():
        if any(_at_once(case, resolver, event) & found for event in found):
            return resolver.function.qualname
    return None


def _is_of_one(change: ContentChange) -> bool:
    if change.access.change is Change.ADD:
        return change.method in _ADDS_ONE
    return change.access.change in {Change.DELETE, Change.TAKE, Change.FILL, *STORES} and change.method not in _SEVERAL


def _takes_out(change: ContentChange) -> bool:
    in_place = change.access.change is Change.ADD and change.method == "store"  # ``-=`` takes out
    return in_place or change.by_callback or change.access.change not in _GROWTH


def _places(case: Case, change: ContentChange) -> Iterator[tuple[Resolver, int]]:
    """Give where a change happens: in its function, and in those that call it."""
    yield change.resolver, change.access.event
    for site in case.program.callers.sites(change.resolver.function):
        yield site.resolver, site.event


def _at_once(case: Case, resolver: Resolver, event: int) -> frozenset[int]:
    """Give the events that come after one before anybody else can run."""
    stops = [
        each.id
        for each in resolver.function.events
        if isinstance(each, Suspend) and case.program.may_suspend(resolver, each)
    ]
    return reach_after(resolver.function, event, stops=stops).events
