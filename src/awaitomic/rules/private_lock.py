"""AWA203: a lock that each task has for itself, so that it keeps nobody out."""

from __future__ import annotations

from collections.abc import Iterator

from awaitomic.model.finding import Confidence, Finding
from awaitomic.program import Program
from awaitomic.program.locks import Cause
from awaitomic.rules import references
from awaitomic.rules.lost_locks import find_replaced, find_thrown_away
from awaitomic.rules.rule import Repair, Rule
from awaitomic.rules.weak_locks import found_under, retold

_SAID = {
    Cause.MADE_ANEW: ("each call makes a lock of its own", Confidence.CERTAIN),
    # Which of the tasks has which instance is not followed.
    Cause.ONE_EACH: ("each instance has one, and all share the state", Confidence.LIKELY),
    # It takes three tasks: one that holds the lock, one that waits for it, and one that finds none any more.
    Cause.THROWN_AWAY: ("others get a new one while some still wait for it", Confidence.LIKELY),
}
_CAUSES = frozenset(_SAID)


def find(program: Program) -> Iterator[Finding]:
    """Find spans under a lock that others do not meet at: each has made his own, or some have a newer one."""
    thrown_away: set[tuple[str, int]] = set()
    for under in found_under(program, _CAUSES):
        flaw = under.lock.flaw
        assert flaw is not None, "only locks with a flaw are looked for"
        thrown_away.add((flaw.function, flaw.event))
        why, at_most = _SAID[flaw.cause]
        yield retold(program, RULE, under, why, at_most)
    yield from find_replaced(program, RULE)
    yield from find_thrown_away(program, RULE, thrown_away)


RULE = Rule(
    code="AWA203",
    name="private-lock",
    summary="the lock is made anew for each call, so it excludes nobody",
    what=(
        "Shared state is read, a suspension follows, and the state is written, all of it under a lock that the other "
        "tasks do not take: each call makes one of its own, a getter or a default gives a new one each time, each "
        "instance has its own for what all of them share, or the entry of a table of locks is thrown away while "
        "somebody may be waiting for it. Or the constructor of a singleton runs again and replaces the lock."
    ),
    why=(
        "A lock works only if everybody takes the same object. `lock = asyncio.Lock()` inside the function that takes "
        "it is free each time, so all tasks are in the region at once and the last to write wins, although the code "
        "looks protected and one task alone never shows it. A table of locks has the same bug at its end: between "
        "`release()` and the start of the task that was waiting, `lock.locked()` is False, so "
        "`if not lock.locked(): locks.pop(key)` drops a lock that is about to be taken, and who comes next makes a "
        "second one for the same key. In production it shows as lost updates and double work under load only, and "
        "as waiting times at the lock of exactly nothing. The lock has to live where the state lives: in the object "
        "for its attributes, in the class or module for theirs. A table that is to forget its locks can be a "
        "`weakref.WeakValueDictionary` from which nobody removes anything: an entry goes with the last task that "
        "holds the lock or waits for it. A count of users that is changed without an await works, too."
    ),
    example_before="""\
import asyncio

from shop import price


class Till:
    def __init__(self):
        self.total = 0

    async def add(self, item):
        lock = asyncio.Lock()
        async with lock:
            total = self.total
            self.total = total + await price(item)


async def main():
    till = Till()
    await asyncio.gather(till.add("tea"), till.add("milk"))
""",
    example_after="""\
import asyncio

from shop import price


class Till:
    def __init__(self):
        self.total = 0
        self._lock = asyncio.Lock()

    async def add(self, item):
        async with self._lock:
            total = self.total
            self.total = total + await price(item)


async def main():
    till = Till()
    await asyncio.gather(till.add("tea"), till.add("milk"))
""",
    example_repair=Repair.UNSAFE,
    fix_safety=(
        "The private lock gives way to one that lives where the state lives, around the same statements and around "
        "every other writer. It is judged as any other new lock: unsafe where it may be held over a long wait, since "
        "tasks that ran side by side so far will wait for each other. A table from which "
        "locks are thrown away becomes weak where all that uses it is understood, which is safe."
    ),
    silent=(
        "A lock that is made in a call and shared by the tasks or closures of that call, `setdefault(key, Lock())`, "
        "a table whose entries go when their users have been counted down, a lock file that is opened by its name, "
        "and state that no other task can write."
    ),
    references=(
        references.LOCKS,
        references.WEAK_TABLE,
        references.IMPROPER_LOCKING,
    ),
    find=find,
)
