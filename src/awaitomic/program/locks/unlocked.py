"""Where a write comes to be made without a lock: where it stands, or at a call whose callee leaves the lock to callers.

A function that some callers enter with the lock held leaves it to all of them. So the mistake is not in it, but at the
call that does without.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from awaitomic.flow.solver import solve
from awaitomic.knowledge.lifecycle import CONSTRUCTION
from awaitomic.knowledge.locks import Exclusion
from awaitomic.model.event import Event, Guard, Suspend
from awaitomic.model.location import Location
from awaitomic.program.accesses import Access
from awaitomic.program.calls import translate

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph
    from awaitomic.program import Program
    from awaitomic.program.locks import Lock
    from awaitomic.program.module_calls import Site
    from awaitomic.program.resolve import Resolver

_MOST_HOPS = 3
"""Over so many calls somebody is looked for who holds the lock for a function."""

Keys = frozenset[Location]
"""Locks, as all functions know them (`Resolver.key_of`): one of them is enough."""


class Unlocked(NamedTuple):
    """A write without the lock: the function and event at which the lock is missing, and the calls from there."""

    resolver: Resolver
    access: Access
    calls: tuple[Site, ...] = ()
    """From where the lock is missing down to the function that writes."""


def holds(program: Program, resolver: Resolver, event: int, keys: Keys) -> bool:
    """Tell whether one of some locks is held at an event, or a lock that is not understood and may be one of them.

    One that has been given back counts until the next suspension: nobody else can have taken it before.
    """
    state = program.facts(resolver).solution.before_event(event)
    if state is None:
        return True  # control never comes there
    if _is_among(resolver, state.held, keys):
        return True
    if not program.suspension.takes_locks(resolver):
        return False
    since = solve(resolver.function, _SinceSuspension(program, resolver), raises=False).before_event(event)
    return _is_among(resolver, since or (), keys)


def _is_among(resolver: Resolver, held: Iterable[Lock], keys: Keys) -> bool:
    locks = [lock for lock in held if lock.excludes]
    return any(lock.type.exclusion is Exclusion.UNKNOWN or resolver.key_of(lock.location) in keys for lock in locks)


class _SinceSuspension:
    """Which locks have been held, on every way, at some point since others have run: a forward problem."""

    def __init__(self, program: Program, resolver: Resolver) -> None:
        self._program = program
        self._resolver = resolver
        self._usual = program.facts(resolver).solution

    def initial(self) -> frozenset[Lock]:
        return self._program.callers.held_at_entry(self._resolver.function)

    def join(self, left: frozenset[Lock], right: frozenset[Lock]) -> frozenset[Lock]:
        return left & right

    def branch(self, guard: Guard, holds: bool, state: frozenset[Lock]) -> frozenset[Lock]:  # noqa: ARG002 - the solver's protocol
        return state

    def transfer(self, event: Event, state: frozenset[Lock]) -> frozenset[Lock]:
        after = self._usual.after_event(event.id)
        held = after.held if after is not None else frozenset()
        waits = isinstance(event, Suspend) and self._program.may_suspend(self._resolver, event)
        return held if waits else state | held


def without_lock(program: Program, resolver: Resolver, access: Access, keys: Keys) -> Iterator[Unlocked]:
    """Give the places at which a write comes to be made with none of some locks held."""
    yield from _missing(program, Unlocked(resolver, access), keys, (id(resolver.function),))


def _missing(program: Program, found: Unlocked, keys: Keys, way: tuple[int, ...]) -> Iterator[Unlocked]:
    resolver, access, calls = found
    by_contract = leaves_to_callers(program, resolver, keys)
    if not by_contract and holds(program, resolver, access.event, keys):
        return
    sites = _calls(program, resolver.function, way)
    if not by_contract and not any(_leads_from_holder(program, site, keys, way) for site in sites):
        yield found
        return
    for site in sites:
        location = translate(site.resolver, site.target, access.location)
        if location is not None:
            there = Access(site.event, location, access.change, None, access.certain, access.own)
            yield from _missing(
                program, Unlocked(site.resolver, there, (site, *calls)), keys, (*way, id(site.resolver.function))
            )


def blamed_on(program: Program) -> dict[int, FunctionGraph]:
    """Give the functions, by their identities, whose writes can come to be missing a lock in the file.

    These are its own and those that its functions call, over so many calls: others need not be looked at.
    """
    last = [resolver.function for resolver in program.resolvers]
    found = {id(function): function for function in last}
    for _ in range(_MOST_HOPS):
        calls = ((program.callers.in_module(program.unit_of(function)), function) for function in last)
        called = {id(each): each for calls, by in calls for each in calls.by_caller.get(id(by), ())}
        last = [function for key, function in called.items() if key not in found]
        found.update(called)
    return found


def leaves_to_callers(program: Program, resolver: Resolver, keys: Keys) -> bool:
    """Tell whether a function leaves one of some locks to its callers: see `awaitomic.program.locks.contracts`."""
    contract = program.callers.contract(resolver.function)
    return contract is not None and resolver.key_of(contract.lock.location) in keys


def _leads_from_holder(program: Program, site: Site, keys: Keys, way: tuple[int, ...]) -> bool:
    """Tell whether a call is made with the lock held, or by a function that leaves the lock to its own callers."""
    if holds(program, site.resolver, site.event, keys):
        return True
    way = (*way, id(site.resolver.function))
    above = _calls(program, site.resolver.function, way)
    return any(_leads_from_holder(program, each, keys, way) for each in above)


def _calls(program: Program, function: FunctionGraph, way: tuple[int, ...]) -> list[Site]:
    """Give the calls of a function by others than those on the way so far; not of an object that nobody else has."""
    if len(way) > _MOST_HOPS:
        return []
    return [
        site
        for site in program.callers.sites(function)
        if id(site.resolver.function) not in way
        and not site.on_new_object
        and getattr(site.resolver.function.node, "name", "") not in CONSTRUCTION
    ]
