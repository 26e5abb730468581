"""**lock**: the smallest run of statements over the span goes under a lock, and so does every writer it can lose.

A lock in one function protects nothing while another function writes without it; a lock that is taken twice by one task
hangs. So the remedy decides on all who write the state, in whatever file: `coverage` says what goes under the lock,
`home` which lock it is, `waits` and `order` what speaks against it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from awaitomic.model.finding import Applicability, Refusal
from awaitomic.model.location import AttributeStep, ItemStep, Location, Root
from awaitomic.model.preferences import Granularity
from awaitomic.program.locks import Cause, Lock
from awaitomic.program.locks.not_awaited import never_taken
from awaitomic.remedies.lock import callers, keyed
from awaitomic.remedies.lock.asked import goes_another_way, is_held_anew
from awaitomic.remedies.lock.conflicts import settle
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.remedies.lock.growing import judge_growth
from awaitomic.remedies.lock.holders import check_holders
from awaitomic.remedies.lock.home import Guardian, Home, candidates, guardian, home_of
from awaitomic.remedies.lock.lock_tables import LockTable, check_side_by_side, lock_table, own_table
from awaitomic.remedies.lock.made_late import check_made
from awaitomic.remedies.lock.modes import check_mode
from awaitomic.remedies.lock.new_lock import new_lock, of_table
from awaitomic.remedies.lock.order import check_order
from awaitomic.remedies.lock.other_work import check_other_work
from awaitomic.remedies.lock.reached import OWN
from awaitomic.remedies.lock.several_loops import in_several_loops
from awaitomic.remedies.lock.together import join
from awaitomic.remedies.lock.useless import private_around
from awaitomic.remedies.lock.waits import judge_holders, judge_newcomers, judge_waits
from awaitomic.remedies.lock.wrapping import Taken, edits_of
from awaitomic.remedies.lock.writers import Along, cover_writers, tolerates
from awaitomic.remedies.remedy import Case, Proposal, Remedy, statement_at
from awaitomic.remedies.shared.attribute import Creation
from awaitomic.remedies.shared.declined import Declined, or_refusal
from awaitomic.remedies.shared.in_tests import made_in_tests


def propose(case: Case) -> Proposal | Refusal:
    """Plan a lock over the span of a finding and over every writer that could be lost in it."""
    return propose_along(case, lambda _resolver, _access: ())


@or_refusal
def propose_along(case: Case, along: Along) -> Proposal:
    """Plan such a lock; `along` says of each other write what has to be under the lock together with it."""
    return _propose(case, along)


@or_refusal
def propose_grown(case: Case, lock: Lock) -> Proposal:
    """Plan that a lock which covers a part of a span covers all of it, by the regions in which it is taken already."""
    home = home_of(case.program, case.resolver, case.location)
    return _with_lock(case, home, _grown(case, home, lock), lambda _resolver, _access: ())


@dataclass(frozen=True, slots=True)
class _Choice:
    """A lock that could be taken: one that is there, or a new one; for a table, one for each of its keys."""

    guard: Guardian | None
    table: keyed.Table | None = None
    locks: LockTable | None = None
    """The table of locks that `guard` stands for."""
    grows: bool = False
    """Whether the regions in which `guard` is taken already become larger."""


def _grown(case: Case, home: Home, lock: Lock) -> _Choice:
    """Give the lock of a region as one that all who write the state can take.

    Raises:
        Declined: ``other-lock`` if they have no name for it.
    """
    key = case.resolver.key_of(lock.location)
    guard = next((each for each in candidates(case.program, home) if each.key == key), None)
    if guard is not None:
        return _Choice(guard, grows=True)
    table = keyed.table_of(home, case.location)
    locks = own_table(case.program, case.resolver, table, lock, case.location) if table is not None else None
    if locks is None:
        message = f"`{lock}` is no lock of the object that has `{case.finding.state}`, so that not all can take it"
        raise Declined("other-lock", message)
    return _Choice(locks.guardian, table, locks, grows=True)


def _propose(case: Case, along: Along) -> Proposal:
    check_mode(case)
    home = home_of(case.program, case.resolver, case.fact.access.location)
    by_object = case.preferences.lock_granularity is Granularity.OBJECT
    declined: Declined | None = None
    for choice in _choices(case, home, by_object=by_object):
        try:
            return _with_lock(case, home, choice, along)
        except Declined as one:
            hangs = choice.guard is not None and not choice.guard.sure and one.refusal.code == "self-deadlock"
            if not hangs and not (choice.locks is not None and by_object):
                raise
            declined = one
    assert declined is not None, "a new lock can always be asked for"
    raise declined


def _choices(case: Case, home: Home, *, by_object: bool) -> Iterator[_Choice]:
    """Give the locks to be tried, the preferred one first: an existing lock before a new one."""
    guard = guardian(case.program, home, case.function)
    if guard is not None:
        yield _Choice(guard)
    if guard is not None and guard.sure:
        return
    table = keyed.table_of(home, case.fact.access.location)
    locks = lock_table(case.program, case.resolver, table) if table is not None else None
    if locks is not None:
        yield _Choice(locks.guardian, table, locks)
    yield _Choice(None, None if by_object else table)


@or_refusal
def propose_missing(case: Case) -> Proposal:
    """Plan to take the lock that others hold, around the one write that does without: the spans have it already.

    Other writers without the lock are findings of their own.
    """
    return _at_the_door(case)


def propose_guarded(case: Case) -> Proposal | Refusal:
    """Plan a lock over a span and all other writers where others hold one already; else over the span alone."""
    outcome = propose(case)
    if not isinstance(outcome, Refusal):
        return outcome
    alone = propose_missing(case)
    return outcome if isinstance(alone, Refusal) else alone


def _at_the_door(case: Case) -> Proposal:
    program, resolver, span = case.program, case.resolver, case.finding.span
    home = home_of(program, resolver, case.fact.access.location)
    choice = _missing(case, home)
    coverage = Coverage(program, home, choice.guard, lambda _coverage, _resolver, _access: False)
    coverage.name_owner(resolver, OWN)
    coverage.demand(resolver, span.write, case.fact.access, (*span.reads, *span.guards, *span.suspends))
    return _proposal(case, coverage, choice, judge_holders)


def _missing(case: Case, home: Home) -> _Choice:
    """Give the lock that is missing, by its name.

    Raises:
        Declined: ``other-lock`` if the function has no name for it.
    """
    write = case.finding.span.write
    found = (each.span for each in case.found(case.program.unit.name) if each.function == case.finding.function)
    wanted = case.finding.span.lock or next((each.lock for each in found if each.lock and each.write == write), "")
    for guard in candidates(case.program, home):
        if str(guard.key) == wanted:
            return _Choice(guard)
    table = keyed.table_of(home, case.fact.access.location)
    locks = lock_table(case.program, case.resolver, table) if table is not None else None
    if locks is None or str(locks.guardian.key) != wanted:
        raise Declined("other-lock", f"the others hold `{wanted}`, which cannot be taken here")
    return _Choice(locks.guardian, table, locks)


def _with_lock(case: Case, home: Home, choice: _Choice, along: Along) -> Proposal:
    program, resolver = case.program, case.resolver
    guard, table = choice.guard, choice.table
    span = case.finding.span
    if table is not None:
        keyed.check_writers(program, resolver, table)
    _check_private(case)
    coverage = Coverage(program, home, guard, tolerates, grows=choice.grows)
    coverage.name_owner(resolver, OWN)
    coverage.demand(resolver, span.write, None, (*span.reads, *span.guards, *span.suspends))
    cover_writers(coverage, home, along)
    return _proposal(case, coverage, choice, judge_newcomers)


def _proposal(case: Case, coverage: Coverage, choice: _Choice, holders: Callable[[Coverage], list[str]]) -> Proposal:
    """Settle what the coverage calls for, and give the plan with all that is not sure about it.

    Parameters: `holders` judges those who hold the lock already.
    """
    program, resolver = case.program, case.resolver
    guard, table = choice.guard, choice.table
    tables = [table] if table is not None else []
    join(coverage, case.found, tables)
    settle(coverage)
    if not coverage.functions:
        raise Declined("foreign-state", "what is written without the lock are objects that nobody else has yet")
    check_order(coverage)
    if table is None and _is_entry(case.location):
        check_side_by_side(coverage)
    check_other_work(coverage, resolver, case.finding.span.write)
    check_holders(coverage)
    if guard is not None and choice.locks is None:
        check_made(coverage, guard.key)
    _check_size(coverage)
    _check_taken(coverage)
    lock, creation = _lock_of(coverage, case, choice, tables)
    edits = edits_of(coverage, lock)
    growth = list(judge_growth(coverage))
    because = [
        *judge_waits(coverage),
        *holders(coverage),
        *callers.judge_callers(coverage),
        *_tolerated(coverage),
        *_reached(coverage),
        *coverage.beside,
        *growth,
        *_by_another_name(case),
        *(_shared_by_keys(case.location) if table is None and not choice.grows else ()),
        *edits.because,
        *creation.because,
        *in_several_loops(coverage),
        *(goes_another_way(coverage) if growth or is_held_anew(coverage) else ()),
    ]
    if not because and guard is None:
        because.extend(made_in_tests(program, [each.function for each in coverage.functions.values()]))
    verb = "grow" if choice.grows else "hold" if guard is not None else "add"
    title = f"{verb} {lock} over {_listed(coverage)}"
    return Proposal(
        edits.plan(program, creation),
        Applicability.UNSAFE if because else Applicability.SAFE,
        title,
        tuple(dict.fromkeys(because)) or _TRUSTED,
    )


def _lock_of(coverage: Coverage, case: Case, choice: _Choice, tables: list[keyed.Table]) -> tuple[Taken, Creation]:
    if choice.guard is None:
        return new_lock(coverage, case.resolver, tables, case.found(case.program.unit.name))
    if choice.locks is not None:
        return of_table(coverage, tables, choice.locks), Creation((), ())
    return Taken(choice.guard.name), Creation((), ())


def _check_private(case: Case) -> None:
    """See that a lock which the call makes for itself can give way to the new one.

    Raises:
        Declined: ``explicit-acquire``.
    """
    useless = case.fact.useless_lock if case.finding.rule == "AWA203" else None
    if useless is None or useless.flaw is None or useless.flaw.cause is not Cause.MADE_ANEW:
        return
    if private_around(case.program, case.resolver, case.path(case.finding.span.write)) is not None:
        return
    message = f"`{useless}` is not taken by an `async with` that only needs another lock in its place"
    raise Declined("explicit-acquire", message)


def _check_taken(coverage: Coverage) -> None:
    """See that no function gets the lock around what gives it back, and has only seemed to take it.

    Raises:
        Declined: ``explicit-acquire``.
    """
    for inside in coverage.functions.values():
        for lock, call, _ in never_taken(inside):
            place = coverage.program.place(inside.function, call)
            message = f"`{inside.function.qualname}` does not await `{lock}.acquire()` ({place}): mend that first"
            raise Declined("explicit-acquire", message)


_REVIEWABLE_LINES = 60
"""How much code a person can be asked to see under one lock. Longer spans want another design, not a longer lock."""


def _check_size(coverage: Coverage) -> None:
    """See that nobody is offered a lock over a page and more.

    Raises:
        Declined: ``span-too-long``.
    """
    for key, runs in coverage.runs.items():
        function = coverage.functions[key].function
        for run in runs:
            paths = run.paths
            first = statement_at(coverage.tree_of(function), paths[0]).lineno
            last = statement_at(coverage.tree_of(function), paths[-1]).end_lineno or first
            if last - first >= _REVIEWABLE_LINES:
                message = f"in `{function.qualname}` the lock would have to be held from line {first} to line {last}"
                raise Declined("span-too-long", message)


_TRUSTED = (
    "every wait under the lock is short, and nothing in it can come back for the lock",
    "a task alone finds the lock free, and does what it did before",
)


def _tolerated(coverage: Coverage) -> list[str]:
    found = []
    for resolver, access in coverage.tolerated:
        if coverage.held(resolver, access.event):
            continue
        place = coverage.program.place(resolver.function, access.event)
        found.append(
            f"`{resolver.function.qualname}` ({place}) resets the state without the lock: "
            "while it is being filled, there is nothing to reset"
        )
    return found


def _reached(coverage: Coverage) -> Iterator[str]:
    for resolver in coverage.functions.values():
        owner = coverage.owner(resolver.function)
        if owner != OWN:
            yield f"`{resolver.function.qualname}` takes the lock of another object, `{owner}`"


def _by_another_name(case: Case) -> Iterator[str]:
    """Say of a property that what it stands for may be written without the lock."""
    location = case.location
    step = location.steps[0] if location.steps else None
    if location.root is not Root.SELF or not isinstance(step, AttributeStep):
        return
    if any(step.name in facts.properties for facts in case.program.module.lineage(location.owner)):
        yield f"`{case.finding.state}` is a property: what it stands for may be written by another name"


def _shared_by_keys(location: Location) -> Iterator[str]:
    if _is_entry(location):
        yield f"one lock serves all entries: work for one key of `{location}` waits for that of every other"


def _is_entry(location: Location) -> bool:
    return any(isinstance(step, ItemStep) for step in location.steps)


def _listed(coverage: Coverage) -> str:
    names = [f"`{resolver.function.qualname}`" for resolver in coverage.functions.values()]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


REMEDY = Remedy(
    name="lock",
    summary="hold a lock over the whole span, and in every other writer that could be lost inside it",
    conditions=(
        "All writers of the state are coroutines (or are called by holders only), and the object that owns "
        "the state can be given a lock. Never over a `yield`, nor over a wait that only code needing the lock can end. "
        "A sibling that is awaited inside and would take the lock again is split in the same fix. With "
        "`--lock-granularity key`, the entries of a table get a lock for each key."
    ),
    safety=(
        "Safe if every wait under the lock is short and runs code of this file, and nothing in it can come back for "
        "the lock. A pause is short if it is seen to take a second at most; work in a thread never is. Else unsafe: "
        "others wait as long as the span takes. Unsafe, too, if the objects are copied, looked through or made without "
        "their constructor, or are seen to be used in several event loops; if somebody goes another way while the lock "
        "is held (`if lock.locked(): return`); and, where a method is split for the lock, if something may stand in "
        "its place."
    ),
    propose=propose,
)

MISSING = replace(
    REMEDY,
    summary="hold the lock that the others hold around the write that does without",
    conditions=(
        "The write is made by a coroutine (or by a plain function that only coroutines of the program call), and it "
        "has a name for the lock. Never over a `yield`, nor where who holds the lock waits for this very function."
    ),
    propose=propose_missing,
)

GUARDED = replace(
    REMEDY,
    summary="hold the lock that the others hold over the span, too, and in every other writer that can take it",
    propose=propose_guarded,
)
