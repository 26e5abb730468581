"""A deterministic model checker for small asyncio programs.

Tests that run a race once prove nothing; this package runs *every* schedule of a program, with asyncio's real tasks,
locks, queues and timeouts on an event loop whose order is chosen from outside. It proves that a program
loses an update before a repair (`check_before`), that it never does afterwards (`check_after`), and that the repair
left a single task alone (`check_alone`). Standard library only.

The oracle and what it allows under faults: `explorer.oracle`. The schedules: `explorer.machine`. Why skipping states is
sound: `explorer.state`.
"""

from __future__ import annotations

from .alone import Run, alone, check_alone, differences
from .locks import ReentrantLock
from .loop import ExplorerLoop, outside
from .oracle import Oracle, Violation, check_after, check_before, find_violation
from .scenario import (
    PROGRAM,
    Ending,
    Fault,
    Faults,
    Journal,
    Mode,
    Nondeterminism,
    Outcome,
    Scenario,
    Truncated,
    World,
    freeze,
    load,
)
from .search import explore, serial_outcomes

__all__ = [
    "PROGRAM",
    "Ending",
    "ExplorerLoop",
    "Fault",
    "Faults",
    "Journal",
    "Mode",
    "Nondeterminism",
    "Oracle",
    "Outcome",
    "ReentrantLock",
    "Run",
    "Scenario",
    "Truncated",
    "Violation",
    "World",
    "alone",
    "check_after",
    "check_alone",
    "check_before",
    "differences",
    "explore",
    "find_violation",
    "freeze",
    "load",
    "outside",
    "serial_outcomes",
]
