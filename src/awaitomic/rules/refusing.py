"""Tests that are there to refuse: who is too late is told so, by an error or a warning, and does not go on."""

from __future__ import annotations

from awaitomic.flow.reach import reach_after
from awaitomic.knowledge.refusals import complains
from awaitomic.model.event import Call, Event
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver


def refuses(resolver: Resolver, guard: int, write: int) -> bool:
    """Tell whether all who pass a test and do not come to the write end in an error.

    Parameters: `guard` is the test, `write` what it decides.
    """
    graph = resolver.function
    return graph.exit not in reach_after(graph, guard, stops=(write,), raises=False).blocks


def is_told(resolver: Resolver, events: list[Event]) -> bool:
    """Tell whether some of these events write a warning or an error to a log."""
    return any(isinstance(e, Call) and complains(last_name(resolver.function.nodes[e.function])) for e in events)
