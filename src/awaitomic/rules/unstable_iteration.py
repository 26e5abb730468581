"""AWA104: a loop over a shared container that waits in its body, while other tasks change the container."""

from __future__ import annotations

from collections.abc import Iterator

from awaitomic.flow.reach import reach_after, reach_from
from awaitomic.knowledge.containers import MAPPINGS
from awaitomic.knowledge.registration import (
    sounds_configured,
    sounds_like_closing,
    sounds_like_registration,
    sounds_like_set_up,
    sounds_like_setting_up,
)
from awaitomic.model.event import Compute, Name, Read, Scope, Suspend, is_yield
from awaitomic.model.finding import Confidence, Finding, Role, Span
from awaitomic.model.location import Location
from awaitomic.program import Program
from awaitomic.program.accesses import Change
from awaitomic.program.concurrency import ENOUGH, Hint, Judgement, Shared, Start, entries, judge
from awaitomic.program.contents import ContentChange, Iteration, content_changes, iterations
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver
from awaitomic.rules import references
from awaitomic.rules.rule import Repair, Rule, as_sure_as_guards, kept_apart, object_of, step, suspending_functions
from awaitomic.rules.seldom import weigh

_LISTS = frozenset({"list", "bytearray"})
_COUNTING = frozenset({"collections.defaultdict", "collections.Counter"})
_GROWTH = frozenset({Change.ADD, Change.ASSIGN, Change.FILL, Change.RESET, Change.AUGMENTED})


def find(program: Program) -> Iterator[Finding]:
    """Find loops over shared containers with a suspension in the body, whose contents others change."""
    for resolver in suspending_functions(program):
        for loop in iterations(program, resolver):
            suspends = list(_suspensions_inside(program, resolver, loop))
            if not suspends or _was_swapped_out(program, resolver, loop):
                continue
            finding = _report(program, resolver, loop, suspends)
            if finding is not None:
                yield finding


def _suspensions_inside(program: Program, resolver: Resolver, loop: Iteration) -> Iterator[int]:
    """Give the suspensions of the body after which the loop may go on: not those that are followed by the way out."""
    graph = resolver.function
    body = graph.block_of(loop.guard).successors[0]
    stops = (loop.iterator, loop.guard)
    for event in sorted(reach_from(graph, body, stops=stops).events):
        found = graph.events[event]
        if not isinstance(found, Suspend) or not program.may_suspend(resolver, found):
            continue
        item = graph.events[loop.guard]
        onward = reach_after(graph, event, stops=(loop.iterator,)).events
        if item.id in onward:
            yield event


def _was_swapped_out(program: Program, resolver: Resolver, loop: Iteration) -> bool:
    """Tell whether the container was replaced since a local took it: what the local holds is this task's own now."""
    if loop.read == loop.iterator:
        return False
    onward = reach_after(resolver.function, loop.read, stops=(loop.guard,)).events
    return any(
        fact.access.location == loop.location
        and fact.access.change in {Change.ASSIGN, Change.RESET, Change.DELETE}
        and fact.event in onward
        for fact in program.facts(resolver).writes
    )


def _report(program: Program, resolver: Resolver, loop: Iteration, suspends: list[int]) -> Finding | None:
    suspend = suspends[0]
    changes = [
        change
        for change in content_changes(program, resolver, loop.location, loop.kind)
        if _disturbs(loop, change) and not _is_kept_apart(program, resolver, loop, suspend, change)
    ]
    found = _strongest(program, resolver, loop, changes)
    if found is None:
        return None
    judgement, confidence = found
    if _fills_queues_only(program, resolver, loop) or _waits_for_consumer(resolver, suspends):
        confidence = Confidence.POSSIBLE
    confidence = as_sure_as_guards(program, resolver, suspend, confidence)
    points = [(resolver, event) for event in suspends]
    confidence, evidence = weigh(program, points, confidence, judgement.evidence)
    function, state = resolver.function, str(loop.location)
    rival = judgement.rival.function
    kept = step(program, rival, judgement.access.event, Role.WRITE, f"`{rival.qualname}` in another task")
    harm = "an element is skipped or met twice" if loop.kind in _LISTS else "the next step raises RuntimeError"
    return Finding(
        rule=RULE.code,
        name=RULE.name,
        confidence=confidence,
        path=program.source.path,
        extent=program.extent(function, loop.iterator),
        function=function.qualname,
        state=state,
        message=f"`{state}` is iterated over with a suspension in the loop, and changed meanwhile: {harm}",
        trace=(
            step(program, function, loop.iterator, Role.READ, f"the iteration over `{state}` begins"),
            step(program, function, suspend, Role.SUSPEND, "other tasks run here"),
            step(program, function, loop.guard, Role.READ, "the iteration goes on over what has changed"),
        ),
        evidence=evidence,
        span=Span(function.qualname, (loop.iterator,), (loop.guard,), (suspend,), loop.guard),
        rival=kept,
    )


def _is_kept_apart(program: Program, resolver: Resolver, loop: Iteration, suspend: int, change: ContentChange) -> bool:
    """Tell whether a lock keeps the change out; a callback holds none, whatever was held when it was handed over."""
    if change.by_callback:
        return False
    return kept_apart(program, resolver, suspend, loop.location, change.resolver, change.access)


def _strongest(
    program: Program, resolver: Resolver, loop: Iteration, changes: list[ContentChange]
) -> tuple[Judgement, Confidence] | None:
    """Give the change that most surely happens meanwhile, with the highest confidence that its kind allows."""
    state = object_of(resolver, loop.location)
    lasting = [change for change in changes if not _is_end(change)]
    grows_only = loop.kind != "collections.deque" and all(change.access.change in _GROWTH for change in lasting)
    best: tuple[Judgement, Confidence] | None = None
    for change in changes:
        fails = loop.kind not in _LISTS  # in a list an element is skipped or met twice, which may never be noticed
        told = f"`{state}` is changed by other code than that which goes over it"
        hint = Hint(told, ENOUGH) if fails else Hint(told)
        others = hint if change.resolver is not resolver or change.by_callback else None
        judgement = judge(program, resolver, state, [(change.resolver, change.access)], others)
        if judgement is None:
            continue
        limit = Confidence.POSSIBLE if _is_own_work(program, resolver, change, state) else Confidence.CERTAIN
        own = Confidence.LIKELY if _is_made_by_loop(program, resolver, loop, change) else Confidence.POSSIBLE
        judged = Confidence.POSSIBLE if _takes_itself(judgement) else judgement.confidence
        sure = max(judged, own)
        confidence = min(sure, limit, _limit(program, resolver, loop, change, grows_only=grows_only))
        if best is None or confidence > best[1]:
            best = judgement, confidence
    return best


def _disturbs(loop: Iteration, change: ContentChange) -> bool:
    """Tell whether a change does harm to an iterator that stands somewhere in the container."""
    kind, method = change.access.change, change.method
    if loop.kind in _LISTS:
        if method == "insert" or (method == "pop" and change.key is not None):
            return True
        return kind in {Change.DELETE, Change.REORDER, Change.CLEAR}
    if loop.kind == "collections.deque":
        return kind in {Change.ADD, Change.TAKE, Change.CLEAR, Change.REORDER, Change.DELETE} and method != "reverse"
    if kind is Change.REORDER:
        return loop.kind == "collections.OrderedDict"
    if kind is Change.AUGMENTED:
        return loop.kind in _COUNTING
    if loop.kind in MAPPINGS and method in {"store", "setdefault"} and change.key is not None:
        return not _is_known_key(change)
    return True


def _is_known_key(change: ContentChange) -> bool:
    """Tell whether an entry is stored under a key that is there already: a literal, or taken from an iteration."""
    assert change.key is not None
    resolver = change.writer
    if resolver.key(change.key).is_literal:
        return True
    event = resolver.function.events[change.key]
    if not isinstance(event, Read) or not isinstance(event.place, Name) or event.place.scope is not Scope.LOCAL:
        return False
    value = resolver.binding(event.place.name)
    made = resolver.function.events[value] if value is not None else None
    if isinstance(made, Compute) and made.operator == "unpack":
        made = resolver.function.events[made.operands[0]]
    return isinstance(made, Compute) and made.operator == "next"


def _is_own_work(program: Program, resolver: Resolver, change: ContentChange, state: Location) -> bool:
    """Tell whether the change is a helper's of the very calls that iterate: it takes two of them at once.

    What runs as tasks of its own is another matter, and so is a change that the loop itself makes.
    """
    helper = change.resolver
    if helper is resolver or change.by_callback or program.callers.only_awaited_here(helper.function) is None:
        return False
    shared = Shared((), ENOUGH)
    theirs = entries(program, helper.function, state, shared=shared)
    mine = entries(program, resolver.function, state, shared=shared)
    return theirs <= mine and all(entry.start in {Start.PUBLIC, Start.OWNER} for entry in theirs)


def _is_made_by_loop(program: Program, resolver: Resolver, loop: Iteration, change: ContentChange) -> bool:
    """Tell whether the loop itself calls what makes the change, and goes on: that takes no other task."""
    graph = resolver.function
    body = reach_from(graph, graph.block_of(loop.guard).successors[0], stops=(loop.iterator, loop.guard)).events
    return any(
        site.resolver is resolver and site.event in body and loop.guard in reach_after(graph, site.event).events
        for site in program.callers.sites(change.resolver.function)
    )


def _is_called_by(program: Program, caller: Resolver, callee: Resolver) -> bool:
    return any(site.resolver is caller for site in program.callers.sites(callee.function))


def _is_end(change: ContentChange) -> bool:
    """Tell whether a change empties the container for good, when its owner is closed."""
    name = getattr(change.resolver.function.node, "name", "")
    return change.access.change is Change.CLEAR and sounds_like_closing(name)


def _fills_queues_only(program: Program, resolver: Resolver, loop: Iteration) -> bool:
    """Tell whether the body only waits where it puts into queues: one without a bound never makes anybody wait."""
    graph = resolver.function
    body = reach_from(graph, graph.block_of(loop.guard).successors[0], stops=(loop.iterator, loop.guard)).events
    waits = [e for e in graph.events if e.id in body and isinstance(e, Suspend) and program.may_suspend(resolver, e)]
    return all(
        wait.awaited is not None and last_name(graph.nodes[resolver.origin(wait.awaited)]) == "put" for wait in waits
    )


def _takes_itself(judgement: Judgement) -> bool:
    """Tell whether it takes two calls of one function that goes over the container and changes it.

    Nobody is seen to make them at once, and such a function is nearly always one task's: a loop that listens.
    """
    return judgement.by_itself and not judgement.for_everybody


def _waits_for_consumer(resolver: Resolver, suspends: list[int]) -> bool:
    """Tell whether a generator only hands out what it goes over: others run if its consumer waits, as few do."""
    graph = resolver.function
    return all(is_yield(graph.events[each]) for each in suspends)


def _limit(
    program: Program, resolver: Resolver, loop: Iteration, change: ContentChange, *, grows_only: bool
) -> Confidence:
    """Lower what is seldom a bug.

    Lists that are emptied or put in order; tables that are filled, and lists of callbacks that are changed, when a
    program is set up; and what happens while something is being set up or closed, if the loop does not do it itself.
    """
    grows = change.access.change in _GROWTH
    if (
        loop.assumed
        or _is_end(change)
        or (loop.kind in _LISTS and change.access.change in {Change.CLEAR, Change.REORDER})
    ):
        return Confidence.POSSIBLE
    name = getattr(change.resolver.function.node, "name", "")
    if grows_only and (not change.resolver.function.is_async or sounds_like_registration(name)):
        return Confidence.POSSIBLE
    if sounds_configured(name) or (loop.kind in _LISTS and sounds_like_set_up(name)):
        return Confidence.POSSIBLE
    own = getattr(resolver.function.node, "name", "")
    if own.endswith("__") and own != "__call__":  # what enters, leaves and iterates is one user's business
        return Confidence.POSSIBLE
    if sounds_like_closing(own) and (grows or not _is_called_by(program, resolver, change.resolver)):
        return Confidence.POSSIBLE
    if grows and sounds_like_setting_up(own):
        return Confidence.POSSIBLE
    return Confidence.CERTAIN


RULE = Rule(
    code="AWA104",
    name="unstable-iteration",
    summary="a shared container is iterated over with a suspension in the loop, while other code changes it",
    what=(
        "A loop goes over a container that other tasks can reach, directly or by `.values()` and its kin, and its body "
        "waits. Meanwhile another task adds to the container or takes something out."
    ),
    why=(
        "An iterator stands in the container itself. If a dict, a set or a deque changes its size, the next step of "
        "the loop raises `RuntimeError`, and whoever came later in the container is never served. A list says nothing: "
        "if an element before the current one is removed, the next one is skipped."
    ),
    example_before="""\
import asyncio


class Room:
    def __init__(self):
        self.clients = set()

    async def leave(self, client):
        self.clients.discard(client)

    async def broadcast(self, message):
        for client in self.clients:
            await client.send(message)


async def main(client):
    room = Room()
    await asyncio.gather(room.broadcast("hello"), room.leave(client))
""",
    example_after="""\
import asyncio


class Room:
    def __init__(self):
        self.clients = set()

    async def leave(self, client):
        self.clients.discard(client)

    async def broadcast(self, message):
        for client in list(self.clients):
            await client.send(message)


async def main(client):
    room = Room()
    await asyncio.gather(room.broadcast("hello"), room.leave(client))
""",
    example_repair=Repair.UNSAFE,
    fix_safety=(
        "The loop goes over a copy (snapshot). That is safe if nobody ever takes anything out of the container, or if "
        "the body only notes members down. Where the body looks members up by their key, `if key not in self.clients: "
        "continue` is put first, which is safe if others change one member at a time. Else it is unsafe: a member that "
        "has left meanwhile is still visited, which only you can judge. A loop that itself adds to the container, "
        "empties it or takes from it by position may be meant to see that, and is left alone."
    ),
    silent=(
        "A loop over a copy (`list(x)`, `x.copy()`, `sorted(x)`), a body that leaves the loop after it has waited, a "
        "container that nobody changes after construction, a list that others only append to, a container that is "
        "only replaced as a whole, a lock that the loop and the writers hold."
    ),
    references=(
        references.VIEWS,
        references.FOR,
    ),
    find=find,
)
