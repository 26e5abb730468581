"""Which locks all the calls that are seen hold, of public functions too.

Anybody could call a public method without the lock, so it is no proof. But a project that takes the lock at each of its
own calls, however far out, shows what the method is made for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.program.inherited import at_all

if TYPE_CHECKING:
    from awaitomic.model.location import Location
    from awaitomic.program import Program
    from awaitomic.program.accesses import Access
    from awaitomic.program.locks import Lock
    from awaitomic.program.module_calls import Site
    from awaitomic.program.resolve import Resolver

_MOST_HOPS = 5
"""Over so many calls a lock is followed from who takes it to who works under it."""


def usually_apart(program: Program, resolver: Resolver, rival: Resolver, access: Access) -> bool:
    """Tell whether a function and a rival's write are under one lock in all calls that are seen."""
    mine = _keys(resolver, usual_locks(program, resolver))
    if not mine:
        return False
    own = program.suspension.held_before(rival, access.event, program.callers.locks_at_entry)
    return not mine.isdisjoint(_keys(rival, own | usual_locks(program, rival)))


def usual_locks(program: Program, resolver: Resolver, way: tuple[int, ...] = ()) -> frozenset[Lock]:
    """Give the locks that every call which is seen holds, in the function's own terms.

    Parameters:
        way: the functions that lead from there to where the question began, by identity: a recursion adds no caller.
    """
    function, callers = resolver.function, program.callers
    if callers.spawns(function) or callers.is_mentioned(function):
        return frozenset()
    way = (*way, id(function))

    def at(site: Site) -> frozenset[Lock]:
        here = program.suspension.held_before(site.resolver, site.event, callers.locks_at_entry)
        return here | usual_locks(program, site.resolver, way) if len(way) < _MOST_HOPS else here

    return at_all(callers.sites(function), at, way)


def _keys(resolver: Resolver, locks: frozenset[Lock]) -> set[Location]:
    return {resolver.key_of(lock.location) for lock in locks if not lock.is_claim}
