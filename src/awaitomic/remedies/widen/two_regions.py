"""**widen** for what stands behind a store: two regions of one lock become one, with the look and the addition in it.

Nothing is known of the store, and nothing has to be: all that waits has been under the lock before. So only what stands
between the regions is judged.
"""

from __future__ import annotations

from awaitomic.model.event import Suspend, is_yield
from awaitomic.model.finding import Applicability
from awaitomic.model.plan import Plan, WrapStatements
from awaitomic.model.position import StatementPath
from awaitomic.program.locks import Lock
from awaitomic.remedies.remedy import Case, Proposal, Remedy
from awaitomic.remedies.shared.declined import Declined, or_refusal
from awaitomic.remedies.split.regions import Region, Taker, dropped, regions_of

_TRUSTED = (
    "all that waits was under the lock before, and what stands between the regions waits for nothing: only that "
    "nobody comes in between is new",
)


@or_refusal
def propose(case: Case) -> Proposal:
    """Plan that the lock is kept from the look to the addition."""
    lock = _lock(case)
    span, function = case.finding.span, case.function
    regions = regions_of(case.program, Taker(function, span.write, lock))
    first = _around(case, regions, function.statements[span.reads[0]])
    second = _around(case, regions, function.statements[span.write])
    count = _count(first, second)
    _check_between(case, first, second, count)
    header = f"async with {case.text(first.node.items[first.index].context_expr)}"
    edits = (dropped(case.program, first), dropped(case.program, second), WrapStatements(first.path, count, header))
    title = f"keep `{lock}` from the look to the addition"
    return Proposal(Plan(edits), Applicability.SAFE, title, _TRUSTED)


def _lock(case: Case) -> Lock:
    """Give the lock that is held where the store is asked."""
    state = case.program.facts(case.resolver).solution.before_event(case.finding.span.reads[0])
    again = case.program.facts(case.resolver).solution.before_event(case.finding.span.write)
    later = {lock.location for lock in again.held} if again is not None else set()
    held = [lock for lock in state.held if lock.location in later and lock.excludes] if state is not None else []
    if not held:
        raise Declined("position-mismatch", "the lock of the finding is not held there any more")
    return min(held, key=str)


def _around(case: Case, regions: tuple[Region, ...], path: StatementPath) -> Region:
    """Give the region in which a statement stands.

    Raises:
        Declined: ``explicit-acquire`` if the lock is taken there by a call, ``with-several`` if not alone.
    """
    found = next((each for each in regions if path[: len(each.path)] == each.path), None)
    if found is None:
        raise Declined("explicit-acquire", f"`{case.function.qualname}` does not take the lock by `async with` there")
    if not found.is_alone:
        message = f"line {found.node.lineno} enters something else together with the lock"
        raise Declined("with-several", message)
    return found


def _count(first: Region, second: Region) -> int:
    """Give how many statements there are from the first region to that in which the second one stands.

    Raises:
        Declined: ``not-siblings`` if the first one does not stand in a block around the second one.
    """
    depth = len(first.path) - 1
    there = second.path[depth] if len(second.path) > depth else None
    beside = second.path[:depth] == first.path[:depth] and there is not None and there.block == first.path[-1].block
    if not beside or there is None or there.index <= first.path[-1].index:
        message = f"the regions on lines {first.node.lineno} and {second.node.lineno} do not stand in one block"
        raise Declined("not-siblings", message)
    return there.index - first.path[-1].index + 1


def _check_between(case: Case, first: Region, second: Region, count: int) -> None:
    """Refuse if anything waits that comes under the lock only now, or hands control to a consumer.

    Raises:
        Declined: ``waits-between`` or ``yield-inside``.
    """
    depth, start = len(first.path) - 1, first.path[-1].index
    function = case.function
    for event in function.events:
        path = function.statements[event.id]
        step = path[depth] if len(path) > depth else None
        inside = step is not None and path[:depth] == first.path[:depth] and step.block == first.path[-1].block
        if step is None or not inside or not start <= step.index < start + count:
            continue
        line = case.program.extent(function, event.id).line
        if is_yield(event):
            raise Declined("yield-inside", f"line {line} hands control to whoever goes through `{function.qualname}`")
        under = any(path[: len(each.path)] == each.path for each in (first, second))
        if isinstance(event, Suspend) and not under:
            message = f"what line {line} waits for was left out of the lock, and would come under it"
            raise Declined("waits-between", message)


REMEDY = Remedy(
    name="widen",
    summary="keep the lock from the look into a store to the addition of what was not there",
    conditions=(
        "Both regions are an `async with` of the lock alone, the first one in a block around the second one, and "
        "nothing waits between them."
    ),
    safety="Safe: what waits under the lock has waited under it before.",
    propose=propose,
)
