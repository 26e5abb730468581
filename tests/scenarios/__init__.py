"""The registry of fixtures: for every program in ``fixtures/``, how to run it and what is the truth about it.

To add a fixture, write the program, then its `FixtureCase` under the same path in the module of its folder
(``fixtures/traps/x.py`` belongs into the `CASES` of ``scenarios/traps.py``). ``tests/test_fixtures.py`` demands both
halves, and does the rest for all of them alike:

* the findings of ``check`` at every confidence (snapshot), and that they are the ones that the case names;
* what ``fix`` and ``fix --unsafe-fixes`` write (snapshot of the diff), and that a second run changes nothing;
* *before*: a program with a `repair` or with `reported_by` goes wrong on a schedule that asyncio can really take;
* *after*: what awaitomic wrote does not, in a complete search, nor with one exception or cancellation anywhere; for a
  program that stays silent (no `findings`, no `reported_by`), the same search is made over the program itself;
* *alone*: one task sees no difference, or exactly the listed ones.

Example::

    CASES = {
        "traps/claim_first.py": FixtureCase(
            subject=lambda module: module.Loader(),
            tasks={"load": lambda loader: loader.load("a")},
            state=lambda loader: loader.rows,
            calls=lambda module: module.requests,
        ),
    }
"""

from __future__ import annotations

from . import (
    check_then_act,
    early_publish,
    inconsistent_lock,
    join_under_lock,
    late_update,
    leaked_lock,
    lock_order,
    lock_patterns,
    permissive_lock,
    private_lock,
    save_restore,
    self_deadlock,
    single_flight,
    stale_write,
    thread_lock,
    traps,
    uncovered_access,
    unstable_iteration,
)
from .case import ALL_FAULTS, FixtureCase, Repair

SCENARIOS: dict[str, FixtureCase] = {
    path: case
    for module in (
        stale_write,
        check_then_act,
        single_flight,
        late_update,
        unstable_iteration,
        early_publish,
        save_restore,
        uncovered_access,
        self_deadlock,
        leaked_lock,
        lock_order,
        join_under_lock,
        inconsistent_lock,
        thread_lock,
        lock_patterns,
        private_lock,
        permissive_lock,
        traps,
    )
    for path, case in module.CASES.items()
}
"""The cases by path of the program below ``fixtures/``, with slashes."""

__all__ = ["ALL_FAULTS", "SCENARIOS", "FixtureCase", "Repair"]
