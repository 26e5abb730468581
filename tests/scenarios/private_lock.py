"""Cases of the programs in ``fixtures/private_lock/``: locks that each call has for itself."""

from __future__ import annotations

from .case import FixtureCase, Repair, Task


def _account(
    *tasks: Task, findings: int = 0, state: str = "self.balance", repair: Repair = "unsafe", refusal: str | None = None
) -> FixtureCase:
    return FixtureCase(
        tasks={f"task {number}": task for number, task in enumerate(tasks)},
        state=lambda module: module.account.balance,
        findings=(("AWA203", state),) * findings,
        repair=repair if findings else None,
        refusal=refusal,
    )


def _accounts(*findings: tuple[str, str]) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.accounts,
        tasks={"deposit": lambda accounts: accounts.deposit("ann", 1)},
        state=lambda accounts: accounts.balances,
        findings=findings,
        repair="unsafe" if findings else None,
    )


def _dropped(repair: Repair | None = None, refusal: str | None = None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.accounts,
        tasks={"deposit": lambda accounts: accounts.deposit("ann")},
        state=lambda accounts: accounts.balances,
        findings=(("AWA203", "self.balances[name]"),) if repair else (),
        repair=repair,
        refusal=refusal,
        before_counts=(3,),
    )


def _reports(repair: Repair | None = None) -> FixtureCase:
    return FixtureCase(
        tasks={"report": lambda module: module.reports.report("tea")},
        state=lambda module: module.printed,
        findings=(("AWA203", "self._locks[topic]"),) if repair else (),
        repair=repair,
        before_counts=(3,),
    )


def _doors(*findings: tuple[str, str]) -> FixtureCase:
    return FixtureCase(
        tasks={"count": lambda module: module.Door().count()},
        state=lambda module: module.visitors,
        findings=findings,
        repair="unsafe" if findings else None,
    )


def _journal(*findings: tuple[str, str]) -> FixtureCase:
    return FixtureCase(
        tasks={"add": lambda module: module.add()},
        state=lambda module: module.entries,
        findings=findings,
        repair="refused" if findings else None,
        refusal="no-remedy-yet" if findings else None,
    )


_DEPOSIT: Task = lambda module: module.account.deposit(1)  # noqa: E731 - a task in one line
_DRAW: Task = lambda module: module.account.draw(8)  # noqa: E731 - likewise

CASES: dict[str, FixtureCase] = {
    "private_lock/made_in_the_call.py": _account(_DEPOSIT, findings=1, repair="safe"),
    "private_lock/keep_made_with_the_object.py": _account(_DEPOSIT),
    "private_lock/made_by_a_property.py": _account(_DEPOSIT, _DRAW, _DRAW, findings=2, repair="safe"),
    "private_lock/keep_made_by_a_cached_property.py": _account(_DEPOSIT, _DRAW, _DRAW),
    "private_lock/taken_by_hand.py": _account(_DEPOSIT, findings=1, repair="refused", refusal="explicit-acquire"),
    "private_lock/made_on_the_spot.py": FixtureCase(
        tasks={"count": lambda module: module.count()},
        state=lambda module: module.visits,
        findings=(("AWA203", "visits"),),
        repair="unsafe",
    ),
    "private_lock/replaced_by_the_next.py": _journal(("AWA203", "self._lock")),
    "private_lock/keep_made_by_the_first.py": _journal(),
    "private_lock/one_for_each_door.py": _doors(("AWA203", "visitors")),
    "private_lock/keep_one_for_all_doors.py": _doors(),
    "private_lock/default_never_stored.py": _accounts(("AWA203", "self.balances[name]")),
    "private_lock/keep_default_stored.py": _accounts(),
    "private_lock/dropped_from_defaultdict.py": _dropped("safe"),
    "private_lock/dropped_in_public.py": _dropped("unsafe"),
    "private_lock/dropped_and_counted.py": _dropped("refused", "table-used"),
    "private_lock/keep_dropped_by_itself.py": _dropped(),
    "private_lock/dropped_between_reports.py": _reports("safe"),
    "private_lock/keep_dropped_when_printed.py": _reports(),
    "private_lock/keep_shared_by_the_tasks_of_a_call.py": FixtureCase(
        tasks={"total": lambda module: module.total(2)},
        counts=(2,),
        faults=(None,),
    ),
}
