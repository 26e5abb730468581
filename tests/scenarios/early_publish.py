"""Cases of the programs in ``fixtures/early_publish/``: what says *ready* before the work is done that makes it so."""

from __future__ import annotations

from dataclasses import replace

from .case import FixtureCase, Repair, Task


def _case(
    task: Task,
    state: str | None = None,
    *,
    subject: str | None = None,
    repair: Repair = "safe",
    refusal: str | None = None,
) -> FixtureCase:
    """Run one function beside itself; `state` names the finding, `subject` the object of the module to look at."""
    return FixtureCase(
        tasks={"call": task},
        state=None if subject is None else lambda module: _without_locks(vars(getattr(module, subject))),
        findings=(("AWA105", state),) if state else (),
        repair=repair if state else None,
        refusal=refusal if state else None,
    )


def _without_locks(attributes: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in attributes.items() if "lock" not in name}


def _refill(refill: Task, read: Task, state: str | None = None, repair: Repair = "refused") -> FixtureCase:
    """Run a refill beside a reader, whose answer is what is looked at."""
    case = _case(refill, state, repair=repair, refusal="write-in-callee" if repair == "refused" else None)
    return replace(case, tasks={"refill": refill, "read": read})


_SET_WHEN_DONE = tuple(
    f"{fault} at sleep #1: state was ('mapping', ('started', True), ('wire', None)), "
    "is ('mapping', ('started', False), ('wire', None))"
    for fault in ("exception", "cancel")
)

_WHOLE = "('mapping', ('core', 'CORE'), ('local', 'LOCAL'))"
_OLD_CONTENTS_STAY = tuple(
    f"{fault} at sleep #{sleep}: state was {part}, is {_WHOLE}"
    for fault in ("exception", "cancel")
    for sleep, part in ((1, "('mapping',)"), (2, "('mapping', ('local', 'LOCAL'))"))
)
_NO_PART_OF_IT = tuple(f"{fault} at sleep #2: state was ('row 1',), is ()" for fault in ("exception", "cancel"))

CASES: dict[str, FixtureCase] = {
    "early_publish/users.py": _case(
        lambda module: module.client.acquire(), "self.users", subject="client", repair="unsafe"
    ),
    "early_publish/keep_users_locked.py": _case(lambda module: module.client.acquire(), subject="client"),
    "early_publish/counted_on_entry.py": _case(
        lambda module: module.use(), "self._counter", subject="engine", repair="unsafe"
    ),
    "early_publish/started_flag.py": _case(lambda module: module.link.send("hello"), "self.started", subject="link"),
    "early_publish/keep_closing_flag.py": _case(lambda module: module.link.close(), subject="link"),
    "early_publish/keep_refused.py": _case(lambda module: module.link.open(), subject="link"),
    "early_publish/keep_waits_until_ready.py": replace(
        _case(lambda module: module.link.open()), state=lambda module: module.link.wire
    ),
    "early_publish/stored_then_opened.py": _case(lambda module: module.use(), "self._db", subject="app"),
    "early_publish/asked_elsewhere.py": replace(
        _case(lambda module: module.link.send("hello"), "self.started", subject="link", repair="unsafe"),
        differences={"call": _SET_WHEN_DONE},
    ),
    "early_publish/stored_and_shown.py": _case(
        lambda module: module.use(), "self._db", subject="app", repair="refused", refusal="asked-without-lock"
    ),
    "early_publish/entry_before_load.py": _case(
        lambda module: module.rows("key"), "self._pages[key]", subject="cache", repair="unsafe"
    ),
    "early_publish/two_tables.py": _case(
        lambda module: module.feed.subscribe("topic"), "self.latest[topic]", subject="feed", repair="unsafe"
    ),
    "early_publish/keep_two_tables_locked.py": _case(lambda module: module.feed.subscribe("topic"), subject="feed"),
    "early_publish/keep_both_before_the_await.py": _case(
        lambda module: module.feed.subscribe("topic", "reader"), subject="feed"
    ),
    # Whoever skips the work relies on the one who does it: if that one fails, nobody has done it.
    "early_publish/keep_flag_taken_down.py": replace(
        _case(lambda module: module.sync.refresh(), subject="sync"), faults=(None,)
    ),
    "early_publish/refilled_after_clear.py": _refill(
        lambda module: module.store.update(), lambda module: module.ask(), "self.entries"
    ),
    "early_publish/refilled_by_assignment.py": replace(
        _refill(lambda module: module.prices.update(), lambda module: module.ask(), "self.rows", "unsafe"),
        state=lambda module: module.prices.rows,
        differences={"refill": _OLD_CONTENTS_STAY},
    ),
    "early_publish/refilled_by_tasks.py": _refill(
        lambda module: module.archive.reload(), lambda module: module.names(), "self._items"
    ),
    "early_publish/refilled_twice.py": replace(
        _case(lambda module: module.registry.refresh(), "self._rows", repair="unsafe"),
        state=lambda module: module.registry._rows,
        differences={"call": _NO_PART_OF_IT},
    ),
    "early_publish/keep_filled_then_published.py": _refill(
        lambda module: module.store.update(), lambda module: module.ask()
    ),
    "early_publish/keep_refilled_at_once.py": _refill(
        lambda module: module.store.update(), lambda module: module.ask()
    ),
    # A refill that fails or is cancelled leaves a part, which is another bug than to show one to those who wait.
    "early_publish/keep_refill_locked.py": replace(
        _refill(lambda module: module.archive.reload(), lambda module: module.archive.names()), faults=(None,)
    ),
    "early_publish/keep_taken_and_put_back.py": FixtureCase(
        tasks={"flush": lambda module: module.outbox.flush(), "flush again": lambda module: module.outbox.flush()},
        state=lambda module: sorted(module.outbox.sent + module.outbox._waiting),
        faults=(None,),
    ),
    "early_publish/keep_waits_for_the_other.py": replace(
        _case(lambda module: module.feed.subscribe("topic")), state=lambda module: module.feed.latest, faults=(None,)
    ),
}
