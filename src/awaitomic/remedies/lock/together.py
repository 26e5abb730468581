"""State that belongs together gets one lock: where the span of one piece of state overlaps with that of another.

A lock over the one only would cut the other's span in two: its write would stand under a lock that was not held at its
read, which protects nothing and looks as if it did. Two locks, one inside the other, say no more than one does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from awaitomic.model.finding import Finding
from awaitomic.program import Program
from awaitomic.program.facts import WriteFact
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.remedies.lock.home import Home, guardian, home_of
from awaitomic.remedies.lock.writers import cover_writers
from awaitomic.remedies.shared.declined import Declined


def join(coverage: Coverage, others: Sequence[Finding]) -> None:
    """Take in every other state with a finding of which the span is covered in part.

    Parameters:
        coverage: of the state with the bug; not settled yet.
        others: the findings of the file.

    Raises:
        Declined: if a span would be left with its write under the lock and its read outside.
    """
    tried: set[int] = set()
    while True:
        found = next((each for each in _cut(coverage, others) if id(each[0]) not in tried), None)
        if found is None:
            return
        finding, resolver, fact = found
        tried.add(id(finding))
        _take_in(coverage, finding, resolver, fact)


def check_alone(coverage: Coverage, others: Sequence[Finding]) -> None:
    """See that a lock for each key leaves no span of other state with its write inside and its read outside.

    Raises:
        Declined: ``several-keys``.
    """
    for finding, resolver, _ in _cut(coverage, others):
        if coverage.held(resolver, finding.span.write):
            name = resolver.function.qualname
            message = f"`{name}` changes `{finding.state}` in the same go, which belongs to no key"
            raise Declined("several-keys", message)


def _cut(coverage: Coverage, others: Sequence[Finding]) -> Iterator[tuple[Finding, Resolver, WriteFact]]:
    """Give the findings of other state of which the covered statements hold a part."""
    for finding in others:
        resolver = coverage.program.named(finding.span.function)
        covered = id(resolver.function) in coverage.functions
        fact = _fact(coverage.program, resolver, finding) if covered else None
        if fact is None or resolver.key_of(fact.access.location) in coverage.keys:
            continue
        inside = [coverage.held(resolver, event) for event in _events(finding)]
        if any(inside) and not all(inside):
            yield finding, resolver, fact


def _events(finding: Finding) -> tuple[int, ...]:
    return (finding.span.write, *finding.span.reads, *finding.span.guards)


def _fact(program: Program, resolver: Resolver, finding: Finding) -> WriteFact | None:
    for fact in program.facts(resolver).writes:
        if fact.event == finding.span.write and str(fact.access.location) == finding.state:
            return fact
    return None


def _take_in(coverage: Coverage, finding: Finding, resolver: Resolver, fact: WriteFact) -> None:
    before = coverage.saved()
    try:
        home = home_of(coverage.program, resolver, fact.access.location)
        if _has_another_lock(coverage, home, resolver):
            return
        if (home.kind, home.owner) != (coverage.home.kind, coverage.home.owner):
            raise Declined("foreign-state", f"`{finding.state}` belongs to something else than `{coverage.home.state}`")
        coverage.take_in(home)
        span = finding.span
        coverage.demand(resolver, span.write, None, (*span.reads, *span.guards, *span.suspends))
        cover_writers(coverage, home)
    except Declined:
        coverage.restore(before)
        if coverage.held(resolver, finding.span.write):
            raise


def _has_another_lock(coverage: Coverage, home: Home, resolver: Resolver) -> bool:
    own = guardian(coverage.program, home, resolver.function)
    return own is not None and own.sure and (coverage.guardian is None or own.key != coverage.guardian.key)
