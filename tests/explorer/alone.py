"""One task by itself: what a repair must not change.

A repaired program may differ from the original when tasks meet; that is the point of it. A single task must see no
difference, in success, and when any wait fails or it is cancelled at any suspension: same result, same state,
same external calls in the same order, same locks left held.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

from . import locks
from .machine import Choice, Machine
from .scenario import Frozen, Scenario, Truncated
from .search import MAX_STEPS


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one task. label: "success", "exception at NAME #1" or "cancel at NAME #2", where NAME is the external
    wait, or "yield", or "inner step" when the task waits for something of its own (a child task, a callback).

    calls are in order. stalled: it could go on only because a timeout fired with nothing else left to happen.
    """

    label: str
    result: Frozen
    state: Frozen
    calls: tuple[Frozen, ...] | None
    locks_held: tuple[str, ...]
    deadlock: bool
    stalled: bool


Inject = Callable[[int, Choice], Choice | None]


def _one(source: str, scenario: Scenario, label: str, inject: Inject) -> tuple[Run, list[Choice]]:
    """Run once in the ordinary order; before each move, `inject` may put a fault in its place."""
    moves: list[Choice] = []
    stalled = False
    with Machine(source, scenario, 1, "any_ready") as machine:
        while choices := machine.choices():
            if machine.steps >= MAX_STEPS:
                raise Truncated(f"{scenario.name}: one task alone does not end within {MAX_STEPS} steps")
            move = choices[0]
            task = machine.tasks[0]
            running = task is not None and not task.done()
            if running:
                stalled = stalled or move.kind == "timer"
                replacement = inject(len(moves), move)
                moves.append(move)
                move = replacement or move
            machine.apply(move)
        calls = machine.log()
        run = Run(
            label,
            machine.results()[0],
            machine.state(),
            None if calls is None else tuple(calls),
            locks.held(),
            bool(machine.blocked()),
            stalled,
        )
    return run, moves


def alone(source: str, scenario: Scenario, *, reentrant: bool = False) -> list[Run]:
    """Run one task: with success, with an exception out of each external wait, cancelled at each suspension.

    reentrant: replace asyncio.Lock by an owner-reentrant lock, for programs that hang on their own lock.
    Raises Truncated when the task does not end.
    """
    with locks.observed(reentrant=reentrant), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # as in explore
        success, moves = _one(source, scenario, "success", lambda index, move: None)
        runs = [success]
        names = _numbered(moves)
        for at, name in enumerate(names):
            if moves[at].kind == "wait":
                runs.append(_one(source, scenario, f"exception at {name}", _failing(at))[0])
        for at, name in enumerate(names):
            runs.append(_one(source, scenario, f"cancel at {name}", _cancelling(at))[0])
    return runs


def _failing(at: int) -> Inject:
    return lambda index, move: move._replace(kind="fail") if index == at else None


def _cancelling(at: int) -> Inject:
    return lambda index, move: Choice("cancel", (0,)) if index == at else None


def _numbered(moves: Sequence[Choice]) -> list[str]:
    """Names of suspensions that stay the same when other suspensions come or go: what is awaited, and how often."""
    seen: Counter[str] = Counter()
    names = []
    for move in moves:
        name = move.name if move.kind in ("wait", "timer") else "yield" if move.who == (0,) else "inner step"
        seen[name] += 1
        names.append(f"{name} #{seen[name]}")
    return names


def differences(before: Sequence[Run], after: Sequence[Run]) -> list[str]:
    """What differs between two programs, one line for each run and field: "LABEL: FIELD was X, is Y"."""
    old, new = {run.label: run for run in before}, {run.label: run for run in after}
    found = []
    for label in [*old, *(label for label in new if label not in old)]:
        if label not in new or label not in old:
            found.append(f"{label}: only {'before' if label in old else 'after'}")
            continue
        for name in (item.name for item in fields(Run) if item.name != "label"):
            was, now = getattr(old[label], name), getattr(new[label], name)
            if was != now:
                found.append(f"{label}: {name} was {was!r}, is {now!r}")
    return found


def check_alone(before: str, after: str, scenario: Scenario, expected_differences: Sequence[str] = ()) -> list[str]:
    """Design, Proof 3: one task alone behaves as before, except for exactly the differences that are expected.

    If the original hangs on itself (or is saved from that only by a timeout), it is compared as it
    would run under an owner-reentrant lock. Returns what is wrong, an empty list for a pass.
    """
    old = alone(before, scenario)
    if old[0].deadlock or old[0].stalled:
        old = alone(before, scenario, reentrant=True)
    found = differences(old, alone(after, scenario))
    unexpected = [f"unexpected: {line}" for line in found if line not in expected_differences]
    return unexpected + [f"expected but absent: {line}" for line in expected_differences if line not in found]
