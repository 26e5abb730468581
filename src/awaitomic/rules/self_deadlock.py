"""AWA301: a task that waits for itself, because ``asyncio.Lock`` is not reentrant."""

from __future__ import annotations

from collections.abc import Iterator

from awaitomic.model.event import Call, Event, Suspend
from awaitomic.model.finding import Confidence, Finding, Role, Span, TraceStep
from awaitomic.model.identity import qualname_of
from awaitomic.model.location import Location
from awaitomic.program import Program
from awaitomic.program.acquisitions import Acquisition, acquired_by_call, own_acquisitions
from awaitomic.program.calls import calls_while_waiting
from awaitomic.program.locks import Lock
from awaitomic.program.resolve import Resolver
from awaitomic.program.state import State
from awaitomic.program.target import AwaitedCall, How, Target
from awaitomic.rules.rule import Rule, step, suspending_functions


def find(program: Program) -> Iterator[Finding]:
    """Find acquisitions, direct or through awaited calls, of a lock that the task already holds."""
    for resolver in suspending_functions(program):
        if not _could_hold(program, resolver):
            continue
        facts = program.facts(resolver)
        for block in resolver.function.blocks:
            if facts.solution.before_block(block.index) is None:
                continue
            for event, state in facts.solution.states(block.index):
                if state.held:
                    yield from _examine(program, resolver, event, state)


def _could_hold(program: Program, resolver: Resolver) -> bool:
    if program.callers.held_at_entry(resolver.function):
        return True
    return any(
        own_acquisitions(program, resolver, event)
        or (isinstance(event, Call) and program.locks_left_by(resolver, event))
        for event in resolver.function.events
    )


def _examine(program: Program, resolver: Resolver, event: Event, state: State) -> Iterator[Finding]:
    # What every caller holds is each caller's own finding, which leads through here.
    theirs = {lock.location for lock in program.callers.held_at_entry(resolver.function)}
    held = {lock.location: lock for lock in state.held if lock.self_deadlocks and lock.location not in theirs}
    for lock in own_acquisitions(program, resolver, event):
        if lock.location in held:
            yield _report(program, resolver, event.id, lock, None, None)
    if not isinstance(event, Suspend):
        return
    for call in calls_while_waiting(resolver, event):
        earlier = _held_without(program, resolver, call.call, held)
        for target in call.targets:
            reported: set[Lock] = set()
            for taken in program.acquisitions.of(target.function):
                found = acquired_by_call(program, resolver, target, taken)
                if found is not None and found.location in earlier and found not in reported:
                    reported.add(found)
                    yield _report(program, resolver, event.id, found, taken, (call, target))


def _held_without(program: Program, resolver: Resolver, call: int, held: dict[Location, Lock]) -> dict[Location, Lock]:
    """Leave out the locks that are held only since a call has been made: those that it takes and leaves held itself."""
    event = resolver.function.events[call]
    left = {lock.location for lock in program.locks_left_by(resolver, event)} if isinstance(event, Call) else set()
    if not left:
        return held
    before = program.facts(resolver).solution.before_event(call)
    earlier = {lock.location for lock in before.held} if before is not None else set()
    return {location: lock for location, lock in held.items() if location not in left - earlier}


def _report(
    program: Program,
    resolver: Resolver,
    event: int,
    lock: Lock,
    taken: Acquisition | None,
    call: tuple[AwaitedCall, Target] | None,
) -> Finding:
    function = resolver.function
    trace = [_first_acquisition(program, resolver, event, lock)]
    extent = program.extent(function, event)
    message = f"`{lock}` is taken while this task holds it: it waits for itself for ever"
    if taken is not None and call is not None:
        name = call[1].function.qualname
        trace.append(step(program, function, event, Role.CALL, f"`{name}` is awaited with `{lock}` held"))
        trace.extend(_hops(program, call[1].function.id, taken))
        last = program.named(taken.function).function
        if program.is_here(last):
            extent = program.extent(last, taken.event)
        trace.append(step(program, last, taken.event, Role.ACQUIRE, "waits for the lock that its own caller holds"))
        ending = "the wait always times out" if call[0].how is How.WAIT_FOR else "the task waits for itself for ever"
        message = f"`{name}` takes `{lock}`, which the caller `{function.qualname}` holds: {ending}"
    else:
        trace.append(step(program, function, event, Role.ACQUIRE, "waits for the lock that it holds itself"))
    return Finding(
        rule=RULE.code,
        name=RULE.name,
        confidence=_confidence(program, taken, call),
        path=program.source.path,
        extent=extent,
        function=function.qualname,
        state=str(lock),
        message=message,
        trace=tuple(trace),
        evidence=("an asyncio lock is not reentrant: one task is enough for this to hang",),
        span=Span(function.qualname, (), (), (event,), event),
    )


def _hops(program: Program, first: str, taken: Acquisition) -> Iterator[TraceStep]:
    caller = first
    for name, suspend, _ in taken.chain:
        yield step(program, program.named(caller).function, suspend, Role.CALL, f"`{qualname_of(name)}` is awaited")
        caller = name


def _first_acquisition(program: Program, resolver: Resolver, event: int, lock: Lock) -> TraceStep:
    """Give the step at which the function itself took the lock, or the call that entered it with the lock held."""
    function = resolver.function
    own = [
        before.id
        for before in function.events[:event]
        if any(mine.location == lock.location for mine in own_acquisitions(program, resolver, before))
    ]
    if own:
        return step(program, function, own[-1], Role.ACQUIRE, f"`{lock}` is taken")
    for site in program.callers.only_awaited_here(function) or []:
        note = f"`{function.qualname}` is called with `{lock}` held"
        return step(program, site.resolver.function, site.event, Role.CALL, note)
    left = next(
        (before.id for before in function.events[:event] if _is_held_after(program, resolver, before, lock)), event
    )
    return step(program, function, left, Role.CALL, f"`{lock}` is held when this has returned")


def _is_held_after(program: Program, resolver: Resolver, event: Event, lock: Lock) -> bool:
    state = program.facts(resolver).solution.after_event(event.id)
    return state is not None and any(mine.location == lock.location for mine in state.held)


def _confidence(program: Program, taken: Acquisition | None, call: tuple[AwaitedCall, Target] | None) -> Confidence:
    """Certain if the second acquisition happens on every way, else likely."""
    if taken is None or call is None:
        return Confidence.CERTAIN
    last = program.named(taken.function).function
    always = _is_unconditional(last.statements[taken.event][len(last.path) :])
    return Confidence.CERTAIN if always and call[0].how is not How.TASK and not taken.chain else Confidence.LIKELY


def _is_unconditional(path: tuple[object, ...]) -> bool:
    return len(path) == 1


RULE = Rule(
    code="AWA301",
    name="self-deadlock",
    summary="a lock is acquired again by the task that holds it",
    what="A coroutine that holds an asyncio lock awaits a call that takes the same lock, directly or in further calls.",
    why=(
        "`asyncio.Lock` is not reentrant: the second acquisition waits for the first to be released, which can only "
        "happen after the second is through. The task hangs for ever, and everybody who needs the lock with it."
    ),
    example_before="""\
class Store:
    def __init__(self):
        self._lock = asyncio.Lock()
        self._rows = {}

    async def put(self, key, value):
        async with self._lock:
            self._rows[key] = value
            await self._save()

    async def rebuild(self, rows):
        async with self._lock:
            for key, value in rows:
                await self.put(key, value)
""",
    example_after="""\
class Store:
    def __init__(self):
        self._lock = asyncio.Lock()
        self._rows = {}

    async def put(self, key, value):
        async with self._lock:
            return await self._put_locked(key, value)

    async def _put_locked(self, key, value):
        \"\"\"Put a row. Caller must hold `_lock`.\"\"\"
        self._rows[key] = value
        await self._save()

    async def rebuild(self, rows):
        async with self._lock:
            for key, value in rows:
                await self._put_locked(key, value)
""",
    fix_safety=(
        "The split keeps the public method as it is and lets holders call the variant: safe where every call site is "
        "known."
    ),
    silent=(
        "The call after the lock is released, the lock of another instance, a task that is started and not awaited, a "
        "reentrant lock, an acquisition that an argument switches off."
    ),
    find=find,
)
