"""Cases of the programs in ``fixtures/lock_patterns/``: locks that do not help, or do harm.

The rules for most of them are yet to come. So far these are not reported, and what is proven is that they are wrong.
"""

from __future__ import annotations

from .case import FixtureCase, Repair


def _add_and_reset(reported_by: str | None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Meter(),
        tasks={"add": lambda meter: meter.add(), "reset": lambda meter: meter.reset()},
        state=lambda meter: meter.total,
        reported_by=reported_by,
    )


def _order(repair: Repair | None = None, refusal: str | None = None) -> FixtureCase:
    return FixtureCase(
        tasks={"forth": lambda module: module.forth(), "back": lambda module: module.back()},
        state=lambda module: sorted(module.moved),
        findings=(("AWA302", "b, a"),) if repair else (),
        repair=repair,
        refusal=refusal,
    )


CASES: dict[str, FixtureCase] = {
    "lock_patterns/unlocked_writer.py": _add_and_reset("AWA202"),
    "lock_patterns/lock_order.py": _order("refused", "between-locks"),
    "lock_patterns/lock_order_tight.py": _order("safe"),
    "lock_patterns/keep_every_writer_locked.py": _add_and_reset(None),
    "lock_patterns/keep_unlocked_writer_harmless.py": _add_and_reset(None),
    "lock_patterns/keep_lock_order.py": _order(),
}
