"""AWA204: a guard that is held all through and lets others in: a semaphore of several, the reading side of a lock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from awaitomic.knowledge.locks import RELEASING_WAITS
from awaitomic.model.event import Suspend
from awaitomic.model.finding import Confidence, Finding
from awaitomic.program import Program
from awaitomic.program.locks import Cause, Flaw
from awaitomic.program.locks.waits import released_by
from awaitomic.program.resolve import Resolver
from awaitomic.rules import check_then_act, late_update, references, stale_write
from awaitomic.rules.rule import Repair, Rule, suspending_functions
from awaitomic.rules.weak_locks import Under, found_under, retold
from awaitomic.rules.woken_once import find_woken_once

_QUERIES = (stale_write, check_then_act, late_update)
_CAUSES = frozenset({Cause.LETS_IN})


def find(program: Program) -> Iterator[Finding]:
    """Find spans under a guard that several tasks can hold at once."""
    for under in found_under(program, _CAUSES):
        flaw = under.lock.flaw
        assert flaw is not None, "only locks with a flaw are looked for"
        yield retold(program, RULE, under, flaw.says, flaw.sure)
    for resolver in suspending_functions(program):
        yield from _given_back_inside(program, resolver)
        yield from find_woken_once(program, resolver, RULE)


def _given_back_inside(program: Program, resolver: Resolver) -> Iterator[Finding]:
    """Find spans under a condition that is waited for in between: the wait gives the lock back, and takes it again."""
    if RELEASING_WAITS.isdisjoint(resolver.words):
        return
    events = (event for event in resolver.function.events if isinstance(event, Suspend))
    waits = {event.id: given for event in events if (given := released_by(program, resolver, event))}
    solution = program.facts(resolver).solution
    for query in _QUERIES if waits else ():
        for finding in query.find_in(program, resolver, locked=True):
            span = finding.span
            ends = [solution.before_event(event) for event in (*span.reads, *span.guards, span.write)]
            held = frozenset.intersection(*(state.held if state is not None else frozenset() for state in ends))
            for wait in span.suspends:
                lock = min(waits.get(wait, frozenset()) & held, key=str, default=None)
                if lock is not None and lock.excludes:
                    says = f"the wait on {program.place(resolver.function, wait)} gives it back, and takes it again"
                    flawed = replace(lock, flaw=Flaw(Cause.LETS_IN, "", 0, says=says))
                    yield retold(program, RULE, Under(finding, resolver, flawed), says, Confidence.CERTAIN)
                    break


RULE = Rule(
    code="AWA204",
    name="permissive-lock",
    summary="the guard lets several tasks in, or releases inside the span",
    what=(
        "Shared state is read, a suspension follows, and the state is written, all of it under a guard that does not "
        "exclude: a semaphore or limiter of more than one (also by a default, or by what all calls give it), "
        "the reading side of a read-write lock, or a condition that is waited for in between, which gives its lock "
        "back meanwhile. Also `if not items: await condition.wait()` with `items.pop()` behind it, where a loop is "
        "meant: somebody else may have the lock, and the item, before the task that is woken."
    ),
    why=(
        "`asyncio.Semaphore(10)` is a throttle: it keeps the eleventh task out and lets ten run side by side, each "
        "with the value that it has read, so nine updates can be lost. A reading lock only keeps writers out, and a "
        "task that writes under it is no writer to the lock. `await condition.wait()` releases the lock, lets others "
        "change what it guards, and takes it again, so what was read before the wait is old although the code never "
        "left `async with`. In production the loss grows with the load and with the number that the semaphore was "
        "given, and vanishes when somebody sets that to 1 to look for it. Keep the semaphore for its purpose and take "
        "a lock inside it around the read and the write only; take the writing side where something is written; read "
        "again behind a `while not ready: await condition.wait()`."
    ),
    example_before="""\
import asyncio

from web import get


class Crawler:
    def __init__(self):
        self._limit = asyncio.Semaphore(10)
        self.fetched = 0

    async def fetch(self, url):
        async with self._limit:
            fetched = self.fetched
            page = await get(url)
            self.fetched = fetched + 1
            return page


async def main(urls):
    crawler = Crawler()
    await asyncio.gather(*(crawler.fetch(url) for url in urls))
""",
    example_after="""\
import asyncio

from web import get


class Crawler:
    def __init__(self):
        self._limit = asyncio.Semaphore(10)
        self.fetched = 0

    async def fetch(self, url):
        async with self._limit:
            page = await get(url)
            fetched = self.fetched
            self.fetched = fetched + 1
            return page


async def main(urls):
    crawler = Crawler()
    await asyncio.gather(*(crawler.fetch(url) for url in urls))
""",
    example_repair=Repair.SAFE,
    fix_safety=(
        "Where the await can come first, it is moved above the read, as for AWA101; else a lock is taken inside the "
        "guard, around the span and every other writer. Both are judged as without the guard."
    ),
    silent=(
        "`Semaphore(1)`, which is a lock; a semaphore whose size is not known, or that one call makes with 1; the "
        "writing side; a value that is read again, or tested in a loop, after the wait for a condition; what is "
        "emptied as a whole behind such a wait; and state that no other task can write."
    ),
    references=(
        references.SEMAPHORE,
        references.CONDITION,
        references.IMPROPER_LOCKING,
    ),
    find=find,
)
