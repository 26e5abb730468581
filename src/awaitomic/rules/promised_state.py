"""AWA105 between two states: one is there before the await, another only after it, and who finds the first uses both.

``if key in self.queues: return self.cache[key]`` takes an entry of one table as a promise that the other has one, too.
The first caller makes the promise before he waits and keeps it afterwards. That alone is harmless nearly everywhere;
what makes it a bug is that the very function which promises uses the other state where it finds the first, and does not
look if it is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from awaitomic.flow.reach import reach_after, reach_from
from awaitomic.model.event import Call, Compute, Const, Guard, Item, Name, Read, Return, Suspend
from awaitomic.model.finding import Finding, Role, Span, TraceStep
from awaitomic.model.location import ANY_ITEM, NAMED_OR_HANDED, ItemStep, Location, Root
from awaitomic.program import Program
from awaitomic.program.accesses import Change
from awaitomic.program.concurrency import ENOUGH, Hint, judge
from awaitomic.program.facts import WriteFact
from awaitomic.program.module import is_construction
from awaitomic.program.resolve import Resolver
from awaitomic.program.state import NOTHING, ActiveGuard, State, Tokens
from awaitomic.rules.forgiving import is_caught
from awaitomic.rules.readiness import is_empty_at_first, is_locked, says_absent, test_of
from awaitomic.rules.rule import as_sure_as_guards, kept_apart, object_of, step
from awaitomic.rules.shapes import compares_amounts

_CLAIMS = frozenset({Change.ASSIGN, Change.RESET, Change.FILL, Change.ADD})
_BRINGS = frozenset({Change.ASSIGN, Change.FILL})
_WITHDRAWS = frozenset({Change.ASSIGN, Change.RESET, Change.DELETE, Change.CLEAR, Change.TAKE})
_MAKES_ENTRIES = frozenset({"collections.defaultdict", "collections.Counter"})
_MISSING = frozenset({"KeyError", "IndexError", "LookupError", "AttributeError", "TypeError"})
"""What is raised by the use of something that is not there."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What one state promises of another one, and who relies on it."""

    claim: WriteFact
    """The write that makes the promise, before the first suspension."""
    guard: ActiveGuard
    """The test by which only the first caller makes it."""
    suspend: int
    kept: WriteFact
    """The write of the other state, after the suspension."""
    use: int
    """Where a second caller uses the other state."""


def find_promises(program: Program, resolver: Resolver) -> dict[int, Finding]:
    """Find the promises of one function: by the write that makes it, the finding that names the other state."""
    found: dict[int, Finding] = {}
    reported: set[Location] = set()
    writes = program.facts(resolver).writes
    first = [(claim, guard) for claim in writes if (guard := _first_caller(resolver, claim)) is not None]
    needed = set(_needed(resolver)) if first else set()
    asked = [fact for fact in writes if fact.access.location in needed]
    for claim, guard in first:
        promise = _broken(program, resolver, claim, guard, asked)
        if promise is None or promise.kept.access.location in reported:
            continue
        finding = _report(program, resolver, promise)
        if finding is not None:
            reported.add(promise.kept.access.location)
            found[claim.event] = finding
    return found


def _first_caller(resolver: Resolver, claim: WriteFact) -> ActiveGuard | None:
    """Give the test which has found, with no suspension since, that what is written was not there."""
    access = claim.access
    if claim.via is not None or access.change not in _CLAIMS or access.location.root not in NAMED_OR_HANDED:
        return None
    if is_locked(claim.state) or not _says_something(resolver, claim):
        return None
    for guard in sorted(claim.state.guards, key=lambda each: each.guard):
        told = any(token.location == access.location and not token.is_stale for token in guard.tokens)
        test = test_of(resolver, guard.guard)
        # an amount that is used up and filled again promises nothing else
        if told and says_absent(test, holds=guard.holds) and not compares_amounts(test):
            return guard
    return None


def _says_something(resolver: Resolver, claim: WriteFact) -> bool:
    """Tell whether a write changes the answer of a test for presence; None is a value only under a key."""
    access = claim.access
    if access.change is not Change.RESET:
        value = resolver.function.events[access.value] if access.value is not None else None
        return not isinstance(value, Const) or bool(value.value)
    return access.location.is_entry


def _broken(
    program: Program, resolver: Resolver, claim: WriteFact, guard: ActiveGuard, asked: list[WriteFact]
) -> Promise | None:
    """Find a state that is made only after a suspension, and used by whoever finds the claim: one of those `asked`."""
    writes = program.facts(resolver).writes
    kept = [fact for fact in asked if _may_be_promised(program, resolver, claim, fact)]
    if not kept or _is_withdrawn(resolver, claim, guard, writes):
        return None
    for fact in kept:
        suspend = _made_late(program, resolver, claim, fact, writes)
        if suspend is None or not _stays(resolver, claim, suspend, writes):
            continue
        if _is_there_already(program, resolver, claim, guard, suspend, fact):
            continue
        use = _second_use(program, resolver, claim, guard, fact)
        if use is not None:
            return Promise(claim, guard, suspend, fact, use)
    return None


def _may_be_promised(program: Program, resolver: Resolver, claim: WriteFact, fact: WriteFact) -> bool:
    """Tell whether a write brings something that a claim can stand for: of the same key, if either has one."""
    promised, location = claim.access.location, fact.access.location
    if fact.access.change not in _BRINGS or location == promised or location.root not in NAMED_OR_HANDED:
        return False
    if _keys(location) != _keys(promised) or ANY_ITEM in location.steps:
        return False
    if location.is_entry:
        assert location.parent is not None
        return resolver.type_of(location.parent).name not in _MAKES_ENTRIES
    if not location.steps:
        return False
    if _is_within(location, promised):
        return _is_empty_when_made(program, resolver, claim, location)
    return is_empty_at_first(program, resolver, location)


def _is_empty_when_made(program: Program, resolver: Resolver, claim: WriteFact, part: Location) -> bool:
    """Tell whether an object that is stored lacks one of its parts, as its class makes it."""
    made = claim.access.value
    name = resolver.operand_type(made).name if made is not None else None
    if name is None or not name.startswith("class:"):
        return False
    inner = part.steps[len(claim.access.location.steps) :]
    own = Location(Root.SELF, name.removeprefix("class:"), "self", inner)
    is_set = any(is_construction(writer.function) for writer, _ in program.writers_at(resolver.key_of(own)))
    return is_set and is_empty_at_first(program, resolver, own)


def _keys(location: Location) -> set[ItemStep]:
    return {each for each in location.steps if isinstance(each, ItemStep) and not each.is_literal}


def _made_late(
    program: Program, resolver: Resolver, claim: WriteFact, kept: WriteFact, writes: list[WriteFact]
) -> int | None:
    """Give the suspension between a claim and the first write of the other state on some way."""
    graph = resolver.function
    brings = [fact for fact in writes if fact is not claim and _is_within(kept.access.location, fact.access.location)]
    early = [fact.event for fact in brings if fact.via is None or not fact.via.write.late]
    if claim.event not in reach_from(graph, graph.entry, stops=early).events:
        return None
    onward = reach_after(graph, claim.event, stops=early, raises=False).events
    for event in sorted(onward):
        waits = graph.events[event]
        if not isinstance(waits, Suspend) or not program.may_suspend(resolver, waits):
            continue
        if is_locked(program.facts(resolver).solution.before_event(event)):
            return None
        inside = kept.event == event and kept.via is not None and kept.via.write.late
        if inside or kept.event in reach_after(graph, event, raises=False).events:
            return event
    return None


def _is_there_already(
    program: Program, resolver: Resolver, claim: WriteFact, guard: ActiveGuard, suspend: int, kept: WriteFact
) -> bool:
    """Tell whether the first caller uses the other state, too, before he waits: then somebody else has made it."""
    graph, solution = resolver.function, program.facts(resolver).solution
    early = reach_from(graph, graph.entry, stops=(guard.guard,), raises=False).events
    early |= reach_after(graph, claim.event, stops=(suspend, kept.event), raises=False).events
    for event in graph.events:
        state = solution.before_event(event.id)
        first = state is not None and _is_first(state, guard)
        if (first or event.id in early) and _needs(resolver, event.id, kept.access.location):
            return True
    return False


def _is_first(state: State, guard: ActiveGuard) -> bool:
    return any(each.guard == guard.guard and each.holds is guard.holds for each in state.guards)


def _is_within(location: Location, whole: Location) -> bool:
    """Tell whether a location is another one, or a part of the object or table that is stored there."""
    if location.steps[: len(whole.steps)] != whole.steps:
        return False
    return (location.root, location.owner, location.name) == (whole.root, whole.owner, whole.name)


def _stays(resolver: Resolver, claim: WriteFact, suspend: int, writes: list[WriteFact]) -> bool:
    """Tell whether the claim is still there when all is done: else it says that somebody is at it."""
    rewritten = [
        fact.event
        for fact in writes
        if fact is not claim
        and fact.access.change in _WITHDRAWS
        and _is_within(claim.access.location, fact.access.location)
    ]
    stays = reach_after(resolver.function, suspend, stops=rewritten, raises=False)
    return resolver.function.exit in stays.blocks


def _is_withdrawn(resolver: Resolver, claim: WriteFact, guard: ActiveGuard, writes: list[WriteFact]) -> bool:
    """Tell whether the other outcome of the test takes the claim back or renews it: a mode that is switched."""
    second = reach_after(resolver.function, guard.guard, stops=(claim.event,)).events
    return any(
        fact.event in second
        and fact is not claim
        and fact.access.change in _WITHDRAWS
        and fact.access.location == claim.access.location
        for fact in writes
    )


# -- the second caller -----------------------------------------------------------------------------------------------


def _second_use(
    program: Program, resolver: Resolver, claim: WriteFact, guard: ActiveGuard, kept: WriteFact
) -> int | None:
    """Give where whoever finds the claim uses the other state, before he waits for anything or looks for it."""
    location = kept.access.location
    stops = {claim.event, *_settled_at(program, resolver, location)}
    if guard.guard in stops:
        return None
    for use in sorted(reach_after(resolver.function, guard.guard, stops=stops, raises=False).events):
        state = program.facts(resolver).solution.before_event(use)
        if state is None or is_locked(state) or not _needs(resolver, use, location):
            continue
        if not _is_first(state, guard) and not any(_tells(each.tokens, location) for each in state.guards):
            return None if is_caught(resolver, use, _MISSING) else use
    return None


def _settled_at(program: Program, resolver: Resolver, location: Location) -> Iterator[int]:
    """Give the events behind which a caller may rely on a state: he has waited, has looked, or has made it himself."""
    for event in resolver.function.events:
        if isinstance(event, Suspend) and program.may_suspend(resolver, event):
            yield event.id
        elif isinstance(event, Guard):
            state = program.facts(resolver).solution.before_event(event.id)
            if state is not None and _tells(state.values.get(event.test, NOTHING), location):
                yield event.id
    for fact in program.facts(resolver).writes:
        if _is_within(location, fact.access.location):
            yield fact.event


def _tells(tokens: Tokens, location: Location) -> bool:
    about = {location, location.parent} if location.is_entry else {location}
    return any(token.location in about for token in tokens)


def _needs(resolver: Resolver, use: int, location: Location) -> bool:
    """Tell whether an event fails, or gives away nothing, if there is nothing at a location."""
    event = resolver.function.events[use]
    if location.is_entry:
        return isinstance(event, Read) and isinstance(event.place, Item) and resolver.place(event.place) == location
    return any(resolver.value(operand) == location and _is_state(resolver, operand) for operand in _used_by(event))


def _needed(resolver: Resolver) -> Iterator[Location]:
    """Give the state that the function itself cannot do without somewhere: nothing else can be promised to it."""
    for event in resolver.function.events:
        operands = _used_by(event)
        places = [resolver.place(event.place)] if isinstance(event, Read) and isinstance(event.place, Item) else []
        yield from (location for location in (*places, *map(resolver.value, operands)) if location is not None)


def _used_by(event: object) -> Iterable[int]:
    """Give the operands that an event cannot do without."""
    if isinstance(event, Read) and not isinstance(event.place, Name):
        return (event.place.base,)
    if isinstance(event, Call):
        return (event.function,)
    if isinstance(event, Return) and event.value is not None:
        return (event.value,)
    if isinstance(event, Suspend) and event.awaited is not None:
        return (event.awaited,)
    if isinstance(event, Compute) and event.operator == "iter":
        return event.operands
    return ()


def _is_state(resolver: Resolver, operand: int) -> bool:
    """Tell whether an operand is read from the state itself, on the spot or by way of a local."""
    return isinstance(resolver.function.events[resolver.origin(operand)], Read)


# -- evidence --------------------------------------------------------------------------------------------------------


def _report(program: Program, resolver: Resolver, found: Promise) -> Finding | None:
    promised, location = found.claim.access.location, found.kept.access.location
    if kept_apart(program, resolver, found.suspend, promised, resolver, found.claim.access):
        return None
    asked = Hint(f"`{promised}` tells later callers that `{location}` is there", ENOUGH)
    judgement = judge(program, resolver, object_of(resolver, promised), [(resolver, found.claim.access)], asked)
    if judgement is None:
        return None
    function = resolver.function
    return Finding(
        rule="AWA105",
        name="early-publish",
        confidence=as_sure_as_guards(program, resolver, found.suspend, judgement.confidence),
        path=program.source.path,
        extent=program.write_extent(function, found.kept.event),
        function=function.qualname,
        state=str(location),
        message=f"`{promised}` is there before the await and `{location}` only after it: "
        "a second caller finds the first and uses the other, which is not there yet",
        trace=tuple(_trace(program, resolver, found)),
        evidence=judgement.evidence,
        span=Span(function.qualname, (), (found.guard.guard,), (found.suspend,), found.kept.event),
        rival=step(program, function, found.use, Role.READ, f"`{function.qualname}` in another task"),
    )


def _trace(program: Program, resolver: Resolver, found: Promise) -> Iterator[TraceStep]:
    promised, location = found.claim.access.location, found.kept.access.location
    notes = [
        (found.guard.guard, Role.GUARD, f"`{promised}` is tested: this is the first caller"),
        (found.claim.event, Role.WRITE, f"`{promised}` says that `{location}` is there"),
        (found.suspend, Role.SUSPEND, "other tasks run here"),
        (found.kept.event, Role.WRITE, f"`{location}` is there only now"),
    ]
    for event, role, note in notes:
        yield step(program, resolver.function, event, role, note)
