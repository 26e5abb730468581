"""Which events can come after which: reachability over a function's graph, event by event.

A dataflow problem answers what holds on *every* way to a place. Some questions are about *some* way: can the loop go on
after this suspension, can the function end without taking its flag down again? They need no lattice, only a walk.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from awaitomic.flow.graph import FunctionGraph


@dataclass(frozen=True, slots=True)
class Reach:
    """What a walk has passed: ids of events, indices of blocks (the empty `exit` and `raises` among them)."""

    events: frozenset[int]
    blocks: frozenset[int]


def reach_after(
    graph: FunctionGraph, event: int, *, stops: Iterable[int] = (), raises: bool = True, done: bool = False
) -> Reach:
    """Walk on from behind an event.

    Parameters:
        graph: the function.
        event: where the walk begins; the event itself is passed only if control comes back to it.
        stops: events at which the walk ends; they are not passed themselves.
        raises: whether an event may lead into a handler (``finally`` copies for exceptions included).
        done: whether the event itself has not failed: who has not got a lock does not come out of it with the lock.
    """
    block, at = graph.position_of(event)
    return _walk(graph, [(block, at + 1)], frozenset(stops), raises=raises, done=done)


def reach_after_each(graph: FunctionGraph, events: Iterable[int]) -> Reach:
    """Walk on from behind each of some events, in one walk: what any of them reaches."""
    starts = [graph.position_of(event) for event in events]
    return _walk(graph, [(block, at + 1) for block, at in starts], frozenset(), raises=True)


def reach_from(graph: FunctionGraph, block: int, *, stops: Iterable[int] = (), raises: bool = True) -> Reach:
    """Walk on from the top of a block; see `reach_after`."""
    return _walk(graph, [(block, 0)], frozenset(stops), raises=raises)


def _walk(
    graph: FunctionGraph, starts: list[tuple[int, int]], stops: frozenset[int], *, raises: bool, done: bool = False
) -> Reach:
    events: set[int] = set()
    entered: set[int] = set()
    waiting = list(starts)
    while waiting:
        index, begin = waiting.pop()
        here = graph.blocks[index]
        passed, stopped = begin > 0 and not done, False
        for found in here.events[begin:]:
            if found.id in stops:
                stopped = True
                break
            events.add(found.id)
            passed = True
        ways = [] if stopped else list(here.successors)
        if raises and passed:  # an exception may leave behind whatever was passed here
            ways += here.handlers
        for target in ways:
            if target not in entered:
                entered.add(target)
                waiting.append((target, 0))
    return Reach(frozenset(events), frozenset(entered.union(block for block, _ in starts)))
