"""Which awaits can give way to other tasks, as far as it can be said without seeing the code that is awaited."""

from __future__ import annotations

NEVER_SUSPEND = frozenset({"asyncio.timeout", "asyncio.timeout_at", "asyncio.Runner"})
"""Asynchronous context managers whose entry and exit run no other task."""

QUEUES = frozenset({"asyncio.Queue", "asyncio.LifoQueue", "asyncio.PriorityQueue"})
"""Queues whose ``put`` never suspends if they are made without a bound."""

PAUSES = frozenset({"asyncio.sleep", "anyio.sleep", "anyio.sleep_until", "trio.sleep", "trio.sleep_until"})
"""Awaits that only let time pass: what they are given is a duration, and nothing is consumed."""

LONGEST_SHORT_PAUSE = 1
"""For how many seconds others may be kept waiting for a lock by a pause without a word about it."""

LIMITED_WAITS = {"asyncio.wait_for": 1, "asyncio.wait": 1}
"""Awaits that give up after a time, with the place of the argument that says it (``timeout`` by name)."""

DEADLINES = {
    "asyncio.timeout": 0,
    "async_timeout.timeout": 0,
    "anyio.fail_after": 0,
    "anyio.move_on_after": 0,
    "trio.fail_after": 0,
    "trio.move_on_after": 0,
}
"""Managers of which the whole body gives up after a time, with the place of the argument that says it."""

TRANSPARENT_WAITS = frozenset({"asyncio.wait_for", "asyncio.shield", "anyio.fail_after", "asyncio.ensure_future"})
"""Functions that await their first argument: its effects happen inside."""

EVENT_WAITS = frozenset({"wait", "wait_for", "get", "join"})
"""Methods that wait for somebody else's action (an event, a queue, a condition)."""

ENDERS = frozenset(
    "set put put_nowait notify notify_all set_result set_exception cancel task_done release get get_nowait "
    "send_nowait".split()
)
"""Methods that end somebody's wait on the same object."""

TAKERS = frozenset({"get", "get_nowait"})
"""Methods that make room in a full queue, for which ``put`` waits."""

MEETS = frozenset({"wait", "abort", "reset"})
"""Methods that end the wait at a barrier: above all the wait of the others."""

SIGNALS = {
    "asyncio.Event": "event",
    "asyncio.locks.Event": "event",
    "anyio.Event": "event",
    "trio.Event": "event",
    "asyncio.Queue": "queue",
    "asyncio.LifoQueue": "queue",
    "asyncio.PriorityQueue": "queue",
    "asyncio.Condition": "condition",
    "asyncio.Future": "future",
    "asyncio.Barrier": "barrier",
    "asyncio.locks.Barrier": "barrier",
}
"""What tasks wait for until another one does something, by its constructor."""

FUTURE_MAKERS = frozenset({"create_future"})

ENDED_BY = {
    ("event", "wait"): frozenset({"set"}),
    ("queue", "get"): frozenset({"put", "put_nowait"}),
    ("queue", "put"): TAKERS,
    ("queue", "join"): frozenset({"task_done"}),
    ("condition", "wait"): frozenset({"notify", "notify_all"}),
    ("condition", "wait_for"): frozenset({"notify", "notify_all"}),
    ("future", ""): frozenset({"set_result", "set_exception", "cancel"}),
    ("barrier", "wait"): MEETS,
}
"""For a kind of object and the method that is awaited (none: the object itself), the methods that end the wait."""
