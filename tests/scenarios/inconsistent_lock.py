"""Cases of the programs in ``fixtures/inconsistent_lock/``: one door without the lock that its siblings take."""

from __future__ import annotations

from .case import FixtureCase, Repair, Task


def _meter(
    other: str, *, repair: Repair | None = None, refusal: str | None = None, rule: str = "AWA202"
) -> FixtureCase:
    tasks: dict[str, Task] = {"add": lambda meter: meter.add(), other: lambda meter: getattr(meter, other)()}
    return FixtureCase(
        subject=lambda module: module.Meter(),
        tasks=tasks,
        state=lambda meter: meter.total,
        findings=((rule, "self.total"),) if repair else (),
        repair=repair,
        refusal=refusal,
    )


def _link(repair: Repair | None = None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Link(),
        tasks={"close": lambda link: link.close(), "open": lambda link: link.open()},
        state=lambda link: (link.socket is None, [socket.closed for socket in link.made]),
        findings=(("AWA202", "self.socket"),) if repair else (),
        repair=repair,
    )


def _rows(other: Task, repair: Repair | None = None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Rows(),
        tasks={"get": lambda rows: rows.get("a"), "other": other},
        state=lambda rows: rows._rows,
        findings=(("AWA202", "self._rows[key]"),) if repair else (),
        repair=repair,
    )


def _pool(repair: Repair | None = None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Pool(),
        tasks={"take": lambda pool: pool.take(), "other": lambda pool: pool.other()},
        state=lambda pool: sorted(pool.used),
        findings=(("AWA202", "self.used"),) if repair else (),
        repair=repair,
    )


CASES: dict[str, FixtureCase] = {
    "inconsistent_lock/unlocked_reset.py": _meter("reset", repair="unsafe"),
    "inconsistent_lock/plain_writer.py": _meter("receive", repair="refused", refusal="sync-writer"),
    "inconsistent_lock/call_without_lock.py": _meter("receive", repair="safe"),
    "inconsistent_lock/variant_without_lock.py": _meter("receive", repair="safe"),
    "inconsistent_lock/keep_variant_under_lock.py": _meter("receive"),
    "inconsistent_lock/own_span.py": _meter("receive", repair="safe", rule="AWA101"),
    "inconsistent_lock/opened_while_closing.py": _link("safe"),
    "inconsistent_lock/stored_while_loading.py": _rows(lambda rows: rows.put("a", "new a"), "unsafe"),
    "inconsistent_lock/room_is_taken.py": _pool("safe"),
    "inconsistent_lock/keep_room_is_made.py": _pool(),
    "inconsistent_lock/keep_every_writer_locked.py": _meter("reset"),
    "inconsistent_lock/keep_no_wait_inside.py": _meter("reset"),
    "inconsistent_lock/keep_callers_hold.py": _meter("receive"),
    "inconsistent_lock/keep_opened_under_lock.py": _link(),
    "inconsistent_lock/keep_dropped_while_loading.py": _rows(lambda rows: rows.forget("a")),
    "inconsistent_lock/keep_closed_door.py": FixtureCase(
        subject=lambda module: module.Feed(),
        tasks={"close": lambda feed: feed.close(), "set": lambda feed: feed.set()},
        state=lambda feed: feed.last,
        counts=(2,),
    ),
}
