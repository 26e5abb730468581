"""AWA206: a lock that is taken by hand and, on some way, never given back; or given back by who does not hold it."""

from __future__ import annotations

from collections.abc import Iterator

from awaitomic.knowledge.locks import CANCELLATIONS, Exclusion
from awaitomic.model.event import Call, Const, Return, is_yield
from awaitomic.model.finding import Confidence, Finding, Role, Span, TraceStep
from awaitomic.model.location import NAMED_OR_HANDED
from awaitomic.program import Program
from awaitomic.program.locks.by_hand import (
    Taking,
    Way,
    WayOut,
    asks_if_locked,
    comes_to,
    given_back_by_calls,
    gives_nothing,
    is_given_back,
    releases,
    takings,
    unsure,
    ways_out,
)
from awaitomic.program.locks.handed_over import is_handed_over
from awaitomic.program.locks.never_given_back import Kept, never_given_back
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver
from awaitomic.rules import references
from awaitomic.rules.not_awaited import find_not_awaited
from awaitomic.rules.rule import Repair, Rule, step, suspending_functions
from awaitomic.source.project import is_test

_MANAGERS = frozenset({"asynccontextmanager"})
_MADE_TO_EXCLUDE = frozenset({"Lock", "StrictFIFOLock"})
"""Kinds of which nobody takes one only to use it up, as may be meant with a semaphore, or to be woken up."""


def find(program: Program) -> Iterator[Finding]:
    """Find locks that are taken by hand, and not given back on every way out."""
    for resolver in suspending_functions(program):
        found = takings(resolver) if "acquire" in resolver.words else []
        for taking in found:
            alone = sum(other.lock.location == taking.lock.location for other in found) == 1
            finding = _examine(program, resolver, taking, alone=alone)
            if finding is not None:
                yield finding
    yield from find_not_awaited(program, RULE)


def _examine(program: Program, resolver: Resolver, taking: Taking, *, alone: bool) -> Finding | None:
    given = releases(resolver, taking.lock)
    if not taking.is_known:
        return _of_manager(program, resolver, taking, given) if _is_manager(resolver) else None
    if taking.lock.location.root not in NAMED_OR_HANDED or not taking.is_plain:
        return None
    if not given:
        kept = never_given_back(program, resolver, taking) if alone else None
        return _of_entering(program, resolver, taking) if kept is None else _of_keeping(program, resolver, taking, kept)
    if is_handed_over(program, resolver, taking):
        return None
    unheld = _given_back_unheld(resolver, taking, given) if alone else None
    if unheld is not None:
        return _report_unheld(program, resolver, taking, unheld)
    if not is_given_back(resolver, taking, given):
        return None
    stops = given_back_by_calls(program, resolver, taking.lock)
    return _report(program, resolver, taking, list(ways_out(program, resolver, taking, [*given, *stops])), given)


def _given_back_unheld(resolver: Resolver, taking: Taking, given: list[int]) -> int | None:
    """Give the release that follows when the wait for the lock is cancelled, if one does."""
    flags = unsure(resolver, taking.path, given, but_for=asks_if_locked(resolver, taking.lock))
    passed = comes_to(resolver.function, taking.wait, flags | {taking.call}, CANCELLATIONS)
    return min((event for event in given if event in passed), default=None)


def _of_manager(program: Program, resolver: Resolver, taking: Taking, given: list[int]) -> Finding | None:
    """Judge a context manager that holds whatever can be acquired and released: its yield is a way out."""
    if not is_given_back(resolver, taking, given):
        return None
    ways = [way for way in ways_out(program, resolver, taking, given) if is_yield(resolver.function.events[way.event])]
    return _report(program, resolver, taking, ways, given)


def _of_entering(program: Program, resolver: Resolver, taking: Taking) -> Finding | None:
    """Judge an ``__aenter__`` whose ``__aexit__`` gives the lock back: nobody calls that if entering fails."""
    function = resolver.function
    if getattr(function.node, "name", "") != "__aenter__" or function.class_id is None:
        return None
    leaving = program.module.find_method(function.class_id, "__aexit__")
    given = releases(program.resolver(leaving), taking.lock) if leaving is not None else []
    if not given:
        return None
    stops = given_back_by_calls(program, resolver, taking.lock)
    ways = [way for way in ways_out(program, resolver, taking, stops) if way.way in {Way.WAIT, Way.RAISE}]
    return _report(program, resolver, taking, ways, [])


def _of_keeping(program: Program, resolver: Resolver, taking: Taking, kept: Kept) -> Finding | None:
    """Judge a lock that nothing in the project gives back: who comes next waits for ever, if somebody comes."""
    if not kept.waits_here and not kept.others:
        return None
    kind = kept.kind.rpartition(".")[2]
    unsure = not kept.is_private or not kept.waits_here or kind not in _MADE_TO_EXCLUDE
    sure = Confidence.POSSIBLE if unsure or is_test(resolver.module.name) else Confidence.LIKELY
    name = resolver.function.qualname
    message = f"`{taking.lock}` is taken by hand in `{name}`, and nothing in the project gives it back"
    after = f"the next call of `{name}`" if kept.waits_here else "whoever takes it next"
    gone = "" if taking.lock.type.library == "asyncio" else ", or is told that its holder is gone"
    evidence = [f"{after} waits for ever{gone}: one run is enough"]
    if kept.others:
        places = "one other place takes" if kept.others == 1 else f"{kept.others} other places take"
        evidence.append(f"{places} the same lock")
    evidence.append("the lock is made in one place, and all that is done with it is to take it")
    return _finding(program, resolver, taking, sure, message, (), tuple(evidence))


# -- how sure it is ----------------------------------------------------------------------------------------------------


def _confidence(resolver: Resolver, way: WayOut) -> Confidence | None:
    """Tell how sure it is that the function is left so, and that it means to give the lock back there, too."""
    event = resolver.function.events[way.event]
    if isinstance(event, Return):
        sure = _of_return(resolver, event)
    elif way.way is Way.CALL or (is_yield(resolver.function.events[way.event]) and not _is_manager(resolver)):
        sure = Confidence.POSSIBLE
    else:
        sure = Confidence.CERTAIN if way.way is Way.RAISE else Confidence.LIKELY
    if sure is None or is_test(resolver.module.name) or resolver.function.is_unwinding(way.event):
        return None if sure is None else Confidence.POSSIBLE
    return sure if way.plainly else min(sure, Confidence.LIKELY)


def _of_return(resolver: Resolver, event: Return) -> Confidence | None:
    """Judge a return: its value may say that the lock is held, or be what gives it back."""
    if gives_nothing(resolver, event) or event.value is None:
        return Confidence.CERTAIN
    value = resolver.function.events[resolver.origin(event.value)]
    if isinstance(value, Const):
        return None
    return Confidence.POSSIBLE if isinstance(value, Call) else Confidence.LIKELY


def _is_manager(resolver: Resolver) -> bool:
    """Tell whether a generator is made a context manager: what fails in the body of a user is raised at its yield."""
    node = resolver.function.node
    names = {last_name(decorator) for decorator in getattr(node, "decorator_list", ())}
    return resolver.function.is_generator and not names.isdisjoint(_MANAGERS)


# -- what is reported --------------------------------------------------------------------------------------------------

_WAYS = {
    Way.RETURN: "returns at line {line} without giving it back",
    Way.RAISE: "raises at line {line} without giving it back",
    Way.WAIT: "does not give it back if the wait at line {line} fails or is cancelled",
    Way.CALL: "does not give it back if line {line} fails",
}
_AT_YIELD = "does not give it back if what its user does at the yield in line {line} fails or is cancelled"
_ONE_LESS = "each such run takes one permit away for ever; when none is left, whoever asks for one waits for ever"
_NOTES = {
    Way.RETURN: "the function returns here with the lock held",
    Way.RAISE: "the function is left here with the lock held",
    Way.WAIT: "a failure or a cancellation here leaves the lock held",
    Way.CALL: "a failure here leaves the lock held",
}


def _report(
    program: Program, resolver: Resolver, taking: Taking, ways: list[WayOut], given: list[int]
) -> Finding | None:
    judged = [(sure, way) for way in ways if (sure := _confidence(resolver, way)) is not None]
    if not judged:
        return None
    function, worst = resolver.function, max(sure for sure, _ in judged)
    first = next(way for sure, way in judged if sure is worst)
    line = program.extent(function, first.event).line
    trace = [step(program, function, first.event, Role.CALL, _NOTES[first.way])]
    after = next((event for event in given if event > first.event), given[-1] if given else None)
    if after is not None:
        trace.append(step(program, function, after, Role.RELEASE, "is not reached then"))
    counting = taking.lock.type.exclusion is Exclusion.COUNTING
    evidence = [
        _ONE_LESS
        if counting
        else "whoever takes it next waits for ever, this function included: one such run is enough"
    ]
    others = dict.fromkeys(program.extent(function, way.event).line for _, way in judged)
    others.pop(line, None)
    if others:
        evidence.append(f"the same can happen at line {', '.join(map(str, others))}")
    if not given:
        evidence.append("`__aexit__` gives it back, and is not called where `__aenter__` fails")
    ways_told = _AT_YIELD if is_yield(resolver.function.events[first.event]) else _WAYS[first.way]
    what = "the lock `self`" if str(taking.lock) == "self" else f"`{taking.lock}`"
    message = f"{what} is taken by hand, and `{function.qualname}` {ways_told.format(line=line)}"
    return _finding(program, resolver, taking, worst, message, tuple(trace), tuple(evidence))


def _report_unheld(program: Program, resolver: Resolver, taking: Taking, unheld: int) -> Finding:
    function = resolver.function
    counting = taking.lock.type.exclusion is Exclusion.COUNTING
    what = "a permit that it has not got" if counting else "the lock of somebody else"
    line = program.extent(function, unheld).line
    message = f"a task that is cancelled while it waits for `{taking.lock}` gives back {what}, at line {line}"
    trace = (step(program, function, unheld, Role.RELEASE, "runs without the lock if the wait for it is cancelled"),)
    harm = "one more than allowed is let in" if counting else "two tasks are let in at once"
    evidence = (f"then {harm}; or, if nobody holds it, `release` raises and hides the cancellation",)
    sure = Confidence.POSSIBLE if is_test(resolver.module.name) else Confidence.LIKELY
    return _finding(program, resolver, taking, sure, message, trace, evidence)


def _finding(
    program: Program,
    resolver: Resolver,
    taking: Taking,
    confidence: Confidence,
    message: str,
    trace: tuple[TraceStep, ...],
    evidence: tuple[str, ...],
) -> Finding:
    function = resolver.function
    taken = step(program, function, taking.call, Role.ACQUIRE, f"`{taking.lock}` is taken by hand")
    return Finding(
        rule=RULE.code,
        name=RULE.name,
        confidence=confidence,
        path=program.source.path,
        extent=program.extent(function, taking.call),
        function=function.qualname,
        state=str(taking.lock),
        message=message,
        trace=(taken, *trace),
        evidence=evidence,
        span=Span(function.qualname, (), (), (taking.wait,), taking.call),
    )


RULE = Rule(
    code="AWA206",
    name="leaked-lock",
    summary="a lock that is taken by hand is not given back on every way out, or by who does not hold it",
    what=(
        "`await lock.acquire()` with a way out of the function that passes no `release()`: a `return`, a `raise`, an "
        "await that fails or is cancelled, a call that fails. Also `acquire()` inside of the `try` whose `finally` "
        "releases, an `asynccontextmanager` with no `finally` around its `yield`, and a lock that nothing in the "
        "project ever gives back. And a lock of tasks that is taken like one of threads, and so not at all: "
        "`lock.acquire()` that nobody awaits, and `with lock:`, which raises."
    ),
    why=(
        "asyncio does not know which task holds a lock, and nothing gives it back when that task ends. After one leak, "
        "whoever takes the lock waits for ever, without an error and without using any time. Every `await` is a way "
        "out: a timeout, a client that goes away or a shutdown cancels the task right there. In production it shows as "
        "a service that answers until the first timeout, and then all requests hang at the same line; the stack of "
        "each task (`task.print_stack()`, `python -m asyncio pstree` from 3.14 on) ends in `acquire`, and no task is "
        "found that holds the lock. The `finally` must not begin before the lock is there, either: a task that is "
        "cancelled while it waits would give back the lock of the one who holds it, and two are inside. Where there is "
        "no automatic repair, write `async with`; where that does not fit, put `try` directly behind `acquire()`, with "
        "nothing in between, and release in its `finally`. If somebody else is to give the lock back, it is a signal: "
        "use an `Event`."
    ),
    example_before="""\
import asyncio


class Player:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.synced_to = None
        self.playing = True

    async def stop(self):
        await self._lock.acquire()
        if self.synced_to:
            raise RuntimeError("player is synced")
        await asyncio.sleep(0.1)  # fade out
        self.playing = False
        self._lock.release()


async def main():
    player = Player()
    await asyncio.gather(player.stop(), player.stop())
""",
    example_after="""\
import asyncio


class Player:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.synced_to = None
        self.playing = True

    async def stop(self):
        async with self._lock:
            if self.synced_to:
                raise RuntimeError("player is synced")
            await asyncio.sleep(0.1)  # fade out
            self.playing = False


async def main():
    player = Player()
    await asyncio.gather(player.stop(), player.stop())
""",
    example_repair=Repair.SAFE,
    fix_safety=(
        "`async with` gives the lock back where it was given back before, and on all other ways out. Safe if there is "
        "one acquire and one release, in one block or with the release in the `finally` of a `try`, and nothing of the "
        "function now runs under the lock, or without it, that did not before. Unsafe where a task that is cancelled "
        "leaves work half done for the next one: it has changed shared state, or handed something to somebody, and "
        "waits. So where the function fails, raises or returns between one change and another. Before, all others "
        "waited for ever."
    ),
    silent=(
        "A lock that is released on every way out; one that is taken to be released elsewhere: by another function, a "
        "callback, a returned object, `__aexit__`, or anything that has the lock in its hand; `acquire` whose result "
        "is tested; a release that depends on a flag; a lock that only this call has; semaphores of several that are "
        "used up, a lock that is kept by who closes the object, and one that is asked whether it is locked."
    ),
    references=(
        references.LOCKS,
        references.CANCELLATION,
        references.CANCELLED_WAITER,
    ),
    find=find,
)
