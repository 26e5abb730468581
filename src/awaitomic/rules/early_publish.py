"""AWA105: a flag, a counter or an object is there before the awaited work that makes it true."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitomic.flow.graph import FunctionGraph
from awaitomic.flow.reach import reach_after, reach_from
from awaitomic.knowledge.opening import SHARED_WORK, sounds_like_opening, sounds_ready, sounds_under_way
from awaitomic.model.event import Compute, Const, Suspend, SuspendWhy, Yield
from awaitomic.model.finding import Confidence, Finding, Role, Span, TraceStep
from awaitomic.model.location import NAMED_OR_HANDED, Location
from awaitomic.program import Program
from awaitomic.program.accesses import Change
from awaitomic.program.concurrency import ENOUGH, Hint, judge
from awaitomic.program.facts import WriteFact
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver
from awaitomic.program.room import counts
from awaitomic.program.state import State
from awaitomic.rules import references
from awaitomic.rules.half_filled import report_refills
from awaitomic.rules.promised_state import find_promises
from awaitomic.rules.readiness import (
    is_about,
    is_locked,
    is_wait,
    made_by_work,
    opened_by,
    reads_of,
    says_absent,
    says_first,
    second_caller,
    test_of,
    used_by_callers,
    used_elsewhere,
)
from awaitomic.rules.refusing import is_told
from awaitomic.rules.rule import Repair, Rule, as_sure_as_guards, kept_apart, object_of, step, suspending_functions
from awaitomic.rules.shapes import name_of


@dataclass(frozen=True, slots=True)
class _Publication:
    """What says *ready*, where it is tested, and where the work is awaited that makes it so."""

    fact: WriteFact
    guard: int
    work: Suspend
    counts: bool

    @property
    def location(self) -> Location:
        return self.fact.access.location


def find(program: Program) -> Iterator[Finding]:
    """Find flags, counters and objects that are published before the awaited work that others rely on."""
    for resolver in suspending_functions(program):
        promises = find_promises(program, resolver)
        for written, finding in _publications(program, resolver):
            promise = promises.get(written)
            if promise is None or finding.confidence >= promise.confidence:  # one claim, one explanation
                promises.pop(written, None)
                yield finding
        yield from promises.values()
        yield from report_refills(program, RULE, resolver)


def _publications(program: Program, resolver: Resolver) -> Iterator[tuple[int, Finding]]:
    """Give what one function publishes too early, with the write that does."""
    reported: set[Location] = set()
    for fact in program.facts(resolver).writes:
        if fact.access.location in reported or not _could_publish(resolver, fact):
            continue
        publication = _published(program, resolver, fact)
        finding = _report(program, resolver, publication) if publication is not None else None
        if finding is not None:
            reported.add(fact.access.location)
            yield fact.event, finding


def _could_publish(resolver: Resolver, fact: WriteFact) -> bool:
    access = fact.access
    if fact.via is not None or access.location.root not in NAMED_OR_HANDED or is_locked(fact.state):
        return False
    if access.change is Change.RESET:  # an empty entry, which says that there is somebody who fills it
        return access.location.is_entry
    return _is_increment(resolver, fact) or (access.change is Change.ASSIGN and not _is_placeholder(resolver, fact))


def _is_increment(resolver: Resolver, fact: WriteFact) -> bool:
    """Tell whether a write counts up by one: ``n += 1``, ``n[key] = n.get(key, 0) + 1``."""
    access = fact.access
    value = resolver.function.events[access.value] if access.value is not None else None
    if not isinstance(value, Compute) or not counts(resolver, access, up=True):
        return False
    if access.change is Change.ASSIGN and not any(token.location == access.location for token in fact.value):
        return False
    added = resolver.function.events[value.operands[-1]]
    return isinstance(added, Const) and added.value == 1


def _is_placeholder(resolver: Resolver, fact: WriteFact) -> bool:
    """Tell whether what is stored does not claim to be ready: something to wait for, or a state by name."""
    value = fact.access.value
    if value is None:
        return False
    origin = resolver.origin(value)
    node, event = resolver.function.nodes[origin], resolver.function.events[origin]
    if isinstance(event, Const):
        return event.value is not True and event.value != 1
    if isinstance(node, ast.Call):
        return last_name(node.func) in SHARED_WORK
    return isinstance(node, ast.Attribute) and (node.attr.isupper() or last_name(node.value)[:1].isupper())


def _published(program: Program, resolver: Resolver, fact: WriteFact) -> _Publication | None:
    """Give the awaited work that a publication comes too early for, if the state stays as it is behind it."""
    graph, location = resolver.function, fact.access.location
    elsewhere = reach_from(graph, graph.entry, stops=(fact.event,)).events
    rewritten = [o.event for o in program.facts(resolver).writes if o.access.location == location and o is not fact]
    counts = _is_increment(resolver, fact)
    for event in sorted(reach_after(graph, fact.event).events - elsewhere):
        work = graph.events[event]
        if not isinstance(work, Suspend) or work.why not in {SuspendWhy.AWAIT, SuspendWhy.ASYNC_ENTER}:
            continue
        if not program.may_suspend(resolver, work) or is_wait(resolver, work):
            continue
        guard = _test(program, resolver, fact, event, counts=counts)
        if guard is None:
            return None
        stays = reach_after(graph, event, stops=rewritten, raises=False)
        comes_back = graph.exit in stays.blocks or _lets_use(graph, stays.events)
        if not comes_back or is_locked(_state(program, resolver, event)):
            return None
        return _Publication(fact, guard, work, counts)
    return None


def _lets_use(graph: FunctionGraph, passed: frozenset[int]) -> bool:
    """Tell whether a context manager comes to its yield: whoever enters it goes on there."""
    managers = (last_name(node) for node in getattr(graph.node, "decorator_list", ()))
    return "asynccontextmanager" in managers and any(isinstance(graph.events[event], Yield) for event in passed)


def _state(program: Program, resolver: Resolver, event: int) -> State | None:
    return program.facts(resolver).solution.before_event(event)


def _test(program: Program, resolver: Resolver, fact: WriteFact, work: int, *, counts: bool) -> int | None:
    """Give the test by which only the first caller does the work."""
    for guard in sorted(fact.state.guards, key=lambda each: each.guard):
        if is_about(fact.access.location, guard) and says_absent(test_of(resolver, guard.guard), holds=guard.holds):
            return guard.guard
    state = _state(program, resolver, work)
    if not counts or state is None:
        return None
    for guard in sorted(state.guards, key=lambda each: each.guard):
        test = test_of(resolver, guard.guard)
        old = all(token.read < fact.event for token in guard.tokens)
        first = says_absent(test, holds=guard.holds) if old else says_first(test, holds=guard.holds)
        if is_about(fact.access.location, guard) and first:
            return guard.guard
    return None


# -- evidence --------------------------------------------------------------------------------------------------------


def _report(program: Program, resolver: Resolver, found: _Publication) -> Finding | None:
    limit = _limit(program, resolver, found)
    location = found.location
    if limit is None or kept_apart(program, resolver, found.work.id, location, resolver, found.fact.access):
        return None
    several = f"`{location}` counts users, so it expects several at a time"
    told = Hint(f"`{location}` tells later callers that the work is done")
    hint = Hint(several, ENOUGH) if found.counts else told
    judgement = judge(program, resolver, object_of(resolver, location), [(resolver, found.fact.access)], hint)
    if judgement is None and (not found.counts or program.serialised(resolver.function) is not None):
        return None
    confidence = judgement.confidence if judgement is not None else Confidence.LIKELY
    if judgement is not None and judgement.assumed and not judgement.for_everybody and not found.counts:
        confidence = Confidence.POSSIBLE  # who opens an object is nearly always one, and uses it afterwards
    evidence = judgement.evidence if judgement is not None else (several,)
    function, state, suspend = resolver.function, str(location), found.work.id
    rival = step(program, function, found.guard, Role.GUARD, f"`{function.qualname}` in another task")
    return Finding(
        rule=RULE.code,
        name=RULE.name,
        confidence=as_sure_as_guards(program, resolver, suspend, min(confidence, limit)),
        path=program.source.path,
        extent=program.write_extent(function, found.fact.event),
        function=function.qualname,
        state=state,
        message=f"`{state}` is set before the awaited work that makes it true: "
        "a second caller skips the wait, and goes on with what is not ready",
        trace=_trace(program, resolver, found),
        evidence=evidence,
        span=Span(function.qualname, (), (found.guard,), (suspend,), found.fact.event),
        rival=rival,
    )


def _trace(program: Program, resolver: Resolver, found: _Publication) -> tuple[TraceStep, ...]:
    """Tell the first caller's story: a counter is counted up before it is tested, a flag tested before it is set."""
    function, state, written = resolver.function, found.location, found.fact.event
    steps = {
        found.guard: step(program, function, found.guard, Role.GUARD, f"`{state}` is tested: this is the first caller"),
        written: step(program, function, written, Role.WRITE, f"`{state}` says that the work is done"),
        found.work.id: step(program, function, found.work.id, Role.SUSPEND, "it is only done here: other tasks run"),
    }
    return tuple(steps[event] for event in sorted(steps))


def _limit(program: Program, resolver: Resolver, found: _Publication) -> Confidence | None:
    """Give the highest confidence that the evidence allows, None if a second caller may well skip the work."""
    stop = found.work.id if found.counts else found.fact.event
    second = second_caller(resolver, found.guard, stop)
    if second is None or any(isinstance(event, Suspend) and is_wait(resolver, event) for event in second):
        return None
    if is_told(resolver, second):
        return None
    if not found.counts and _is_mode(program, resolver, found, {event.id for event in second}):
        return None
    name, base = opened_by(resolver, found.work)
    if found.counts:
        return _limit_of_counter(program, resolver, found, name)
    keys = {resolver.key_of(each) for each in made_by_work(program, resolver, found.location, found.fact.event)}
    if _is_opened_itself(resolver, found, base) and sounds_like_opening(name):
        keys.add(resolver.key_of(found.location))
    if keys and any(True for _ in reads_of(program, resolver, second, keys)):
        return Confidence.CERTAIN
    flag = name_of(found.location)
    if sounds_under_way(flag):
        return None
    if keys and used_by_callers(program, resolver, keys):
        return Confidence.CERTAIN
    if keys and used_elsewhere(program, resolver, keys):
        return Confidence.POSSIBLE
    entry = found.location.is_entry
    return Confidence.POSSIBLE if sounds_like_opening(name) and (entry or sounds_ready(flag)) else None


def _is_mode(program: Program, resolver: Resolver, found: _Publication, second: set[int]) -> bool:
    """Tell whether the other outcome of the test changes the state too: a mode that is switched, and no readiness."""
    return any(
        fact.access.location == found.location and fact.event in second for fact in program.facts(resolver).writes
    )


def _limit_of_counter(program: Program, resolver: Resolver, found: _Publication, name: str) -> Confidence | None:
    """Judge a counter of users: it is counted down elsewhere, and the first one opens what all of them use."""
    made = made_by_work(program, resolver, found.location, found.fact.event)
    if not made and not sounds_like_opening(name):
        return None
    graph = resolver.function
    after = reach_after(graph, found.work.id).events - {found.fact.event}
    behind = after if _lets_use(graph, after) else frozenset()  # the same context manager, on its way out
    counted_down = any(
        access.change in {Change.AUGMENTED, Change.DELETE, Change.ASSIGN}
        and (writer is not resolver or access.event in behind)
        for writer, access in program.changing_writers(resolver, found.location)
    )
    return Confidence.CERTAIN if counted_down else Confidence.POSSIBLE


def _is_opened_itself(resolver: Resolver, found: _Publication, base: int | None) -> bool:
    """Tell whether the work is a call on the very object that was published (``await self.db.open()``)."""
    value = found.fact.access.value
    if base is None or value is None:
        return False
    return resolver.value(base) == found.location or resolver.origin(base) == resolver.origin(value)


RULE = Rule(
    code="AWA105",
    name="early-publish",
    summary="a flag, a counter, an object or an emptied container is there before the awaited work that makes it ready",
    what=(
        "The first caller sets a flag, counts itself, or stores an object, and only then awaits the work that opens, "
        "connects or fills it. Whoever comes meanwhile finds the flag set and goes on. The same between two states: "
        "one is there before the await, another only after it, and whoever finds the first uses the other without a "
        "look (`if key in self.queues: return self.cache[key]`); then the finding names the other state. Likewise, a "
        "shared container is emptied (or an empty one put in its place), and filled again only after a suspension, by "
        "the function itself, by what it awaits, or by tasks that it waits for, while other code reads it."
    ),
    why=(
        "The second caller skips the wait and uses what is not ready: a connection that is not open, state that is "
        "still None. If the work fails, the flag stays, and nobody tries again. Of a container that is being filled, a "
        "reader finds nothing or a part, and takes what is missing for gone; if the work fails, that is how it stays. "
        "Two runs that fill one list leave the same elements in it twice."
    ),
    example_before="""\
import asyncio

from database import open_session


class Client:
    def __init__(self):
        self.started = False
        self.session = None

    async def query(self, sql):
        if not self.started:
            self.started = True
            self.session = await open_session()
        return await self.session.run(sql)


async def main():
    client = Client()
    await asyncio.gather(client.query("one"), client.query("two"))
""",
    example_after="""\
import asyncio

from database import open_session


class Client:
    def __init__(self):
        self.started = False
        self._lock = asyncio.Lock()
        self.session = None

    async def query(self, sql):
        async with self._lock:
            if not self.started:
                self.started = True
                self.session = await open_session()
        return await self.session.run(sql)


async def main():
    client = Client()
    await asyncio.gather(client.query("one"), client.query("two"))
""",
    example_repair=Repair.UNSAFE,
    fix_safety=(
        "A lock over test, claim and work changes nothing for a single task, but it is held as long as the work takes: "
        "unsafe unless that is known to be short. Where other code asks for the claim without the lock, it would still "
        "be told too early, so the claim moves behind the work: unsafe, since a failure then leaves it unset, where it "
        "was set; refused if it cannot be moved. The alternative is one shared task that all callers await, and that "
        "is dropped when it fails. A container is best filled as a local, and assigned once at the end, which is "
        "left to you: others may keep the old container itself."
    ),
    silent=(
        "A flag that keeps a second caller from doing what need not be done twice (`if self._closing: return`), one "
        "that is taken down after the work, a placeholder that other callers wait for, a second caller who gets an "
        "error, a lock over test and work. A container that is filled as a local and then put in the place of the old "
        "one, or emptied and filled with no await in between; contents that are taken out at once, and perhaps put "
        "back (`batch, self.buf = self.buf, []`); readers that only ask if something is there, or only read what "
        "they have had refilled; one that is filled when its owner opens or connects. A second state that is tested "
        "itself, that is there before the await as well, or that is only asked for (`self.cache.get(key)`)."
    ),
    references=(
        references.OVERVIEW,
        references.MISTAKES,
    ),
    find=find,
)
