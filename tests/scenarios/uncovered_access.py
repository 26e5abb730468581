"""Cases of the programs in ``fixtures/uncovered_access/``: locks that cover a part of a span, or only its two ends."""

from __future__ import annotations

from types import ModuleType

from explorer import Ending

from .case import FixtureCase, Repair


def _meter(repair: Repair | None = None, refusal: str | None = None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Meter(),
        tasks={"add": lambda meter: meter.add()},
        state=lambda meter: meter.total,
        findings=(("AWA201", "self.total"),) if repair else (),
        repair=repair,
        refusal=refusal,
    )


def _stock(repair: Repair | None = None, refusal: str | None = None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Stock(),
        tasks={"take": lambda stock: stock.take("tea"), "fill": lambda stock: stock.fill("tea")},
        state=lambda stock: stock.counts,
        findings=(("AWA201", "self.counts[item]"),) if repair else (),
        repair=repair,
        refusal=refusal,
    )


def _rooms(repair: Repair | None = None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Rooms(),
        tasks={"join": lambda rooms: rooms.join("hall", "ann")},
        state=lambda rooms: rooms._rooms,
        calls=lambda module: module.opened,
        findings=(("AWA201", "self._rooms[name]"),) if repair else (),
        repair=repair,
    )


def _hall(repair: Repair | None = None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Hall(),
        tasks={"book": lambda hall: hall.book(), "give back": lambda hall: hall.give_back()},
        state=lambda hall: hall.free,
        findings=(("AWA201", "self.free"),) if repair else (),
        repair=repair,
    )


def _log(repair: Repair | None = None) -> FixtureCase:
    def log(module: ModuleType) -> object:
        made = module.Log()
        made.lines.append("first")
        return made

    return FixtureCase(
        subject=log,
        tasks={"flush": lambda log: log.flush(), "add": lambda log: log.add("second")},
        state=lambda log: log.lines,
        calls=lambda module: module.sent,
        findings=(("AWA201", "self.lines"),) if repair else (),
        repair=repair,
    )


def _phone(repair: Repair | None = None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Phone(),
        tasks={"hang up": lambda phone: phone.hang_up(), "speak": lambda phone: phone.speak("one")},
        state=lambda phone: phone.wire is None,
        findings=(("AWA201", "self.wire"),) if repair else (),
        repair=repair,
    )


def _pages(repair: Repair | None = None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Pages(),
        tasks={"visit": lambda pages: pages.visit("home")},
        state=lambda pages: pages._pages,
        calls=lambda module: module.loaded,
        findings=(("AWA201", "self._pages[name]"),) if repair else (),
        repair=repair,
    )


def _each_pull_counts(ending: Ending) -> bool:
    """A pull that was not refused has made a version. (To be refused is what no serial order knows.)"""
    done = sum(result == ("returns", True) for result in ending.results)
    return ending.state >= done and len(set(ending.calls)) == len(ending.calls)


def _wire(repair: Repair | None = None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Phone(),
        tasks={"renew": lambda phone: phone.renew(), "speak": lambda phone: phone.speak("one")},
        state=lambda phone: phone.wire.said,
        findings=(("AWA201", "self.wire"),) if repair else (),
        repair=repair,
    )


def _hung_up(*findings: tuple[str, str]) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.line,
        tasks={"speak": lambda line: line.speak(), "hang up": lambda line: line.hang_up()},
        state=lambda line: line.heard,
        findings=findings,
        repair="unsafe" if findings else None,
        before_counts=(3,),
    )


def _registry(*findings: tuple[str, str]) -> FixtureCase:
    return FixtureCase(
        tasks={"register": lambda module: module.registry.register("ann")},
        state=lambda module: module.registry.table.rows,
        findings=findings,
        repair="safe" if findings else None,
    )


def _line(repair: Repair | None = None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Line(),
        tasks={"speak": lambda line: line.speak("one")},
        state=lambda line: (line.users, line.wire is None),
        findings=(("AWA201", "self.wire"),) if repair else (),
        repair=repair,
    )


def _clock(repair: Repair | None = None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Clock(),
        tasks={"arm": lambda clock: clock.arm()},
        state=lambda clock: sum(alarm.rings for alarm in clock.made),
        findings=(("AWA201", "self._alarm"),) if repair else (),
        repair=repair,
    )


CASES: dict[str, FixtureCase] = {
    "uncovered_access/locked_too_late.py": _meter("safe"),
    "uncovered_access/await_between_regions.py": _meter("unsafe"),
    "uncovered_access/taken_by_hand_too_late.py": _meter("safe"),
    "uncovered_access/taken_by_hand.py": _meter("unsafe"),
    "uncovered_access/given_back_by_a_helper.py": _meter("refused", "explicit-acquire"),
    "uncovered_access/keep_held_by_hand.py": _meter(),
    "uncovered_access/lock_of_key_too_late.py": _stock("safe"),
    "uncovered_access/lock_of_key_given_back_between.py": _stock("unsafe"),
    "uncovered_access/keep_lock_of_key_held.py": _stock(),
    "uncovered_access/lock_of_key_by_getter.py": _stock("refused", "other-lock"),
    "uncovered_access/keep_lock_of_key_by_getter.py": _stock(),
    "uncovered_access/only_the_write_locked.py": _meter("unsafe"),
    "uncovered_access/keep_fresh_in_second_region.py": _meter(),
    "uncovered_access/second_test_missing.py": _rooms("safe"),
    "uncovered_access/keep_double_checked.py": _rooms(),
    "uncovered_access/given_back_too_early.py": _hall("unsafe"),
    "uncovered_access/keep_given_back_after_write.py": _hall(),
    "uncovered_access/reset_locked_only.py": _log("unsafe"),
    "uncovered_access/keep_reset_in_one_region.py": _log(),
    "uncovered_access/asked_before_the_lock.py": _phone("safe"),
    "uncovered_access/keep_asked_under_the_lock.py": _phone(),
    "uncovered_access/taken_before_the_lock.py": _wire("safe"),
    "uncovered_access/keep_taken_under_the_lock.py": _wire(),
    "uncovered_access/counted_out.py": _line("unsafe"),
    "uncovered_access/keep_counted_under_lock.py": _line(),
    "uncovered_access/added_when_free_between.py": _registry(("AWA201", "self.table")),
    "uncovered_access/keep_added_in_one_region.py": _registry(),
    "uncovered_access/closed_before_the_lock.py": _hung_up(("AWA201", "self._wire")),
    "uncovered_access/keep_closed_behind_the_lock.py": _hung_up(),
    "uncovered_access/callee_locks_too_late.py": _pages("unsafe"),
    "uncovered_access/keep_callee_looks_again.py": _pages(),
    "uncovered_access/timer_overwritten.py": _clock("safe"),
    "uncovered_access/keep_timer_ended.py": _clock(),
    "uncovered_access/keep_begins_again.py": FixtureCase(
        subject=lambda module: module.Line(),
        tasks={"one": lambda line: line.send("one"), "two": lambda line: line.send("two")},
        state=lambda line: (line._last, sorted(line.sent)),
    ),
    "uncovered_access/keep_refused_while_locked.py": FixtureCase(
        subject=lambda module: module.Repository(),
        tasks={"pull": lambda repository: repository.pull()},
        state=lambda repository: repository.version,
        calls=lambda module: module.pulled,
        invariant=_each_pull_counts,
    ),
}
