"""The table of choice: which remedies suit which finding, in order of preference, and why in that order.

No lock before a lock, an existing lock before a new one. The order follows what maintainers did in real fixes: lazy
initialisation got a lock, closing and cleaning up got a recheck or a swap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from awaitomic.knowledge.codes import UNREADABLE
from awaitomic.model.finding import Finding
from awaitomic.model.preferences import Preferences
from awaitomic.program.accesses import Change
from awaitomic.program.locks import Cause
from awaitomic.remedies import (
    async_lock,
    hoist,
    lock,
    managed,
    recheck,
    refill,
    remove_ignore,
    setdefault,
    single_flight,
    snapshot,
    split,
    swap,
    widen,
)
from awaitomic.remedies.lock import early, for_a_while, reorder, weak_table
from awaitomic.remedies.recheck import settled
from awaitomic.remedies.remedy import Case, Remedy
from awaitomic.remedies.swap import flag
from awaitomic.remedies.widen import two_regions


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table."""

    rule: str
    shape: str
    """Which findings of the rule, in words."""
    suits: Callable[[Case], bool]
    remedies: tuple[Remedy, ...]
    """The preferred one first; the first safe proposal is taken, else the first one."""
    why: str
    """Why in this order, or, where no remedy is built, what to do by hand; ``{state}`` stands for the state."""
    refusal: str = "no-remedy-yet"
    """The code of the refusal, where there is no remedy."""


def _always(_: Case) -> bool:
    return True


def _is_use(case: Case) -> bool:
    return case.is_use


def _takes_away(case: Case) -> bool:
    return case.ending.access.change in {Change.RESET, Change.DELETE}


def _has_test(case: Case) -> bool:
    return bool(case.finding.span.guards)


def _is_update(case: Case) -> bool:
    return any(token.location == case.fact.access.location for token in case.fact.value)


def _waits_for_condition(case: Case) -> bool:
    return case.fact.useless_lock is None


def _is_in_a_store(case: Case) -> bool:
    """Tell whether what is written is behind a call of a store, so that nothing is known of it but the store."""
    span = case.finding.span
    return not case.is_use and case.program.facts(case.resolver).write_at(span.write, case.finding.state) is None


def _is_closed_first(case: Case) -> bool:
    return not case.finding.span.suspends


def _is_not_awaited(case: Case) -> bool:
    return not case.finding.span.suspends


def _is_in_constructor(case: Case) -> bool:
    return getattr(case.function.node, "name", "") == "__init__"


def _is_thrown_away(case: Case) -> bool:
    if not (case.finding.span.reads or case.finding.span.guards):
        return True  # no state that is lost is seen
    lock = case.fact.useless_lock
    return lock is not None and lock.flaw is not None and lock.flaw.cause is Cause.THROWN_AWAY


def _lacks_lock(case: Case) -> bool:
    """Tell whether others hold a lock over spans of the state, into which this write would come all the same."""
    finding = case.finding
    return any(
        each.span.lock and (each.function, each.state, each.span.write) == _place(finding)
        for each in case.found(case.program.unit.name)
    )


def _place(finding: Finding) -> tuple[str, str, int]:
    return finding.function, finding.state, finding.span.write


TABLE: tuple[Row, ...] = (
    *(
        Row(
            rule,
            "a span without the lock that others hold over theirs",
            _lacks_lock,
            (lock.GUARDED,),
            "the lock is there already: whatever else would mend this span, the write would still come into theirs",
        )
        for rule in ("AWA101", "AWA102", "AWA103", "AWA106")
    ),
    Row(
        "AWA001",
        "a suppression that nothing needs",
        _always,
        (remove_ignore.REMEDY,),
        "what hides nothing today would hide the next bug in its place",
    ),
    Row(
        "AWA002",
        "a comment that says nothing, or something that does not hold",
        _always,
        (),
        "correct the comment, take it away, or let the code do what it says",
        "author-decides",
    ),
    Row(
        UNREADABLE,
        "a file that cannot be read",
        _always,
        (),
        "mend the file, or run awaitomic with a Python that knows its syntax",
        "author-decides",
    ),
    Row(
        "AWA101",
        "an update of what was read",
        _always,
        (hoist.REMEDY, lock.REMEDY),
        "where the await can come first, nothing has to wait for anybody",
    ),
    Row(
        "AWA102",
        "the use of a reference that was tested before the await",
        _is_use,
        (),
        "test `{state}` again right before it is used, or keep in a local what was tested, and use that",
    ),
    Row(
        "AWA102",
        "a flag by which a close tells that it was done",
        flag.is_set_for_good,
        (flag.REMEDY, lock.REMEDY),
        "where something is closed or cleaned up, real fixes test again or swap, and hardly ever lock",
    ),
    Row(
        "AWA102",
        "a future that is settled because it was not when it was asked",
        settled.is_settled,
        (settled.REMEDY, lock.REMEDY),
        "a future is settled once, and asking it again costs nothing; a lock would keep others waiting for nothing",
    ),
    Row(
        "AWA102",
        "a write that a test decides",
        _always,
        (setdefault.REMEDY, lock.REMEDY, single_flight.REMEDY, recheck.REMEDY),
        "plain data may be loaded twice; what is made lazily got a lock in nearly all real fixes, and now and "
        "then a task that all wait for; a second test lets both do the work",
    ),
    Row(
        "AWA103",
        "state that is reset or deleted after it was used",
        _takes_away,
        (recheck.REMEDY, swap.REMEDY, lock.REMEDY),
        "where something is closed or cleaned up, real fixes test again or swap, and hardly ever lock",
    ),
    Row(
        "AWA103",
        "state that is emptied or advanced after it was used",
        _always,
        (swap.REMEDY, lock.REMEDY),
        "what is taken before the await is nobody else's, and what comes meanwhile stays",
    ),
    Row("AWA104", "a loop over a container", _always, (snapshot.REMEDY,), "a copy cannot change under the loop"),
    Row(
        "AWA105",
        "a claim that is made before the work is done",
        _has_test,
        (early.REMEDY,),
        "who comes second has to wait for the first one",
    ),
    Row(
        "AWA105",
        "a container that is emptied and filled again",
        _always,
        (refill.REMEDY,),
        "readers see all of the old contents or all of the new ones, whichever is there",
    ),
    Row(
        "AWA106",
        "a mode that is set for a while",
        _always,
        (for_a_while.REMEDY,),
        "better is no shared state: what needs the value gets it as a parameter, or finds it in a `ContextVar`; but "
        "that is for people to decide",
    ),
    Row(
        "AWA201",
        "what was looked for in a store, and is added to it when the lock has been free",
        _is_in_a_store,
        (two_regions.REMEDY,),
        "one region holds the look and the addition, and nothing waits under it that did not before; where other "
        "processes add to the store, too, it has to refuse what is there twice",
    ),
    Row(
        "AWA201",
        "what is closed before the lock is taken under which it is taken down",
        _is_closed_first,
        (widen.REMEDY,),
        "who looks there while it is being closed waits until nothing is there; if the lock may not be held as long as "
        "that takes, take it out under the lock first, and close it then",
    ),
    Row(
        "AWA201",
        "a test that stands outside of the lock",
        _has_test,
        (recheck.REMEDY, widen.REMEDY),
        "the test outside is a way out that waits for nobody, and stays one if it is made again under the lock",
    ),
    Row(
        "AWA201",
        "a use that stands outside of the lock, and the reset or removal under it",
        _takes_away,
        (recheck.REMEDY, widen.REMEDY),
        "what was closed or sent outside of the lock on purpose stays there",
    ),
    Row(
        "AWA201",
        "a lock over a part of the span",
        _always,
        (widen.REMEDY,),
        "the lock is there, and only has to begin earlier or end later",
    ),
    Row(
        "AWA203",
        "a lock that a second construction replaces",
        _is_in_constructor,
        (),
        "return from `__init__` at once if the instance has been made, or make `{state}` where `__new__` makes the "
        "instance",
    ),
    Row(
        "AWA203",
        "a lock that is thrown away while others may wait for it",
        _is_thrown_away,
        (weak_table.REMEDY,),
        "a table that forgets a lock with the last task that holds it or waits for it needs nobody who removes it",
    ),
    Row(
        "AWA203",
        "a lock that each call makes for itself",
        _always,
        (lock.REMEDY,),
        "the lock that is missing is one that lives where the state lives",
    ),
    Row(
        "AWA204",
        "a condition that is waited for in between",
        _waits_for_condition,
        (),
        "read `{state}` again behind the wait, and wait in a loop that tests it: "
        "`while not ready: await condition.wait()`",
    ),
    Row(
        "AWA204",
        "a test under a guard that lets several in",
        _has_test,
        (setdefault.REMEDY, lock.REMEDY),
        "as without the guard, which stays: it limits how many come here, and keeps nobody out",
    ),
    Row(
        "AWA204",
        "an update under a guard that lets several in",
        _is_update,
        (hoist.REMEDY, lock.REMEDY),
        "where the await can come first, nothing has to wait for anybody; the guard stays as it is",
    ),
    Row(
        "AWA204",
        "state that is used and taken down under a guard that lets several in",
        _always,
        (swap.REMEDY, lock.REMEDY),
        "what is taken before the await is nobody else's, and what comes meanwhile stays",
    ),
    Row(
        "AWA205",
        "a lock of threads that is held while a task waits",
        _always,
        (async_lock.REMEDY,),
        "tasks have to wait for it as tasks do, and not as threads",
    ),
    Row(
        "AWA206",
        "a lock of tasks that is taken like one of threads",
        _is_not_awaited,
        (),
        "write `async with {state}:` around what is to be done under the lock; it works from then on, so see that no "
        "caller holds it already",
    ),
    Row(
        "AWA206",
        "a lock that is taken by hand",
        _always,
        (managed.REMEDY,),
        "a `with` block gives the lock back on every way out, and says where it is held",
    ),
    Row(
        "AWA207",
        "a lock that several event loops share",
        _always,
        (),
        "make the lock in the loop that uses it: in the object that is made there, or on first use in a table by loop; "
        "where threads have to exclude each other, let one loop own the state",
    ),
    Row(
        "AWA202",
        "a write without the lock that others hold over a suspension",
        _always,
        (lock.MISSING,),
        "the lock is there already: whoever writes has to take it",
    ),
    Row(
        "AWA301",
        "a method that takes the lock which its caller holds",
        _always,
        (split.REMEDY,),
        "who holds the lock needs a variant that does not take it, and says so in its name",
    ),
    Row(
        "AWA302",
        "locks that are taken in opposite orders",
        _always,
        (reorder.REMEDY,),
        "with one order for all, nobody waits for who waits for him",
    ),
    Row(
        "AWA303",
        "a wait that only ends when the lock is free",
        _always,
        (),
        "wait behind the lock: put what is to be waited for into a local while the lock is held, leave the block, and "
        "await it there; where the wait is for a change of state, use a condition that is made from this lock",
    ),
)


def row_of(case: Case) -> Row:
    """Give the row for a finding: the first one that suits it.

    Raises:
        LookupError: if the rule is not in the table.
    """
    for row in TABLE:
        if row.rule == case.finding.rule and row.suits(case):
            return row
    message = f"no row for {case.finding.rule}"
    raise LookupError(message)


def ordered(row: Row, preferences: Preferences) -> tuple[Remedy, ...]:
    """Give the remedies of a row as the user prefers them, without those that are forbidden."""
    preferred, forbidden = preferences.preferred(row.rule), preferences.forbidden(row.rule)

    def rank(remedy: Remedy) -> int:
        return preferred.index(remedy.name) if remedy.name in preferred else len(preferred)

    return tuple(remedy for remedy in sorted(row.remedies, key=rank) if remedy.name not in forbidden)


def rows_for(rule: str) -> tuple[Row, ...]:
    """Give the rows for the findings of a rule, in order."""
    return tuple(row for row in TABLE if row.rule == rule)
