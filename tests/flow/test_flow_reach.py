"""Reachability event by event: loops, stops, and what an exception may lead to."""

from __future__ import annotations

from awaitomic.flow.graph import FunctionGraph
from awaitomic.flow.reach import reach_after, reach_from
from awaitomic.model.event import Name, Read
from flow.reading import function


def reads(graph: FunctionGraph, events: frozenset[int]) -> str:
    """Give the names that are read at the events, sorted."""
    found = {event.place.name for event in graph.events if event.id in events and _is_name(event)}  # type: ignore[union-attr] # _is_name
    return " ".join(sorted(found))


def _is_name(event: object) -> bool:
    return isinstance(event, Read) and isinstance(event.place, Name)


def at(graph: FunctionGraph, name: str) -> int:
    return next(
        e.id for e in graph.events if isinstance(e, Read) and isinstance(e.place, Name) and e.place.name == name
    )


LOOP = """
def f(a, b, c, d, e):
    for x in a:
        b
        if c:
            return d
    e
"""
CAUGHT = """
def f(a, b, c, d):
    try:
        a
        b
    except OSError:
        c
    d
"""


def test_a_loop_leads_back_to_its_body() -> None:
    graph = function(LOOP)
    assert reads(graph, reach_after(graph, at(graph, "b")).events) == "b c d e"


def test_what_follows_the_way_out_does_not_come_back() -> None:
    graph = function(LOOP)
    after = reach_after(graph, at(graph, "d"), raises=False)
    assert reads(graph, after.events) == ""
    assert graph.exit in after.blocks


def test_stops_are_not_passed() -> None:
    graph = function(LOOP)
    assert reads(graph, reach_from(graph, graph.entry, stops=(at(graph, "b"),)).events) == "a e"
    assert reads(graph, reach_after(graph, at(graph, "b"), stops=(at(graph, "b"),)).events) == "c d e"


def test_an_exception_leads_to_the_handler_unless_it_is_left_out() -> None:
    graph = function(CAUGHT)
    assert reads(graph, reach_after(graph, at(graph, "a")).events) == "OSError b c d"
    assert reads(graph, reach_after(graph, at(graph, "a"), raises=False).events) == "b d"


def test_nothing_is_raised_before_anything_is_passed() -> None:
    graph = function(CAUGHT)
    first = graph.block_of(at(graph, "a")).events[0].id
    assert reads(graph, reach_from(graph, graph.owners[first], stops=(first,)).events) == ""


def test_what_is_done_has_not_failed() -> None:
    graph = function(CAUGHT)
    assert "c" in reads(graph, reach_after(graph, at(graph, "a"), stops=(at(graph, "b"),)).events)
    assert reads(graph, reach_after(graph, at(graph, "a"), stops=(at(graph, "b"),), done=True).events) == ""
