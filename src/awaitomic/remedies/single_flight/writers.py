"""Who else writes what is filled, and what else the work writes: a task must not overwrite, nor share what is old.

Somebody who comes after a reset gets, with one task for all, what was begun before it. For data that is the very thing
a reset is to prevent. What closes a resource and then forgets it is another matter: while one is being made there is
nothing to close, and what is being made comes afterwards, as before.
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitomic.model.location import Root
from awaitomic.program.accesses import Access, Change
from awaitomic.program.closings import closings
from awaitomic.remedies.lock.home import Home
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.region import events_in
from awaitomic.remedies.single_flight.work import Work
from awaitomic.remedies.split.takers import line_of


def judge_other_writers(case: Case, home: Home, work: Work) -> Iterator[str]:
    """Give what is to be said of those who forget what they have closed.

    Raises:
        Declined: ``written-elsewhere`` if anybody else writes the state.
    """
    inside = set(events_in(case.function, work.run))
    closers = {id(closer.function) for closer, _ in closings(case.program, case.resolver, case.fact.access.location)}
    for resolver, access in home.writers(case.program):
        if resolver.function is case.function and access.event in inside:
            continue
        where = f"`{resolver.function.qualname}` (line {line_of(case.program, resolver.function, access.event)})"
        if not _forgets(home, access) or id(resolver.function) not in closers:
            message = f"{where} writes `{home.state}`, too: the task would overwrite that, or share what is old"
            raise Declined("written-elsewhere", message)
        if not work.gives:
            message = f"{where} resets `{home.state}`, which those who waited for the task would look for afterwards"
            raise Declined("written-elsewhere", message)
        yield f"{where} closes only what is there: what is being made at the time is stored afterwards, as before"


def _forgets(home: Home, access: Access) -> bool:
    """Tell whether a write sets an attribute itself, and no entry of it, back to nothing."""
    return access.change in {Change.RESET, Change.DELETE} and len(access.location.steps) == home.depth


def check_own_writes(case: Case, work: Work) -> None:
    """See that the work writes nothing that is shared but what it fills, and that once.

    Raises:
        Declined: ``several-states``.
    """
    inside = set(events_in(case.function, work.run))
    own = case.fact.access.location
    for fact in case.program.facts(case.resolver).writes:
        location, change = fact.access.location, fact.access.change
        if fact.event not in inside or fact.via is not None or location.root in {Root.FRESH, Root.RESULT}:
            continue
        if location != own and location.steps[: len(own.steps)] != own.steps:
            raise Declined("several-states", f"`{location}` is written by the same work, and others may look at it")
        if location == own and change is not Change.ASSIGN:
            raise Declined("several-states", f"`{location}` is changed once more after it is stored")
