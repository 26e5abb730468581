"""AWA207: a lock that belongs to one event loop and is used in another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from awaitomic.knowledge.threads import FIRST_UNBOUND
from awaitomic.model.event import Enter, Suspend
from awaitomic.model.finding import Confidence, Finding, Role, Span, TraceStep
from awaitomic.model.location import AttributeStep, Location, Root
from awaitomic.program import Program
from awaitomic.program.locks import Lock
from awaitomic.program.locks.loops import Loops, LoopStart, asks_for_its_thread, loops_of, runners, runs_new_loop
from awaitomic.program.resolve import Resolver
from awaitomic.rules import references
from awaitomic.rules.rule import Repair, Rule, step, suspending_functions

_BOUND_WHEN_CONTENDED = "asyncio"


class _Foreign(NamedTuple):
    """Why a lock meets another loop than its own."""

    message: str
    trace: tuple[TraceStep, ...]
    evidence: tuple[str, ...]
    confidence: Confidence


def find(program: Program) -> Iterator[Finding]:
    """Find locks that are made once and taken in several event loops, or in a newer one than they were made for."""
    reported: set[Location] = set()
    for resolver in suspending_functions(program):
        for event in resolver.function.events:
            if not isinstance(event, Enter) or not event.asynchronous:
                continue
            for lock in program.locks_of(resolver, event.manager):
                key = resolver.key_of(lock.location)
                if (
                    key in reported
                    or not _is_made_at_import(resolver, lock)
                    or not _waits_inside(program, resolver, lock)
                ):
                    continue
                foreign = _why_foreign(program, resolver, lock)
                if foreign is not None:
                    reported.add(key)
                    yield _finding(program, resolver, event.id, lock, foreign)


def _is_made_at_import(resolver: Resolver, lock: Lock) -> bool:
    """Tell whether a lock is a variable of a module or an attribute of a class, which all loops of a process share."""
    location = lock.location
    if not lock.type.is_for_tasks or lock.flaw is not None:
        return False
    if location.root is Root.GLOBAL:
        return not location.steps
    step = location.steps[0] if len(location.steps) == 1 else None
    if location.root not in {Root.SELF, Root.CLASS} or not isinstance(step, AttributeStep):
        return False
    lineage = resolver.module.lineage(location.owner)
    return any(step.name in facts.class_level for facts in lineage) and not any(
        step.name in facts.attributes and step.name not in facts.class_level for facts in lineage
    )


def _waits_inside(program: Program, resolver: Resolver, lock: Lock) -> bool:
    """Tell whether a function holds a lock over a suspension, so that others can come to wait for it."""
    events = resolver.function.events
    return any(
        lock in held and isinstance(suspend := events[event], Suspend) and program.may_suspend(resolver, suspend)
        for event, held in program.suspension.may_hold(resolver).items()
    )


def _why_foreign(program: Program, resolver: Resolver, lock: Lock) -> _Foreign | None:
    loops = loops_of(program, resolver.function)
    if loops is not None and loops.at_once:
        message = f"`{lock}` is one for several threads with an event loop each: it is not made for that"
        why = "a lock of asyncio wakes its waiters in its own loop only, and not from another thread"
        return _Foreign(message, _steps(program, loops.starts), (why,), Confidence.CERTAIN)
    asks = asks_for_its_thread(resolver)
    if asks is not None:
        message = f"`{lock}` is one for several threads with an event loop each: it is not made for that"
        note = step(program, resolver.function, asks, Role.CALL, "asks for its thread, so it is run in several")
        return _Foreign(message, (note,), (), Confidence.LIKELY)
    if lock.type.library != _BOUND_WHEN_CONTENDED:
        return None
    return _one_after_the_other(program, resolver, lock, loops)


def _one_after_the_other(program: Program, resolver: Resolver, lock: Lock, loops: Loops | None) -> _Foreign | None:
    """Say what happens where nothing runs at once, but tasks wait for the lock: only then it belongs to a loop."""
    name = resolver.function.qualname
    if loops is not None:
        message = f"`{lock}` belongs to the first event loop in which a task waits for it, and another one uses it, too"
        why = f"`{name}` runs in several tasks, so one of them comes to wait: in the second loop that raises"
        return _Foreign(message, _steps(program, loops.starts), (why,), Confidence.CERTAIN)
    oldest = program.project.tree.oldest_python
    if oldest is None or oldest >= FIRST_UNBOUND:
        return None
    new = next((run for run in runners(program, resolver.function) if run.many and runs_new_loop(run.spawn)), None)
    if new is None:
        return None
    message = f"`{lock}` belongs to the event loop of when it was imported, and `asyncio.run` makes another one"
    version = ".".join(map(str, oldest))
    why = f"the project runs on Python {version}, where a lock belongs to the loop that is current when it is made"
    start = LoopStart(new.spawn.resolver, new.spawn.event, "a new event loop is run here")
    return _Foreign(message, _steps(program, (start,)), (why,), Confidence.LIKELY)


def _steps(program: Program, starts: tuple[LoopStart, ...]) -> tuple[TraceStep, ...]:
    return tuple(step(program, each.resolver.function, each.event, Role.CALL, each.note) for each in starts)


def _finding(program: Program, resolver: Resolver, event: int, lock: Lock, foreign: _Foreign) -> Finding:
    function = resolver.function
    taken = step(program, function, event, Role.ACQUIRE, f"`{lock}` is taken in each of them")
    return Finding(
        rule=RULE.code,
        name=RULE.name,
        confidence=foreign.confidence,
        path=program.source.path,
        extent=program.extent(function, event),
        function=function.qualname,
        state=str(lock),
        message=foreign.message,
        trace=(*foreign.trace, taken),
        evidence=foreign.evidence,
        span=Span(function.qualname, (), (), (), event),
    )


RULE = Rule(
    code="AWA207",
    name="foreign-loop-lock",
    summary="a lock belongs to another event loop than the one that uses it",
    what=(
        "A lock of a module or class, which is made once, is taken in several event loops: in threads that each run "
        "one, or in one loop after the other; or, before Python 3.10, in a newer loop than the one it was made for."
    ),
    why=(
        "From Python 3.10 on, an asyncio lock belongs to the loop in which a task first has to wait for it. If a task "
        "of another loop has to wait, it gets `RuntimeError: ... is bound to a different event loop`; as long as "
        "nobody waits, nothing is noticed, so it passes tests and fails under load. Between threads it is worse: a "
        "release wakes the waiter by a future of the other loop, which nobody there is told of, so the waiter may "
        "sleep until something else wakes its loop, and two threads may find the lock free at the same time. Before "
        "3.10 a lock belonged to the loop that was current when it was made: one that is made at import raises "
        "`got Future attached to a different loop` under `asyncio.run`, again only when somebody waits. Make the lock "
        "where the loop runs (in the object that is made there, or on first use, in a table by loop), or, if threads "
        "are to exclude each other, let one loop own the state and ask it by `run_coroutine_threadsafe`."
    ),
    example_before="""\
import asyncio

from shop import store

lock = asyncio.Lock()


async def update(name):
    async with lock:
        await store(name)


async def update_all(names):
    await asyncio.gather(*(update(name) for name in names))


def main(batches):
    for names in batches:
        asyncio.run(update_all(names))
""",
    example_after="""\
import asyncio

from shop import store


async def update(name, lock):
    async with lock:
        await store(name)


async def update_all(names):
    lock = asyncio.Lock()
    await asyncio.gather(*(update(name, lock) for name in names))


def main(batches):
    for names in batches:
        asyncio.run(update_all(names))
""",
    example_repair=Repair.BY_HAND,
    fix_safety="There is no automatic repair: who owns the lock is a matter of design.",
    silent=(
        "One loop for the whole process; two commands of which each runs a loop, and only one is run; a table of locks "
        "by loop or thread; a lock that no task has to wait for; test suites."
    ),
    references=(
        references.LOOP_OF_A_LOCK,
        references.LOCKS,
        references.MULTITHREADING,
    ),
    find=find,
)
