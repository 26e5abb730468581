"""Locks that a task has just found free: ``if self.lock.locked(): return`` before ``async with self.lock``.

Taking such a lock does not wait, so what was read before the question is as fresh behind it as in front of it.
Strictly, a lock is not locked either between a release and the turn of the next in line; but who turns others away has
none in line.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitomic.flow.reach import reach_after, reach_from
from awaitomic.model.event import Guard, Suspend
from awaitomic.program.locks.given_back import said_free

if TYPE_CHECKING:
    from awaitomic.model.location import Location
    from awaitomic.program.locks import Lock
    from awaitomic.program.resolve import Resolver


def is_found_free(resolver: Resolver, taking: Suspend, lock: Lock) -> bool:
    """Tell whether on every way to where a lock is taken it was asked if it is locked, and was not, with no wait since.

    Parameters:
        resolver: the function.
        taking: the suspension at which the lock is taken.
        lock: the lock, in the function's terms.
    """
    if "locked" not in resolver.words:
        return False
    graph = resolver.function
    asked = dict(_questions(resolver, lock.location))
    if not asked:
        return False
    walks = [reach_from(graph, graph.entry, stops=asked)]
    walks += [reach_after(graph, event.id, stops=asked) for event in graph.events if isinstance(event, Suspend)]
    walks += [reach_from(graph, block, stops=asked) for block in asked.values()]
    return all(taking.id not in walk.events for walk in walks)


def _questions(resolver: Resolver, lock: Location) -> Iterator[tuple[int, int]]:
    """Give the tests whether a lock is held, each with the block to which it leads if it is."""
    graph = resolver.function
    for event in graph.events:
        for holds in (True, False) if isinstance(event, Guard) else ():
            if isinstance(event, Guard) and said_free(resolver, event.test, holds=holds) == lock:
                yield event.id, graph.block_of(event.id).successors[1 if holds else 0]
