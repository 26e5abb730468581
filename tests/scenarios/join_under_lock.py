"""Cases of the programs in ``fixtures/join_under_lock/``: waits with a lock held for what needs that lock."""

from __future__ import annotations

from collections.abc import Coroutine
from types import ModuleType
from typing import Any, Protocol

from .case import ALL_FAULTS, FixtureCase, Repair
from .self_deadlock_splits import only_hanging_counts

BY_HAND = "no-remedy-yet"


class _Meter(Protocol):
    def start(self) -> Coroutine[Any, Any, None]: ...

    def stop(self) -> Coroutine[Any, Any, None]: ...


async def _life(meter: _Meter) -> None:
    await meter.start()
    await meter.stop()


def _meter(repair: Repair | None, state: str = "count") -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Meter(),
        tasks={"life": _life},
        state=lambda meter: getattr(meter, state),
        findings=(("AWA303", "self._worker, self._lock"),) if repair else (),
        repair=repair,
        refusal=BY_HAND if repair == "refused" else None,
        invariant=None if repair else only_hanging_counts,
    )


def _catalogue(repair: Repair | None, waited: str = "self._loaded") -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Catalogue(),
        tasks={"ask": lambda catalogue: catalogue.ask(), "load": lambda catalogue: catalogue.load()},
        state=lambda catalogue: catalogue.rows,
        faults=ALL_FAULTS if repair else (None,),  # who loads and is cancelled leaves those who ask waiting
        findings=(("AWA303", f"{waited}, self._lock"),) if repair else (),
        repair=repair,
        refusal=BY_HAND if repair == "refused" else None,
    )


def _printer(module: ModuleType) -> object:
    printer = module.Printer()
    printer._jobs.put_nowait("one")
    return printer


def _wire(repair: Repair | None, waited: str = "self._waiting[number]") -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Wire(),
        tasks={"ask": lambda wire: wire.ask(1), "ask again": lambda wire: wire.ask(2)},
        state=lambda wire: (sorted(wire.asked), len(wire._waiting)),
        counts=(2,),
        faults=(None,),  # who brings no answer leaves the one who asks waiting
        findings=(("AWA303", f"{waited}, self._lock"),) if repair else (),
        repair=repair,
        refusal=BY_HAND if repair == "refused" else None,
        invariant=None if repair else only_hanging_counts,
    )


def _pages(repair: Repair | None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Pages(),
        tasks={"tea": lambda pages: pages.get("tea"), "tea again": lambda pages: pages.get("tea")},
        state=lambda pages: sorted(pages.pages),
        counts=(2,),
        faults=(None,),  # who is cancelled cancels the task that all wait for
        findings=(("AWA303", "self._loading[name], self._lock"),) if repair else (),
        repair=repair,
        refusal=BY_HAND if repair == "refused" else None,
    )


def _jobs(repair: Repair | None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Jobs(),
        tasks={"life": _life},
        state=lambda jobs: jobs.count,
        findings=(("AWA303", "self._tasks, self._lock"),) if repair else (),
        repair=repair,
        refusal=BY_HAND if repair == "refused" else None,
        invariant=None if repair else only_hanging_counts,
    )


def _mill(repair: Repair | None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Mill(),
        tasks={"bring": lambda mill: mill.bring("oats"), "grind": lambda mill: mill.grind()},
        state=lambda mill: (mill.ground, mill._sacks.qsize()),
        counts=(2,),
        faults=(None,),  # where nobody grinds, who brings a sack waits
        findings=(("AWA303", "self._sacks, self._lock"),) if repair else (),
        repair=repair,
        refusal=BY_HAND if repair == "refused" else None,
    )


def _race(repair: Repair | None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Race(),
        tasks={"ann": lambda race: race.start("ann"), "bob": lambda race: race.start("bob")},
        state=lambda race: sorted(race.started),
        counts=(2,),
        faults=(None,),  # one alone waits for the other
        findings=(("AWA303", "self._line, self._lock"),) if repair else (),
        repair=repair,
        refusal=BY_HAND if repair == "refused" else None,
        invariant=None if repair else only_hanging_counts,
    )


CASES: dict[str, FixtureCase] = {
    "join_under_lock/worker_joined.py": _meter("refused"),
    "join_under_lock/keep_worker_joined.py": _meter(None),
    "join_under_lock/cancelled_worker.py": _meter("refused", "ended"),
    "join_under_lock/keep_cancelled_worker.py": _meter(None),
    "join_under_lock/ready_event.py": _catalogue("refused"),
    "join_under_lock/keep_ready_event.py": _catalogue(None),
    "join_under_lock/condition_of_another_lock.py": _catalogue("refused"),
    "join_under_lock/keep_condition_of_the_lock.py": _catalogue(None),
    "join_under_lock/answer_in_table.py": _wire("refused"),
    "join_under_lock/keep_answer_in_table.py": _wire(None),
    "join_under_lock/answer_in_list.py": _wire("refused", "self._waiting"),
    "join_under_lock/keep_answer_in_list.py": _wire(None),
    "join_under_lock/started_once.py": _pages("refused"),
    "join_under_lock/keep_started_once.py": _pages(None),
    "join_under_lock/tasks_gathered.py": _jobs("refused"),
    "join_under_lock/keep_tasks_gathered.py": _jobs(None),
    "join_under_lock/queue_full.py": _mill("refused"),
    "join_under_lock/keep_queue_full.py": _mill(None),
    "join_under_lock/meeting_under_lock.py": _race("refused"),
    "join_under_lock/keep_meeting.py": _race(None),
    "join_under_lock/queue_joined.py": FixtureCase(
        subject=_printer,
        tasks={"work": lambda printer: printer.work(1), "report": lambda printer: printer.report()},
        state=lambda printer: printer.printed,
        findings=(("AWA303", "self._jobs, self._lock"),),
        repair="refused",
        refusal=BY_HAND,
    ),
}
