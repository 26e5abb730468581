"""Cases of the programs in ``fixtures/single_flight/``: callers that wait for one task, and those that should.

All who wait for a task get its failure, which no serial order gives to more than one of them: so an invariant says what
is right.
"""

from __future__ import annotations

from dataclasses import replace

from explorer import Ending

from .case import FixtureCase, Repair


def _has_one(ending: Ending) -> bool:
    """Everybody who has got something has got the one thing that is kept, and nothing is made twice."""
    kept = {value for _, value in ending.state[1:]} if isinstance(ending.state, tuple) else {ending.state}
    returned = {str(result[1]).partition(":")[0] for result in ending.results if result[0] == "returns"}
    return returned <= kept and len(set(ending.calls)) == len(ending.calls)


def _pool(repair: Repair | None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Client(),
        tasks={"query": lambda client: client.query("a")},
        state=lambda client: client._pool,
        calls=lambda module: module.opened,
        findings=(("AWA102", "self._pool"),) if repair else (),
        repair=repair,
        invariant=_has_one,
    )


_NOTHING, _ENGINE = "('mapping',)", "('mapping', ('engine', 'engine 1 ()'))"
_MADE = "('engine', 'car')"
_ALL = "('mapping', ('car', 'car 1 (engine 1 ())'), ('engine', 'engine 1 ()'))"
_GOES_ON = (
    *(
        line
        for at in ("inner step #1", "sleep #1")
        for line in (f"cancel at {at}: state was {_NOTHING}, is {_ALL}", f"cancel at {at}: calls was (), is {_MADE}")
    ),
    *(
        line
        for at in ("inner step #2", "yield #1", "sleep #2")
        for line in (
            f"cancel at {at}: state was {_ENGINE}, is {_ALL}",
            f"cancel at {at}: calls was ('engine',), is {_MADE}",
        )
    ),
    *(f"cancel at inner step #{number}: only after" for number in range(3, 11)),
)
"""The work of a task that was cancelled is done all the same."""


def _workshop(repair: Repair | None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Workshop(),
        tasks={"machine": lambda workshop: workshop.machine("car")},
        state=lambda workshop: workshop._machines,
        calls=lambda module: module.built,
        findings=(("AWA102", "self._machines[name]"),) if repair else (),
        repair=repair,
        invariant=_has_one,
        counts=(2,),
        differences={"machine": _GOES_ON} if repair else {},
    )


CASES: dict[str, FixtureCase] = {
    "single_flight/each_waiter_stores.py": replace(_pool("unsafe"), invariant=None, counts=(2,)),
    "single_flight/keep_task_stores.py": replace(_pool(None), counts=(2,)),
    "single_flight/parts_of_a_machine.py": _workshop("unsafe"),
    "single_flight/keep_parts_of_a_machine.py": _workshop(None),
}
