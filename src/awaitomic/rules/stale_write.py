"""AWA101: the lost update, the bug that gives the tool its reason to exist."""

from __future__ import annotations

from collections.abc import Iterator

from awaitomic.knowledge.containers import ANY_MUTATOR
from awaitomic.model.event import Attribute, Call, Compute, Item, Merge, Read, Write
from awaitomic.model.finding import Confidence, Finding, Role
from awaitomic.model.location import ANY_ITEM, Location
from awaitomic.program import Program
from awaitomic.program.accesses import Access, Change
from awaitomic.program.concurrency import Rival, judge
from awaitomic.program.facts import Via, WriteFact
from awaitomic.program.resolve import Resolver
from awaitomic.program.rivals import rivals
from awaitomic.program.state import Token
from awaitomic.rules import references
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
)
from awaitomic.rules.saved import saved_read
from awaitomic.rules.shapes import secret, total


def find(program: Program) -> Iterator[Finding]:
    """Find writes whose value is built from a read of the same state that a suspension has made stale."""
    for resolver in suspending_functions(program):
        yield from find_in(program, resolver)


def find_in(program: Program, resolver: Resolver, *, locked: bool = False) -> Iterator[Finding]:
    """Find such writes in one function: those without a lock, or (`locked`) those under one that came too late."""
    reported: set[tuple[str, int]] = set()
    for fact in program.facts(resolver).writes:
        if not _is_outdated(fact) or not concerns(resolver, fact, locked=locked):
            continue
        if reported and place_of(program, resolver, fact) in reported:
            continue
        finding = _examine(program, resolver, fact)
        if finding is not None:
            reported.add(place_of(program, resolver, fact))
            yield finding


def examine(program: Program, resolver: Resolver, fact: WriteFact) -> Finding | None:
    """Give the finding of one write without a lock, if its value is out of date."""
    return _examine(program, resolver, fact) if concerns(resolver, fact, locked=False) else None


def _is_outdated(fact: WriteFact) -> bool:
    """Tell whether the value holds an old read of the state at all: few writes do, and all else costs more to ask."""
    location = fact.access.location
    return any(token.location == location and fact.is_stale(token) for token in fact.value)


def _examine(program: Program, resolver: Resolver, fact: WriteFact) -> Finding | None:
    access = fact.access
    if access.change not in {Change.ASSIGN, Change.AUGMENTED, Change.ADD} or (fact.via is not None and not fact.value):
        return None
    if ANY_ITEM in access.location.steps:
        return None  # some entry was read, and some entry is written
    same = [token for token in fact.value if token.location == access.location]
    stale = [token for token in same if fact.is_stale(token)]
    outdated = {token.read for token in stale}
    if not stale or any(token.read not in outdated for token in same):  # a read of its own that is fresh on every way
        return None
    if has_fresh_guard(fact) or is_validated(fact) or writes_back(resolver, fact):
        return None
    hint = total(program, resolver, fact) or secret(access.location)
    others = _rivals(program, resolver, fact, stale)
    judgement = judge(program, resolver, access.location, others, hint, write=access.event, reads=outdated)
    if judgement is None:
        return None
    first = oldest([token for token in stale if not token.answered] or stale)
    function, state = resolver.function, str(access.location)
    trace = [
        step(program, function, first.read, Role.READ, f"`{state}` is read"),
        step(program, function, suspension_of(fact, first), Role.SUSPEND, "other tasks run here"),
    ]
    if fact.via is None:
        trace.append(step(program, function, fact.event, Role.WRITE, "what was read before is written back"))
    return make_finding(
        program,
        RULE,
        resolver,
        fact,
        confidence=_confidence(resolver, fact, first, judgement.confidence),
        judgement=judgement,
        trace=trace,
        reads=tuple(sorted({token.read for token in stale})),
        guards=(),
        suspends=tuple(sorted({suspension_of(fact, token) for token in stale})),
        message=_message(state, access.change),
    )


def _rivals(program: Program, resolver: Resolver, fact: WriteFact, stale: list[Token]) -> Iterator[Rival]:
    """Give the writes that matter: to what is added in place, only those that put another container there."""
    for rival, access in in_the_span(program, resolver, fact, stale, rivals(program, resolver, fact.access)):
        if fact.access.change is not Change.ADD or _replaces(resolver, fact, rival, access):
            yield rival, access


def _replaces(resolver: Resolver, fact: WriteFact, rival: Resolver, access: Access) -> bool:
    """Tell whether a rival puts another container there: to store an entry in it replaces none."""
    whole = rival.key_of(access.location) == resolver.key_of(fact.access.location)
    return whole and access.change in {Change.ASSIGN, Change.RESET}


def _message(state: str, change: Change) -> str:
    if change is Change.ADD:
        return (
            f"the container in `{state}` is looked up before a suspension and added to after it: "
            "if another task has replaced it, what is added is lost"
        )
    return f"`{state}` is read before a suspension and written after it: what other tasks wrote meanwhile is lost"


def writes_back(resolver: Resolver, fact: WriteFact) -> bool:
    """Tell whether the value written is exactly an old one, or its copy: save and restore, a pattern of its own."""
    location, value = fact.access.location, fact.access.value
    if fact.via is not None:
        return _hands_back(resolver, location, fact.via)
    if value is None or _is_changed(resolver, resolver.origin(value)):
        return False
    return saved_read(resolver, value, location) is not None


def _hands_back(resolver: Resolver, location: Location, via: Via) -> bool:
    """Tell whether the callee is given exactly an old value to write."""
    return any(
        name in via.write.parameters and saved_read(resolver, operand, location) is not None
        for name, operand in via.target.arguments
    )


def _is_changed(resolver: Resolver, made: int) -> bool:
    """Tell whether the function changes the contents of a copy that it has made."""
    for event in resolver.function.events:
        place = event.place if isinstance(event, Read | Write) else None
        stores = isinstance(event, Write) and isinstance(place, Item)
        mutates = isinstance(event, Read) and isinstance(place, Attribute) and place.attr in ANY_MUTATOR
        if (stores or mutates) and isinstance(place, Item | Attribute) and resolver.origin(place.base) == made:
            return True
    return False


def _is_one_of_several(resolver: Resolver, value: int) -> bool:
    """Tell whether what is written is an element of a sequence in which the old value stands beside others.

    ``for port in (self.port, 8001): if await answers(port): self.port = port``: the old value only chooses what is
    tried, and what is stored is what answered.
    """
    event = resolver.function.events[resolver.origin(value)]
    if not isinstance(event, Compute) or event.operator != "next":
        return False
    iterator = resolver.function.events[event.operands[0]]
    if not isinstance(iterator, Compute) or not iterator.operands:
        return False
    source = resolver.function.events[resolver.origin(iterator.operands[0])]
    return isinstance(source, Compute | Merge) and len(source.operands) > 1


def _confidence(resolver: Resolver, fact: WriteFact, token: Token, judged: Confidence) -> Confidence:
    """Lower what an object answers about itself, and pieces of an answer: seldom computed from the old state alone."""
    if fact.access.value is not None and _is_one_of_several(resolver, fact.access.value):
        return min(judged, Confidence.POSSIBLE)
    if not token.answered or fact.via is not None:
        return judged if not token.answered else Confidence.POSSIBLE
    assert fact.access.value is not None
    event = resolver.function.events[resolver.origin(fact.access.value)]
    if not isinstance(event, Compute) or event.operator != "awaited":
        return Confidence.POSSIBLE
    call = resolver.function.events[resolver.origin(event.operands[0])]
    if not isinstance(call, Call):
        return Confidence.POSSIBLE
    given = (*call.arguments, *(value for _, value in call.keywords))
    direct = any(resolver.origin(operand) == token.read for operand in given)
    return judged if direct else Confidence.POSSIBLE


RULE = Rule(
    code="AWA101",
    name="stale-write",
    summary="state that was read before a suspension is written back after it",
    what="A value read from shared state before a suspension flows into a write of the same state after it.",
    why=(
        "While a coroutine is suspended, other tasks run. If one of them changes the state, the write that follows is "
        "computed from the old value and the change is lost. `self.total += await price()` does this in one line: "
        "Python reads `self.total` before it awaits."
    ),
    example_before="""\
import asyncio

from shop import price


class Till:
    def __init__(self):
        self.total = 0

    async def add(self, item):
        self.total += await price(item)


async def main():
    till = Till()
    await asyncio.gather(till.add("tea"), till.add("milk"))
""",
    example_after="""\
import asyncio

from shop import price


class Till:
    def __init__(self):
        self.total = 0

    async def add(self, item):
        item_price = await price(item)
        self.total += item_price


async def main():
    till = Till()
    await asyncio.gather(till.add("tea"), till.add("milk"))
""",
    example_repair=Repair.SAFE,
    fix_safety=(
        "Hoisting the await above the read is safe if the read cannot raise and nothing between the read and the await "
        "depends on it. A lock is unsafe where it may be held over a long wait."
    ),
    silent=(
        "A fresh read after the await, a lock held from the read to the write, a test of the same state right before "
        "the write, an await that never suspends, state that no other task can write, and saving a value to restore it."
    ),
    references=(
        references.AUGMENTED,
        references.ESLINT,
        references.NODE,
        references.RACE,
    ),
    find=find,
)
