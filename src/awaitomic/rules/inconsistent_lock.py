"""AWA202: one door without the lock that its siblings take, where its write can land in what they do under it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Self

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.finding import Confidence, Finding, Role, Span, TraceStep
from awaitomic.model.identity import module_of
from awaitomic.model.location import Location, Root
from awaitomic.program import Program
from awaitomic.program.accesses import Access, Change
from awaitomic.program.concurrency import Rival, judge
from awaitomic.program.facts import WriteFact
from awaitomic.program.filling import spoils_no_fill
from awaitomic.program.locks import Lock
from awaitomic.program.locks.contracts import Basis
from awaitomic.program.locks.covering import taken_at
from awaitomic.program.locks.unlocked import Keys, Unlocked, blamed_on, without_lock
from awaitomic.program.module import is_construction
from awaitomic.program.resolve import Resolver
from awaitomic.program.room import finds_room
from awaitomic.program.unit import Unit
from awaitomic.program.unprotected import plain_locks, protecting
from awaitomic.program.written_words import MayWrite, last_word
from awaitomic.rules import check_then_act, late_update, references, save_restore, stale_write
from awaitomic.rules.rule import Repair, Rule, step

_EXAMINED = (stale_write.examine, check_then_act.examine, late_update.examine, save_restore.examine)
"""What a span can be: in this order, since one explanation is enough."""

_ADDS = frozenset({Change.AUGMENTED, Change.ADD})
"""Of two such writes neither is lost, whichever comes first: only a limit that both ask for can be passed."""

_SPEAKS_OF_LOCKS = re.compile(rb"lock|mutex|semaphore|condition", re.I)


class _Facing(Program):
    """The same facts, in a world in which only one other writes the state."""

    _rivals: tuple[Rival, ...]

    @classmethod
    def of(cls, program: Program, rivals: tuple[Rival, ...]) -> Self:
        view = cls.__new__(cls)
        vars(view).update(vars(program), _rivals=rivals)
        return view

    def changing_writers(self, resolver: Resolver, location: Location) -> Iterator[Rival]:  # noqa: ARG002 - as declared
        """Give that one's write, whatever is asked for: the span is known to be one of the same state."""
        return iter(self._rivals)


@dataclass(frozen=True, slots=True)
class _Found:
    """A span under a lock, and a write without the lock that it cannot bear."""

    holder: Resolver
    lock: Lock
    span: Finding
    """What would be found if the lock were not there, and nobody else wrote."""
    missing: Unlocked
    because: str = ""
    """What says that the function which is called leaves the lock to its callers, if something does."""


def find(program: Program) -> Iterator[Finding]:
    """Find writes of this file that come into what others do to the same state under a lock."""
    best: dict[tuple[str, int], tuple[Confidence, Finding]] = {}
    blamed = blamed_on(program)
    for holder in _holders(program, blamed):
        for found in _spans(program, holder, blamed):
            writer, access, _ = found.missing
            if not program.is_here(writer.function):
                continue
            finding = _report(program, found)
            key = (finding.state, id(writer.function.nodes[access.event]))
            if key not in best or finding.confidence > best[key][0]:
                best[key] = (finding.confidence, finding)
    yield from (finding for _, finding in best.values())


# -- the spans under locks --------------------------------------------------------------------------------------------


def _holders(program: Program, blamed: Mapping[int, FunctionGraph]) -> Iterator[Resolver]:
    """Give the functions that hold a lock while others may run, in the files that can have to do with this one.

    Those are left out that cannot write anything that the `blamed` functions write, nor are one of them.
    """
    can_meet = MayWrite(program, frozenset(_words_of(program, blamed)))
    for unit in _units(program):
        for resolver in unit.resolvers:
            function = resolver.function
            if function.is_async and plain_locks(program, resolver) and (id(function) in blamed or can_meet(function)):
                yield resolver


def _words_of(program: Program, functions: Mapping[int, FunctionGraph]) -> Iterator[str]:
    """Give the words of what some functions write after construction, themselves or through what they hand on."""
    for unit in {function.module: program.unit_of(function) for function in functions.values()}.values():
        for writers in (unit.writers, program.handed.writers(unit)):
            for key, writes in writers.items():
                if any(id(w.function) in functions and not is_construction(w.function) for w, _ in writes):
                    yield last_word(key)


def _units(program: Program) -> list[Unit]:
    """Give the modules that may hold a lock over state that this one writes, by itself or by what it calls."""
    found = {program.unit.name: program.unit}
    for key in (*program.unit.writers, *program.handed.writers(program.unit)):
        owner = key.owner if key.root is Root.GLOBAL else module_of(key.owner)
        if owner in found or (owner and _speaks_of_locks(program, owner)):
            found.update((unit.name, unit) for unit in program.units_knowing(key))
    calls = program.callers.in_module(program.unit).sites.values()
    for name in {site.target.function.module for sites in calls for site in sites}:
        unit = program.project.unit(name) if _speaks_of_locks(program, name) else None
        if unit is not None:
            found[name] = unit
    return [found[name] for name in sorted(found) if _speaks_of_locks(program, name)]


def _speaks_of_locks(program: Program, name: str) -> bool:
    return _SPEAKS_OF_LOCKS.search(program.project.raw(name)) is not None and program.project.unit(name) is not None


def _spans(program: Program, holder: Resolver, blamed: Mapping[int, FunctionGraph]) -> Iterator[_Found]:
    """Give what a function does under a lock with a suspension in between, with each write that may come into it.

    Parameters: `blamed` are the functions whose writes can be found in this file; a holder or a writer that is none of
    these is looked at where it is.
    """
    facts = program.analyses.unprotected(holder)
    assert facts is not None, "only holders of locks are asked"
    for fact in facts.writes:
        if not fact.state.suspended and fact.via is None:
            continue  # it cannot be late
        writers = program.changing_writers(holder, fact.access.location)
        rivals = [rival for rival in writers if id(rival[0].function) in blamed]
        with_locks = _usual(program, holder, fact) if rivals or id(holder.function) in blamed else None
        if with_locks is None:
            continue
        for rival in rivals:
            yield from _with_rival(program, holder, fact, with_locks, rival)
        yield from _called_without(program, holder, fact, with_locks)


def _usual(program: Program, holder: Resolver, fact: WriteFact) -> WriteFact | None:
    """Give a write as the usual analysis sees it, with the locks (the last, if it is one of several)."""
    found = (
        each
        for each in reversed(program.facts(holder).writes)
        if each.event == fact.event and each.access.location == fact.access.location
    )
    return next(found, None)


def _with_rival(
    program: Program, holder: Resolver, fact: WriteFact, with_locks: WriteFact, rival: Rival
) -> Iterator[_Found]:
    writer, access = rival
    if spoils_no_fill(holder, fact, writer, access):
        return
    span = _examine(_Facing.of(program, (rival,)), holder, fact)
    kept = protecting(with_locks, span.span.reads) if span is not None else frozenset()
    if not kept or any(_holds_a_lock(program, program.named(function), event) for function, event in access.hops[1:]):
        return
    for missing in without_lock(program, writer, access, _keys(holder, kept)):
        if missing.calls:  # it is that caller whose runs come in between
            if _has_own_span(program, writer, access):
                continue  # and is found there, once for all callers
            span = _examine(_Facing.of(program, ((missing.resolver, missing.access),)), holder, fact)
        if span is not None:
            limit = _limit(program, (holder, fact), span, missing)
            span = replace(span, confidence=min(span.confidence, limit))
            yield _said(program, _Found(holder, min(kept, key=str), span, missing))


def _limit(program: Program, held: tuple[Resolver, WriteFact], span: Finding, missing: Unlocked) -> Confidence:
    """Lower what hardly harms: an addition to what is added to, and a write that is kept under another lock."""
    writer, access, _ = missing
    holder, fact = held
    adds = access.change in _ADDS and fact.access.change in _ADDS and span.rule == check_then_act.RULE.code
    if adds and finds_room(holder, fact):
        theirs = (each for each in program.facts(writer).writes if each.event == access.event)
        adds = not any(finds_room(writer, each) for each in theirs)
    under_another = _holds_a_lock(program, writer, access.event)
    return Confidence.POSSIBLE if adds or under_another else Confidence.CERTAIN


def _has_own_span(program: Program, writer: Resolver, access: Access) -> bool:
    """Tell whether a write is the end of a span of its own function, which says what is lost by itself."""
    own = (fact for fact in program.facts(writer).writes if fact.event == access.event)
    return any(fact.access.location == access.location and _examine(program, writer, fact) for fact in own)


def _called_without(program: Program, holder: Resolver, fact: WriteFact, with_locks: WriteFact) -> Iterator[_Found]:
    """Give the calls without the lock of a function that leaves it to its callers, and needs it for its own span."""
    contract = program.callers.contract(holder.function)
    if contract is None or contract.basis is Basis.NAMED:
        return
    span = _examine(program, holder, fact)
    if span is None or contract.lock not in protecting(with_locks, span.span.reads):
        return
    for missing in without_lock(program, holder, fact.access, _keys(holder, frozenset({contract.lock}))):
        caller, location = missing.resolver, missing.access.location
        judgement = judge(program, caller, location, program.changing_writers(caller, location))
        if judgement is not None and missing.calls:
            confidence = min(span.confidence, judgement.confidence)
            yield _said(program, _Found(holder, contract.lock, replace(span, confidence=confidence), missing))


def _said(program: Program, found: _Found) -> _Found:
    """Add what says that the lock is the callers' business; where it is but a name, the finding is only possible."""
    calls = found.missing.calls
    contract = program.callers.contract(calls[0].target.function) if calls else None
    if contract is None:
        return found
    name = calls[0].target.function.qualname
    because = f"`{name}` takes no lock and {contract.basis.value}"
    doubtful = contract.basis is Basis.NAMED
    span = replace(found.span, confidence=Confidence.POSSIBLE) if doubtful else found.span
    return replace(found, because=because, span=span)


def _keys(holder: Resolver, locks: frozenset[Lock]) -> Keys:
    return frozenset(holder.key_of(lock.location) for lock in locks)


def _holds_a_lock(program: Program, resolver: Resolver, event: int) -> bool:
    state = program.facts(resolver).solution.before_event(event)
    return state is not None and any(lock.excludes for lock in state.held)


def _examine(program: Program, holder: Resolver, fact: WriteFact) -> Finding | None:
    found = (examine(program, holder, fact) for examine in _EXAMINED)
    return next((finding for finding in found if finding is not None), None)


# -- the report -------------------------------------------------------------------------------------------------------


def _report(program: Program, found: _Found) -> Finding:
    writer, access, calls = found.missing
    function, holder = writer.function, found.holder.function
    lock, state = str(found.lock), str(access.location)
    written = step(program, function, access.event, Role.CALL if calls else Role.WRITE, f"without `{lock}`")
    if calls:
        extent, verb = program.extent(function, access.event), f"`{calls[0].target.function.qualname}` is called"
    else:
        extent, verb = program.write_extent(function, access.event), f"`{state}` is written"
    trace = (*_taken(program, found), *found.span.trace)
    if calls and calls[-1].target.function is holder:
        message = f"{verb} without `{lock}`, which it leaves to its callers: {found.span.message}"
    else:
        message = (
            f"{verb} without `{lock}`, which `{holder.qualname}` holds while it waits between two accesses of "
            f"`{found.span.state}`: the lock does not keep this out"
        )
    return replace(
        found.span,
        rule=RULE.code,
        name=RULE.name,
        path=program.source.path,
        extent=extent,
        function=function.qualname,
        state=state,
        message=message,
        trace=trace,
        evidence=(*found.span.evidence, *((found.because,) if found.because else ())),
        span=Span(function.qualname, (), (), (), access.event, str(found.holder.key_of(found.lock.location))),
        rival=written,
    )


def _taken(program: Program, found: _Found) -> Iterator[TraceStep]:
    """Give the step at which the lock was taken that the other does without."""
    holder = found.holder
    first = min((*found.span.span.reads, *found.span.span.guards, *found.span.span.suspends))
    taken = taken_at(program, holder, found.lock, first)
    if taken is not None:
        yield step(program, holder.function, taken, Role.ACQUIRE, f"`{found.lock}` is taken")


RULE = Rule(
    code="AWA202",
    name="inconsistent-lock",
    summary="state that others change over a suspension under a lock is written without it",
    what=(
        "One method holds a lock while it reads or tests some state, waits, and writes it. Another one writes the same "
        "state without that lock, so that its write can land in the middle. Or it calls a method that takes no lock "
        "itself, because its callers are to hold it, and does not: nearly all others do, the method asserts it, or its "
        "docstring demands it. That its name says so (`_save_locked`) is not enough, and makes a finding possible."
    ),
    why=(
        "A lock keeps out only those who take it. To asyncio it makes no difference which writes are made under a lock "
        "and which are not: while the holder waits, everybody else runs, and whoever does not ask for the lock writes "
        "at once. The holder comes back, goes on with what it has read before, and overwrites that. The lock is even "
        "in the way of finding it: each method looks protected where it stands, and a second call of the same method "
        "is. In production it shows as a setting, a new connection or a corrected row that is gone a moment later, "
        "seldom, and only under load. Log the value at each write together with `lock.locked()`: a write that finds "
        "the lock taken, and not by its own task, is the one. Where the writer is a plain function, it cannot wait "
        "for an asyncio lock: make it a coroutine, let its callers hold the lock, or put what it wants to change into "
        "a queue that one task reads. Where nothing waits between the accesses under the lock, a write without it "
        "does no harm, and is not reported."
    ),
    example_before="""\
import asyncio

from sensor import fetch


class Meter:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.total = 0

    async def add(self):
        async with self._lock:
            total = self.total
            self.total = total + await fetch()

    async def reset(self):
        self.total = 0


async def main():
    meter = Meter()
    await asyncio.gather(meter.add(), meter.reset())
""",
    example_after="""\
import asyncio

from sensor import fetch


class Meter:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.total = 0

    async def add(self):
        async with self._lock:
            total = self.total
            self.total = total + await fetch()

    async def reset(self):
        async with self._lock:
            self.total = 0


async def main():
    meter = Meter()
    await asyncio.gather(meter.add(), meter.reset())
""",
    example_repair=Repair.UNSAFE,
    fix_safety=(
        "Taking the lock that the others hold changes nothing where the lock is free. Unsafe if the function never "
        "gave way to other tasks before and its callers may rely on that, if it cleans up, or if it may hold the lock "
        "long. Refused in a plain function, and where the holder waits for the very function that would take the lock."
    ),
    silent=(
        "A lock with no wait between the accesses, a call that breaks only the convention, a write that a test of a "
        "flag keeps out while the lock is held, taking away or changing what the holder is only about to put there, "
        "constructors, callers that all hold the lock, a lock that is not understood, and a function with a whole span "
        "of its own (AWA101 to AWA106), to which the lock is then offered. Under another lock a write is possible only."
    ),
    references=(
        references.ERASER,
        references.IMPROPER_LOCKING,
    ),
    find=find,
)
