"""What the rules on spans find under a lock that is held all through and keeps nobody out: why it does not help.

The span is found as any other, since such a lock protects nothing; AWA203 and AWA204 say what is wrong with the lock,
and go before (see `awaitomic.findings.precedence`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from awaitomic.model.event import Read
from awaitomic.model.finding import Confidence, Finding, Role, TraceStep
from awaitomic.program import Program
from awaitomic.program.locks import Cause, Lock
from awaitomic.program.locks.covering import taken_at
from awaitomic.program.resolve import Resolver
from awaitomic.rules import check_then_act, late_update, save_restore, stale_write
from awaitomic.rules.rule import Rule, step, suspending_functions, why_useless

_SPANS = (stale_write.find, check_then_act.find, late_update.find, save_restore.find)


_NOTES = {
    Cause.MADE_ANEW: "made here, for this one call",
    Cause.ONE_EACH: "made here, for each instance",
    Cause.THROWN_AWAY: "thrown away here, while others may wait for it",
}


class Under(NamedTuple):
    """A finding of another rule, and the lock that does not help against it."""

    finding: Finding
    resolver: Resolver
    lock: Lock


def found_under(program: Program, causes: frozenset[Cause]) -> Iterator[Under]:
    """Give the spans that lie under locks which keep nobody out, for some causes."""
    if not any(_has_cause(program, resolver, causes) for resolver in suspending_functions(program)):
        return
    for find in _SPANS:
        for finding in find(program):
            resolver = program.named(finding.span.function)
            lock = _held_throughout(program, resolver, finding, causes)
            if lock is not None:
                yield Under(finding, resolver, lock)


def _has_cause(program: Program, resolver: Resolver, causes: frozenset[Cause]) -> bool:
    held = (fact.useless_lock for fact in program.facts(resolver).writes)
    return any(lock is not None and lock.flaw is not None and lock.flaw.cause in causes for lock in held)


def _held_throughout(program: Program, resolver: Resolver, finding: Finding, causes: frozenset[Cause]) -> Lock | None:
    """Give the useless lock that is held from the reads and tests of a span to its write."""
    span = finding.span
    events = resolver.function.events
    if span.write >= len(events) or isinstance(events[span.write], Read):  # a use, and no write
        return None
    facts = program.facts(resolver)
    write = facts.write_at(span.write, finding.state)
    lock = write.useless_lock if write is not None else None
    if lock is None or lock.flaw is None or lock.flaw.cause not in causes:
        return None
    states = [facts.solution.before_event(event) for event in (*span.reads, *span.guards)]
    return lock if all(state is not None and _is_among(lock, state.held) for state in states) else None


def _is_among(lock: Lock, held: Iterable[Lock]) -> bool:
    return any(each.location == lock.location for each in held)


def retold(program: Program, rule: Rule, under: Under, message: str, at_most: Confidence) -> Finding:
    """Give the finding as the rule on the lock tells it: the trace begins where the lock is taken."""
    finding, resolver, lock = under
    reason = why_useless(program, lock)
    taken = taken_at(program, resolver, lock, finding.span.write)
    trace: tuple[TraceStep, ...] = finding.trace
    if taken is not None:
        note = f"`{lock}` is taken, and keeps nobody out"
        trace = (step(program, resolver.function, taken, Role.ACQUIRE, note), *trace)
    flaw = lock.flaw
    if flaw is not None and flaw.cause is not Cause.LETS_IN:
        there = program.named(flaw.function)
        made = flaw.cause is not Cause.THROWN_AWAY
        note = _NOTES[flaw.cause]
        where = step(program, there.function, flaw.event, Role.ACQUIRE if made else Role.RELEASE, note)
        trace = (where, *trace)
    return replace(
        finding,
        rule=rule.code,
        name=rule.name,
        confidence=min(finding.confidence, at_most),
        message=f"{reason.partition(': ')[0]} ({message}): {finding.message}",
        trace=trace,
        evidence=finding.evidence,
    )
