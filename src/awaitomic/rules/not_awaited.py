"""A part of AWA206: a lock of tasks that is taken like one of threads, and so not at all."""

from __future__ import annotations

from collections.abc import Iterator

from awaitomic.knowledge.locks import KNOWS_ITS_HOLDER, LETS_IN_MORE
from awaitomic.model.finding import Confidence, Finding, Role, Span
from awaitomic.program import Program
from awaitomic.program.locks.by_hand import releases
from awaitomic.program.locks.not_awaited import NotAwaited, entered_plainly, never_taken
from awaitomic.program.resolve import Resolver
from awaitomic.rules.rule import Rule, step
from awaitomic.source.project import is_test


def find_not_awaited(program: Program, rule: Rule) -> Iterator[Finding]:
    """Find calls of ``acquire`` that nobody awaits, and locks of tasks that a plain ``with`` enters."""
    for resolver in program.resolvers:
        for found in never_taken(resolver):
            yield _report_call(program, rule, resolver, found)
        for found in entered_plainly(resolver):
            message = f"`with {found.lock}` raises, since `{found.lock}` is a lock of {found.lock.type.library}: it is "
            message += "entered by `async with`, and never taken here"
            evidence = ("no other task is needed for that: a `TypeError` whenever this line is run",)
            yield _report(program, rule, resolver, found, message, evidence)


def _report_call(program: Program, rule: Rule, resolver: Resolver, found: NotAwaited) -> Finding:
    lock, given = found.lock, next((event for event in releases(resolver, found.lock) if event > found.call), None)
    evidence = ["Python warns of it as it is thrown away: a coroutine `was never awaited`"]
    message = f"`{lock}.acquire()` is not awaited, so `{lock}` is never taken"
    if given is not None:
        line = program.extent(resolver.function, given).line
        of_others, what = _given_back(found)
        message += f", and `release` at line {line} gives back {of_others}"
        evidence.append(what)
    return _report(program, rule, resolver, found, message, tuple(evidence), given)


def _given_back(found: NotAwaited) -> tuple[str, str]:
    """Say what `release` gives back, and what comes of it: that differs with the kind of lock."""
    if found.type in KNOWS_ITS_HOLDER:
        return "what was not taken", "`release` raises, unless this task has taken it elsewhere"
    if found.type in LETS_IN_MORE:
        return "a place that was not taken", "each such `release` lets in one task more at once, as far as it may"
    if found.type == "asyncio.BoundedSemaphore":
        return (
            "the place of somebody else",
            "if nobody holds it, `release` raises; else one task more is let in",
        )
    return "the lock of somebody else", "if nobody holds it, `release` raises; else two tasks are let in at once"


def _report(
    program: Program,
    rule: Rule,
    resolver: Resolver,
    found: NotAwaited,
    message: str,
    evidence: tuple[str, ...],
    given: int | None = None,
) -> Finding:
    function = resolver.function
    trace = [step(program, function, found.call, Role.ACQUIRE, f"`{found.lock}` is not taken here")]
    if given is not None:
        trace.append(step(program, function, given, Role.RELEASE, "gives back what this function has not taken"))
    return Finding(
        rule=rule.code,
        name=rule.name,
        confidence=Confidence.POSSIBLE if is_test(resolver.module.name) else Confidence.CERTAIN,
        path=program.source.path,
        extent=program.extent(function, found.call),
        function=function.qualname,
        state=str(found.lock),
        message=message,
        trace=tuple(trace),
        evidence=evidence,
        span=Span(function.qualname, (), (), (), found.call),
    )
