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


def _room(*findings: tuple[str, str]) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.room,
        tasks={"enter": lambda room: room.enter(), "leave": lambda room: room.leave()},
        state=lambda room: room.seats,
        findings=findings,
        repair="refused" if findings else None,
        refusal="no-remedy-yet" if findings else None,
        before_counts=(3, 4),
        counts=(2,),
        faults=(None,),
    )


def _box(*findings: tuple[str, str]) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.box,
        tasks={"put": lambda box: box.put(), "take": lambda box: box.take()},
        state=lambda box: box.taken,
        findings=findings,
        repair="refused" if findings else None,
        refusal="no-remedy-yet" if findings else None,
        before_counts=(4,),
        counts=(2,) if findings else (2, 4),
        faults=(None,),
    )


CASES: dict[str, FixtureCase] = {
    "permissive_lock/semaphore.py": _crawler(("AWA204", "self.pages")),
    "permissive_lock/size_by_default.py": _crawler(("AWA204", "self.pages")),
    "permissive_lock/keep_one_by_default.py": _crawler(),
    "permissive_lock/semaphore_around_a_test.py": FixtureCase(
        subject=lambda module: module.shop,
        tasks={"buy": lambda shop: shop.buy()},
        state=lambda shop: shop.left,
        findings=(("AWA204", "self.left"),),
        repair="safe",
    ),
    "permissive_lock/woken_once.py": _box(("AWA204", "self._letters")),
    "permissive_lock/keep_woken_and_looked_again.py": _box(),
    "permissive_lock/condition.py": _room(("AWA204", "self.seats")),
    "permissive_lock/keep_condition_looked_at_again.py": _room(),
    "permissive_lock/keep_lock_inside_a_semaphore.py": _crawler(),
    "permissive_lock/keep_read_after_the_wait.py": _crawler(),
}
