"""Counts that are made once more right after something was added, and take out again what is too much.

``self.conns.append(conn)``, ``if len(self.conns) > self.limit: self.conns.remove(conn)``: a test made before the wait
has only spared the others the work. That holds if it has counted the same, up to the same bound, and asked for nothing
else: a bound on how long a list may get says nothing to who asked if it is empty.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from awaitomic.flow.reach import reach_after
from awaitomic.model.event import Const, Event, Guard, Read, Suspend
from awaitomic.model.location import Location, Root
from awaitomic.program.accesses import Change, accesses
from awaitomic.program.conditions import whole_test

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.facts import WriteFact
    from awaitomic.program.resolve import Resolver
    from awaitomic.program.state import ActiveGuard

_TAKES_OUT = frozenset({Change.TAKE, Change.DELETE})
_ORDER = ast.Lt | ast.LtE | ast.Gt | ast.GtE
_OF_AN_OBJECT = frozenset({Root.SELF, Root.CLASS})

Bound = tuple[Root | None, object]
"""Where a bound stands (a number: None), and which it is."""


def takes_back(program: Program, resolver: Resolver, fact: WriteFact, guard: ActiveGuard) -> bool:
    """Tell whether whoever writes counts anew right after it what an older test has counted, and takes back its own.

    The count has to come on every way, before anybody else runs.

    Parameters:
        fact: the write, which adds something.
        guard: the test that was made before a suspension.
    """
    bound = _bound_of(resolver, whole_test(resolver.function, guard.guard), fact.access.location)
    if bound is None:
        return False
    writer, write, location = resolver, fact.event, fact.access.location
    if fact.via is not None:
        writer, write = program.named(fact.via.write.function), fact.via.write.event
        theirs = fact.via.write.location
        alike = (theirs.root, theirs.steps) == (location.root, location.steps)
        if bound[0] in _OF_AN_OBJECT and not alike:
            return False  # the callee may work on another object, whose bounds are its own
        location = theirs
    function = writer.function
    waits = [e.id for e in function.events if isinstance(e, Suspend) and program.may_suspend(writer, e)]
    soon = reach_after(function, write, stops=waits, raises=False).events
    guards = [event for event in map(function.events.__getitem__, soon) if isinstance(event, Guard)]
    counts = [each.id for each in guards if _bound_of(writer, function.nodes[each.id], location) == bound]
    if not counts:
        return False
    onward = reach_after(function, write, stops=counts, raises=False)
    if function.exit in onward.blocks or not onward.events.isdisjoint(waits):
        return False
    taken = {each.event for each in accesses(writer) if each.change in _TAKES_OUT and _is_of(each.location, location)}
    return any(not reach_after(function, count, stops=waits, raises=False).events.isdisjoint(taken) for count in counts)


def _bound_of(resolver: Resolver, test: ast.AST, location: Location) -> Bound | None:
    """Give the bound up to which a test counts what is at a location; None if it asks for it in any other way, too."""
    inside = {id(node) for node in ast.walk(test)}
    events = [event for event in resolver.function.events if id(resolver.function.nodes[event.id]) in inside]
    asked = {id(resolver.function.nodes[each.id]) for each in events if _asks(resolver, each, location)}
    bounds = set[Bound | None]()
    for node in ast.walk(test):
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], _ORDER):
            for side, other in ((node.left, node.comparators[0]), (node.comparators[0], node.left)):
                counted = _counted(side)
                if counted in asked:
                    asked.remove(counted)
                    bounds.add(_named(resolver, events, other))
    return bounds.pop() if len(bounds) == 1 and not asked else None


def _asks(resolver: Resolver, event: Event, location: Location) -> bool:
    found = resolver.value(event.id) if isinstance(event, Read) else None
    return found is not None and (found == location or (found.is_entry and found.parent == location))


def _counted(side: ast.expr) -> int | None:
    """Give the identity of what a side of a comparison counts: ``self.conns`` of ``len(self.conns)``."""
    is_length = isinstance(side, ast.Call) and isinstance(side.func, ast.Name) and side.func.id == "len"
    return id(side.args[0]) if isinstance(side, ast.Call) and is_length and len(side.args) == 1 else None


def _named(resolver: Resolver, events: list[Event], bound: ast.expr) -> Bound | None:
    """Tell which bound some syntax names: a number, or what stands somewhere."""
    for event in events:
        if resolver.function.nodes[event.id] is not bound:
            continue
        if isinstance(event, Const):
            return None, event.value
        where = resolver.place(event.place) if isinstance(event, Read) else None
        if where is not None and where.root in _OF_AN_OBJECT:
            return where.root, where.steps
        return None if where is None else (where.root, where)
    return None


def _is_of(taken: Location, container: Location) -> bool:
    return taken == container or (taken.is_entry and taken.parent == container)
