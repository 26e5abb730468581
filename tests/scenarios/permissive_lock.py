"""Cases of the programs in ``fixtures/permissive_lock/``: guards that are held, and let others in."""

from __future__ import annotations

from .case import FixtureCase


def _crawler(*findings: tuple[str, str]) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.crawler,
        tasks={"fetch": lambda crawler: crawler.fetch()},
        state=lambda crawler: crawler.pages,
        findings=findings,
        repair="safe" if findings else None,
    )


CASES: dict[str, FixtureCase] = {
    "permissive_lock/semaphore.py": _crawler(("AWA204", "self.pages")),
    "permissive_lock/semaphore_around_a_test.py": FixtureCase(
        subject=lambda module: module.shop,
        tasks={"buy": lambda shop: shop.buy()},
        state=lambda shop: shop.left,
        findings=(("AWA204", "self.left"),),
        repair="safe",
    ),
    "permissive_lock/keep_lock_inside_a_semaphore.py": _crawler(),
    "permissive_lock/keep_read_after_the_wait.py": _crawler(),
}
