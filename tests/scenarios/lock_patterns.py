"""Cases of the programs in ``fixtures/lock_patterns/``: locks that do harm."""

from __future__ import annotations

from .case import FixtureCase, Repair


def _order(repair: Repair | None = None, refusal: str | None = None) -> FixtureCase:
    return FixtureCase(
        tasks={"forth": lambda module: module.forth(), "back": lambda module: module.back()},
        state=lambda module: sorted(module.moved),
        findings=(("AWA302", "b, a"),) if repair else (),
        repair=repair,
        refusal=refusal,
    )


CASES: dict[str, FixtureCase] = {
    "lock_patterns/lock_order.py": _order("refused", "between-locks"),
    "lock_patterns/lock_order_tight.py": _order("safe"),
    "lock_patterns/keep_lock_order.py": _order(),
}
