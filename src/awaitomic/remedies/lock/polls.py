"""Loops that wait until others have changed the state: with the lock held they would keep those others out for ever."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from awaitomic.model.event import Read, Suspend
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.remedy import statement_at
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.region import Run, events_in

if TYPE_CHECKING:
    from awaitomic.remedies.lock.coverage import Coverage


def check_polls(coverage: Coverage, resolver: Resolver, run: Run) -> None:
    """See that no loop under the lock waits for what only others do to the state: ``while not self.rows: await …``.

    Raises:
        Declined: ``waits-for-holder``.
    """
    tree = coverage.tree_of(resolver.function)
    nodes = [node for path in run.paths for node in ast.walk(statement_at(tree, path))]
    _check(coverage, resolver, nodes, set(events_in(resolver.function, run)))


def check_polls_of(coverage: Coverage, resolver: Resolver) -> None:
    """See that of a function that is awaited with the lock held.

    Raises:
        Declined: ``waits-for-holder``.
    """
    _check(coverage, resolver, list(resolver.function.syntax), set(range(len(resolver.function.events))))


def _check(coverage: Coverage, resolver: Resolver, nodes: list[ast.AST], events: set[int]) -> None:
    function = resolver.function
    for loop in nodes:
        if not isinstance(loop, ast.While):
            continue
        inside = {id(node) for part in (loop.test, *loop.body) for node in ast.walk(part)}
        body = [event for event in events if id(function.nodes[event]) in inside]
        looks = any(_reads(coverage, resolver, event) for event in body)
        if looks and _waits(coverage, resolver, body) and not _changes(coverage, resolver, body):
            message = (
                f"the loop on line {loop.lineno} of `{function.qualname}` waits until somebody else has changed "
                "the state, who would wait for the lock"
            )
            raise Declined("waits-for-holder", message)


def _reads(coverage: Coverage, resolver: Resolver, event: int) -> bool:
    found = resolver.function.events[event]
    place = resolver.place(found.place) if isinstance(found, Read) else None
    return place is not None and resolver.key_of(place) in coverage.keys


def _waits(coverage: Coverage, resolver: Resolver, events: list[int]) -> bool:
    found = (resolver.function.events[event] for event in events)
    return any(isinstance(event, Suspend) and coverage.program.may_suspend(resolver, event) for event in found)


def _changes(coverage: Coverage, resolver: Resolver, events: list[int]) -> bool:
    """Tell whether the loop itself changes what it looks at, by itself or by what it calls."""
    return any(
        fact.event in events and resolver.key_of(fact.access.location) in coverage.keys
        for fact in coverage.program.facts(resolver).writes
    )
