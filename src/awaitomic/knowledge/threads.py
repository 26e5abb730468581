"""Calls that run a plain function in another thread, and calls by which code asks in which thread it runs."""

from __future__ import annotations

THREADS = frozenset({"Thread", "Timer"})
"""Classes whose ``target`` (or second argument) runs in a thread of its own."""

HANDED_TO_THREADS = frozenset({"submit", "to_thread", "run_in_executor", "run_sync", "start_new_thread"})
"""Callables that run one of their arguments in some thread."""

ASKS_FOR_THREAD = frozenset({"threading.get_ident", "threading.get_native_id"})

FIRST_UNBOUND = (3, 10)
"""From this Python on a lock belongs to the loop of its first contended use; before, to that of where it is made."""
