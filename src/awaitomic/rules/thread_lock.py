"""AWA205: a lock of threads that is held while a task waits: it stops the event loop, or keeps no task out at all."""

from __future__ import annotations

from collections.abc import Iterator

from awaitomic.model.event import is_yield
from awaitomic.model.finding import Confidence, Finding, Role, Span
from awaitomic.model.location import NAMED_OR_HANDED
from awaitomic.program import Program
from awaitomic.program.concurrency import Hint, Judgement, judge
from awaitomic.program.locks.threads import ThreadHold, takers, thread_holds
from awaitomic.program.resolve import Resolver
from awaitomic.rules import references
from awaitomic.rules.rule import Repair, Rule, step, suspending_functions


def find(program: Program) -> Iterator[Finding]:
    """Find locks of threads that are held over a suspension, where another task can come to take them."""
    for resolver in suspending_functions(program):
        for hold in thread_holds(program, resolver):
            finding = _examine(program, resolver, hold) if hold.waits else None
            if finding is not None:
                yield finding


def _examine(program: Program, resolver: Resolver, hold: ThreadHold) -> Finding | None:
    location = hold.lock.location
    if location.root not in NAMED_OR_HANDED and not hold.is_of_a_file:
        return None
    hint = Hint(f"`{hold.lock}` is there to keep several runs apart")
    judgement = judge(program, resolver, location, takers(program, resolver, hold), hint, does="takes")
    if judgement is None:
        return None
    return _report(program, resolver, hold, judgement)


def _confidence(program: Program, resolver: Resolver, hold: ThreadHold, judgement: Judgement) -> Confidence:
    """Lower what is said of two tasks that meet, where little harm is seen or the lock may not be the same."""
    if hold.is_of_a_file or all(_is_for_a_consumer(resolver, wait) for wait in hold.waits):
        return Confidence.POSSIBLE
    if hold.blocks:
        return judgement.confidence
    changes = any(_is_under(hold, fact.event, program, resolver) for fact in program.facts(resolver).writes)
    return min(judgement.confidence, Confidence.LIKELY if changes else Confidence.POSSIBLE)


def _is_for_a_consumer(resolver: Resolver, wait: int) -> bool:
    """Tell whether a suspension hands something to the consumer of a generator, who may not wait at all."""
    return is_yield(resolver.function.events[wait])


def _is_under(hold: ThreadHold, event: int, program: Program, resolver: Resolver) -> bool:
    """Tell whether something happens in the statement that takes the lock, or between taking it and the last wait."""
    around = resolver.function.statements[hold.taken]
    inside = resolver.function.statements[event][: len(around)] == around
    return inside or (hold.taken < event < max(hold.waits) and program.is_here(resolver.function))


def _report(program: Program, resolver: Resolver, hold: ThreadHold, judgement: Judgement) -> Finding:
    function, lock, rival = resolver.function, hold.lock, judgement.rival.function
    first = hold.waits[0]
    held = "is held while this task waits"
    if hold.is_of_a_file:
        message = f"`{lock}` {held}: the next task that asks for the same file stops the event loop, or is turned away"
        note = "stops the event loop, or is turned away with an error, by the version of the library"
    elif hold.blocks:
        message = f"`{lock}` is a `{hold.kind}` and {held}: the next task that takes it stops the event loop for ever"
        note = "stops the thread, and the event loop with it"
    else:
        message = f"`{lock}` is a `{hold.kind}` and {held}: it belongs to the thread, and lets in every other task"
        note = "is let in, since it runs in the same thread"
    trace = (
        step(program, function, hold.taken, Role.ACQUIRE, f"`{lock}` is taken for the whole thread"),
        step(program, function, first, Role.SUSPEND, "other tasks run here, with the lock held"),
    )
    place = program.place(rival, judgement.access.event)
    return Finding(
        rule=RULE.code,
        name=RULE.name,
        confidence=_confidence(program, resolver, hold, judgement),
        path=program.source.path,
        extent=program.extent(function, first),
        function=function.qualname,
        state=str(lock),
        message=message,
        trace=trace,
        evidence=(f"another task that comes to {place} {note}", *judgement.evidence),
        span=Span(function.qualname, (), (), hold.waits, hold.taken),
        rival=step(program, rival, judgement.access.event, Role.ACQUIRE, f"`{rival.qualname}` in another task"),
    )


RULE = Rule(
    code="AWA205",
    name="thread-lock-across-await",
    summary="a lock of threads is held while a task waits",
    what=(
        "`with self._lock:` around an `await`, or `acquire()` .. `await` .. `release()`, where the lock is one of "
        "`threading`, `multiprocessing` or `filelock`, and a second task can come to take it."
    ),
    why=(
        "A lock of threads does not know of tasks. While the holder waits, the event loop runs the next task; when "
        "that one takes the lock, the whole thread stops, and with it the loop that would have to wake the holder up. "
        "Nothing goes on any more: no timeout fires, no signal handler runs, health checks are not answered. It needs "
        "two tasks at the same place, so tests pass, and it comes with load. In production the process is alive and "
        "uses no time, and the stack of the main thread (`py-spy dump`, `faulthandler.dump_traceback_later`) ends in "
        "`acquire` or `__enter__`. A reentrant lock does not stop anything, because all tasks are the same thread to "
        "it: it lets them in, so what it should protect is not protected. Where there is no automatic repair: move the "
        "await out of the lock (fetch first, then store under the lock), or call what does not have to wait directly, "
        "as for a lock that was made one line above and that nobody else can hold; use an `asyncio.Lock` if only "
        "coroutines of one loop need it; and if threads need it, too, let them ask the loop "
        "(`run_coroutine_threadsafe`), or let the coroutine do the whole of the work under the lock in a thread "
        "(`asyncio.to_thread`)."
    ),
    example_before="""\
import asyncio
import threading

from shop import fetch_price


class Prices:
    def __init__(self):
        self._lock = threading.Lock()
        self._prices = {}

    async def refresh(self, item):
        with self._lock:
            self._prices[item] = await fetch_price(item)


async def main():
    prices = Prices()
    await asyncio.gather(prices.refresh("tea"), prices.refresh("milk"))
""",
    example_after="""\
import asyncio

from shop import fetch_price


class Prices:
    def __init__(self):
        self._lock = asyncio.Lock()
        self._prices = {}

    async def refresh(self, item):
        async with self._lock:
            self._prices[item] = await fetch_price(item)


async def main():
    prices = Prices()
    await asyncio.gather(prices.refresh("tea"), prices.refresh("milk"))
""",
    example_repair=Repair.UNSAFE,
    fix_safety=(
        "Never safe: the lock becomes one of the event loop, where all who use it are coroutines of one file. Whoever "
        "takes it can now be cancelled while waiting for it, and lets other tasks run there."
    ),
    silent=(
        "Awaits that cannot let other tasks run; a lock that only one task ever takes; `acquire` with a time limit or "
        "without waiting; a lock that is acquired in a thread (`await asyncio.to_thread(lock.acquire)`); the "
        "asynchronous classes of `filelock`; a lock that is known only by its name."
    ),
    references=(
        references.MULTITHREADING,
        references.LOCKS,
        references.CLIPPY,
    ),
    find=find,
)
