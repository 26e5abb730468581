"""Spans in which other tasks seldom run, although they may: what all findings about a read and a later write share.

A suspension point that is nearly always passed without waiting (a callee that only makes sure that something is there)
can let another task in, so the finding stands; but it is hardly what will happen. One point in the span at which it is
the rule to wait is enough, whichever branch it stands in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from awaitomic.flow.reach import reach_after, reach_from
from awaitomic.model.event import Suspend
from awaitomic.model.finding import Confidence
from awaitomic.program import Program
from awaitomic.program.facts import WriteFact
from awaitomic.program.resolve import Resolver
from awaitomic.program.state import State, Token
from awaitomic.program.summaries import SummaryWrite
from awaitomic.program.target import How

Point = tuple[Resolver, int]
"""A suspension point: the function that it stands in, and the event."""


def weigh(
    program: Program, points: Iterable[Point], confidence: Confidence, evidence: tuple[str, ...]
) -> tuple[Confidence, tuple[str, ...]]:
    """Give how sure a finding is, and why: less so, with a sentence more, where other tasks seldom run at its points.

    Parameters:
        points: the suspension points; they are only asked for if there is something to lower.
        confidence, evidence: what all else says of the finding.
    """
    if confidence is Confidence.POSSIBLE:
        return confidence, evidence
    found = [(each, event) for each, at in points if isinstance(event := each.function.events[at], Suspend)]
    if not found or any(program.waiting.at(*point) for point in found):
        return confidence, evidence
    return Confidence.POSSIBLE, (*evidence, program.waiting.why_not(program, *found[0]))


def span_points(program: Program, resolver: Resolver, fact: WriteFact, reads: tuple[int, ...]) -> Iterator[Point]:
    """Give the suspension points between some reads of a function and a write: in the callee, if that writes late."""
    for event in _between(program, resolver, fact, reads):
        yield resolver, event
    if fact.via is not None and fact.via.write.late:
        if fact.via.how is How.DIRECT:
            yield from _before_write(program, fact.via.target.function.id, fact.via.write, set())
        else:
            yield resolver, fact.event


def _between(program: Program, resolver: Resolver, fact: WriteFact, reads: tuple[int, ...]) -> list[int]:
    """Give the suspensions on the ways from a read to the write: as far as it is known, those that outdate the read."""
    graph = resolver.function
    found: dict[int, None] = {}
    for read in reads:
        stops = (fact.event,)
        ahead = reach_after(graph, read, stops=stops) if read >= 0 else reach_from(graph, graph.entry, stops=stops)
        for event in sorted(ahead.events):
            if _may_suspend(program, resolver, event) and fact.event in reach_after(graph, event, stops=(read,)).events:
                found[event] = None
    solution = program.facts(resolver).solution
    outdating = [
        event
        for event in found
        if (state := solution.after_event(event)) is not None
        and any(token.read in reads and token.is_stale for token in _tokens(state))
    ]
    return outdating or list(found)


def _tokens(state: State) -> Iterator[Token]:
    for tokens in state.values.values():
        yield from tokens
    for guard in state.guards:
        yield from guard.tokens
    for use in state.uses:
        yield use.token


def _before_write(program: Program, name: str, write: SummaryWrite, seen: set[str]) -> Iterator[Point]:
    """Give the suspension points of a function before a write that it makes, itself or by calls: each function once."""
    if name in seen:
        return
    seen.add(name)
    resolver = program.named(name)
    graph = resolver.function
    made = [
        fact for fact in program.facts(resolver).writes if _made_by(graph.id, fact) == (write.function, write.event)
    ]
    waits = [event.id for event in graph.events if made and _may_suspend(program, resolver, event.id)]
    ends = {fact.event for fact in made}
    for event in waits:
        if not ends.isdisjoint(reach_after(graph, event).events):
            yield resolver, event
    for fact in made:
        if fact.via is not None and fact.via.write.late:
            if fact.via.how is How.DIRECT:
                yield from _before_write(program, fact.via.target.function.id, fact.via.write, seen)
            else:
                yield resolver, fact.event


def _made_by(function: str, fact: WriteFact) -> tuple[str, int]:
    """Give the function and the event that make a write, however many calls away."""
    return (function, fact.event) if fact.via is None else (fact.via.write.function, fact.via.write.event)


def _may_suspend(program: Program, resolver: Resolver, event: int) -> bool:
    found = resolver.function.events[event]
    return isinstance(found, Suspend) and program.may_suspend(resolver, found)
