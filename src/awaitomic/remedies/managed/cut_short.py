"""What a function would have gone on to do where it is left early: by a ``return``, a ``raise``, or a call that fails.

A ``return`` leads nowhere in the graph. What it cuts short is what the tests before it, decided otherwise, lead to; for
an error that is raised in a handler it is also what the ``try`` had still to do, and what comes behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from awaitomic.flow.graph import FunctionGraph
from awaitomic.flow.reach import reach_after, reach_from
from awaitomic.model.event import Raise, Return


def left_half_done(function: FunctionGraph, way: int, begun: Iterable[int], stops: frozenset[int]) -> int | None:
    """Give the first change behind which a function may be left at an event, and would else have made another one.

    Parameters:
        function: the function.
        way: the event at which it is left: a return, a raise, or a call that fails.
        begun: the events that change something; one that is the way itself is not done then.
        stops: events behind which nothing counts.
    """
    changes = frozenset(begun)
    turns = list(_turns(function, way, stops))
    for each in sorted(changes):
        reach = reach_after(function, each, stops=stops, done=True)
        if way not in reach.events:
            continue
        further = frozenset[int]().union(*(events for block, events in turns if block in reach.blocks))
        if way in changes or further & changes & reach.events:
            return each
    return None


def _turns(function: FunctionGraph, way: int, stops: frozenset[int]) -> Iterator[tuple[int, frozenset[int]]]:
    """Give the blocks in which it is decided that a function is left at an event, and what may follow them else."""
    if not isinstance(function.events[way], Return | Raise):
        yield function.position_of(way)[0], reach_after(function, way, stops=stops, raises=False).events
        return
    ends = stops | {way}
    waiting, seen = [function.position_of(way)[0]], set[int]()
    while waiting:
        index = waiting.pop()
        for before in function.blocks:
            if index not in before.successors and index not in before.handlers:
                continue
            if before.index not in seen:
                seen.add(before.index)
                waiting.append(before.index)
            fails = index in before.handlers
            others = [each for each in before.successors if fails or not _comes_to(function, each, way, before.index)]
            own = frozenset(event.id for event in before.events if fails)
            after = (reach_from(function, each, stops=ends, raises=False).events for each in others)
            yield before.index, own.union(*after)


def _comes_to(function: FunctionGraph, block: int, way: int, but_for: int) -> bool:
    """Tell whether control comes from a block to an event, and not by another turn of a loop."""
    turned = [event.id for event in function.blocks[but_for].events]
    return way in reach_from(function, block, stops=turned, raises=False).events
