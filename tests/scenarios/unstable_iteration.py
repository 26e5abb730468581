"""Cases of the programs in ``fixtures/unstable_iteration/``: containers that change while they are iterated over."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType
from typing import Any

from .case import FixtureCase, Repair


async def _leave(room: Any, name: str) -> None:  # noqa: ANN401 - an object of the program under test
    room.leave(name)


async def _join(room: Any, name: str) -> None:  # noqa: ANN401 - an object of the program under test
    room.join(name)


def _room(*, reported: bool) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.a_room(),
        tasks={"broadcast": lambda room: room.broadcast("hello"), "leave": lambda room: _leave(room, "a")},
        state=lambda room: [getattr(client, "name", client) for client in room.clients],
        calls=lambda module: module.sent,
        findings=(("AWA104", "self.clients"),) if reported else (),
        repair="unsafe" if reported else None,
    )


def _coroutines(case: FixtureCase) -> FixtureCase:
    """Give the case of a room whose ``leave`` is a coroutine."""
    return replace(case, tasks={**case.tasks, "leave": lambda room: room.leave("a")})


async def _unsubscribe(bus: Any) -> None:  # noqa: ANN401 - an object of the program under test
    bus.unsubscribe("news", "a")


async def _ended(module: ModuleType) -> None:
    module.pool.ended("a")


def _pool(*, reported: bool) -> FixtureCase:
    return FixtureCase(
        tasks={"ping": lambda module: module.supervisor.ping_all(), "end": _ended},
        state=lambda module: list(module.pool.workers),
        calls=lambda module: module.pinged,
        findings=(("AWA104", "self._pool.workers"),) if reported else (),
        repair="unsafe" if reported else None,
    )


async def _tear_down(house: Any, name: str) -> None:  # noqa: ANN401 - an object of the program under test
    house.tear_down(name)


def _house(*, repair: Repair | None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.a_house(),
        tasks={"announce": lambda house: house.announce("hello"), "tear down": lambda house: _tear_down(house, "b")},
        state=lambda house: list(house.rooms),
        calls=lambda module: module.told,
        findings=(("AWA104", "self.rooms"),) if repair else (),
        repair=repair,
    )


async def _forget(crawler: Any, page: str) -> None:  # noqa: ANN401 - an object of the program under test
    crawler.forget(page)


async def _submit(module: ModuleType, jobs: Any) -> None:  # noqa: ANN401 - an object of the program under test
    jobs.submit(module.work())


CASES: dict[str, FixtureCase] = {
    "unstable_iteration/broadcast.py": _room(reported=True),
    "unstable_iteration/dropped_by_helper.py": _room(reported=True),
    "unstable_iteration/keep_dropped_from_another.py": _room(reported=False),
    "unstable_iteration/keep_broadcast_copy.py": _room(reported=False),
    "unstable_iteration/skipped_in_list.py": _room(reported=True),
    "unstable_iteration/keep_append_only.py": replace(
        _room(reported=False),
        tasks={"broadcast": lambda room: room.broadcast("hello"), "join": lambda room: _join(room, "d")},
    ),
    "unstable_iteration/comprehension.py": _coroutines(_room(reported=True)),
    "unstable_iteration/keep_leaves_the_loop.py": replace(
        _room(reported=False),
        tasks={"tell": lambda room: room.tell_somebody("hello"), "leave": lambda room: _leave(room, "b")},
    ),
    "unstable_iteration/keep_replaced.py": _room(reported=False),
    "unstable_iteration/keep_swapped_out.py": replace(
        _room(reported=False),
        tasks={"dismiss": lambda room: room.dismiss("bye"), "leave": lambda room: _leave(room, "a")},
    ),
    "unstable_iteration/locked_loop_only.py": _coroutines(_room(reported=True)),
    "unstable_iteration/keep_locked.py": _coroutines(_room(reported=False)),
    "unstable_iteration/of_another_class.py": _pool(reported=True),
    "unstable_iteration/through_property.py": _pool(reported=True),
    "unstable_iteration/keep_property_copy.py": _pool(reported=False),
    "unstable_iteration/keep_property_overridden.py": _pool(reported=False),
    "unstable_iteration/subscribers.py": FixtureCase(
        subject=lambda module: module.a_bus(),
        tasks={"publish": lambda bus: bus.publish("news", "hello"), "unsubscribe": _unsubscribe},
        state=lambda bus: bus._subscribers,
        calls=lambda module: module.delivered,
        findings=(("AWA104", "self._subscribers[topic]"),),
        repair="unsafe",
    ),
    "unstable_iteration/discarded_by_callback.py": FixtureCase(
        subject=lambda module: (module, module.some_jobs()),
        tasks={"submit": lambda pair: _submit(*pair), "join": lambda pair: pair[1].join()},
        state=lambda pair: len(pair[1].running),
        findings=(("AWA104", "self.running"),),
        repair="unsafe",
        counts=(2,),  # two jobs in a set come out in the order of their addresses, which differs from run to run
        faults=(None, "cancel"),  # a job that fails tells whoever waits for it already, and nobody who comes later
    ),
    "unstable_iteration/entries.py": _house(repair="unsafe"),
    "unstable_iteration/looked_up_by_key.py": _house(repair="safe"),
    "unstable_iteration/keep_looked_up_by_key.py": _house(repair=None),
    "unstable_iteration/only_grows.py": FixtureCase(
        subject=lambda module: module.a_board(),
        tasks={"publish": lambda board: board.publish("news"), "arrive": lambda board: board.arrive("b")},
        state=lambda board: board.readers,
        calls=lambda module: module.sent,
        findings=(("AWA104", "self.readers"),),
        repair="safe",
    ),
    "unstable_iteration/only_noted.py": FixtureCase(
        subject=lambda module: module.a_roster(),
        tasks={"names": lambda roster: roster.names(), "leave": lambda roster: _leave(roster, "a")},
        state=lambda roster: roster.present,
        findings=(("AWA104", "self.present"),),
        repair="safe",
    ),
    "unstable_iteration/unsubscribes_in_loop.py": FixtureCase(
        subject=lambda module: module.a_client(),
        tasks={"cancel": lambda client: client.cancel_all(), "drop": lambda client: client.unsubscribe("b")},
        state=lambda client: client.subscriptions,
        calls=lambda module: module.cancelled,
        findings=(("AWA104", "self.subscriptions"),),
        repair="unsafe",
        counts=(2,),  # two that cancel everything at once cancel everything twice
        differences={
            "cancel": (
                "success: result was ('raises', 'RuntimeError', ('dictionary changed size during iteration',)), "
                "is ('returns', None)",
                "success: state was ('mapping', ('b', 2), ('c', 3)), is ('mapping',)",
                "success: calls was ('a',), is ('a', 'b', 'c')",
                "exception at sleep #2: only after",
                "exception at sleep #3: only after",
                "cancel at sleep #2: only after",
                "cancel at sleep #3: only after",
            )
        },
    ),
    "unstable_iteration/crawl.py": FixtureCase(
        subject=lambda module: module.a_crawler(),
        tasks={"crawl": lambda crawler: crawler.crawl(), "forget": lambda crawler: _forget(crawler, "/")},
        state=lambda crawler: crawler.pages,
        calls=lambda module: module.fetched,
        findings=(("AWA104", "self.pages"),),
        repair="refused",
        refusal="changes-itself",
    ),
    "unstable_iteration/takes_from_front.py": FixtureCase(
        subject=lambda module: module.a_counter(),
        tasks={"call": lambda counter: counter.call_up(), "leave": lambda counter: _leave(counter, "a")},
        state=lambda counter: counter.waiting,
        calls=lambda module: module.called,
        findings=(("AWA104", "self.waiting"),),
        repair="refused",
        refusal="changes-itself",
    ),
}
