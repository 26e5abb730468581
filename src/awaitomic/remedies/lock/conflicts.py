"""Calls that would take the lock while it is held, and what is done about each.

A private helper of which every call is known leaves the lock to its callers; a method that takes it already is split;
one that would have to take it becomes a public one and a variant. What is none of these is refused: a hang is worse
than a race.
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.event import Suspend
from awaitomic.model.location import Root
from awaitomic.program.resolve import Resolver
from awaitomic.program.target import How, Target
from awaitomic.program.while_waiting import entered_calls
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.remedies.lock.growing import merged_regions
from awaitomic.remedies.lock.home import Kind
from awaitomic.remedies.shared.declined import Declined, check_reach
from awaitomic.remedies.shared.region import whole_body, yields_in
from awaitomic.remedies.split.forms import check_form, twice_made_defaults, unknown_decorators
from awaitomic.remedies.split.overrides import relatives
from awaitomic.remedies.split.takers import check_waits, line_of

_MOST_SPLITS = 2
_OWN = frozenset({Root.SELF, Root.CLASS})


def settle(coverage: Coverage) -> None:
    """Resolve every call that would take the lock while it is held.

    Raises:
        Declined: ``self-deadlock`` and its kin where a call cannot be told apart or cannot follow.
    """
    while True:
        conflict = next(_conflicts(coverage), None)
        if conflict is None:
            _check_own(coverage)
            return
        resolver, event, how, target = conflict
        _resolve_conflict(coverage, resolver, event, how, target)


def _check_own(coverage: Coverage) -> None:
    """Refuse if a function takes the lock at a place where it will hold it already."""
    if coverage.guardian is None:
        return
    for resolver in coverage.functions.values():
        if merged_regions(coverage, resolver):
            continue
        for event in resolver.function.events:
            if coverage.takes_at(resolver, event) and coverage.held(resolver, event.id):
                line = line_of(coverage.program, resolver.function, event.id)
                name = resolver.function.qualname
                raise Declined(
                    "self-deadlock", f"`{name}` takes the lock on line {line}, where it would hold it already"
                )


def _conflicts(coverage: Coverage) -> Iterator[tuple[Resolver, int, How, Target]]:
    for resolver in coverage.resolvers:
        if not _may_hold(coverage, resolver):
            continue
        for event in resolver.function.events:
            if not isinstance(event, Suspend) or event.awaited is None:
                continue
            calls = list(entered_calls(resolver, event))
            if not calls or not coverage.held(resolver, event.id):
                continue
            for call in calls:
                for target in call.targets:
                    if _clashes(coverage, target.function):
                        yield resolver, event.id, call.how, target


def _may_hold(coverage: Coverage, resolver: Resolver) -> bool:
    function = resolver.function
    if not function.is_async:
        return False
    if id(function) in coverage.by_callers | coverage.delegating or coverage.runs.get(id(function)):
        return True
    return coverage.guardian is not None and (
        coverage.takes_already(function) is not None or bool(coverage.program.callers.held_at_entry(function))
    )


def _clashes(coverage: Coverage, function: FunctionGraph) -> bool:
    """Tell whether a call would take the lock again, and nothing is planned for it yet."""
    key = id(function)
    if key in coverage.by_callers or key in coverage.delegating or key in coverage.existing:
        return False
    return coverage.reaches(function, set())


def _resolve_conflict(coverage: Coverage, resolver: Resolver, event: int, how: How, target: Target) -> None:
    function = target.function
    line = line_of(coverage.program, resolver.function, event)
    other = target.receiver is not None and (target.receiver.steps or target.receiver.root not in _OWN)
    if other and coverage.home.kind in {Kind.INSTANCE, Kind.CLASS}:
        message = f"line {line} awaits `{function.qualname}` of another object: two of them could wait for each other"
        raise Declined("lock-order", message)
    check_waits([how], function.qualname, f"line {line}")
    if coverage.takes_already(function) is not None and not coverage.runs.get(id(function)):
        check_reach(coverage.program, function)
        check_reach(coverage.program, resolver.function)
        coverage.existing[id(function)] = function
        return
    sites = None if relatives(coverage.program, function) else coverage.program.callers.only_awaited_here(function)
    if sites and all(site.how in {How.DIRECT, How.WAIT_FOR} for site in sites):
        _leave_to_callers(coverage, function)
        return
    if not coverage.runs.get(id(function)):
        message = f"line {line} awaits `{function.qualname}`, which further on takes the lock that would be held"
        raise Declined("self-deadlock", message)
    _delegate(coverage, function, line)


def _leave_to_callers(coverage: Coverage, function: FunctionGraph) -> None:
    """Let all callers of a private function hold the lock: every one of them is known."""
    coverage.by_callers.add(id(function))
    coverage.runs.pop(id(function), None)
    coverage.functions.pop(id(function), None)
    for site in coverage.program.callers.only_awaited_here(function) or ():
        if site.resolver.function is not function:
            coverage.demand_of(site, None)


def _delegate(coverage: Coverage, function: FunctionGraph, line: int) -> None:
    check_reach(coverage.program, function)
    check_form(function)
    fragile = unknown_decorators(function) or twice_made_defaults(function)
    if relatives(coverage.program, function) or fragile:
        name = function.qualname
        message = f"line {line} awaits `{name}`, which would take the lock again, and is overridden or decorated"
        raise Declined("self-deadlock", message)
    yielding = yields_in(function, whole_body(function))
    if yielding is not None:
        raise Declined("yield-inside", f"`{function.qualname}` hands out control by `yield`")
    coverage.runs.pop(id(function), None)
    coverage.functions[id(function)] = coverage.program.resolver(function)
    coverage.delegating.add(id(function))
    if len(coverage.delegating) > _MOST_SPLITS:
        message = f"more than {_MOST_SPLITS} methods would have to be split for this lock: that is a matter of design"
        raise Declined("self-deadlock", message)
