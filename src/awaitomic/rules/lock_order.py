"""AWA302: tasks that wait for each other, because they take the same locks in opposite orders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.locks import Exclusion
from awaitomic.model.finding import Confidence, Finding, Role, Span, TraceStep
from awaitomic.model.identity import qualname_of
from awaitomic.model.location import ANY_ITEM, Location, Root
from awaitomic.program import Program
from awaitomic.program.accesses import Access, Change
from awaitomic.program.concurrency import Hint, Judgement, judge
from awaitomic.program.locks import Lock
from awaitomic.program.locks.edges import Edge
from awaitomic.program.locks.frames import shown_frame
from awaitomic.program.locks.order import Circle
from awaitomic.program.locks.pairs import interchangeable
from awaitomic.rules import references
from awaitomic.rules.rule import Repair, Rule, step
from awaitomic.rules.self_deadlock import happens

_HINT = Hint("who waits for a lock with another one held expects other tasks that hold it")
_MOST = 24
"""So many places that take two locks in one order are looked at: more of them say nothing new."""
_REAL = frozenset({Root.SELF, Root.CLASS, Root.GLOBAL, Root.CLOSURE, Root.RESULT})


@dataclass(frozen=True, slots=True)
class _Meeting:
    """One edge for each lock of a circle: tasks that can hang on each other; the first is where it is reported."""

    edges: tuple[Edge, ...]
    confidence: Confidence
    evidence: tuple[str, ...]


def find(program: Program) -> Iterator[Finding]:
    """Find circles of locks that each are waited for with another one held, and tasks that go round them."""
    for circle in program.lock_order.circles(program.unit):
        meeting = _worst(program, circle)
        if meeting is not None and program.is_here(meeting.edges[0].within.function):
            yield _report(program, meeting)
    told: set[tuple[int, tuple[str, int]]] = set()
    for edge in program.lock_order.pairs(program.unit):
        place = (id(edge.within.function), edge.second)
        meeting = _crosswise(program, edge) if place not in told else None
        if meeting is not None:
            told.add(place)
            yield _report(program, meeting)


# -- who meets whom ---------------------------------------------------------------------------------------------------


def _worst(program: Program, circle: Circle) -> _Meeting | None:
    """Give the surest way round a circle, reported at the order that fewest places take, or at the last place."""
    steps = [each[:_MOST] for each in circle.steps]
    if len(steps) > 2:
        found = _surest(program, product(*(each[:3] for each in steps)))
        return replace(found, edges=_from_the_last(program, found.edges)) if found is not None else None
    one, other = steps
    viable = [(a, b, m) for a, b in product(one, other) if (m := _meeting(program, (a, b))) is not None]
    if not viable:
        return None
    sides = [_distinct(a for a, _, _ in viable), _distinct(b for _, b, _ in viable)]
    mine, theirs = ((-len(side), max(map(program.lock_order.order, side))) for side in sides)
    turned = theirs > mine
    pairs = ((b, a) for a, b, _ in viable) if turned else ((a, b) for a, b, _ in viable)
    return _surest(program, pairs)


def _distinct(edges: Iterator[Edge]) -> list[Edge]:
    return list({(id(each.within), each.event, each.second): each for each in edges}.values())


def _surest(program: Program, candidates: Iterator[tuple[Edge, ...]]) -> _Meeting | None:
    best: _Meeting | None = None
    for edges in candidates:
        meeting = _meeting(program, edges)
        if meeting is not None and (best is None or meeting.confidence > best.confidence):
            best = meeting
    return best


def _from_the_last(program: Program, edges: Sequence[Edge]) -> tuple[Edge, ...]:
    at = max(range(len(edges)), key=lambda index: program.lock_order.order(edges[index]))
    return (*edges[at:], *edges[:at])


def _meeting(program: Program, edges: tuple[Edge, ...]) -> _Meeting | None:
    """Tell how sure it is that tasks come to hang at these places; None if something keeps them apart."""
    at_most = _limit(edges)
    if _is_gated(edges):
        return None
    confidence, evidence = at_most, list[str]()
    for edge, after in zip(edges, [*edges[1:], edges[0]], strict=True):
        judgement = _judge(program, edge, after)
        if judgement is None:
            return None
        confidence = min(confidence, judgement.confidence)
        evidence.extend(judgement.evidence if not evidence else ())
    return _Meeting(edges, confidence, (*dict.fromkeys(evidence), *_notes(edges)))


def _crosswise(program: Program, edge: Edge) -> _Meeting | None:
    """Tell whether two runs of one function can hang on two objects of a kind."""
    at_most = Confidence.LIKELY if edge.is_in_loop else interchangeable(program, edge)
    if at_most is None or any(_excludes(gate) for gate in edge.gates):
        return None
    judgement = _judge(program, edge, edge)
    if judgement is None:
        return None
    doubt = Confidence.POSSIBLE if edge.gates else Confidence.CERTAIN
    confidence = min(at_most, judgement.confidence, _limit((edge,)), doubt)
    return _Meeting((edge,), confidence, (*judgement.evidence, *_notes((edge,))))


def _judge(program: Program, edge: Edge, rival: Edge) -> Judgement | None:
    there = Access(_place_in(rival), _shared(rival, rival.taken), Change.ASSIGN, None)
    return judge(program, edge.within, _shared(edge, edge.held), [(rival.within, there)], _HINT, does="waits for")


def _place_in(edge: Edge) -> int:
    return edge.event if edge.site is None else edge.site


def _shared(edge: Edge, lock: Lock) -> Location:
    """Give a lock as what several tasks share: of an object that a function is handed, that of any such object."""
    location = lock.location
    own = location.root is Root.SELF and (len(location.steps) > 1 or not _is_pair(edge))
    owner = edge.within.owner_of(location)
    if own or owner is None or location.root in {Root.GLOBAL, Root.CLOSURE, Root.CLASS}:
        return location
    return Location(Root.CLASS, owner, qualname_of(owner).rpartition(".")[2], location.steps[-1:])


def _is_pair(edge: Edge) -> bool:
    held, taken = edge.ends
    return held == taken


def _is_gated(edges: Sequence[Edge]) -> bool:
    """Tell whether two of the tasks cannot be on their ways at the same time, since both hold something before."""
    ends = {key for edge in edges for key in edge.ends}
    for index, edge in enumerate(edges):
        for other in edges[index + 1 :]:
            if any(_excludes(gate) for gate in (edge.gates & other.gates) - ends):
                return True
    return False


def _excludes(gate: Location) -> bool:
    """Tell whether what was held before is one for all, and not one for each key or each object that is handed in."""
    return gate.root in _REAL and ANY_ITEM not in gate.steps


def _limit(edges: Sequence[Edge]) -> Confidence:
    """Give how sure it can be at most, from the locks themselves and from how they are reached."""
    at_most = Confidence.CERTAIN
    for edge in edges:
        if edge.acquisition is not None and not _is_plain_call(edge):
            at_most = min(at_most, Confidence.LIKELY)
        counting = Exclusion.COUNTING in {edge.held.type.exclusion, edge.taken.type.exclusion}
        thrown_away = edge.held.flaw is not None or edge.taken.flaw is not None
        if counting or thrown_away or edge.limit is not None:
            return Confidence.POSSIBLE
    return at_most if len({_relation(edge) for edge in edges}) == 1 else Confidence.POSSIBLE


def _is_plain_call(edge: Edge) -> bool:
    acquisition, target = edge.acquisition, edge.target
    if acquisition is None or target is None or acquisition.chain:
        return False
    inner = target.function
    return inner.id == acquisition.function and len(inner.statements[acquisition.event]) == len(inner.path) + 1


def _relation(edge: Edge) -> bool:
    """Tell whether an edge leads from one object to another one of the same class."""
    held, taken = edge.ends
    if held.root is not Root.SELF or held.owner != taken.owner or len(held.steps) != len(taken.steps):
        return False
    return edge.held.location.parent != edge.taken.location.parent


def _notes(edges: Sequence[Edge]) -> Iterator[str]:
    if all(edge.acquisition is None and edge.is_tight for edge in edges):
        yield "nothing is awaited between the two acquisitions, so it takes a third task that queues up in between"
    for edge in edges:
        if edge.limit is not None:
            yield f"but the wait for `{edge.taken}` gives up after `{edge.limit}` seconds: until then both stand still"
        for lock in (edge.held, edge.taken):
            if lock.type.exclusion is Exclusion.COUNTING:
                yield f"but `{lock}` lets several in: it takes so many more tasks to hang"


# -- the finding ------------------------------------------------------------------------------------------------------


def _report(program: Program, meeting: _Meeting) -> Finding:
    first, *others = meeting.edges
    function = first.within.function
    trace = list(_side(program, first))
    rival = None
    for edge in others:
        side = list(_side(program, edge))
        rival = rival or side[0]
        trace.extend(side)
    names = [str(first.held), str(first.taken)]
    if len(others) > 1:
        names = [str(edge.held) for edge in meeting.edges]
    event = _place_in(first)
    extent = program.extent(function, event)
    last, acquires = _shown(program, first)
    if program.is_here(last):
        extent = program.extent(last, acquires)
    return Finding(
        rule=RULE.code,
        name=RULE.name,
        confidence=meeting.confidence,
        path=program.source.path,
        extent=extent,
        function=function.qualname,
        state=", ".join(dict.fromkeys(names)),
        message=_message(program, first, others),
        trace=tuple(trace),
        evidence=meeting.evidence,
        span=Span(function.qualname, (), (), (event,), event),
        rival=rival,
    )


def _message(program: Program, first: Edge, others: Sequence[Edge]) -> str:
    if first.is_in_loop:
        return (
            f"`{first.taken}` is taken with those of earlier steps of the loop held: a task that is given two of them "
            "the other way round waits for this one, and this one for it, for ever"
        )
    if not others:
        return (
            f"`{first.taken}` is taken with `{first.held}` held: a task that is given the two the other way round "
            "waits for this one, and this one for it, for ever"
        )
    names = [f"`{edge.within.function.qualname}` ({program.place(*_shown(program, edge))})" for edge in others]
    if len(others) > 1:
        return (
            f"`{first.taken}` is taken with `{first.held}` held, and {' and '.join(names)} go on from there to "
            f"`{first.held}`: all of them can wait for each other for ever"
        )
    return (
        f"`{first.taken}` is taken with `{first.held}` held, and {names[0]} takes the two in the opposite order: "
        "both can wait for each other for ever"
    )


def _shown(program: Program, edge: Edge) -> tuple[FunctionGraph, int]:
    """Give the function and event that take the second lock; of a mere helper for locking, where it is called."""
    frame = shown_frame(edge.frames(program))
    return frame.function, frame.event


def _side(program: Program, edge: Edge) -> Iterator[TraceStep]:
    """Give the steps of one task: where it takes the first lock, and how it comes to wait for the second."""
    if edge.site is not None:
        note = f"`{edge.holder.function.qualname}` is called for the two locks"
        yield step(program, edge.within.function, edge.site, Role.CALL, note)
    yield step(program, edge.holder.function, edge.held_at, Role.ACQUIRE, f"`{edge.held}` is taken")
    if edge.is_in_loop:
        note = "the next one is waited for with this one held"
        yield step(program, edge.holder.function, edge.event, Role.ACQUIRE, note)
        return
    frames = edge.frames(program)
    for frame, following in pairwise(frames):
        note = happens(frame.function, frame.event, following.function.qualname)
        with_held = f" with `{edge.held}` held" if frame is frames[0] else ""
        yield step(program, frame.function, frame.event, Role.CALL, note + with_held)
    last = frames[-1]
    yield step(program, last.function, last.event, Role.ACQUIRE, f"waits for `{edge.taken}` with `{edge.held}` held")


RULE = Rule(
    code="AWA302",
    name="lock-order",
    summary="two locks are taken in opposite orders",
    what=(
        "One task takes lock `a` and then, still holding it, lock `b`; another one takes `b` and then `a`. The second "
        "acquisition may stand in the function itself or in any chain of awaited calls, in any file of the project. "
        "So do three locks that are taken round in a circle, the locks of two objects of one class, which "
        "one task takes as source and target and another one the other way round, and locks that a loop takes one "
        "after the other for the keys that it is given."
    ),
    why=(
        "Each task holds what the other one waits for, and neither gives anything back before it has both: they wait "
        "for ever, and everybody who needs one of the locks after them. An asyncio lock knows nothing of such circles "
        "and raises no error. It takes some bad luck, so tests pass, and it comes with load: in production the "
        "process stays up, answers its health checks and uses no processor time, while requests of one kind time out. "
        "`asyncio.all_tasks()` with `task.print_stack()` shows two tasks that both stand in `acquire`; so does a dump "
        "from `python -m asyncio pstree` where the Python is new enough. Even with nothing awaited between the two "
        "acquisitions it hangs: locks are handed on in turn, so the third task that queues up is enough.\n\n"
        "What cures it is one order in which everybody takes the locks, written down where they are made. Where the "
        "locks belong to two objects of a kind, sort them by a key that never changes (an id, not a balance). Where "
        "one side cannot know the second lock before it holds the first, let it give the first one back, take both in "
        "the agreed order, and look again at what it had seen; or let one lock guard what both did, if the two are "
        "hardly ever held apart."
    ),
    example_before="""\
import asyncio


class Shop:
    def __init__(self, database):
        self.orders_lock = asyncio.Lock()
        self.stock_lock = asyncio.Lock()
        self.database = database

    async def pay(self, order):
        async with self.orders_lock:
            async with self.stock_lock:
                await self.database.book(order)

    async def restock(self, item):
        async with self.stock_lock:
            async with self.orders_lock:
                await self.database.release(item)


async def main(database):
    shop = Shop(database)
    await asyncio.gather(shop.pay("tea"), shop.restock("milk"))
""",
    example_after="""\
import asyncio


class Shop:
    def __init__(self, database):
        self.orders_lock = asyncio.Lock()
        self.stock_lock = asyncio.Lock()
        self.database = database

    async def pay(self, order):
        async with self.orders_lock:
            async with self.stock_lock:
                await self.database.book(order)

    async def restock(self, item):
        async with self.orders_lock:
            async with self.stock_lock:
                await self.database.release(item)


async def main(database):
    shop = Shop(database)
    await asyncio.gather(shop.pay("tea"), shop.restock("milk"))
""",
    example_repair=Repair.SAFE,
    fix_safety=(
        "Where one side takes both locks with nothing in between, its two acquisitions change places; safe if both "
        "locks are named by paths that never change, since it does not matter to the task which comes first; unsafe "
        "if somebody asks by `locked()` whether one of them is held. Where something stands between the two, a call "
        "takes one of them, or they belong to two objects of a kind, nothing is changed, and the refusal says what to "
        "do by hand."
    ),
    silent=(
        "One order everywhere, a third lock that both sides hold first, locks that are sorted or compared before they "
        "are taken, a lock that is only tried (`if lock.locked(): return`), one that has been given back before, "
        "locks that nobody holds over a suspension, and sides that cannot run beside each other. A wait with a "
        "time limit, and a semaphore of several, are reported as possible."
    ),
    references=(
        references.DEADLOCK,
        references.MISTAKES,
    ),
    find=find,
)
