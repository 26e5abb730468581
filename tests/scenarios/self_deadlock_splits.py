"""Cases of the programs in ``fixtures/self_deadlock/`` that are there for the shapes of what is split, or refused."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import replace
from types import ModuleType
from typing import Any

from explorer import Ending

from .case import FixtureCase, Repair, Task

LOCK = ("AWA301", "self._lock")

LOAD: Mapping[str, Task] = {"load": lambda ledger: ledger.load(["one"]), "put": lambda ledger: ledger.put("two")}


ONE_LOAD: Mapping[str, Task] = {**LOAD, "put again": lambda ledger: ledger.put("three")}


def only_hanging_counts(ending: Ending) -> bool:
    """For programs that are not meant to do all their work in one go; a deadlock is wrong in any case."""
    return True


def ledger(repair: Repair | None, tasks: Mapping[str, Task] = LOAD, refusal: str | None = None) -> FixtureCase:
    """A ledger that rows are put into, and that hangs when it is loaded."""
    return FixtureCase(
        subject=lambda module: module.Ledger(),
        tasks=tasks,
        state=lambda ledger: ledger.rows,
        calls=lambda module: module.saved,
        findings=(LOCK,) if repair else (),
        repair=repair,
        refusal=refusal,
    )


def _lines(case: FixtureCase) -> FixtureCase:
    """The case of a program whose work is done in several goes."""
    return replace(case, invariant=only_hanging_counts)


def _subclass(name: str) -> Any:  # noqa: ANN401 -- the programs under test are loaded as text
    def make(module: ModuleType) -> Any:  # noqa: ANN401 -- likewise
        return getattr(module, name)()

    return make


NUMBER: Mapping[str, Task] = {
    "load": lambda ledger: ledger.load(["one"]),
    "one": lambda ledger: ledger.number("one"),
    "two": lambda ledger: ledger.number("two"),
}

TURNED_AWAY: Mapping[str, Task] = {**LOAD, "nothing": lambda ledger: ledger.put("")}

TO_STATIC: Mapping[str, Task] = {
    "load": lambda ledger: ledger.load(["one"]),
    "put": lambda ledger: ledger.put(ledger, "two"),
}


async def _scan(ledger: Any) -> list[str]:  # noqa: ANN401 -- likewise
    return [row async for row in ledger.scan()]


async def _first(ledger: Any) -> str:  # noqa: ANN401 -- likewise
    async with aclosing(ledger.scan()) as rows:
        async for row in rows:
            return str(row)
    return ""


SCANNED: Mapping[str, Task] = {**LOAD, "scan": _scan, "first": _first}

NOTED: Mapping[str, Task] = {
    "load": lambda ledger: ledger.load(["one"]),
    "note": lambda ledger: ledger.note("two"),
    "fail": lambda ledger: ledger.note(""),
}


async def _size(ledger: Any) -> int:  # noqa: ANN401 -- likewise
    return int(await ledger.size)


SIZED: Mapping[str, Task] = {**LOAD, "size": _size}


CLOSED: Mapping[str, Task] = {
    "load": lambda ledger: ledger.load(["one"]),
    "note": lambda ledger: ledger.note("two"),
}

CHANGED = ("AWA301", "self._changed")

CASES: dict[str, FixtureCase] = {
    "self_deadlock/signature.py": ledger("safe"),
    "self_deadlock/class_method.py": replace(ledger("safe"), findings=(("AWA301", "cls._lock"),)),
    "self_deadlock/static_method.py": ledger("safe", TO_STATIC),
    "self_deadlock/decorated.py": replace(
        ledger("unsafe"), differences={"load": ("success: calls was ('one', 'noted'), is ('one',)",)}
    ),
    "self_deadlock/async_generator.py": ledger("safe", SCANNED),
    "self_deadlock/keep_async_generator.py": _lines(ledger(None, SCANNED)),
    "self_deadlock/generator_cleans_up.py": ledger("safe", SCANNED),
    "self_deadlock/keep_generator_cleans_up.py": _lines(ledger(None, SCANNED)),
    "self_deadlock/generator_part.py": ledger("safe", SCANNED),
    "self_deadlock/keep_generator_part.py": _lines(ledger(None, SCANNED)),
    "self_deadlock/generator_is_told.py": ledger("refused", refusal="generator"),
    "self_deadlock/nested_change.py": ledger("safe", NOTED),
    "self_deadlock/keep_nested_change.py": _lines(ledger(None, NOTED)),
    "self_deadlock/property.py": ledger("safe", SIZED),
    "self_deadlock/keep_property.py": _lines(ledger(None, SIZED)),
    "self_deadlock/closure.py": replace(
        ledger("safe", CLOSED), subject=lambda module: module.open_ledger(), findings=(("AWA301", "lock"),)
    ),
    "self_deadlock/keep_closure.py": replace(_lines(ledger(None, CLOSED)), subject=lambda module: module.open_ledger()),
    "self_deadlock/property_returns.py": ledger("safe", SIZED),
    "self_deadlock/keep_property_returns.py": _lines(ledger(None, SIZED)),
    "self_deadlock/task_group.py": ledger("refused", refusal="runs-beside"),
    "self_deadlock/keep_task_group.py": _lines(ledger(None)),
    "self_deadlock/shielded_with_a_limit.py": replace(
        ledger("refused", ONE_LOAD, refusal="outlives-lock"), stalls=True
    ),
    "self_deadlock/bound_method.py": ledger("refused", refusal="implicit-call"),
    "self_deadlock/name_taken.py": ledger("refused", refusal="name-taken"),
    "self_deadlock/existing_variant.py": ledger("safe"),
    "self_deadlock/override_without_lock.py": replace(ledger("safe"), subject=_subclass("LoudLedger")),
    "self_deadlock/override_notes_first.py": replace(
        ledger("unsafe"), subject=_subclass("NotingLedger"), invariant=only_hanging_counts
    ),
    "self_deadlock/override_waits_itself.py": replace(
        ledger("refused", refusal="overridden"), subject=_subclass("SlowLedger")
    ),
    "self_deadlock/declared_above.py": ledger("safe"),
    "self_deadlock/condition.py": replace(ledger("safe"), findings=(CHANGED,)),
    "self_deadlock/condition_waits.py": replace(ledger("unsafe"), findings=(CHANGED,)),
    "self_deadlock/around_the_lock.py": ledger("safe"),
    "self_deadlock/keep_around_the_lock.py": _lines(ledger(None)),
    "self_deadlock/twice_in_a_row.py": ledger("safe"),
    "self_deadlock/limited_under_the_lock.py": ledger("safe"),
    "self_deadlock/turned_away.py": ledger("unsafe", TURNED_AWAY),
    "self_deadlock/announced.py": ledger("safe"),
    "self_deadlock/remembered.py": _lines(ledger("safe")),
    "self_deadlock/looked_at_before.py": ledger("safe", NUMBER),
    "self_deadlock/part_between_waits.py": ledger("safe"),
    "self_deadlock/keep_part_between_waits.py": ledger(None),
    "self_deadlock/part_of_a_loop.py": ledger("safe"),
    "self_deadlock/part_leaves_loop.py": ledger("refused", refusal="split-partial-region"),
    "self_deadlock/part_returns_early.py": ledger("refused", refusal="split-partial-region"),
    "self_deadlock/part_to_the_end.py": ledger("safe"),
    "self_deadlock/keep_part_to_the_end.py": _lines(ledger(None)),
    "self_deadlock/part_shared_with_closure.py": ledger("refused", refusal="split-partial-region"),
    "self_deadlock/part_takes_the_lock_twice.py": ledger("refused", refusal="split-partial-region"),
}
