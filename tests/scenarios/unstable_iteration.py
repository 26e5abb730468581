"""Cases of the programs in ``fixtures/unstable_iteration/``: containers that change while they are iterated over."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType
from typing import Any

from .case import FixtureCase

MISSING = "no-remedy-yet"


async def _leave(room: Any, name: str) -> None:  # noqa: ANN401 - an object of the program under test
    room.leave(name)


async def _join(room: Any, name: str) -> None:  # noqa: ANN401 - as above
    room.join(name)


def _room(*, reported: bool) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.a_room(),
        tasks={"broadcast": lambda room: room.broadcast("hello"), "leave": lambda room: _leave(room, "a")},
        state=lambda room: [getattr(client, "name", client) for client in room.clients],
        calls=lambda module: module.sent,
        findings=(("AWA104", "self.clients"),) if reported else (),
        repair="refused" if reported else None,
        refusal=MISSING if reported else None,
    )


def _coroutines(case: FixtureCase) -> FixtureCase:
    """Give the case of a room whose ``leave`` is a coroutine."""
    return replace(case, tasks={**case.tasks, "leave": lambda room: room.leave("a")})


async def _unsubscribe(bus: Any) -> None:  # noqa: ANN401 - as above
    bus.unsubscribe("news", "a")


async def _ended(module: ModuleType) -> None:
    module.pool.ended("a")


def _pool(*, reported: bool) -> FixtureCase:
    return FixtureCase(
        tasks={"ping": lambda module: module.supervisor.ping_all(), "end": _ended},
        state=lambda module: list(module.pool.workers),
        calls=lambda module: module.pinged,
        findings=(("AWA104", "self._pool.workers"),) if reported else (),
        repair="refused" if reported else None,
        refusal=MISSING if reported else None,
    )


async def _submit(module: ModuleType, jobs: Any) -> None:  # noqa: ANN401 - as above
    jobs.submit(module.work())


CASES: dict[str, FixtureCase] = {
    "unstable_iteration/broadcast.py": _room(reported=True),
    "unstable_iteration/dropped_by_helper.py": _room(reported=True),
    "unstable_iteration/keep_dropped_from_another.py": _room(reported=False),
    "unstable_iteration/keep_broadcast_copy.py": _room(reported=False),
    "unstable_iteration/skipped_in_list.py": replace(_room(reported=True), possible=1),
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
        repair="refused",
        refusal=MISSING,
    ),
    "unstable_iteration/discarded_by_callback.py": FixtureCase(
        subject=lambda module: (module, module.some_jobs()),
        tasks={"submit": lambda pair: _submit(*pair), "join": lambda pair: pair[1].join()},
        state=lambda pair: len(pair[1].running),
        findings=(("AWA104", "self.running"),),
        repair="refused",
        refusal=MISSING,
    ),
}
