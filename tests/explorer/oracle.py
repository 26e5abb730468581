"""Right or wrong: what an ending is held against.

Without a hand-written invariant the oracle is serializability: final state, every task's result (value, or type and
arguments of its exception), the multiset of external calls and the locks left held must together be those of some
serial order of the same tasks. A deadlock is wrong by itself.

With an injected fault that struck task T, the allowed endings are those of the serial orders in which T is struck at
any one of its suspension points, or, for a cancellation, before it started, or in which nobody is struck. Why each:

- *any* suspension point, since where T stands when it is struck is not part of the outcome;
- *before it started*, since a task that is cancelled while it queues for the lock at its top has done nothing yet, and
  a serial order, in which no lock is ever contended, has no other name for that;
- *nobody struck*, since a program may swallow the fault without a trace (retry, or the wait no longer mattered).

T being struck never excuses another task: the others' results must be those of the same serial order. Nor does it
excuse a stop at a place where T cannot stop when alone: code that runs in one go with what stands behind a lock, and
is now cut off by a cancellation in the queue for that lock, is reported; that is the price of a new lock. A program
that means this (its author put the lock there) says so by `Scenario.cancel_at_free_locks`, which makes taking a free
lock a suspension point of the serial orders too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .scenario import Ending, Faults, Frozen, Mode, Outcome, Scenario, Truncated
from .search import explore, serial_outcomes
from .timeline import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ALL_FAULTS: tuple[Faults, ...] = (None, "exception", "cancel")


@dataclass(frozen=True, slots=True)
class Violation:
    """One schedule that ends wrongly. schedule: the witness, as explore() gives it. allowed: the right endings."""

    source: str
    scenario: Scenario
    count: int
    mode: Mode
    faults: Faults
    schedule: tuple[int, ...]
    ending: Ending
    reason: str
    allowed: tuple[Ending, ...]

    def timeline(self) -> str:
        """The witness as one column per task: the source lines of each step, where it resumed and where it
        suspended, and below it what came out and what should have."""
        table = render(self.source, self.scenario, self.count, self.mode, self.faults, schedule=self.schedule)
        lines = [table, f"{self.reason}: {self.ending}"]
        lines += [f"  a serial order gives: {ending}" for ending in self.allowed[:4]]
        return "\n".join(lines)

    def __str__(self) -> str:
        faults = f" with one {self.faults}" if self.faults else ""
        return f"{self.scenario.name}, {self.count} tasks, {self.mode}{faults}: {self.reason}\n{self.timeline()}"


class Oracle:
    """Judges the endings of one program with a given number of tasks and kind of faults."""

    def __init__(self, source: str, scenario: Scenario, count: int, faults: Faults) -> None:
        """Runs the serial orders. Raises Truncated when they are too many."""
        self.scenario = scenario
        self.serial = Outcome()
        if scenario.invariant is None:
            self.serial = serial_outcomes(source, scenario, count, faults)
            if self.serial.truncated:
                raise Truncated(f"{scenario.name}: more than {scenario.limit} serial runs with {count} tasks")
        self._keys: dict[int | None, set[Frozen]] = {}
        for ending in self.serial.endings:
            self._keys.setdefault(ending.hit, set()).add(ending.verdict_key())

    def reason(self, ending: Ending) -> str | None:
        """Why an ending is wrong, or None if it is right."""
        if ending.blocked and self.scenario.deadlock_is_bug:
            return "deadlock: task " + ", ".join(str(i + 1) for i in ending.blocked) + " can never go on"
        if self.scenario.invariant is not None:
            return None if self.scenario.invariant(ending) else "the invariant does not hold"
        if not self._keys:
            return "no serial order runs to completion, so no ending can be right"
        if any(ending.verdict_key() in self._keys.get(hit, ()) for hit in self._excuses(ending.hit)):
            return None
        return "not serializable"

    def _excuses(self, hit: int | None) -> Iterable[int | None]:
        return self._keys if hit == -1 else {None, hit}

    def allowed(self, ending: Ending) -> tuple[Ending, ...]:
        """The serial endings that this one was compared with."""
        return tuple(right for right in self.serial.endings if right.hit in self._excuses(ending.hit))


def find_violation(
    source: str, scenario: Scenario, count: int | None = None, mode: Mode = "fifo", faults: Faults = None
) -> Violation | None:
    """The first wrong ending that a search meets, or None if a *complete* search met none.

    Raises Truncated when the limit was reached, or no schedule ever ended, before anything wrong was seen.
    """
    count = count or scenario.tasks
    oracle = Oracle(source, scenario, count, faults)
    outcome = explore(source, scenario, count, mode, faults, stop=lambda ending: oracle.reason(ending) is not None)
    for ending, schedule in outcome.endings.items():
        reason = oracle.reason(ending)
        if reason is not None:
            allowed = oracle.allowed(ending)
            return Violation(source, scenario, count, mode, faults, schedule, ending, reason, allowed)
    if outcome.truncated or not outcome.endings:
        what = f"more than {outcome.runs} runs" if outcome.truncated else "no schedule ever ends"
        raise Truncated(f"{scenario.name}: {what} with {count} tasks, {mode}, faults {faults}")
    return None


def check_before(source: str, scenario: Scenario, counts: Sequence[int] = (2, 3), faults: Faults = None) -> Violation:
    """Design, Proof 1: some schedule that asyncio can really take goes wrong, with two tasks or with three.

    What only goes wrong when a wait fails or is cancelled needs `faults`.

    Raises AssertionError when a complete search finds none, Truncated when it could not be completed.
    """
    for count in counts:
        violation = find_violation(source, scenario, count, "fifo", faults)
        if violation is not None:
            return violation
    raise AssertionError(f"{scenario.name}: no schedule goes wrong with {' or '.join(map(str, counts))} tasks")


def check_after(
    source: str, scenario: Scenario, counts: Sequence[int] = (2, 3), faults: Sequence[Faults] = ALL_FAULTS
) -> list[Violation]:
    """Design, Proof 2: a complete search over the superset of schedules, without and with one fault anywhere.

    Returns the violations, at most one for each number of tasks and kind of fault; an empty list is a pass.
    Raises Truncated when any of the searches was not complete.
    """
    found = [find_violation(source, scenario, count, "any_ready", fault) for count in counts for fault in faults]
    return [violation for violation in found if violation is not None]
