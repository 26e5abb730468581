"""AWA102: a decision that is out of date when it is carried out."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.knowledge.lifecycle import starts_by_name
from awaitomic.model.event import Const
from awaitomic.model.finding import Confidence, Finding, Role
from awaitomic.model.location import ItemStep, Root
from awaitomic.program import Program
from awaitomic.program.accesses import Access, Change
from awaitomic.program.concurrency import Judgement, Rival, judge
from awaitomic.program.conditions import tells_presence, tests_absence, whole_test
from awaitomic.program.facts import WriteFact
from awaitomic.program.first_use import is_used_by_maker
from awaitomic.program.locks import Cause
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver
from awaitomic.program.rivals import rivals
from awaitomic.program.room import only_makes_room
from awaitomic.program.state import ActiveGuard, Token
from awaitomic.rules import late_update, references
from awaitomic.rules.decides_anew import decides_anew
from awaitomic.rules.decisions import is_decision
from awaitomic.rules.forgiving import is_forgiving
from awaitomic.rules.readiness import fills_what_is_absent
from awaitomic.rules.refusing import refuses
from awaitomic.rules.rule import (
    Repair,
    Rule,
    concerns,
    has_fresh_guard,
    in_the_span,
    is_validated,
    make_finding,
    oldest,
    place_of,
    step,
    suspending_functions,
    suspension_of,
    takes_lock_away,
)
from awaitomic.rules.shapes import (
    asks_a_limit,
    asks_the_age,
    fills_a_cache,
    fills_with_data,
    makes_one_too_many,
    raises_a_flag,
    resource,
    secret,
    stores_what_was_tested,
    takes_the_time,
    total,
    writer_of,
)
from awaitomic.rules.stale_reference import StaleUse, find_uses
from awaitomic.rules.takes_back import takes_back

_ACTS = frozenset(
    {Change.ASSIGN, Change.RESET, Change.AUGMENTED, Change.ADD, Change.DELETE, Change.TAKE, Change.SETTLE}
)


_RENEWALS = frozenset({Change.ASSIGN, Change.ADD})
"""What does little harm to state that is there anyway: putting another value there, adding to it."""


def find(program: Program) -> Iterator[Finding]:
    """Find writes that a test of the same state decided before a suspension."""
    for resolver in suspending_functions(program):
        yield from find_in(program, resolver)


def find_in(program: Program, resolver: Resolver, *, locked: bool = False) -> Iterator[Finding]:
    """Find such writes in one function: those without a lock, or (`locked`) those under one that came too late."""
    reported: set[tuple[str, int]] = set()
    decided: set[tuple[str, int]] = set()
    for fact in program.facts(resolver).writes:
        guard = _stale_guard(program, resolver, fact, locked=locked)
        if guard is None or late_update.consumed(program, resolver, fact, locked=locked):
            continue
        finding = _report(program, resolver, fact, guard)
        if finding is None:
            continue
        key = place_of(program, resolver, fact)
        decision = (key[0], guard.guard)
        if key not in reported and decision not in decided:
            reported.add(key)
            decided.add(decision)
            yield finding
    for use in find_uses(program, resolver, locked=locked):
        if (str(use.fact.access.location), use.guard.guard) not in decided:
            yield _report_use(program, resolver, use)


def examine(program: Program, resolver: Resolver, fact: WriteFact) -> Finding | None:
    """Give the finding of one write without a lock, if what decides it is out of date."""
    guard = _stale_guard(program, resolver, fact, locked=False)
    if guard is None or late_update.consumed(program, resolver, fact):
        return None
    return _report(program, resolver, fact, guard)


def _stale_guard(program: Program, resolver: Resolver, fact: WriteFact, *, locked: bool) -> ActiveGuard | None:
    """Give the first test of the written state that is out of date, if no fresh one governs the write too."""
    if fact.access.change not in _ACTS or has_fresh_guard(fact) or is_validated(fact):
        return None
    stale = [
        guard
        for guard in fact.state.guards
        if any(_decides(fact, token) and fact.is_stale(token) for token in guard.tokens)
        and is_decision(resolver, guard, fact)
    ]
    if not stale or not concerns(resolver, fact, locked=locked):
        return None
    if is_forgiving(program, resolver, fact) or decides_anew(program, resolver, fact):
        return None
    if takes_lock_away(resolver, fact):
        return None
    stale = [guard for guard in stale if not takes_back(program, resolver, fact, guard)]
    return min(stale, key=lambda guard: (guard.guard, guard.holds), default=None)


def _decides(fact: WriteFact, token: Token) -> bool:
    """Tell whether a test is about what is written: how many entries there are decides no store in a callee."""
    return fact.about(token) and (fact.via is None or token.location == fact.access.location)


def _report(program: Program, resolver: Resolver, fact: WriteFact, guard: ActiveGuard) -> Finding | None:
    access = fact.access
    tokens = [token for token in guard.tokens if _decides(fact, token) and fact.is_stale(token)]
    found = (each for each in rivals(program, resolver, access) if not only_makes_room(resolver, fact, *each))
    others = list(in_the_span(program, resolver, fact, tokens, found))
    hint = total(program, resolver, fact) or secret(access.location) or resource(program, resolver, fact)
    reads = {token.read for token in tokens}
    judgement = judge(program, resolver, access.location, others, hint, write=access.event, reads=reads)
    test = whole_test(resolver.function, guard.guard)
    renewed = any(
        rival is not resolver and other.change is Change.ASSIGN and not fills_what_is_absent(program, rival, other)
        for rival, other in others
    )
    if judgement is None or _is_done_by_then(program, fact, test):
        return None
    again = _is_made_again(program, resolver, fact, test, judgement, renewed=renewed)
    first = oldest(tokens)
    suspend = suspension_of(fact, first)
    function, state = resolver.function, str(access.location)
    trace = [
        step(program, function, guard.guard, Role.GUARD, f"`{first.location}` is tested"),
        step(program, function, suspend, Role.SUSPEND, "other tasks run here, and may pass the same test"),
    ]
    if fact.via is None:
        trace.append(step(program, function, fact.event, Role.WRITE, "done on the strength of the old test"))
    return make_finding(
        program,
        RULE,
        resolver,
        fact,
        confidence=min(
            likely_if_proven(judgement) if again else judgement.confidence,
            _confidence(program, resolver, fact, guard),
            Confidence.POSSIBLE if _is_harmless(resolver, fact, guard, judgement, others) else Confidence.CERTAIN,
            Confidence.POSSIBLE if _is_first_use(program, resolver, fact, guard, judgement) else Confidence.CERTAIN,
        ),
        judgement=judgement,
        trace=trace,
        reads=tuple(sorted(reads)),
        guards=(guard.guard,),
        suspends=(suspend,),
        message=f"`{first.location}` is tested before a suspension and `{state}` is written after it: "
        "the test may no longer hold",
    )


def _is_made_again(
    program: Program, resolver: Resolver, fact: WriteFact, test: ast.AST, judgement: Judgement, *, renewed: bool
) -> bool:
    """Tell whether what is absent, or out of date, is made twice at the most: that costs time, and harms nobody.

    It is reported only where it is proven that several tasks come here.
    """
    if fact.access.change is not Change.ASSIGN:
        return False
    data = fills_with_data(program, resolver, fact)
    if asks_the_age(resolver, test):
        return data
    computes = any(isinstance(node, ast.BinOp) for node in ast.walk(test))
    if computes or not tests_absence(test) or (renewed and fact.via is None):
        return False
    return data or (not judgement.proven and not makes_one_too_many(program, resolver, fact))


def _is_done_by_then(program: Program, fact: WriteFact, test: ast.AST) -> bool:
    """Tell whether a lock is thrown away only by who has filled what it is for: nobody who waits fills that again."""
    lost = fact.useless_lock
    flaw = lost.flaw if lost is not None else None
    if flaw is None or flaw.cause is not Cause.THROWN_AWAY or flaw.unwinds:
        return False
    removes = program.named(flaw.function)
    return fact.access.change is Change.ASSIGN and tests_absence(test) and program.suspension.takes_locks(removes)


def _report_use(program: Program, resolver: Resolver, use: StaleUse) -> Finding:
    fact, function = use.fact, resolver.function
    tokens = [token for token in use.guard.tokens if fact.about(token) and token.is_stale]
    suspend = oldest(tokens).stale
    state = str(fact.access.location)
    trace = [
        step(program, function, use.guard.guard, Role.GUARD, f"`{state}` is tested"),
        step(program, function, suspend, Role.SUSPEND, "other tasks run here, and may set it to None"),
        step(program, function, fact.event, Role.READ, "read anew, and used on the strength of the old test"),
    ]
    return make_finding(
        program,
        RULE,
        resolver,
        fact,
        confidence=likely_if_proven(use.judgement),
        judgement=use.judgement,
        trace=trace,
        reads=tuple(sorted({token.read for token in tokens})),
        guards=(use.guard.guard,),
        suspends=(suspend,),
        message=f"`{state}` is tested before a suspension and used after it: it may be None by then",
    )


def likely_if_proven(judgement: Judgement) -> Confidence:
    """Give *likely* where tasks are seen to run at the same time, else *possible*.

    So it is for what harms little if it happens twice, and for a use of what somebody else closes: most objects are
    closed by the task that uses them.
    """
    return Confidence.LIKELY if judgement.proven else Confidence.POSSIBLE


def _confidence(program: Program, resolver: Resolver, fact: WriteFact, guard: ActiveGuard) -> Confidence:
    """Give the highest confidence that the shape allows.

    Taking a flag down, entering a named state, or renewing what was there does little harm if it happens twice. So does
    fetching the same data twice, which costs a moment; making a connection or a token twice costs one.
    """
    writer, value = writer_of(program, resolver, fact)
    event = writer.function.events[value] if value is not None else None
    if isinstance(event, Const) and event.value is False:
        return Confidence.POSSIBLE
    if fact.access.change is Change.ADD and resolver.type_of(fact.access.location).name == "set":
        return Confidence.POSSIBLE  # what is in the union already stays as it is
    if value is not None and _is_named_constant(writer, value):
        return Confidence.POSSIBLE
    test = whole_test(resolver.function, guard.guard)
    if takes_the_time(program, resolver, fact):
        return Confidence.POSSIBLE
    if raises_a_flag(program, resolver, fact) or fills_a_cache(program, resolver, fact):
        return Confidence.POSSIBLE
    if fact.via is None and stores_what_was_tested(resolver, value, test):
        return Confidence.POSSIBLE
    if fact.access.change in _RENEWALS and tells_presence(test, holds=guard.holds) and not asks_a_limit(resolver, test):
        return Confidence.POSSIBLE
    return Confidence.CERTAIN


def _is_harmless(
    resolver: Resolver, fact: WriteFact, guard: ActiveGuard, judgement: Judgement, others: list[Rival]
) -> bool:
    """Tell whether the rivals, by what they do, can hardly do harm.

    They all take down what this one takes down; or the test only tells callers of a mistake, and only a mistake of
    theirs would bring two of them here at once.
    """
    if fact.access.change is Change.RESET and all(_takes_down(rival, other) for rival, other in others):
        return True
    asks = tests_absence(whole_test(resolver.function, guard.guard))
    return judgement.assumed and asks and refuses(resolver, guard.guard, fact.event)


def _is_first_use(
    program: Program, resolver: Resolver, fact: WriteFact, guard: ActiveGuard, judgement: Judgement
) -> bool:
    """Tell whether an object makes something for itself when it is first used, and that is hardly by two at once.

    Who sets an object up is nearly always its first user, and has nobody beside him: always, if it is the maker's own
    call, and usually, if nobody is seen to use it in a task. Not where each key is asked for a first time, the object
    is everybody's, or what is made is given to whoever asks an object that by its kind serves several.
    """
    location = fact.access.location
    if location.root is not Root.SELF or any(isinstance(step, ItemStep) for step in location.steps):
        return False
    test = whole_test(resolver.function, guard.guard)
    if fact.access.change is not Change.ASSIGN or not tests_absence(test) or asks_a_limit(resolver, test):
        return False
    if judgement.for_everybody:
        return False
    if is_used_by_maker(program, resolver.function):
        return True
    return judgement.assumed and not (judgement.serves and location in program.summary(resolver.function).returns)


def _takes_down(rival: Resolver, access: Access) -> bool:
    """Tell whether a rival resets the state too, or sets it up for the first time."""
    return access.change is Change.RESET or starts_by_name(getattr(rival.function.node, "name", ""))


def _is_named_constant(resolver: Resolver, value: int) -> bool:
    """Tell whether a value is the name of a state: ``State.CLOSED``, ``CLOSED``, ``"closed"``."""
    node = resolver.function.nodes[value]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return True
    if isinstance(node, ast.Attribute):
        owner = last_name(node.value)
        return owner[:1].isupper() or node.attr.isupper()
    return isinstance(node, ast.Name) and node.id.isupper()


RULE = Rule(
    code="AWA102",
    name="check-then-act",
    summary="a test of shared state before a suspension decides a write after it",
    what=(
        "Shared state is tested, then the coroutine is suspended, then it writes that state because of the test: lazy "
        "initialisation, filling a cache, a balance or limit check."
    ),
    why=(
        "Every task that arrives while the first one waits passes the same test. The resource is made twice, and one "
        "is leaked; the balance goes below zero; the limit is exceeded."
    ),
    example_before="""\
import asyncio

from database import connect


class Client:
    def __init__(self):
        self._pool = None

    async def pool(self):
        if self._pool is None:
            self._pool = await connect()
        return self._pool


async def main():
    client = Client()
    await asyncio.gather(client.pool(), client.pool())
""",
    example_after="""\
import asyncio

from database import connect


class Client:
    def __init__(self):
        self._pool = None
        self._lock = asyncio.Lock()

    async def pool(self):
        async with self._lock:
            if self._pool is None:
                self._pool = await connect()
        return self._pool


async def main():
    client = Client()
    await asyncio.gather(client.pool(), client.pool())
""",
    example_repair=Repair.UNSAFE,
    fix_safety=(
        "A lock around test and write changes nothing for a single task, but it is held as long as the await takes: "
        "unsafe unless that is known to be short. A second test after the await is cheaper, and lets both tasks do the "
        "work. So does `setdefault` for an entry of a dict that a test of its key has found missing: the value is "
        "awaited into a local, `self._rows.setdefault(key, row)` stores it if there still is none, and what that gives "
        "is used. It is offered in front of a lock where the entry is plain data, and not where it has to be closed or "
        "where a stored None counts as missing; safe if nothing that is awaited stores an entry itself."
    ),
    silent=(
        "A second test after the await, a claim (the state is set before the first await), `setdefault`, a lock held "
        "over test and write, the condition of the loop around."
    ),
    references=(
        references.NODE,
        references.TOCTOU,
        references.MISTAKES,
    ),
    find=find,
)
