"""Loops that wait until others have changed the state: with the lock held they would keep those others out for ever."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from awaitomic.flow.reach import reach_after
from awaitomic.model.event import Read, Suspend
from awaitomic.program.calls import awaited_calls
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


def check_begins_again(coverage: Coverage, resolver: Resolver, event: Suspend) -> None:
    """See that no function under the lock looks at the state, waits, and calls itself to look again: a loop as well.

    Raises:
        Declined: ``waits-for-holder``.
    """
    function = resolver.function
    if not any(target.function is function for call in awaited_calls(resolver, event) for target in call.targets):
        return
    before = [each.id for each in function.events if event.id in reach_after(function, each.id).events]
    waits = [each for each in before if each != event.id]
    looks = any(_reads(coverage, resolver, each) for each in before)
    if looks and _waits(coverage, resolver, waits) and not _changes(coverage, resolver, before):
        line = coverage.program.extent(function, event.id).line
        message = (
            f"`{function.qualname}` looks again by calling itself (line {line}), until others have changed the state"
        )
        raise Declined("waits-for-holder", f"{message}, who would wait for the lock")


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
