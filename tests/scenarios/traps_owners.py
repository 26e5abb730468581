"""Cases of the traps about who runs when: one owner, one call, one instant; and about what is no update at all."""

# ruff: noqa: ANN401 -- the programs under test are loaded as text, so nothing is known of their objects

from __future__ import annotations

from types import ModuleType
from typing import Any

from explorer import Ending, Faults

from .case import FixtureCase
from .traps_pairs import pair

WORKERS_DIE: tuple[Faults, ...] = (None, "cancel")
"""A worker that has died of an exception takes no more jobs, and those who wait for them wait for ever, also alone."""


def all_numbers_differ(ending: Ending) -> bool:
    """A bounded queue that nobody empties blocks every serial order; so the oracle is what numbers are for."""
    return len(set(ending.state)) == len(ending.state)


def half_full(module: ModuleType) -> Any:
    """Give the dispatcher with one job in its queue."""
    module.dispatcher.queue.put_nowait((-1, "early"))
    module.dispatcher.taken = []
    return module.dispatcher


async def take_two(dispatcher: Any) -> None:
    """Take two jobs, and note their numbers."""
    for _ in range(2):
        number, _job = await dispatcher.take()
        dispatcher.taken.append(number)


def numbers(dispatcher: Any) -> list[int]:
    """Give the numbers of all jobs that were taken or wait."""
    return [*dispatcher.taken, *(number for number, _job in dispatcher.queue._queue)]


def opened(module: ModuleType) -> Any:
    """Give the question with its future made."""
    module.question.open()
    return module.question


CASES: dict[str, FixtureCase] = {
    **pair(
        "one_worker",
        FixtureCase(
            subject=lambda module: module.ingest,
            tasks={"submit": lambda ingest: ingest.submit(1)},
            state=lambda ingest: ingest.bytes,
            findings=(("AWA101", "self.bytes"),),
            repair="safe",
            counts=(2,),
            faults=WORKERS_DIE,
        ),
    ),
    **pair(
        "closure_in_sequence",
        FixtureCase(
            subject=lambda module: module.importer(),
            tasks={"one row": lambda import_one: import_one(1), "two rows": lambda import_one: import_one(2)},
            findings=(("AWA101", "count"),),
            repair="safe",
        ),
        FixtureCase(tasks={"import": lambda module: module.import_all([1, 2])}),
    ),
    **pair(
        "request_object",
        FixtureCase(
            tasks={"upload": lambda module: module.upload([1])},
            state=lambda module: module.quota.received,
            findings=(("AWA101", "self.received"),),
            repair="safe",
        ),
        FixtureCase(
            tasks={"upload": lambda module: module.upload([1, 2])},
            findings=(("AWA101", "self.received"),),
            possible=1,
        ),
    ),
    **pair(
        "owner_comment",
        FixtureCase(
            tasks={"measure": lambda module: module.measure([1])},
            state=lambda module: module.meter.total,
            findings=(("AWA101", "self.total"),),
            repair="safe",
        ),
        FixtureCase(tasks={"measure": lambda module: module.measure([1, 2])}),
    ),
    **pair(
        "guarded_by_comment",
        FixtureCase(
            subject=lambda module: module.printer,
            tasks={"print": lambda printer: printer.print(1)},
            state=lambda printer: printer.pages,
            findings=(("AWA002", "# awaitomic: guarded-by[self._turns]"), ("AWA101", "self.pages")),
            repair="safe",
        ),
    ),
    **pair(
        "lifecycle_method",
        FixtureCase(
            subject=lambda module: module.service,
            tasks={"pool": lambda service: service.pool()},
            calls=lambda module: module.opened,
            findings=(("AWA102", "self._pool"),),
            repair="safe",
        ),
        FixtureCase(
            subject=lambda module: module.service,
            tasks={
                "start": lambda service: service.start(),
                "answer": lambda service: service.answer("open"),
                "answer again": lambda service: service.answer("still open"),
            },
            calls=lambda module: module.opened,
        ),
    ),
    **pair(
        "constant_write",
        FixtureCase(
            subject=lambda module: module.probe,
            tasks={"unplug": lambda probe: probe.unplug(), "plug in": lambda probe: probe.plug_in()},
            state=lambda probe: probe.sensor,
            calls=lambda module: module.talks,
            may_repeat=("old", "new"),
            findings=(("AWA103", "self.sensor"),),
            repair="safe",
        ),
        FixtureCase(
            subject=lambda module: module.probe,
            tasks={"check": lambda probe: probe.check(), "plug in": lambda probe: probe.plug_in()},
            state=lambda probe: (probe.sensor, probe.healthy),
            calls=lambda module: module.talks,
        ),
    ),
    **pair(
        "while_running",
        FixtureCase(
            subject=lambda module: module.feed,
            tasks={"follow": lambda feed: feed.follow()},
            state=lambda feed: feed.connected,
            calls=lambda module: module.started,
            findings=(("AWA102", "self.connected"),),
            repair="safe",
        ),
    ),
    **pair(
        "event_cleared_at_once",
        FixtureCase(
            subject=lambda module: module.index,
            tasks={"write": lambda index: index.write(1)},
            state=lambda index: (index.written, index.indexed),
            findings=(("AWA103", "self.changed"),),
            repair="unsafe",
        ),
    ),
    **pair(
        "queue_without_bound",
        FixtureCase(
            subject=half_full,
            tasks={
                "submit": lambda dispatcher: dispatcher.submit("one"),
                "take": take_two,
                "submit more": lambda dispatcher: dispatcher.submit("two"),
            },
            state=numbers,
            invariant=all_numbers_differ,
            findings=(("AWA103", "self.number"),),
            repair="unsafe",
            counts=(3,),
            before_counts=(3,),
            faults=(None,),
        ),
    ),
    **pair(
        "future_result",
        FixtureCase(
            subject=lambda module: module.question,
            tasks={"yes": lambda question: question.propose("yes"), "no": lambda question: question.propose("no")},
            state=lambda question: question.answer,
            findings=(("AWA102", "self.answer"),),
            repair="safe",
        ),
        FixtureCase(
            subject=opened,
            tasks={"yes": lambda question: question.propose("yes"), "no": lambda question: question.propose("no")},
        ),
    ),
    "traps/save_and_restore.py": FixtureCase(
        tasks={"quiet": lambda module: module.console.run_quietly(module.work)},
        state=lambda module: module.console.level,
        findings=(("AWA106", "self.level"),),
        repair="unsafe",
    ),
    "traps/restore_plus_one.py": FixtureCase(
        tasks={"quiet": lambda module: module.console.run_quietly(module.work)},
        state=lambda module: module.console.level,
        findings=(("AWA101", "self.level"),),
        repair="unsafe",
    ),
}
