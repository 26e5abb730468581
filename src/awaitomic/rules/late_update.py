"""AWA103: state that is consumed, and brought up to date only after others have had their turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from awaitomic.flow.reach import reach_after
from awaitomic.knowledge.containers import CONTAINERS, EVENTS
from awaitomic.knowledge.registration import sounds_like_closing
from awaitomic.model.event import Event, Name, Read, Suspend
from awaitomic.model.finding import Confidence, Finding, Role
from awaitomic.model.location import ANY_ITEM, ItemStep
from awaitomic.program import Program
from awaitomic.program.accesses import FORGETS, Change, accesses
from awaitomic.program.concurrency import ENOUGH, Hint, Judgement, Rival, judge
from awaitomic.program.facts import WriteFact
from awaitomic.program.resolve import Resolver
from awaitomic.program.rivals import rivals
from awaitomic.program.state import Token, Use
from awaitomic.rules import references
from awaitomic.rules.as_long import comes_after, waits_of
from awaitomic.rules.readiness import fills_what_is_absent
from awaitomic.rules.rule import (
    Repair,
    Rule,
    concerns,
    in_the_span,
    is_validated,
    make_finding,
    place_of,
    step,
    suspending_functions,
    suspension_of,
    takes_lock_away,
)
from awaitomic.rules.still_there import is_asked_again, is_still_there

_ENDS = frozenset({"0", "-1"})


def find(program: Program) -> Iterator[Finding]:
    """Find resets and advances of state that an awaited call was given before."""
    for resolver in suspending_functions(program):
        yield from find_in(program, resolver)


def find_in(program: Program, resolver: Resolver, *, locked: bool = False) -> Iterator[Finding]:
    """Find them in one function: those without a lock, or (`locked`) those under one that came too late."""
    reported: set[tuple[str, int]] = set()
    for fact in program.facts(resolver).writes:
        use = consumed(program, resolver, fact, locked=locked)
        finding = _report(program, resolver, fact, use) if use is not None else None
        if finding is None:
            continue
        key = place_of(program, resolver, fact)
        if key not in reported:
            reported.add(key)
            yield finding


def examine(program: Program, resolver: Resolver, fact: WriteFact) -> Finding | None:
    """Give the finding of one write without a lock, if it comes too late for a use of the state."""
    use = consumed(program, resolver, fact)
    return _report(program, resolver, fact, use) if use is not None else None


def consumed(program: Program, resolver: Resolver, fact: WriteFact, *, locked: bool = False) -> Use | None:
    """Give the use that a write comes too late for: of the same state, before a suspension, not tested since."""
    change = fact.access.change
    if change not in FORGETS and change is not Change.AUGMENTED:
        return None
    found = [use for use in fact.state.uses if fact.is_stale(use.token) and _same(fact, use.token)]
    if not found or is_asked_again(resolver, fact) or is_validated(fact) or not concerns(resolver, fact, locked=locked):
        return None
    if fact.via is not None and fact.via.write.consumed:
        return None
    if (change is Change.AUGMENTED and not _advances(fact)) or takes_lock_away(resolver, fact):
        return None
    found = [
        use for use in found if not _is_taken_anew(resolver, fact, use) and not is_still_there(resolver, fact, use)
    ]
    if change is not Change.RESET:
        found = [use for use in found if not use.claim]
    if any(resolver.type_of(use.token.location).name in EVENTS for use in found) and (
        _is_read_around(program, resolver, fact)
        or _is_gate(resolver, fact)
        or _tells_other_state(program, resolver, fact)
    ):
        return None
    return min(found, key=lambda use: (use.claim, use.token.read, use.suspend, use.token.stale), default=None)


def _is_taken_anew(resolver: Resolver, fact: WriteFact, use: Use) -> bool:
    """Tell whether no way leads from a use to the write but by the read once more: a swap in a loop, seen a round on.

    What is thrown away then has just been read, and what was used had been taken out before.
    """
    if use.claim or use.suspend < 0:
        return False
    onward = reach_after(resolver.function, use.suspend, stops=(use.token.read,))
    return fact.event not in onward.events


def _advances(fact: WriteFact) -> bool:
    """Tell whether an augmented write adds to a fresh value (a stale one is AWA101's business)."""
    return fact.via is None and not any(t.is_stale and t.location == fact.access.location for t in fact.value)


def _same(fact: WriteFact, token: Token) -> bool:
    location, change = fact.access.location, fact.access.change
    if change is Change.TAKE:
        last = token.location.steps[-1] if token.location.steps else None
        return isinstance(last, ItemStep) and last.text in _ENDS and token.location.parent == location
    return token.location == location and ANY_ITEM not in location.steps


def _is_own_entry(resolver: Resolver, fact: WriteFact) -> bool:
    """Tell whether this call has made the entry itself: a request that waits for its answer under its own number.

    Or the object that it writes to: a request that it has put in line itself.
    """
    location = fact.access.location
    once = [bound for bound in resolver.bindings.values() if len(bound) == 1]
    made = [each.location for creation, each in resolver.published.items() if [creation] in once]
    if any(own.is_entry and own.steps == location.steps[: len(own.steps)] for own in made):
        return True
    return location.is_entry and any(use.claim and use.token.location == location for use in fact.state.uses)


def _is_gate(resolver: Resolver, fact: WriteFact) -> bool:
    """Tell whether the function sets the event again afterwards: then it holds others up, and waits for nobody."""
    after = reach_after(resolver.function, fact.event).events
    return any(
        other.event in after and other.location == fact.access.location and other.change is Change.ADD
        for other in accesses(resolver)
    )


def _is_doubtful(resolver: Resolver, fact: WriteFact, use: Use, judgement: Judgement) -> bool:
    """Tell whether hardly anything will be lost: an entry of its own, or a handle that who closes the object lets go.

    To close what somebody might still open is a mistake of the closer's, which no order of the writes would mend.
    """
    if use.claim or judgement.keyed or _is_own_entry(resolver, fact):
        return True
    if judgement.assumed and fact.access.change is Change.DELETE and fact.access.location.is_entry:
        return True  # it takes somebody who stores anew what is just being ended, and nobody is seen to run beside
    if not judgement.assumed or fact.access.change is not Change.RESET or _collects(resolver, fact):
        return False
    return sounds_like_closing(getattr(resolver.function.node, "name", ""))


def _collects(resolver: Resolver, fact: WriteFact) -> bool:
    return resolver.type_of(fact.access.location).name in CONTAINERS


def _is_read_around(program: Program, resolver: Resolver, fact: WriteFact) -> bool:
    """Tell whether other state is read next to the clearing of an event, with no suspension between.

    Then a wake-up that the clearing swallows has already been seen, or will be seen before the next wait.
    """
    graph = resolver.function
    block, at = graph.position_of(fact.event)
    events = graph.blocks[block].events
    for event in reversed(events[:at]):
        if isinstance(event, Suspend):
            break
        if _reads_other_state(program, resolver, fact, event):
            return True
    return _is_read_before_suspension(program, resolver, fact, (block, at + 1))


def _tells_other_state(program: Program, resolver: Resolver, fact: WriteFact) -> bool:
    """Tell whether an event is cleared because of what other state is just then.

    Then it says nothing of its own that could be lost: whoever changes that state has it told anew.
    """
    writer, cleared = resolver, fact.event
    if fact.via is not None:
        writer, cleared = program.named(fact.via.write.function), fact.via.write.event
    return any(
        token.location != own.access.location and not token.is_stale and program.changes(writer, token.location)
        for own in program.facts(writer).writes
        if own.event == cleared
        for guard in own.state.guards
        for token in guard.tokens
    )


def _is_read_before_suspension(program: Program, resolver: Resolver, fact: WriteFact, place: tuple[int, int]) -> bool:
    graph = resolver.function
    stack, seen = [place], set[int]()
    while stack:
        index, start = stack.pop()
        for event in graph.blocks[index].events[start:]:
            if isinstance(event, Suspend):
                break
            if _reads_other_state(program, resolver, fact, event):
                return True
        else:
            stack.extend((after, 0) for after in graph.blocks[index].successors if after not in seen)
            seen.update(graph.blocks[index].successors)
    return False


def _reads_other_state(program: Program, resolver: Resolver, fact: WriteFact, event: Event) -> bool:
    if not isinstance(event, Read) or isinstance(event.place, Name):
        return False
    location = resolver.place(event.place)
    if location is None or not program.changes(resolver, location):
        return False
    cleared = fact.access.location
    return location.steps[: len(cleared.steps)] != cleared.steps


def _rivals(program: Program, resolver: Resolver, fact: WriteFact, use: Use) -> Iterator[Rival]:
    """Give the writes that bring in what the late write throws away (for an advance, and a claim: any write).

    What only fills an empty place brings in nothing while the old is still there.
    """
    lets_go = fact.access.change is Change.RESET and not _collects(resolver, fact)
    for rival, access in in_the_span(program, resolver, fact, (use.token,), rivals(program, resolver, fact.access)):
        if access.change in FORGETS and fact.access.change is not Change.AUGMENTED:
            continue
        if not (lets_go and fills_what_is_absent(program, rival, access)):
            yield rival, access


def _hint(resolver: Resolver, fact: WriteFact, use: Use, rivals: list[Rival]) -> Hint | None:
    """Say what in the span itself tells that several tasks are meant: a buffer, an event, a counter of numbers."""
    state = fact.access.location
    if resolver.type_of(use.token.location).name in EVENTS:
        return Hint(f"`{state}` is an event, which one task sets and another waits for", ENOUGH)
    if fact.access.change is Change.AUGMENTED:
        return Hint(f"`{state}` is advanced for each use")
    if any(rival is not resolver and access.change is Change.ADD for rival, access in rivals):
        return Hint(f"`{state}` collects what others bring")
    return None


def _judged(
    program: Program, resolver: Resolver, fact: WriteFact, use: Use, rivals: list[Rival], hint: Hint | None
) -> tuple[Judgement | None, Confidence]:
    """Give the judgement of the rivals, and how sure it can be at most: who stores only after a longer wait is late."""
    state, own = fact.access.location, (fact.access.event, {use.token.read})
    ways = waits_of(program, resolver, fact, use.token.read) if fact.access.change is Change.RESET else frozenset()
    sooner = [each for each in rivals if not ways or not comes_after(program, resolver, ways, state, each)]
    judgement = judge(program, resolver, state, sooner, hint, write=own[0], reads=own[1])
    if judgement is not None or len(sooner) == len(rivals):
        return judgement, judgement.confidence if judgement is not None else Confidence.POSSIBLE
    late = judge(program, resolver, state, rivals, hint, write=own[0], reads=own[1])
    if late is not None:
        says = f"but `{late.rival.function.qualname}` waits for the same, and once more before it stores anything"
        late = replace(late, evidence=(*late.evidence, says))
    return late, Confidence.POSSIBLE


def _report(program: Program, resolver: Resolver, fact: WriteFact, use: Use) -> Finding | None:
    access = fact.access
    rivals = list(_rivals(program, resolver, fact, use))
    hint = _hint(resolver, fact, use, rivals)
    judgement, limit = _judged(program, resolver, fact, use, rivals, hint)
    if judgement is None:
        return None
    function, state = resolver.function, str(access.location)
    suspend = suspension_of(fact, use.token)
    advance = access.change is Change.AUGMENTED
    first = "set" if use.claim else "used"
    outcome = "two tasks use the same value" if advance else "what other tasks stored meanwhile is lost"
    verb = "advanced" if advance else "reset"
    trace = [
        step(program, function, use.token.read, Role.WRITE if use.claim else Role.READ, f"`{state}` is {first}"),
        step(program, function, suspend, Role.SUSPEND, "other tasks run here"),
    ]
    if fact.via is None:
        trace.append(step(program, function, fact.event, Role.WRITE, f"{verb} only now"))
    return make_finding(
        program,
        RULE,
        resolver,
        fact,
        confidence=Confidence.POSSIBLE if _is_doubtful(resolver, fact, use, judgement) else limit,
        judgement=judgement,
        trace=trace,
        reads=(use.token.read,),
        guards=(),
        suspends=(suspend,),
        message=f"`{state}` is {first} before a suspension and {verb} after it: {outcome}",
    )


RULE = Rule(
    code="AWA103",
    name="late-update",
    summary="shared state is consumed, and only after a suspension reset or advanced",
    what=(
        "Shared state is handed to something that is awaited, and reset, cleared, replaced or advanced afterwards: "
        "`await ws.close(); self.ws = None`, `await flush(self.buf); self.buf.clear()`, "
        "`await put(self.seq); self.seq += 1`."
    ),
    why=(
        "What other tasks put there during the await is thrown away with the old, although nobody has seen it; or two "
        "tasks use one value because neither has advanced it yet."
    ),
    example_before="""\
import asyncio


class Writer:
    def __init__(self, sink):
        self._sink = sink
        self._buf = []

    async def add(self, line):
        self._buf.append(line)

    async def flush(self):
        if self._buf:
            await self._sink.write(self._buf)
            self._buf = []


async def main(sink):
    writer = Writer(sink)
    await asyncio.gather(writer.flush(), writer.add("late"))
""",
    example_after="""\
import asyncio


class Writer:
    def __init__(self, sink):
        self._sink = sink
        self._buf = []

    async def add(self, line):
        self._buf.append(line)

    async def flush(self):
        if self._buf:
            buf, self._buf = self._buf, []
            await self._sink.write(buf)


async def main(sink):
    writer = Writer(sink)
    await asyncio.gather(writer.flush(), writer.add("late"))
""",
    example_repair=Repair.UNSAFE,
    fix_safety=(
        "Taking and resetting before the await is unsafe: if the await fails, what was taken is lost unless it is put "
        "back. Writing None only if the state is still what was closed is safe for a single task."
    ),
    silent=(
        "State that is swapped out before the await, a test of identity right before the write, an event that is "
        "cleared right after the wait, state that nobody fills."
    ),
    references=(
        references.OVERVIEW,
        references.NODE_FZ,
        references.RACE,
    ),
    find=find,
)
