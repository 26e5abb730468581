"""Everybody who writes a state: who has to do so under its lock, and who can only do what could be done before."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from awaitomic.program import Program
from awaitomic.program.accesses import Access
from awaitomic.program.facts import WriteFact
from awaitomic.program.filling import only_fills, takes_away
from awaitomic.program.module import is_construction
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.remedies.lock.home import Home
from awaitomic.remedies.lock.reached import owner_of
from awaitomic.remedies.shared.declined import Declined


def tolerates(coverage: Coverage, resolver: Resolver, access: Access) -> bool:
    """Tell whether a writer without the lock only takes away what is not there while the span fills it."""
    if not takes_away(access):
        return False
    key = resolver.key_of(access.location)
    homes = [home for home in coverage.homes if key in home.keys] or [coverage.home]
    found = [each for home in homes for each in late_writes(coverage.program, home)]
    return all(only_fills(other, fact) for other, fact in found)


Along = Callable[[Resolver, Access], tuple[int, ...]]
"""Gives what has to be under the lock together with a write."""


def cover_writers(coverage: Coverage, home: Home, along: Along = lambda _resolver, _access: ()) -> None:
    """See that everybody who writes the state does so under the lock, together with what he decided on."""
    program = coverage.program
    late = {(id(resolver), fact.event) for resolver, fact in late_writes(program, home)}
    for resolver, access in home.writers(program):
        owner = owner_of(program, home, resolver, access.event, access.location)
        if access.task is not None:
            where = program.place(resolver.function, access.event)
            message = f"the task that `{resolver.function.qualname}` makes ({where}) writes what it is handed"
            raise Declined("foreign-state", message)
        if (id(resolver), access.event) not in late and coverage.tolerates(coverage, resolver, access):
            coverage.tolerated.append((resolver, access))
        else:
            coverage.name_owner(resolver, owner)
            coverage.demand(resolver, access.event, access, along(resolver, access))
    for resolver, fact in late_writes(program, home):
        if fact.via is not None:
            coverage.name_owner(resolver, owner_of(program, home, resolver, fact.event, fact.access.location))
            coverage.demand(resolver, fact.event, None)


def late_writes(program: Program, home: Home) -> Iterator[tuple[Resolver, WriteFact]]:
    """Give every write of the state that a suspension separates from what it was decided on or made from."""
    for resolver in _resolvers(program, home):
        if not resolver.function.is_async or is_construction(resolver.function):
            continue
        for fact in program.facts(resolver).writes:
            if resolver.key_of(fact.access.location) not in home.keys:
                continue
            tokens = [*fact.value, *(token for guard in fact.state.guards for token in guard.tokens)]
            uses = [use for use in fact.state.uses if use.token.location == fact.access.location]
            if fact.via is not None and (fact.via.write.guarded or not tokens or _asks_again(program, fact)):
                continue
            if uses or any(fact.about(token) and fact.is_stale(token) for token in tokens):
                yield resolver, fact


def _asks_again(program: Program, fact: WriteFact) -> bool:
    """Tell whether a callee tests the state itself before it writes, and writes nothing that the caller has read.

    Once that has the lock over test and write, what its callers have tested before is only an early look.
    """
    if fact.via is None or fact.value or fact.state.uses:
        return False
    writer = program.named(fact.via.write.function)
    return any(
        own.event == fact.via.write.event
        and any(own.about(token) for guard in own.state.guards for token in guard.tokens)
        for own in program.facts(writer).writes
    )


def _resolvers(program: Program, home: Home) -> Iterator[Resolver]:
    """Give the functions of the file, and those of other files that can write the state."""
    yield from program.resolvers
    for unit in program.units_knowing(home.key):
        if unit.name != program.unit.name:
            yield from unit.resolvers
