"""AWA303: a task that holds a lock waits for something that only a task which needs that lock can do."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.finding import Confidence, Finding, Role, Span, TraceStep
from awaitomic.program import Program
from awaitomic.program.accesses import Access, Change
from awaitomic.program.concurrency import Hint, judge
from awaitomic.program.locks.found_room import room_is_found
from awaitomic.program.locks.held_waits import (
    Ender,
    HeldWait,
    enders,
    held_waits,
    is_for_room,
    may_be_alone,
    needing_tasks,
)
from awaitomic.rules import references
from awaitomic.rules.rule import Repair, Rule, step, suspending_functions

_HINT = Hint("who waits with a lock held for what another one does expects several tasks")


def find(program: Program) -> Iterator[Finding]:
    """Find waits under a lock that only somebody who needs the lock can end."""
    for resolver in suspending_functions(program):
        found = sorted(held_waits(program, resolver), key=lambda held: (held.event, str(held.waited), held.taken.event))
        for _, same in groupby(found, key=lambda held: (held.event, held.waited, held.taken.lock.location)):
            held = next(same)
            finding = _for_a_task(program, held) or _for_a_signal(program, held)
            if finding is not None:
                yield finding


def _for_a_task(program: Program, held: HeldWait) -> Finding | None:
    """Tell of a task that is awaited with a lock held which it takes itself."""
    found = sorted(needing_tasks(program, held), key=lambda each: not each.always)
    if not found:
        return None
    needing = found[0]
    confidence = Confidence.LIKELY if needing.always else Confidence.POSSIBLE
    body, event = program.named(needing.taken.function).function, needing.taken.event
    name = needing.spawn.target.function.qualname
    lock = held.taken.lock
    out = " on its way out, when it has been cancelled" if needing.ended else ""
    message = (
        f"`{held.waited}` is awaited with `{lock}` held, and `{name}`, which it runs, takes `{lock}`{out}: both hang"
    )
    evidence = [f"`{name}` runs in a task of its own, which is kept in `{held.waited}`"]
    if not needing.always:
        evidence.append("but it may never come to take the lock, or may have had it long before")
    there = step(program, body, event, Role.ACQUIRE, f"`{name}` waits for `{lock}` here{out}")
    return _report(program, held, confidence, message, evidence, there)


def _for_a_signal(program: Program, held: HeldWait) -> Finding | None:
    """Tell of an event, a queue, a condition or a future that only those who need the lock can do something about."""
    room = is_for_room(held)
    found = enders(program, held)
    if not found or (room and room_is_found(program, held)):
        return None
    lock = held.taken.lock
    rivals = [(each.resolver, Access(each.event, held.waited, Change.ASSIGN, None)) for each in found]
    judgement = judge(program, held.holder, lock.location, rivals, _HINT, does="ends the wait for")
    if judgement is None:
        return None
    ender = next(each for each in found if each.resolver is judgement.rival and each.event == judgement.access.event)
    name, where = ender.resolver.function.qualname, program.place(ender.resolver.function, ender.event)
    others = "" if len(found) == 1 else f" (and {len(found) - 1} more who need the lock, too)"
    what = f"room in `{held.waited}`, once that is full," if room else f"`{held.waited}`"
    message = (
        f"{what} is waited for with `{lock}` held, and only `{name}` ({where}){others} can end that, "
        "which needs the lock first: both hang"
    )
    confidence, evidence = min(judgement.confidence, Confidence.LIKELY), list(judgement.evidence)
    if room and held.holder.type_of(held.waited).bound is None:
        confidence = Confidence.POSSIBLE
        evidence.append(f"but how much `{held.waited}` takes before it is full is not seen")
    elif may_be_alone(program, held):
        confidence = Confidence.POSSIBLE
        evidence.append(f"but for how many `{held.waited}` is made is not seen: one alone would not wait")
    return _report(program, held, confidence, message, evidence, _ending(program, ender, held))


def _ending(program: Program, ender: Ender, held: HeldWait) -> TraceStep:
    function, lock = ender.resolver.function, held.taken.lock
    where = program.place(function, ender.event)
    if ender.takes is not None:
        note = f"`{function.qualname}` waits for `{lock}` here, and ends the wait only behind that ({where})"
        return step(program, function, ender.takes, Role.ACQUIRE, note)
    return step(program, function, ender.event, Role.CALL, f"ends the wait, and is called with `{lock}` held")


def _report(
    program: Program, held: HeldWait, confidence: Confidence, message: str, evidence: list[str], there: TraceStep
) -> Finding:
    function, lock = held.holder.function, held.taken.lock
    trace = [step(program, function, held.taken.event, Role.ACQUIRE, f"`{lock}` is taken")]
    caller, event = function, held.event
    for resolver, suspend in held.chain:
        trace.append(_call(program, caller, event, resolver.function))
        caller, event = resolver.function, suspend
    trace.append(step(program, caller, event, Role.SUSPEND, f"waits for `{held.waited}` with `{lock}` held"))
    if held.limit is not None:
        confidence = Confidence.POSSIBLE
        evidence.append(f"but the wait gives up after `{held.limit}` seconds: until then both stand still")
    return Finding(
        rule=RULE.code,
        name=RULE.name,
        confidence=confidence,
        path=program.source.path,
        extent=program.extent(function, held.event),
        function=function.qualname,
        state=f"{held.waited}, {lock}",
        message=message,
        trace=(*trace, there),
        evidence=tuple(dict.fromkeys(evidence)),
        span=Span(function.qualname, (), (), (held.event,), held.event),
        rival=there,
    )


def _call(program: Program, caller: FunctionGraph, event: int, called: FunctionGraph) -> TraceStep:
    return step(program, caller, event, Role.CALL, f"`{called.qualname}` is awaited")


RULE = Rule(
    code="AWA303",
    name="join-under-lock",
    summary="a task that needs the lock is awaited while the lock is held",
    what=(
        "A coroutine waits with a lock held: for a task that it keeps, an event, a queue (or room in a full one), a "
        "condition of another lock, the others at a barrier, or a future. Whoever can end that wait takes the same "
        "lock first: the task in its body, everybody who sets the event or puts something into the queue."
    ),
    why=(
        "The waiting task gives the lock back only when its wait is over, and the wait is over only when another task "
        "has had the lock. Both wait for ever, and with them everybody who needs the lock later. Nothing is raised "
        "and nothing is logged. It shows when things stop or start: `close()` does not return and the process has to "
        "be killed, or a first request after a restart never comes back; and only if the other task has not been past "
        "the lock already, so most runs are fine. `task.print_stack()` for each of `asyncio.all_tasks()` shows one "
        "task in `acquire`, and one that waits for it with its frame inside `async with`. A time limit around the "
        "wait does not cure it: it turns the hang into a delay and an error.\n\n"
        "What cures it is to wait without the lock: under the lock, take down what is needed (put the task into a "
        "local, set the attribute to None, cancel it), leave the block, and await it there. If the state must not "
        "change until the wait is over, let the others see a flag that is set under the lock, instead of the lock "
        "itself. Where a condition is waited for, use one that is made from this very lock: "
        "`asyncio.Condition(lock)` gives it back while it waits."
    ),
    example_before="""\
import asyncio


class Feed:
    def __init__(self, source):
        self._lock = asyncio.Lock()
        self._source = source
        self._running = False
        self._worker = None

    async def start(self):
        async with self._lock:
            self._running = True
            self._worker = asyncio.create_task(self._run())

    async def _run(self):
        while self._running:
            async with self._lock:
                await self._source.read()

    async def stop(self):
        async with self._lock:
            self._running = False
            await self._worker
            self._worker = None
""",
    example_after="""\
import asyncio


class Feed:
    def __init__(self, source):
        self._lock = asyncio.Lock()
        self._source = source
        self._running = False
        self._worker = None

    async def start(self):
        async with self._lock:
            self._running = True
            self._worker = asyncio.create_task(self._run())

    async def _run(self):
        while self._running:
            async with self._lock:
                await self._source.read()

    async def stop(self):
        async with self._lock:
            self._running = False
            worker, self._worker = self._worker, None
        await worker
""",
    example_repair=Repair.BY_HAND,
    fix_safety=(
        "There is no automatic repair: what is awaited outside of the lock may meet what others do meanwhile, which "
        "is for a person to judge."
    ),
    silent=(
        "A task that is awaited where it is made, or by leaving its group, which is AWA301's; "
        "a wait behind the lock, a task that is cancelled first and does not take the lock on its way out, an event "
        "that somebody can set without the lock, room in a queue that a test has just found, a condition of the very "
        "lock that is held, and objects that are handed on to code that is not seen. A wait "
        "with a time limit is reported as possible."
    ),
    references=(
        references.DEADLOCK,
        references.LOCKS,
    ),
    find=find,
)
