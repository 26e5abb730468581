"""Work that asks for what it makes itself: a task that waits for itself hangs, where there was an endless recursion.

For entries of a table that is no fault: one that is made of others asks for those, under other keys. Two that need each
other were an endless recursion before, and wait for each other now, which is said.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.event import Call
from awaitomic.program.calls import targets_of
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.region import events_in
from awaitomic.remedies.single_flight.work import Work

_MOST = 200
"""So many functions are looked at: what is further away comes back through somebody whom nobody here knows."""


def judge_reentry(case: Case, work: Work) -> Iterator[str]:
    """Say if the work comes back to the function that waits for it.

    Raises:
        Declined: ``waits-for-itself`` if it would then wait for its own task.
    """
    if not _comes_back(case, work):
        return
    name = case.function.qualname
    if not isinstance(work.state, ast.Subscript):
        raise Declined("waits-for-itself", f"the work calls `{name}` again, and would wait for itself")
    yield f"the work asks `{name}` for other entries: two that need each other would wait for ever"


def _comes_back(case: Case, work: Work) -> bool:
    own = getattr(case.function.node, "name", "")
    until = case.fact.event  # what comes back later finds what is stored
    events = {event for event in events_in(case.function, work.run) if event <= until}
    mentioned = f"{case.function.parameters[0]}.{own}"
    nodes = [node for event in events for node in ast.walk(case.node(event)) if isinstance(node, ast.Attribute)]
    if any(ast.unparse(node) == mentioned for node in nodes):
        return True
    pending = list(_called(case, case.function, events))
    seen: dict[int, FunctionGraph] = {}
    while pending and len(seen) < _MOST:
        function = pending.pop()
        if function is case.function:
            return True
        if id(function) not in seen:
            seen[id(function)] = function
            pending.extend(_called(case, function, set(range(len(function.events)))))
    return False


def _called(case: Case, function: FunctionGraph, events: set[int]) -> Iterator[FunctionGraph]:
    resolver = case.program.resolver(function)
    for event in function.events:
        if isinstance(event, Call) and event.id in events:
            yield from (target.function for target in targets_of(resolver, event))
