"""What a rule is: its code, its text, its query; and what the queries of several rules have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.locks import UNKNOWN_LOCK
from awaitomic.model.event import Suspend
from awaitomic.model.finding import Confidence, Finding, Role, Span, TraceStep
from awaitomic.model.location import Location, Root
from awaitomic.program import Program
from awaitomic.program.accesses import Access, Change
from awaitomic.program.concurrency import Judgement, Rival
from awaitomic.program.facts import WriteFact
from awaitomic.program.locks import Cause, Lock, is_made_as_lock
from awaitomic.program.locks.covering import locks_at_write
from awaitomic.program.resolve import Resolver
from awaitomic.program.state import Token
from awaitomic.rules.references import Reference
from awaitomic.rules.seldom import span_points, weigh


class Repair(Enum):
    """What makes the second example of a rule out of the first."""

    SAFE = "safe"
    """``awaitomic fix``."""
    UNSAFE = "unsafe"
    """``awaitomic fix --unsafe-fixes``."""
    BY_HAND = "by hand"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. The texts are what documentation and ``explain`` show; headings as in ruff's rules.

    The examples are whole files, which the tests run: the first one is reported, the second one is made of it as
    `example_repair` says.
    """

    code: str
    name: str
    summary: str
    """One line that says what the bug is."""
    what: str
    why: str
    example_before: str
    example_after: str
    fix_safety: str
    silent: str
    """What looks alike and is not reported."""
    find: Callable[[Program], Iterator[Finding]] | None
    """The query; None for what is not asked of a program: a file that is none, or what all other rules have found."""
    example_repair: Repair = Repair.BY_HAND
    references: tuple[Reference, ...] = ()
    by_comment: bool = True
    """Whether an ``ignore`` comment can suppress it."""


def suspending_functions(program: Program) -> Iterator[Resolver]:
    """Give the functions in which state can cross a suspension."""
    for resolver in program.resolvers:
        function = resolver.function
        if function.is_async and any(isinstance(event, Suspend) for event in function.events):
            yield resolver


def step(program: Program, function: FunctionGraph, event: int, role: Role, note: str) -> TraceStep:
    """Make the step of a trace for an event."""
    extent = program.write_extent(function, event) if role is Role.WRITE else program.extent(function, event)
    return TraceStep(role, program.path_of(function), extent, note)


def has_fresh_guard(fact: WriteFact) -> bool:
    """Tell whether a test of the same state, with no suspension since, governs the write."""
    for guard in fact.state.guards:
        outdated = {(t.read, t.location) for t in guard.tokens if fact.is_stale(t)}  # on some way, if not on all
        if any(fact.about(t) and (t.read, t.location) not in outdated for t in guard.tokens):
            return True
    return False


def is_validated(fact: WriteFact) -> bool:
    """Tell whether a governing test compares an old read of some state with a fresh one: a generation check."""
    return bool(fact.state.validated)


def holds_lock(fact: WriteFact) -> bool:
    """Tell whether some lock is held at the write: why it does not help is the business of the AWA2xx rules."""
    location = fact.access.location
    held = any(not lock.is_claim and lock.covers(location) for lock in fact.state.held)
    return held or (fact.via is not None and fact.via.write.guarded)


def concerns(resolver: Resolver, fact: WriteFact, *, locked: bool) -> bool:
    """Tell whether a write is to be looked at: one without any lock, or (`locked`) one under a lock that came too late.

    Why a lock does not help is said by AWA201, which asks the same questions of the writes that the others leave out.
    """
    return bool(locks_at_write(resolver, fact)) if locked else not holds_lock(fact)


def takes_lock_away(resolver: Resolver, fact: WriteFact) -> bool:
    """Tell whether a write takes a lock out of its table: what may be lost then is what the lock protects."""
    if fact.access.change is not Change.DELETE:
        return False
    uses = (use.token for use in fact.state.uses)
    tests = (token for guard in fact.state.guards for token in guard.tokens)
    return any(
        token.location == fact.access.location and is_made_as_lock(resolver, token.read) for token in (*uses, *tests)
    )


def why_useless(program: Program, lock: Lock) -> str:
    """Say in words why a lock keeps nobody out."""
    flaw = lock.flaw
    assert flaw is not None, "only a lock that keeps nobody out is asked about"
    if flaw.cause is Cause.LETS_IN:
        return f"`{lock}` keeps nobody out: {flaw.says}"
    place = program.place(program.named(flaw.function).function, flaw.event)
    if flaw.cause is Cause.THROWN_AWAY:
        return f"`{lock}` keeps nobody out: {place} throws it away while others may wait for it"
    if flaw.cause is Cause.ONE_EACH:
        return f"`{lock}` keeps nobody out: each instance has one of its own, which is made on {place}"
    return f"`{lock}` keeps nobody out: it is made anew on {place} by whoever takes it"


def as_sure_as_guards(program: Program, resolver: Resolver, event: int, confidence: Confidence) -> Confidence:
    """Lower a confidence to how sure it is that what is held at an event lets others in: a size may be a default."""
    state = program.facts(resolver).solution.before_event(event)
    flaws = (lock.flaw for lock in state.held) if state is not None else ()
    return min([confidence, *(flaw.sure for flaw in flaws if flaw is not None)])


def place_of(program: Program, resolver: Resolver, fact: WriteFact) -> tuple[str, int]:
    """Identify the state and the piece of syntax that writes it: copies of a ``finally`` body are one place."""
    if fact.via is None:
        return str(fact.access.location), id(resolver.function.nodes[fact.event])
    callee = program.named(fact.via.write.function).function
    return str(fact.access.location), id(callee.nodes[fact.via.write.event])


def oldest(tokens: Iterable[Token]) -> Token:
    """Give the read that comes first."""
    return min(tokens, key=lambda t: (t.read, t.stale, t.answered, str(t.location)))


def suspension_of(fact: WriteFact, token: Token) -> int:
    """Give the suspension that makes a read stale before the write."""
    return token.stale if token.is_stale else fact.event


def in_the_span(
    program: Program, resolver: Resolver, fact: WriteFact, tokens: Iterable[Token], found: Iterable[Rival]
) -> Iterator[Rival]:
    """Leave out the rivals that cannot come between some stale reads and a write: a flag that stands keeps them out."""
    stale = tuple(tokens)
    closed = None
    for rival, access in found:
        if closed is None:
            first = {suspension_of(fact, token) for token in stale}
            closed = program.doors.closed_between(resolver, {t.read for t in stale}, first, fact.event)
        if not program.doors.keep_out(closed, fact.access.location, rival, access):
            yield rival, access


def kept_apart(
    program: Program, resolver: Resolver, suspend: int, location: Location, rival: Resolver, access: Access
) -> bool:
    """Tell whether a lock, a claim or a flag keeps a write of another task (or of another run) out of a suspension.

    No flag keeps out another run: that it returns at once may be the very mistake.

    Parameters:
        resolver, suspend, location: the function, where it waits, and the state in its terms.
        rival, access: the function that writes, and the write.
    """
    if rival is not resolver:
        closed = program.doors.closed_during(resolver, (suspend,))
        if program.doors.keep_out(closed, location, rival, access):
            return True
    mine = _held_during(program, resolver, suspend, location)
    if None in mine:
        return True  # what is not understood protects
    if mine and any(_holds_a_lock(program, *hop) for hop in access.hops[1:]):
        return True  # what a callee calls it by, the caller does not
    there = program.facts(rival).solution.before_event(access.event) if mine else None
    return there is not None and any(rival.key_of(lock.location) in mine for lock in there.held if not lock.is_private)


def _holds_a_lock(program: Program, function: str, event: int) -> bool:
    state = program.facts(program.named(function)).solution.before_event(event)
    return state is not None and any(lock.excludes for lock in state.held)


def _held_during(program: Program, resolver: Resolver, suspend: int, location: Location) -> set[Location | None]:
    """Give the keys of the locks and claims held at a suspension; None stands for those that are not understood.

    Where the function holds none, and is called only by holders, it is what all of them hold.
    """
    own = _keys_held(program, resolver, suspend, location)
    if own:
        return own
    sites = program.callers.sites(resolver.function)
    held = [_keys_held(program, site.resolver, site.event, None) for site in sites if site.resolver is not resolver]
    if not held or not all(held):
        return set()
    return {None} if all(None in keys for keys in held) else set.intersection(*held)


def _keys_held(program: Program, resolver: Resolver, event: int, location: Location | None) -> set[Location | None]:
    state = program.facts(resolver).solution.before_event(event)
    if state is None:
        return set()
    return {
        None if lock.type is UNKNOWN_LOCK else resolver.key_of(lock.location)
        for lock in state.held
        if (location is None and lock.excludes) or (location is not None and lock.covers(location))
    }


def object_of(resolver: Resolver, location: Location) -> Location:
    """Give a location as a method of its owner would name it: ``self.pool.workers`` is a ``Pool``'s ``self.workers``.

    Rivals write through their own ``self``, and whether both are one object is asked of the classes.
    """
    known = resolver.key_of(location)
    inner = location.root is Root.SELF and len(known.steps) < len(location.steps)
    return known if inner else location


def _limit_of(fact: WriteFact) -> Confidence:
    """Give how sure a write can be that only a method's name speaks for: less so where much else has such a method."""
    if fact.access.certain:
        return Confidence.CERTAIN
    return Confidence.LIKELY if fact.access.change in {Change.ADD, Change.FILL} else Confidence.POSSIBLE


def make_finding(
    program: Program,
    rule: Rule,
    resolver: Resolver,
    fact: WriteFact,
    *,
    confidence: Confidence,
    judgement: Judgement,
    trace: list[TraceStep],
    reads: tuple[int, ...],
    guards: tuple[int, ...],
    suspends: tuple[int, ...],
    message: str,
) -> Finding:
    """Assemble the finding of a write fact; with a write in a callee, the trace ends there.

    It is possible at most if nothing between `reads` and the write waits as a rule.

    It is reported where the write stands, or at the call if that is in another file: a report is about one file.
    """
    function = resolver.function
    extent = program.write_extent(function, fact.event)
    if fact.via is not None:
        callee = program.named(fact.via.write.function)
        trace.append(step(program, function, fact.event, Role.CALL, f"`{fact.via.target.function.qualname}` writes it"))
        if program.is_here(callee.function):
            extent = program.write_extent(callee.function, fact.via.write.event)
        trace.append(step(program, callee.function, fact.via.write.event, Role.WRITE, "written here"))
    rival = judgement.rival.function
    points = span_points(program, resolver, fact, reads)
    confidence, evidence = weigh(program, points, min(confidence, _limit_of(fact)), judgement.evidence)
    useless = fact.useless_lock
    if useless is not None:
        evidence = (*evidence, why_useless(program, useless))
        confidence = min(confidence, useless.flaw.sure if useless.flaw is not None else confidence)
    return Finding(
        rule=rule.code,
        name=rule.name,
        confidence=confidence,
        path=program.source.path,
        extent=extent,
        function=function.qualname,
        state=str(fact.access.location),
        message=message,
        trace=tuple(trace),
        evidence=evidence,
        span=Span(function.qualname, reads, guards, suspends, fact.event),
        rival=step(program, rival, judgement.access.event, Role.WRITE, f"`{rival.qualname}` in another task"),
    )
