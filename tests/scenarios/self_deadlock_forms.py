"""Cases of the programs in ``fixtures/self_deadlock/``: forms in which a lock is held or taken without a plain call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .case import FixtureCase, Task
from .self_deadlock_splits import LOCK, ONE_LOAD, ledger, only_hanging_counts

_ONE_PUT: Mapping[str, Task] = {"put": lambda ledger: ledger.put("two")}


def _kept() -> FixtureCase:
    """A program whose work is done in several goes, and that never waits for itself."""
    return replace(ledger(None), invariant=only_hanging_counts)


CASES: dict[str, FixtureCase] = {
    "self_deadlock/context_manager.py": ledger("safe"),
    "self_deadlock/keep_context_manager.py": _kept(),
    "self_deadlock/held_by_manager.py": ledger("safe"),
    "self_deadlock/keep_held_by_manager.py": _kept(),
    "self_deadlock/entered_object.py": ledger("refused", refusal="lock-in-manager"),
    "self_deadlock/keep_entered_object.py": _kept(),
    "self_deadlock/iterator.py": ledger("refused", refusal="lock-in-manager"),
    "self_deadlock/keep_iterator.py": _kept(),
    "self_deadlock/locked_decorator.py": ledger("refused", refusal="lock-in-decorator"),
    "self_deadlock/keep_locked_decorator.py": _kept(),
    "self_deadlock/partial.py": ledger("refused", refusal="through-callback"),
    "self_deadlock/keep_partial.py": _kept(),
    "self_deadlock/callback.py": ledger("refused", refusal="through-callback"),
    "self_deadlock/keep_callback.py": _kept(),
    "self_deadlock/callback_under_lock.py": ledger("refused", refusal="through-callback"),
    "self_deadlock/keep_callback_under_lock.py": _kept(),
    "self_deadlock/semaphore.py": ledger("safe"),
    "self_deadlock/keep_semaphore.py": _kept(),
    "self_deadlock/exit_stack.py": ledger("safe"),
    "self_deadlock/keep_exit_stack.py": _kept(),
    "self_deadlock/lock_argument.py": ledger("safe"),
    "self_deadlock/keep_lock_argument.py": _kept(),
    "self_deadlock/condition_of_lock.py": ledger("safe"),
    "self_deadlock/keep_condition_of_lock.py": _kept(),
    "self_deadlock/keep_condition_of_old_lock.py": replace(_kept(), subject=lambda module: module.ApartLedger()),
    "self_deadlock/second_name.py": ledger("safe"),
    "self_deadlock/keep_second_name.py": _kept(),
    "self_deadlock/lock_in_a_local.py": ledger("safe"),
    "self_deadlock/keep_lock_in_a_local.py": _kept(),
    "self_deadlock/lock_of_class.py": ledger("safe"),
    "self_deadlock/keep_lock_of_class.py": _kept(),
    "self_deadlock/asked_in_vain.py": ledger("safe"),
    "self_deadlock/keep_asked_first.py": _kept(),
    "self_deadlock/only_what_is_missing.py": ledger("safe"),
    "self_deadlock/keep_only_what_is_missing.py": _kept(),
    "self_deadlock/keep_given_back.py": _kept(),
    "self_deadlock/acquired_with_a_limit.py": replace(
        ledger("refused", ONE_LOAD, refusal="explicit-acquire"), stalls=True
    ),
    "self_deadlock/keep_own_reentrant.py": _kept(),
    "self_deadlock/made_on_first_use.py": replace(
        ledger("refused", _ONE_PUT, refusal="helper-of-both"), findings=(LOCK,)
    ),
    "self_deadlock/keep_made_on_first_use.py": _kept(),
}
