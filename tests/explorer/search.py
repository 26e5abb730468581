"""Depth-first search over every schedule, by running the program again and again (stateless model checking).

Each run follows the choices of the run before up to the deepest point with an untried alternative. To keep small
programs small, a run is given up where it reaches a *state* that has been seen: a state is everything that decides the
future (see `explorer.state`), so whatever could follow has followed, or will, below the first visit. Where a state
cannot be described in full there is no such shortcut. `reduce=False` switches every shortcut off; the explorer's
own tests compare both.
"""

from __future__ import annotations

import functools
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import locks
from .machine import Choice, Machine
from .scenario import Ending, Faults, Mode, Nondeterminism, Outcome, Scenario
from .state import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_STEPS = 5_000
"""Moves after which a run counts as endless; it truncates the search."""


@dataclass(slots=True)
class _Node:
    """A point with more than one choice, and which of them is being tried."""

    labels: tuple[object, ...]
    index: int = 0


class _Search:
    def __init__(
        self,
        make: Callable[[], Machine],
        limit: int,
        reduce: bool,
        stop: Callable[[Ending], bool] | None,
    ) -> None:
        self.make, self.limit, self.reduce, self.stop = make, limit, reduce, stop
        self.path: list[_Node] = []
        self.seen: set[bytes] = set()
        self.outcome = Outcome()
        self.stopped = False

    def run(self) -> Outcome:
        while True:
            if self.outcome.runs >= self.limit:
                self.outcome.truncated = True
                return self.outcome
            self.outcome.runs += 1
            with self.make() as machine:
                self._one_run(machine)
            if self.stopped or self.outcome.truncated or not self._backtrack():
                return self.outcome

    def _one_run(self, machine: Machine) -> None:
        depth = 0
        while choices := machine.choices():
            if machine.steps >= MAX_STEPS:
                self.outcome.truncated = True
                return
            if len(choices) == 1:
                machine.apply(choices[0])
                continue
            if depth < len(self.path):
                node = self._replayed(depth, choices)
            elif self._seen_before(machine):
                return
            else:
                node = _Node(_labels(choices))
                self.path.append(node)
            depth += 1
            machine.apply(choices[node.index])
        ending = machine.ending()
        if ending not in self.outcome.endings:
            self.outcome.endings[ending] = tuple(node.index for node in self.path)
            self.stopped = self.stop is not None and self.stop(ending)

    def _replayed(self, depth: int, choices: list[Choice]) -> _Node:
        node = self.path[depth]
        if node.labels != _labels(choices):
            raise Nondeterminism(f"choice {depth} was {node.labels} and is now {_labels(choices)}")
        return node

    def _seen_before(self, machine: Machine) -> bool:
        key = fingerprint(machine) if self.reduce else None
        if key is None:
            return False
        known = key in self.seen
        self.seen.add(key)
        return known

    def _backtrack(self) -> bool:
        path = self.path
        while path and path[-1].index + 1 >= len(path[-1].labels):
            path.pop()
        if path:
            path[-1].index += 1
        return bool(path)


def _labels(choices: list[Choice]) -> tuple[object, ...]:
    return tuple(choice.label() for choice in choices)


def explore(
    source: str,
    scenario: Scenario,
    count: int | None = None,
    mode: Mode = "fifo",
    faults: Faults = None,
    *,
    reduce: bool = True,
    stop: Callable[[Ending], bool] | None = None,
) -> Outcome:
    """Run a program under every schedule.

    source: the program's text. count: number of tasks, by default the scenario's. mode: see `explorer.machine`.
    faults: at most one exception out of one external wait, or one cancellation of one task wherever it is suspended.
    reduce: skip what is provably the same. stop: ends the search at the first new ending for which it is true.
    Returns the distinct endings; check `complete`. Raises Nondeterminism, and whatever the program's top level raises.
    """
    make = functools.partial(Machine, source, scenario, count or scenario.tasks, mode, faults, merge=reduce)
    with locks.observed(), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a coroutine left unawaited by an abandoned run is no news
        return _Search(make, scenario.limit, reduce, stop).run()


def serial_outcomes(
    source: str, scenario: Scenario, count: int | None = None, faults: Faults = None, *, reduce: bool = True
) -> Outcome:
    """Run the tasks one after the other, in every order; with faults, hit each task at each of its suspensions.

    "One after the other" includes what a task spawns: the next starts when nothing is left to run and no external
    wait is open. A task's own inner concurrency (gather, timeouts) is explored in full. Orders in which a task hangs
    are left out, unless the scenario says that a deadlock is no bug. With `cancel`, a task may also be
    cancelled before it starts, which leaves no trace but its result.
    """
    make = functools.partial(
        Machine, source, scenario, count or scenario.tasks, "any_ready", faults, serial=True, merge=reduce
    )
    suspend = scenario.cancel_at_free_locks and faults == "cancel"
    with locks.observed(free_locks_suspend=suspend), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # as in explore
        outcome = _Search(make, scenario.limit, reduce, None).run()
    if scenario.deadlock_is_bug:
        outcome.endings = {ending: path for ending, path in outcome.endings.items() if not ending.blocked}
    return outcome
