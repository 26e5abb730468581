"""What a test has to know about a fixture that the fixture cannot say itself: how it is exercised, and what is right.

A fixture is an ordinary program, without a word about tests in it. Its case is the other half: which tasks run beside
each other, what is looked at when they have ended, what awaitomic has to say about the file, and in which ways an
unsafe repair may be noticed by a task that is alone.
"""

# ruff: noqa: ANN401 -- the programs under test are loaded as text, so nothing is known of their objects

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Literal

from explorer import Ending, Faults, Scenario, World

Task = Callable[[Any], Coroutine[Any, Any, Any]]
"""Makes the coroutine of one task from the case's subject."""

Repair = Literal["safe", "unsafe", "refused"]
"""What `fix` does with a file: repairs it by itself, repairs it if unsafe fixes are asked for, or leaves it alone."""

ALL_FAULTS: tuple[Faults, ...] = (None, "exception", "cancel")


def _module_itself(module: ModuleType) -> Any:
    return module


@dataclass(frozen=True, slots=True, kw_only=True)
class FixtureCase:
    """How one program in ``fixtures/`` is exercised and judged.

    tasks: by name, the coroutines that run beside each other; with more tasks than names it goes round
        (``{"add": …, "reset": …}`` with three tasks is add, reset, add). Each gets the subject.
    subject: made once for each run from the freshly executed module; the module itself where nothing is given.
    state: what is looked at in the end, from the subject; anything that `explorer.freeze` can compare.
    calls: the log of external calls, from the module; compared as a multiset, in order for one task alone.

    findings: rule and state of every finding, in the order of the file. Empty for a program that must stay silent.
    possible: of these, how many `check` shows only with ``--confidence possible``; for all others it needs nothing.
    repair: what `fix` does with the file; None where there is nothing to repair.
    refusal: with `repair="refused"`, the code of the refusal that every finding has.
    wrong_if_shared: a program that goes wrong under its tasks, and is reported only as possible, so that nothing is
        repaired: nothing in the file says that it is run so, or a second time does little harm as a rule.
    reported_by: the rule that will report this program once it exists; until then nothing is reported, and what is
        proven is only that the program is wrong.
    differences: for an unsafe repair, by name of a task, the exact lines of `explorer.check_alone`. A safe one may only
        differ in giving back a lock that was never given back.

    counts, faults: how many tasks, and which injected faults, the complete searches are made with.
    before_counts: how many tasks are tried, in this order, until the unrepaired program goes wrong.
    before_faults: the injected fault that the unrepaired program needs to go wrong, if it needs one.
    hangs: what goes wrong in the unrepaired program is that a task waits for ever (for AWA3xx it goes without saying).
    stalls: a timeout saves the first task from the lock that it holds itself. Then no schedule ends wrongly, and what
        is shown of the unrepaired program is that nothing but the timeout lets that task go on when it is alone.
    invariant, may_repeat, cancel_at_free_locks: as in `explorer.Scenario`; the design says when they are allowed.
    """

    tasks: Mapping[str, Task]
    subject: Callable[[ModuleType], Any] = _module_itself
    state: Callable[[Any], object] | None = None
    calls: Callable[[ModuleType], object] | None = None
    findings: tuple[tuple[str, str], ...] = ()
    possible: int = 0
    repair: Repair | None = None
    refusal: str | None = None
    wrong_if_shared: bool = False
    reported_by: str | None = None
    differences: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    counts: tuple[int, ...] = (2, 3)
    faults: tuple[Faults, ...] = ALL_FAULTS
    before_counts: tuple[int, ...] = (2, 3)
    before_faults: Faults = None
    hangs: bool = False
    stalls: bool = False
    invariant: Callable[[Ending], bool] | None = None
    may_repeat: tuple[str, ...] = ()
    cancel_at_free_locks: bool = False

    @property
    def is_wrong(self) -> bool:
        """Whether the program as it stands loses an update or hangs."""
        return self.repair is not None or self.reported_by is not None or self.wrong_if_shared

    def scenario(self, name: str, first: str | None = None) -> Scenario:
        """Make the explorer's scenario.

        name: how messages and timelines call the program.
        first: the task to begin with, the first one where nothing is given; for the search with one task alone.
        """
        names = list(self.tasks)
        start = names.index(first) if first is not None else 0
        ring = [self.tasks[name] for name in (*names[start:], *names[:start])]

        def setup(module: ModuleType, count: int) -> World:
            subject = self.subject(module)

            def task(number: int) -> Callable[[], Coroutine[Any, Any, Any]]:
                return lambda: ring[number % len(ring)](subject)

            state, calls = self.state, self.calls
            return World(
                [task(number) for number in range(count)],
                observe=None if state is None else lambda: state(subject),
                calls=None if calls is None else lambda: calls(module),
            )

        return Scenario(
            name,
            setup,
            invariant=self.invariant,
            may_repeat=self.may_repeat,
            cancel_at_free_locks=self.cancel_at_free_locks,
        )
