"""AWA201: a lock that is there, and covers only a part of the way from a read to the write that goes back to it.

The questions are those of AWA101 to AWA103, which leave out what is written under a lock; here they are asked of just
these writes. Where only the read was under the lock, those rules report the write anyway, and this one explains it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from awaitomic.knowledge.containers import EVENTS
from awaitomic.model.finding import Confidence, Finding, Role, Span, TraceStep
from awaitomic.program import Program
from awaitomic.program.accesses import Change
from awaitomic.program.concurrency.sharing import is_primitive
from awaitomic.program.facts import WriteFact
from awaitomic.program.locks.covering import Cover, cover_of, first_of, taken_at
from awaitomic.program.resolve import Resolver
from awaitomic.rules import check_then_act, late_update, references, stale_write
from awaitomic.rules.added_again import AddedAgain, find_added_again
from awaitomic.rules.check_then_act import likely_if_proven
from awaitomic.rules.closed_first import ClosedFirst, find_closed_first
from awaitomic.rules.counted_out import CountedOut, find_counted_out
from awaitomic.rules.rule import Repair, Rule, make_finding, step, suspending_functions
from awaitomic.rules.stale_reference import use_at
from awaitomic.rules.taken_before import OldReference, find_references

_QUERIES = (stale_write, check_then_act, late_update)


def find(program: Program) -> Iterator[Finding]:
    """Find spans from a read to a write of which a lock covers one end only, or both ends and not what is between."""
    for resolver in suspending_functions(program):
        for query in _QUERIES:
            yield from _explained(program, resolver, query.find_in(program, resolver, locked=True))
            if program.suspension.takes_locks(resolver):
                yield from _explained(program, resolver, query.find_in(program, resolver))
        if program.suspension.takes_locks(resolver):
            yield from (_report_reference(program, resolver, found) for found in find_references(program, resolver))
            yield from (_report_count(program, resolver, found) for found in find_counted_out(program, resolver))
            yield from (_report_closed(program, resolver, found) for found in find_closed_first(program, resolver))
            yield from (_report_added(program, resolver, found) for found in find_added_again(program, resolver))


def _explained(program: Program, resolver: Resolver, found: Iterator[Finding]) -> Iterator[Finding]:
    for finding in found:
        fact = _fact_of(program, resolver, finding)
        if fact is None or is_primitive(program, resolver, fact.access.location):
            continue  # how a lock keeps its own books is its own matter
        if finding.rule == "AWA103" and finding.trace[0].role is Role.WRITE:
            continue  # who has set it himself takes it back when he is done: whose it is by then, no lock tells
        if resolver.type_of(fact.access.location).name in EVENTS:
            continue  # who waits for an event cannot hold the lock of those who set it
        cover = cover_of(program, resolver, fact, first_of(finding.span))
        if cover is not None:
            yield _explain(program, resolver, finding, fact, cover)


def _fact_of(program: Program, resolver: Resolver, finding: Finding) -> WriteFact | None:
    """Give the write of a finding, or the use of a reference that stands for one."""
    end = finding.span.write
    return program.facts(resolver).write_at(end, finding.state) or use_at(program, resolver, end)


def _explain(program: Program, resolver: Resolver, finding: Finding, fact: WriteFact, cover: Cover) -> Finding:
    """Say the finding of another rule as what the lock does not do."""
    begins, then, lock = finding.trace[0].note, _end_of(fact, finding), cover.lock
    if cover.read and cover.write:
        message = f"{begins} under `{lock}` and {then} under it, but it is free in between: others may change the state"
    elif cover.write:
        message = f"{begins} before `{lock}` is taken and {then} under it: others may change it in between"
    else:
        message = f"{begins} under `{lock}` and {then} after that is given back: others may change it in between"
    return replace(
        finding,
        rule=RULE.code,
        name=RULE.name,
        message=message,
        trace=_trace(program, resolver, finding, cover),
    )


def _end_of(fact: WriteFact, finding: Finding) -> str:
    """Say what is done at the end of the span."""
    if fact.access.change is Change.READY and finding.rule == "AWA102":
        return "used"
    if finding.rule == "AWA103":
        return "advanced" if fact.access.change is Change.AUGMENTED else "reset"
    return "written"


def _report_reference(program: Program, resolver: Resolver, found: OldReference) -> Finding:
    fact, token, function = found.fact, found.token, resolver.function
    state, text = str(fact.access.location), ast.unparse(function.nodes[fact.event])
    trace = [
        step(program, function, token.read, Role.READ, f"`{state}` is read"),
        step(program, function, token.stale, Role.SUSPEND, "other tasks run here"),
        step(program, function, fact.event, Role.READ, f"`{text}` is what was there before"),
    ]
    finding = make_finding(
        program,
        RULE,
        resolver,
        fact,
        confidence=likely_if_proven(found.judgement),
        judgement=found.judgement,
        trace=trace,
        reads=(token.read,),
        guards=(),
        suspends=(token.stale,),
        message=f"`{text}` is taken from `{state}` before `{found.lock}` is taken and used under it: who held the lock "
        "may have put something else there",
    )
    cover = Cover(found.lock, read=False, write=True)
    return replace(finding, trace=_trace(program, resolver, finding, cover))


def _report_count(program: Program, resolver: Resolver, found: CountedOut) -> Finding:
    fact, token, function = found.fact, found.token, resolver.function
    count, state = str(token.location), str(fact.access.location)
    trace = [
        step(program, function, found.counts, Role.WRITE, f"`{count}` is counted down"),
        step(program, function, found.guard.guard, Role.GUARD, "nobody is left, it seems"),
        step(program, function, token.stale, Role.SUSPEND, "other tasks run here, and may be counted in"),
        step(program, function, fact.event, Role.WRITE, "cleared away all the same"),
    ]
    finding = make_finding(
        program,
        RULE,
        resolver,
        fact,
        confidence=min(found.judgement.confidence, Confidence.LIKELY),
        judgement=found.judgement,
        trace=trace,
        reads=(found.counts, token.read),
        guards=(found.guard.guard,),
        suspends=(token.stale,),
        message=f"`{count}` is counted down and tested before `{found.lock}` is taken, and `{state}` is cleared away "
        "under it: somebody may have been counted in",
    )
    cover = Cover(found.lock, read=False, write=True)
    return replace(finding, trace=_trace(program, resolver, finding, cover))


def _report_closed(program: Program, resolver: Resolver, found: ClosedFirst) -> Finding:
    fact, function, judgement = found.fact, resolver.function, found.judgement
    state = str(fact.access.location)
    trace = [
        step(program, function, found.closing, Role.SUSPEND, f"what is in `{state}` is closed, and others run"),
        step(program, function, fact.event, Role.WRITE, "only now nobody finds it any more"),
    ]
    finding = make_finding(
        program,
        RULE,
        resolver,
        fact,
        confidence=min(judgement.confidence, Confidence.LIKELY),
        judgement=judgement,
        trace=trace,
        reads=(found.closing,),
        guards=(),
        suspends=(),
        message=f"`{state}` is closed before `{found.lock}` is taken and taken down under it: who looks there "
        "meanwhile gets what is closed",
    )
    trace_of = _trace(program, resolver, finding, Cover(found.lock, read=False, write=True))
    return replace(finding, trace=trace_of, rival=None)  # who comes meanwhile writes nothing: that is the mistake


def _report_added(program: Program, resolver: Resolver, found: AddedAgain) -> Finding:
    function, asked, added = resolver.function, found.asked, found.added
    store, lock = str(added.store), str(added.lock)
    trace = (
        step(program, function, asked.taken, Role.ACQUIRE, f"`{lock}` is taken"),
        step(program, function, asked.event, Role.READ, f"`{store}` is asked"),
        step(program, function, added.taken, Role.SUSPEND, f"`{lock}` is waited for again: other tasks run here"),
        step(program, function, added.event, Role.WRITE, "added all the same"),
    )
    return Finding(
        rule=RULE.code,
        name=RULE.name,
        confidence=min(found.judgement.confidence, Confidence.LIKELY),
        path=program.source.path,
        extent=program.extent(function, added.event),
        function=function.qualname,
        state=store,
        message=f"`{found.found}` is looked for in `{store}` under `{lock}`, and what is not there is added under it, "
        "but it is free in between: others may have added the same",
        trace=trace,
        evidence=found.judgement.evidence,
        span=Span(function.qualname, (asked.event,), (), (added.taken,), added.event),
    )


def _trace(program: Program, resolver: Resolver, finding: Finding, cover: Cover) -> tuple[TraceStep, ...]:
    """Give the steps of a finding, and where the lock is taken."""
    function, first, rest = resolver.function, finding.trace[0], list(finding.trace[1:])
    before: list[TraceStep] = []
    if cover.read:
        taken = taken_at(program, resolver, cover.lock, first_of(finding.span))
        if taken is not None:
            before = [step(program, function, taken, Role.ACQUIRE, f"`{cover.lock}` is taken")]
    again = "again" if cover.read else "only now"
    taken = taken_at(program, resolver, cover.lock, finding.span.write) if cover.write else None
    if taken is not None:
        acquire = step(program, function, taken, Role.ACQUIRE, f"`{cover.lock}` is taken {again}")
        waited = next((each for each in rest if each.role is Role.SUSPEND and each.extent == acquire.extent), None)
        if waited is not None:
            note = f"`{cover.lock}` is waited for {again}: other tasks run here"
            rest[rest.index(waited)] = replace(waited, note=note)
        else:
            rest.insert(len(rest) - 1, acquire)
    return (*before, first, *rest)


RULE = Rule(
    code="AWA201",
    name="uncovered-access",
    summary="a lock covers only a part of the way from a read of shared state to the write that goes back to it",
    what=(
        "Shared state is read or tested, and written on the strength of that, and a lock covers one end only: it is "
        "taken after the test, given back before the write, or given back and taken again with an await in between. "
        "Waiting for the lock is such an await, too, if somebody holds the lock over one. So is a reference taken "
        "from an attribute above the lock and used under it, where others put something else there under that lock; "
        "and a look into a store of any kind under the lock, and the addition of what was not there under the lock as "
        "it is taken again. So is what is closed above the lock and taken down under it, where others keep what they "
        "find under that lock."
    ),
    why=(
        "The lock looks as if the matter had been seen to, which is why this is seldom found in review. But a lock "
        "orders what is done under it, and nothing else. Who waits for it has read the state before its turn: the "
        "holder changes the state and gives the lock back, and what follows is decided on, or computed from, what was "
        "there before. It needs contention, so tests with one task pass; in production the same thing is made twice "
        "just when load is high, a count drifts, an entry that has just been stored is gone. To see it, log the value "
        "at the read and again right before the write: under load they differ. By hand: begin the region above the "
        "read; or, where the test outside is meant as a fast way out, test again right behind the acquisition. Where a "
        "slow call was left outside on purpose, keep it there, and read and write together behind it, in one region."
    ),
    example_before="""\
import asyncio

from chat import open_room


class Rooms:
    def __init__(self):
        self._lock = asyncio.Lock()
        self._rooms = {}

    async def join(self, name):
        if name not in self._rooms:
            async with self._lock:
                self._rooms[name] = await open_room(name)
        return self._rooms[name]


async def main():
    rooms = Rooms()
    await asyncio.gather(rooms.join("tea"), rooms.join("tea"))
""",
    example_after="""\
import asyncio

from chat import open_room


class Rooms:
    def __init__(self):
        self._lock = asyncio.Lock()
        self._rooms = {}

    async def join(self, name):
        if name not in self._rooms:
            async with self._lock:
                if name not in self._rooms:
                    self._rooms[name] = await open_room(name)
        return self._rooms[name]


async def main():
    rooms = Rooms()
    await asyncio.gather(rooms.join("tea"), rooms.join("tea"))
""",
    example_repair=Repair.SAFE,
    fix_safety=(
        "Making the same test again under the lock is safe if it is pure, decides nothing but what is done there, and "
        "nobody writes the state without the lock. Growing the region over what neither waits nor can notice is safe; "
        "over an await that was left outside, or a way out that came by without the lock, it is unsafe, since others "
        "wait for that now. A look into a store and the addition to it become one region, which is safe if nothing "
        "waits between them. Refused over a `yield`, over a wait that only who needs the lock can end, and where the "
        "lock is taken by `acquire()`."
    ),
    silent=(
        "A second test under the lock (double-checked locking), a fresh read in the region that writes, a question "
        "whether the lock is free right before it is taken, a lock that nobody holds over an await, a claim that was "
        "made before the lock is waited for, what merely sounds like a lock, and a store that is looked into again, "
        "that looks itself (`insert_or_ignore`), or whose error is caught. A function that takes no lock over any of "
        "the span is AWA101 to AWA103."
    ),
    references=(
        references.LOCKS,
        references.DOUBLE_CHECKED,
        references.MISTAKES,
    ),
    find=find,
)
