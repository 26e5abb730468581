"""Functions that tell the time: what they give is newer whenever they are asked, and depends on nothing else."""

from __future__ import annotations

CLOCKS = frozenset("time time_ns monotonic monotonic_ns perf_counter perf_counter_ns now utcnow current_time".split())
"""By their last name, called without the state that is written: ``loop.time()``, ``datetime.now(UTC)``."""
