"""Regions of a lock that become parts of a larger one: a lock that is taken twice by one task hangs.

So the small regions lose their acquisition where the large one takes the lock. Who came by without the lock before, as
only one branch took it, waits for it now.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.locks import LOCK_TYPES
from awaitomic.model.event import Enter, Operand, Suspend
from awaitomic.model.location import ItemStep, Location
from awaitomic.model.plan import DeleteStatement, Edit
from awaitomic.model.position import StatementPath
from awaitomic.program import Program
from awaitomic.program.calls import awaited_calls
from awaitomic.program.locks import Lock
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.lock.by_hand import pairs_of
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.remedies.remedy import statement_at
from awaitomic.remedies.shared.declined import Declined, check_here
from awaitomic.remedies.shared.purity import Purity, Quality
from awaitomic.remedies.shared.region import Run, events_in
from awaitomic.remedies.shared.siblings import leaves
from awaitomic.remedies.split.regions import Taker, dropped, region_at


class Merged(NamedTuple):
    """A region that becomes a part of a larger one: where it begins, and what takes its acquisition away."""

    path: StatementPath
    lock: Lock
    said: ast.expr
    """How the lock is named there."""
    edits: tuple[Edit, ...]


def merged_regions(coverage: Coverage, resolver: Resolver) -> tuple[Merged, ...]:
    """Give the regions of the lock in a function that a larger one takes in.

    Raises:
        Declined: ``explicit-acquire`` if the function takes the lock by calls that cannot become a region,
            ``split-partial-region`` if a region gives the lock a name.
    """
    if not coverage.grows or id(resolver.function) in coverage.delegating:
        return ()
    runs = coverage.runs.get(id(resolver.function), ())
    found = {region.path: region for region in _regions(coverage, resolver)}
    inside = [region for _, region in sorted(found.items()) if any(run.covers(region.path) for run in runs)]
    return tuple(_without_name(resolver, region, runs) for region in inside)


def _without_name(resolver: Resolver, region: Merged, runs: Sequence[Run]) -> Merged:
    """Let a local go that was made in the larger region, and only to be entered: ``lock = self.locks[key]``."""
    said, function = region.said, resolver.function
    if not isinstance(said, ast.Name) or any(run.first == region.path for run in runs):
        return region
    nodes = [node for node in ast.walk(function.node) if isinstance(node, ast.Name) and node.id == said.id]
    for path in dict.fromkeys(function.statements) if len(nodes) == 2 else ():
        statement = statement_at(resolver.module.tree, path) if path else None
        looked_up = isinstance(statement, ast.Assign) and _only_looks_up(statement.value)
        targets = statement.targets if isinstance(statement, ast.Assign) and looked_up else []
        if targets == [node for node in nodes if node is not said] and any(run.covers(path) for run in runs):
            return region._replace(edits=(*region.edits, DeleteStatement(path)))
    return region


def _regions(coverage: Coverage, resolver: Resolver) -> Iterator[Merged]:
    """Give every region in which a function holds the lock."""
    function, program = resolver.function, coverage.seen_from(resolver.function)
    by_hand: dict[Location, Lock] = {}
    for event in function.events:
        lock = coverage.taken_at(resolver, event)
        if lock is not None and isinstance(event, Enter):
            region = region_at(program, Taker(function, event.id, lock))
            yield Merged(region.path, lock, region.node.items[region.index].context_expr, (dropped(program, region),))
        elif lock is not None:
            by_hand[lock.location] = lock
    for lock in by_hand.values():
        check_here(program, function)
        yield from (Merged(pair.taken, lock, pair.said, pair.edits) for pair in pairs_of(program, resolver, lock))


def first_merged(coverage: Coverage, resolver: Resolver, run: Run, key: str) -> str:
    """Give how the region with which a run begins names the lock of a key; empty if it begins with something else.

    Raises:
        Declined: ``several-keys`` if a region inside of the run is that of another key, ``other-lock`` if how it names
            the lock does more than to look it up.
    """
    inside = [region for region in merged_regions(coverage, resolver) if run.covers(region.path)]
    for region in inside:
        step = region.lock.location.steps[-1]
        line = region.said.lineno
        if not isinstance(step, ItemStep) or step.text != key:
            message = f"`{resolver.function.qualname}` takes the lock `{region.lock}` of another key on line {line}"
            raise Declined("several-keys", message)
        if not _only_looks_up(region.said):
            message = f"`{ast.unparse(region.said)}` (line {line}) may do more than to give the lock, and is left out"
            raise Declined("other-lock", message)
    return next((ast.unparse(region.said) for region in inside if region.path == run.first), "")


_LOOKS_UP = frozenset({"setdefault", "get"}) | {name.rpartition(".")[2] for name in LOCK_TYPES}
"""Last names of what may be called to look up a lock, and make it if there is none."""


def _only_looks_up(said: ast.expr) -> bool:
    """Tell whether a lock's expression does nothing but to look it up in its table, or make it there."""
    return all(last_name(node.func) in _LOOKS_UP for node in ast.walk(said) if isinstance(node, ast.Call))


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
    for event in events_in(function, run):
        found = function.events[event]
        if not isinstance(found, Suspend) or not program.may_suspend(resolver, found):
            continue
        taking = found.awaited is not None and _waits_for_lock(coverage, resolver, found.awaited)
        if not taking and not coverage.held_already(resolver, event) and not _gave_up(coverage, resolver, found):
            yield f"the wait on {program.place(function, event)} was outside of the lock, and comes under it"


def _waits_for_lock(coverage: Coverage, resolver: Resolver, awaited: Operand) -> bool:
    """Tell whether what is awaited is the lock itself, or an ``acquire`` of it."""
    own = coverage.guardian.key if coverage.guardian is not None else None
    entered = coverage.program.locks_of(resolver, awaited)
    return coverage.takes_at(resolver, resolver.function.events[awaited]) or any(
        resolver.key_of(lock.location) == own for lock in entered
    )


def _gave_up(coverage: Coverage, resolver: Resolver, event: Suspend) -> bool:
    """Tell whether a wait is for functions that took the lock themselves, and leave it to their callers now."""
    targets = [target.function for call in awaited_calls(resolver, event) for target in call.targets]
    return bool(targets) and all(id(each) in coverage.existing or id(each) in coverage.by_callers for each in targets)


def _delayed(coverage: Coverage, resolver: Resolver, run: Run, region: Merged) -> Iterator[str]:
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


def _always_took_it(coverage: Coverage, resolver: Resolver, run: Run, region: Merged) -> bool:
    """Tell whether every way through a run came to a region."""
    if len(region.path) != len(run.first):
        return False
    tree = coverage.tree_of(resolver.function)
    before = [path for path in run.paths if path[-1].index < region.path[-1].index]
    return not any(leaves(statement_at(tree, path), by_raise=False) for path in before)
