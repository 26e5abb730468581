"""State that belongs together gets one lock: where the span of one piece of state overlaps with that of another.

A lock over the one only would cut the other's span in two: its write would stand under a lock that was not held at its
read. Or it would cover that span as well, but not the others who write the state. Both protect nothing, and look as if
they did. Two locks, one inside the other, say no more than one does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache

from awaitomic.model.finding import Finding
from awaitomic.program.facts import WriteFact
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.remedies.lock.home import Home, Kind, guardian, home_of
from awaitomic.remedies.lock.keyed import Table, check_writers, table_of
from awaitomic.remedies.lock.reached import owner_of
from awaitomic.remedies.lock.writers import cover_writers
from awaitomic.remedies.shared.declined import Declined


def join(coverage: Coverage, found_in: Callable[[str], Sequence[Finding]], tables: list[Table]) -> None:
    """Take in every other state with a finding of which the span is covered, or a part of it.

    Where its other writers cannot take the lock, only its whole span comes in, and the reasons of the fix say so.

    Parameters:
        coverage: of the state with the bug; not settled yet.
        found_in: gives the findings of a file, by the name of its module.
        tables: with a lock for each key, the tables whose entries it is for; more are added here. Else empty.

    Raises:
        Declined: if a span would be left with only its write or its read under the lock.
    """
    found_in = cache(found_in)
    tried: set[int] = set()
    while True:
        found = next((each for each in _touched(coverage, found_in) if id(each[0]) not in tried), None)
        if found is None:
            return
        finding, resolver, fact = found
        tried.add(id(finding))
        before, known = coverage.saved(), list(tables)
        try:
            _take_in(coverage, resolver, fact, tables)
            _cover_span(coverage, finding, resolver)
        except Declined as declined:
            coverage.restore(before)
            tables[:] = known
            _cover_span(coverage, finding, resolver)
            why = declined.refusal.message
            coverage.beside.append(f"`{finding.state}` comes under the lock here, too, and stays unprotected: {why}")


def _cover_span(coverage: Coverage, finding: Finding, resolver: Resolver) -> None:
    span = finding.span
    coverage.demand(resolver, span.write, None, (*span.reads, *span.guards, *span.suspends))


def _touched(
    coverage: Coverage, found_in: Callable[[str], Sequence[Finding]]
) -> Iterator[tuple[Finding, Resolver, WriteFact]]:
    """Give the findings of other state whose span has come under the lock, or a part of it, in any file."""
    for finding, resolver in _findings(coverage, found_in):
        covered = id(resolver.function) in coverage.functions
        fact = coverage.program.facts(resolver).write_at(finding.span.write, finding.state) if covered else None
        if fact is None or resolver.key_of(fact.access.location) in coverage.keys:
            continue
        events = _events(finding)
        before = all(coverage.held_already(resolver, event) for event in events)
        if not before and any(coverage.held(resolver, event) for event in events):
            yield finding, resolver, fact


def _findings(coverage: Coverage, found_in: Callable[[str], Sequence[Finding]]) -> Iterator[tuple[Finding, Resolver]]:
    """Give what is found in the files whose functions take the lock, each with its function."""
    for file in coverage.files():
        for finding in found_in(file.unit.name):
            if not finding.span.lock:  # a write that lacks another lock has no span to be torn
                yield finding, file.named(finding.span.function)


def _events(finding: Finding) -> tuple[int, ...]:
    return (finding.span.write, *finding.span.reads, *finding.span.guards)


def _take_in(coverage: Coverage, resolver: Resolver, fact: WriteFact, tables: list[Table]) -> None:
    """Let the lock be for the state of a write, and see that everybody who writes this takes it.

    Raises:
        Declined: if it has another lock or another owner, or somebody cannot.
    """
    program, state = coverage.seen_from(resolver.function), fact.access.location
    home = home_of(program, resolver, state)
    if _has_another_lock(coverage, home, resolver):
        raise Declined("other-lock", f"`{state}` has a lock of its own")
    if not _is_of_one_object(coverage, home):
        raise Declined("foreign-state", f"`{state}` belongs to something else than `{coverage.home.state}`")
    if tables:
        table = table_of(home, state)
        if table is None:
            raise Declined("several-keys", f"`{state}` belongs to no key")
        check_writers(program, resolver, table)
        tables.append(table)
    coverage.name_owner(resolver, owner_of(program, home, resolver, fact.event, state))
    coverage.take_in(home)
    cover_writers(coverage, home)


def _is_of_one_object(coverage: Coverage, home: Home) -> bool:
    """Tell whether a function that reaches two states in the same way reaches them in one object.

    A subclass may stand in another file, and has its own state besides that of its base.
    """
    if home.kind is not coverage.home.kind:
        return False
    if home.kind is not Kind.INSTANCE:
        return home.owner == coverage.home.owner
    link = coverage.program.module.link
    return link.descends(home.owner, coverage.home.owner) or link.descends(coverage.home.owner, home.owner)


def _has_another_lock(coverage: Coverage, home: Home, resolver: Resolver) -> bool:
    own = guardian(coverage.program, home, resolver.function)
    return own is not None and own.sure and (coverage.guardian is None or own.key != coverage.guardian.key)
