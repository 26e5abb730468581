"""Regions of a lock that become parts of a larger one: a lock that is taken twice by one task hangs.

So the small regions lose their acquisition where the large one takes the lock. Who came by without the lock before, as
only one branch took it, waits for it now.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.event import Suspend
from awaitomic.program import Program
from awaitomic.program.calls import awaited_calls
from awaitomic.program.locks import Lock
from awaitomic.program.locks.acquisitions import own_acquisitions
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.remedies.remedy import statement_at
from awaitomic.remedies.shared.purity import Purity, Quality
from awaitomic.remedies.shared.region import Run, events_in
from awaitomic.remedies.shared.siblings import leaves
from awaitomic.remedies.split.regions import Region, Taker, regions_of


def merged_regions(coverage: Coverage, resolver: Resolver) -> tuple[Region, ...]:
    """Give the regions of the lock in a function that a larger one takes in.

    Raises:
        Declined: ``explicit-acquire`` if the function takes the lock by a call, ``split-partial-region`` if a region
            gives the lock a name.
    """
    if not coverage.grows or id(resolver.function) in coverage.delegating:
        return ()
    taken = next(_takings(coverage, resolver), None)
    if taken is None:
        return ()
    program = coverage.seen_from(resolver.function)
    regions = regions_of(program, Taker(resolver.function, *taken))
    runs = coverage.runs.get(id(resolver.function), ())
    return tuple(region for region in regions if any(run.covers(region.path) for run in runs))


def judge_growth(coverage: Coverage) -> Iterator[str]:
    """Say what the larger regions change for their own functions, beyond what a lock over them does anyway."""
    for key, resolver in coverage.functions.items() if coverage.grows else ():
        regions = merged_regions(coverage, resolver)
        for run in coverage.runs.get(key, ()):
            inside = [region for region in regions if run.covers(region.path)]
            doubts = list(_waits_taken_in(coverage, resolver, run))
            if not inside or not _always_took_it(coverage, resolver, run, inside[0]):
                name = resolver.function.qualname
                doubts.insert(0, f"`{name}` takes the lock in each run, where it came by without waiting for it before")
            yield from doubts or _delayed(coverage, resolver, run, inside[0])


def _waits_taken_in(coverage: Coverage, resolver: Resolver, run: Run) -> Iterator[str]:
    """Say which waits were outside of the lock: the author may have left them there so that others do not wait."""
    program, function = coverage.program, resolver.function
    own = coverage.guardian.key if coverage.guardian is not None else None
    for event in events_in(function, run):
        found = function.events[event]
        if not isinstance(found, Suspend) or not program.may_suspend(resolver, found):
            continue
        taking = found.awaited is not None and any(
            resolver.key_of(lock.location) == own for lock in program.locks_of(resolver, found.awaited)
        )
        if not taking and not coverage.held_already(resolver, event) and not _gave_up(coverage, resolver, found):
            yield f"the wait on {program.place(function, event)} was outside of the lock, and comes under it"


def _gave_up(coverage: Coverage, resolver: Resolver, event: Suspend) -> bool:
    """Tell whether a wait is for functions that took the lock themselves, and leave it to their callers now."""
    targets = [target.function for call in awaited_calls(resolver, event) for target in call.targets]
    return bool(targets) and all(id(each) in coverage.existing or id(each) in coverage.by_callers for each in targets)


def _delayed(coverage: Coverage, resolver: Resolver, run: Run, region: Region) -> Iterator[str]:
    """Say what ran before the lock was waited for, and could tell that it runs behind that now."""
    purity = Purity(_In(coverage.program, resolver, resolver.function))
    tree = coverage.tree_of(resolver.function)
    depth = len(run.first) - 1
    for path in run.paths:
        if path[-1].index >= region.path[depth].index:
            return
        statement = statement_at(tree, path)
        value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        plain = value is not None and all(isinstance(target, ast.Name) for target in targets)
        if value is None or not plain or purity.judge(value)[0] is Quality.EFFECT:
            yield f"what stands on line {statement.lineno} ran before the lock was waited for, and runs behind that now"


class _In(NamedTuple):
    """In which function an expression stands."""

    program: Program
    resolver: Resolver
    function: FunctionGraph


def _always_took_it(coverage: Coverage, resolver: Resolver, run: Run, region: Region) -> bool:
    """Tell whether every way through a run came to a region."""
    if len(region.path) != len(run.first):
        return False
    tree = coverage.tree_of(resolver.function)
    before = [path for path in run.paths if path[-1].index < region.path[-1].index]
    return not any(leaves(statement_at(tree, path), by_raise=False) for path in before)


def _takings(coverage: Coverage, resolver: Resolver) -> Iterator[tuple[int, Lock]]:
    """Give where a function takes the lock itself."""
    if coverage.guardian is None:
        return
    for event in resolver.function.events:
        for lock in own_acquisitions(coverage.program, resolver, event):
            if resolver.key_of(lock.location) == coverage.guardian.key:
                yield event.id, lock
