"""Who goes through a generator, or is inside of a context manager, runs at its ``yield``, in the same task.

What is moved past a ``yield``, or done only if the state is what it was before, sees what was done there: for that task
alone it makes a difference.
"""

from __future__ import annotations

from collections.abc import Iterable

from awaitomic.model.event import is_yield
from awaitomic.remedies.remedy import Case


def hands_out(case: Case, events: Iterable[int]) -> list[str]:
    """Say that other code of the same task runs at one of some events, and may change the state or look at it."""
    if any(is_yield(case.function.events[event]) for event in events):
        text = "runs at the `yield`, in the same task, and may change"
        return [f"whoever uses `{case.function.qualname}` {text} `{case.finding.state}` or look at it there"]
    return []
