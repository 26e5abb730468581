"""AWA301: a task that waits for itself, because ``asyncio.Lock`` is not reentrant."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from awaitomic.flow.graph import FunctionGraph
from awaitomic.flow.passage import passage
from awaitomic.model.event import Enter, Event, Suspend, SuspendWhy
from awaitomic.model.finding import Confidence, Finding, Role, Span, TraceStep
from awaitomic.program import Program
from awaitomic.program.calls import awaited_calls
from awaitomic.program.constants import constants_of
from awaitomic.program.deferred import handed_on
from awaitomic.program.given import shortest
from awaitomic.program.locks import Lock
from awaitomic.program.locks.acquisitions import Acquisition, decided_by_arguments, own_acquisitions
from awaitomic.program.locks.frames import Frame, frames_of, is_limited, shown_frame
from awaitomic.program.locks.settled import Settled
from awaitomic.program.locks.taken import AROUND, Holding
from awaitomic.program.resolve import Resolver
from awaitomic.program.target import AwaitedCall, How, Target
from awaitomic.program.while_waiting import calls_while_waiting
from awaitomic.rules import references
from awaitomic.rules.rule import Repair, Rule, step, suspending_functions


def find(program: Program) -> Iterator[Finding]:
    """Find acquisitions, direct or through awaited calls, of a lock that the task already holds."""
    for resolver in suspending_functions(program):
        seen: set[tuple[int, Lock, str]] = set()
        yield from _handed_to_holders(program, resolver, seen)
        for event, state in program.holdings.states(resolver):
            yield from _examine(program, resolver, event, state, seen)


def _examine(
    program: Program, resolver: Resolver, event: Event, state: Holding, seen: set[tuple[int, Lock, str]]
) -> Iterator[Finding]:
    # What every caller holds is each caller's own finding, which leads through here.
    theirs = {lock.location for lock in program.callers.held_at_entry(resolver.function)}
    mine = [taken for taken in state if taken.lock.self_deadlocks and taken.lock.location not in theirs]
    held = {taken.lock.location: taken.lock.location for taken in mine}  # as the holder says them
    for lock in own_acquisitions(program, resolver, event):
        if lock.location in held and _is_new(seen, resolver, event, lock, ""):
            yield _report(program, resolver, event.id, lock.at(held[lock.location]), None, None)
    if not isinstance(event, Suspend):
        return
    for call in calls_while_waiting(resolver, event):
        for target in call.targets:
            # Not what the call leaves held itself, nor a coroutine that it is handed to be awaited.
            itself = {call.call, *(resolver.origin(operand) for _, operand in target.arguments)}
            places = [taken.lock.location for taken in mine if taken.event not in itself]
            earlier = {place: place for place in (shortest(program, resolver, each) for each in places)}
            for lock, taken in program.acquisitions.by_call(resolver, target):
                if taken.if_free or lock.location not in earlier or not lock.self_deadlocks:
                    continue
                if Settled(program, resolver, event.id, lock).keeps_from(target, taken):
                    continue
                if _is_new(seen, resolver, event, lock, target.function.id):
                    said = lock.at(earlier[lock.location])
                    yield _report(program, resolver, event.id, said, taken, (call, target))


def _handed_to_holders(program: Program, resolver: Resolver, seen: set[tuple[int, Lock, str]]) -> Iterator[Finding]:
    """Find functions that are handed to somebody who awaits them with the lock held that they take."""
    for event in resolver.function.events:
        for call in awaited_calls(resolver, event) if isinstance(event, Suspend) else ():
            for target in call.targets:
                if not any(True for _ in handed_on(resolver, target)):
                    continue
                for lock, held, at, taken in program.acquisitions.in_handed(resolver, target):
                    if not taken.if_free and _is_new(seen, resolver, event, lock, f"{target.function.id} itself"):
                        first = _first_acquisition(program, program.resolver(target.function), at, held)
                        yield _report(program, resolver, event.id, lock, taken, (call, target), first)


def _is_new(seen: set[tuple[int, Lock, str]], resolver: Resolver, event: Event, lock: Lock, callee: str) -> bool:
    """Tell whether this is said for the first time: copies of a ``finally`` body are one place."""
    key = (id(resolver.function.nodes[event.id]), lock, callee)
    new = key not in seen
    seen.add(key)
    return new


def _report(
    program: Program,
    resolver: Resolver,
    event: int,
    lock: Lock,
    taken: Acquisition | None,
    call: tuple[AwaitedCall, Target] | None,
    first: TraceStep | None = None,
) -> Finding:
    function = resolver.function
    trace = [first or _first_acquisition(program, resolver, event, lock)]
    frames = [Frame(function, event)]
    message = f"`{lock}` is taken while this task holds it"
    note = "waits for the lock that it holds itself"
    if taken is not None and call is not None:
        name = call[1].function.qualname
        note = "waits for the lock that its own caller holds"
        frames = frames_of(program, resolver, event, call[1], taken)
        with_held = "" if first is not None else f" with `{lock}` held"
        trace.append(step(program, function, event, Role.CALL, happens(function, event, name) + with_held))
        for frame, following in pairwise(frames[1:]):
            does = happens(frame.function, frame.event, following.function.qualname)
            trace.append(step(program, frame.function, frame.event, Role.CALL, does))
        message = f"`{name}` takes `{lock}`, which the caller `{function.qualname}` holds"
        if first is not None:
            handed = frames[2].function.qualname
            message = f"`{handed}` takes `{lock}`, which `{name}` holds where it awaits what it is handed"
            note = "waits for the lock that is held where it is awaited"
    last = frames[-1]
    trace.append(step(program, last.function, last.event, Role.ACQUIRE, note))
    shown = shown_frame(frames)
    shown = shown if program.is_here(shown.function) else frames[0]
    return Finding(
        rule=RULE.code,
        name=RULE.name,
        confidence=_confidence(program, resolver, lock, frames, call),
        path=program.source.path,
        extent=program.extent(shown.function, shown.event),
        function=function.qualname,
        state=str(lock),
        message=f"{message}: {_ending(program, frames)}",
        trace=tuple(trace),
        evidence=("an asyncio lock is not reentrant: one task is enough for this to hang",),
        span=Span(function.qualname, (), (), (event,), event),
    )


def _ending(program: Program, frames: list[Frame]) -> str:
    """Say what comes of the wait: nothing, or what a limit makes of it."""
    limited = any(is_limited(program, frame) for frame in frames)
    return "the wait always times out" if limited else "the task waits for itself for ever"


def happens(function: FunctionGraph, event: int, name: str) -> str:
    """Say how a function is run at a suspension of its caller."""
    found = function.events[event]
    why = found.why if isinstance(found, Suspend) else None
    verbs = {SuspendWhy.ASYNC_ENTER: "is entered", SuspendWhy.ASYNC_EXIT: "is left", SuspendWhy.ASYNC_FOR: "goes on"}
    return f"`{name}` {verbs.get(why, 'is awaited') if why is not None else 'is returned to be awaited'}"


def _first_acquisition(program: Program, resolver: Resolver, event: int, lock: Lock) -> TraceStep:
    """Give the step at which the function came to hold the lock: its own, a manager's, a call's, or a decorator's."""
    function = resolver.function
    held = program.holdings.before(resolver, event)
    places = [taken.event for taken in held if shortest(program, resolver, taken.lock.location) == lock.location]
    last = max((place for place in places if place < event), default=max(places, default=AROUND))
    if last == AROUND:
        decorators = getattr(function.node, "decorator_list", [])
        extent = program.unit_of(function).positions.extent(decorators[-1]) if decorators else None
        note = f"`{lock}` is taken around each call"
        return TraceStep(Role.ACQUIRE, program.path_of(function), extent or program.extent(function, event), note)
    first = function.events[last]
    own = own_acquisitions(program, resolver, first)
    if any(shortest(program, resolver, mine.location) == lock.location for mine in own):
        return step(program, function, first.id, Role.ACQUIRE, f"`{lock}` is taken")
    entered = isinstance(first, Enter | Suspend)
    note = f"`{lock}` is held " + ("while this is entered" if entered else "when this has returned")
    return step(program, function, first.id, Role.ACQUIRE if entered else Role.CALL, note)


def _confidence(
    program: Program, resolver: Resolver, lock: Lock, frames: list[Frame], call: tuple[AwaitedCall, Target] | None
) -> Confidence:
    """Certain if the second acquisition happens on every way that a call takes as a rule, else likely.

    Possible if an argument alone decides whether a call comes there: what the caller hands over is mostly known to it;
    and if an object decides that the caller has just made, which is mostly not yet in the state that it takes.
    """
    if call is None:
        return Confidence.CERTAIN
    known, rest = constants_of(resolver, call[1]), list(enumerate(frames[1:]))
    if any(decided_by_arguments(frame.function, frame.event, known if at == 0 else ()) for at, frame in rest):
        return Confidence.POSSIBLE
    sure = call[0].how is not How.TASK and all(_takes(program, resolver, each, lock) for each in call[0].targets)
    always = all(passage(frame.function, frozenset({frame.event})) is None for frame in frames[1:])
    if not always and _is_new_object(program, resolver, frames[0].event, call[1]):
        return Confidence.POSSIBLE
    return Confidence.CERTAIN if sure and always else Confidence.LIKELY


def _is_new_object(program: Program, resolver: Resolver, event: int, target: Target) -> bool:
    """Tell whether a call is a method of an object that its caller has made, and that nobody else has yet."""
    state = program.facts(resolver).solution.before_event(event)
    anything = target.receiver.attribute("_") if target.receiver is not None else None
    return anything is not None and state is not None and state.owns(anything)


def _takes(program: Program, resolver: Resolver, target: Target, lock: Lock) -> bool:
    return any(found.location == lock.location for found, _ in program.acquisitions.by_call(resolver, target))


RULE = Rule(
    code="AWA301",
    name="self-deadlock",
    summary="a lock is acquired again by the task that holds it",
    what=(
        "A coroutine that holds an asyncio lock awaits something that takes the same lock: a call, however many calls "
        "further down and in whatever file; a base class or an override; a callback or `partial` that it hands on; a "
        "step of an iterator; entering or leaving a context manager; a decorator. A `Condition(lock)` is that lock, "
        "and a `Semaphore(1)` is one, too."
    ),
    why=(
        "`asyncio.Lock` is not reentrant: the second acquisition waits for the first to be released, which can only "
        "happen after the second is through. The task hangs for ever, and everybody who needs the lock with it; "
        "nothing is logged, no processor is busy, and the event loop goes on with what does not need the lock. One "
        "task is enough, so no load is needed to see it: a request that never ends, and from then on all requests of "
        "its kind. `task.print_stack()`, or `asyncio.all_tasks()` asked for from a debugger, shows the task in "
        "`Lock.acquire`, and the lock is `locked` with no other task inside. Where the second acquisition is "
        "conditional (only on a cache miss, only at the first connection), it waits for the day on which that comes "
        "true. A timeout does not cure it, it only turns the hang into a failure each time, and shows the caller a "
        "`TimeoutError` that looks like a slow service. If there is no automatic repair: let one layer lock. Public "
        "methods take the lock and call private ones, which never do; a context manager or decorator that locks is "
        "used by the outermost layer only; a callback is called after the lock is released, with what it needs. Do "
        "not write a reentrant lock: it hides which state is half changed when the inner call sees it."
    ),
    example_before="""\
import asyncio


class Store:
    def __init__(self, disk):
        self._lock = asyncio.Lock()
        self._disk = disk
        self._rows = {}

    async def put(self, key, value):
        async with self._lock:
            self._rows[key] = value
            await self._disk.save(self._rows)

    async def rebuild(self, rows):
        async with self._lock:
            for key, value in rows:
                await self.put(key, value)
""",
    example_after="""\
import asyncio


class Store:
    def __init__(self, disk):
        self._lock = asyncio.Lock()
        self._disk = disk
        self._rows = {}

    async def put(self, key, value):
        async with self._lock:
            await self._put_locked(key, value)

    async def _put_locked(self, key, value):
        \"\"\"Do the work of `put`. Caller must hold `_lock`.\"\"\"
        self._rows[key] = value
        await self._disk.save(self._rows)

    async def rebuild(self, rows):
        async with self._lock:
            for key, value in rows:
                await self._put_locked(key, value)
""",
    example_repair=Repair.SAFE,
    fix_safety=(
        "The split keeps the public method as it is and lets holders call the variant: safe where every call site is "
        "known. None is made where no call names what takes the lock: `__aenter__`, a decorator, a callback."
    ),
    silent=(
        "The call after the lock is released, also by hand or by a callee; the lock of another instance; a task that "
        "is started and not awaited; a reentrant lock, also one that the program makes by a test of the current task; "
        "an acquisition that an argument switches off, that is not tried if the lock is held (`locked()`), or that the "
        "holder has made needless by what it has stored."
    ),
    references=(
        references.REENTRANT,
        references.LOCKS,
        references.MULTIPLE_LOCKS,
    ),
    find=find,
)
