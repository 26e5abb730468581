"""Faults, single tasks and the oracle: what one exception or one cancellation may and may not excuse."""

from __future__ import annotations

import pytest

import test_explorer_wrong_fixes as fixes
from explorer import (
    Faults,
    Journal,
    Mode,
    Scenario,
    World,
    alone,
    check_after,
    check_alone,
    check_before,
    differences,
    explore,
    find_violation,
    serial_outcomes,
)

HEAD = "import asyncio\nfrom explorer import outside\nlock = asyncio.Lock()\nstate = 0\n"

TWO_WAITS = """
async def main():
    global state
    state += 1
    await outside("first")
    state += 10
    await outside("second")
    state += 100
"""

MAIN = Scenario("main", lambda module, count: World([module.main] * count, lambda: module.state))


def test_an_exception_strikes_each_wait_once() -> None:
    outcome = explore(HEAD + TWO_WAITS, MAIN, 1, "any_ready", "exception")
    assert {(ending.state, ending.results[0][-1], ending.hit) for ending in outcome.endings} == {
        (111, None, None),
        (1, ("first",), 0),
        (11, ("second",), 0),
    }


@pytest.mark.parametrize("mode", ["fifo", "any_ready"])
def test_a_cancellation_strikes_each_suspension(mode: Mode) -> None:
    outcome = explore(HEAD + TWO_WAITS, MAIN, 1, mode, "cancel")
    assert {(ending.state, ending.hit) for ending in outcome.endings if ending.results[0][0] == "raises"} == {
        (1, 0),
        (11, 0),
    }


def test_a_cancellation_reaches_a_task_in_the_queue_for_a_lock() -> None:
    source = (
        HEAD
        + "async def main():\n    global state\n    async with lock:\n        await outside('io')\n        state += 1\n"
    )
    outcome = explore(source, MAIN, 2, "any_ready", "cancel")
    assert {ending.state for ending in outcome.endings} == {1, 2}
    assert all(not ending.locks_held and not ending.blocked for ending in outcome.endings)


def test_serial_orders_are_struck_everywhere_and_before_the_start() -> None:
    cancelled = serial_outcomes(HEAD + TWO_WAITS, MAIN, 2, "cancel")
    assert {ending.state for ending in cancelled.endings} == {222, 111, 112, 122}
    assert {ending.hit for ending in cancelled.endings} == {None, 0, 1}
    failed = serial_outcomes(HEAD + TWO_WAITS, MAIN, 2, "exception")
    assert {ending.state for ending in failed.endings} == {222, 112, 122}


def test_two_faults_never_happen_in_one_run() -> None:
    for faults in ("exception", "cancel"):
        outcome = explore(HEAD + TWO_WAITS, MAIN, 2, "any_ready", faults)
        struck = [sum(result[0] == "raises" for result in ending.results) for ending in outcome.endings]
        assert set(struck) == {0, 1}


BETWEEN_WAIT_AND_LOCK = """
async def main():
    global state
    await outside("first")
    state += 10
    async with lock:
        state += 100
        await outside("second")
"""


def test_being_cut_off_in_the_queue_for_a_lock_is_reported_unless_it_is_meant() -> None:
    """Alone, a task is cut off at 0 or at 110; at 10 only where it queues for the lock."""
    violations = check_after(HEAD + BETWEEN_WAIT_AND_LOCK, MAIN)
    assert [(violation.count, violation.faults) for violation in violations] == [(2, "cancel"), (3, "cancel")]
    assert violations[0].ending.state == 120
    assert "(is cancelled)" in violations[0].timeline()
    meant = Scenario("main", MAIN.setup, cancel_at_free_locks=True)
    assert check_after(HEAD + BETWEEN_WAIT_AND_LOCK, meant) == []


def test_a_struck_task_does_not_excuse_what_only_another_could_have_left() -> None:
    """Each task means to leave its own number when it is cut off; `latest` is whoever came last."""
    source = (
        HEAD
        + """
latest = None
async def main(me):
    global state, latest
    latest = me
    try:
        await outside("io")
    except asyncio.CancelledError:
        state = latest
"""
    )
    numbered = Scenario(
        "main", lambda module, count: World([lambda: module.main(1), lambda: module.main(2)], lambda: module.state)
    )
    violation = find_violation(source, numbered, 2, "any_ready", "cancel")
    assert violation is not None
    assert (violation.ending.hit, violation.ending.state) == (0, 2)
    assert {ending.state for ending in violation.allowed} == {0, 1}
    assert find_violation(source.replace("state = latest", "state = me"), numbered, 2, "any_ready", "cancel") is None


def test_an_invariant_replaces_serializability() -> None:
    strict = Scenario("main", MAIN.setup, invariant=lambda ending: ending.state == 222)
    loose = Scenario("main", MAIN.setup, invariant=lambda ending: True)
    assert find_violation(HEAD + TWO_WAITS, loose, 2, "any_ready", "cancel") is None
    violation = find_violation(HEAD + TWO_WAITS, strict, 2, "any_ready", "cancel")
    assert violation is not None
    assert violation.reason == "the invariant does not hold"


HANDOVER = (
    HEAD + "ready = asyncio.Event()\nasync def main():\n    await ready.wait()\nasync def other():\n    ready.set()\n"
)


def test_a_hang_that_the_scenario_allows_is_an_outcome() -> None:
    allowed = Scenario("main", MAIN.setup, deadlock_is_bug=False)
    outcome = explore(HANDOVER, allowed, 2, "any_ready")
    assert [ending.blocked for ending in outcome.endings] == [(0, 1)]
    assert find_violation(HANDOVER, allowed, 2, "any_ready") is None
    assert find_violation(HANDOVER, MAIN, 2, "any_ready") is not None


def test_calls_that_may_repeat_are_compared_by_presence() -> None:
    source = (
        HEAD
        + """
async def main():
    global state
    if not state:
        journal.note("load")
        value = await outside("load", 7)
        if not state:
            state = value
    return state
"""
    )

    def setup(module: object, count: int) -> World:
        module.journal = Journal()  # type: ignore[attr-defined]  # the program's stub
        return World([module.main] * count, lambda: module.state, module.journal)  # type: ignore[attr-defined]  # same

    assert check_before(source, Scenario("fill", setup)).ending.calls == (("load",), ("load",))
    assert check_after(source, Scenario("fill", setup, may_repeat=("load",)), faults=(None,)) == []


def test_alone_lists_success_and_every_fault_in_order() -> None:
    runs = alone(HEAD + TWO_WAITS, MAIN)
    assert [(run.label, run.state) for run in runs] == [
        ("success", 111),
        ("exception at first #1", 1),
        ("exception at second #1", 11),
        ("cancel at first #1", 1),
        ("cancel at second #1", 11),
    ]


def test_alone_keeps_the_order_of_calls_and_the_locks() -> None:
    leaking = HEAD + "async def main():\n    await lock.acquire()\n    await outside('io')\n    lock.release()\n"
    runs = alone(leaking, MAIN)
    assert [run.locks_held for run in runs] == [(), ("Lock",), ("Lock",)]
    log = Scenario("log", lambda module, count: World([module.main], None, lambda: [("b",), ("a",)]))
    assert alone(leaking, log)[0].calls == (("b",), ("a",))


def test_differences_are_exact_and_must_be_expected() -> None:
    after = HEAD + TWO_WAITS.replace("state += 10\n", "state += 20\n")
    found = differences(alone(HEAD + TWO_WAITS, MAIN), alone(after, MAIN))
    assert found == [
        "success: state was 111, is 121",
        "exception at second #1: state was 11, is 21",
        "cancel at second #1: state was 11, is 21",
    ]
    assert check_alone(HEAD + TWO_WAITS, after, MAIN, found) == []
    assert check_alone(HEAD + TWO_WAITS, after, MAIN, [*found, "more"]) == ["expected but absent: more"]
    assert check_alone(HEAD + TWO_WAITS, after, MAIN, found[1:]) == [f"unexpected: {found[0]}"]


SELF_DEADLOCK = """
async def inner():
    global state
    async with lock:
        state += await outside("io", 1)

async def main():
    async with lock:
        await {call}
"""

SPLIT = """
async def inner():
    async with lock:
        await _inner_locked()

async def _inner_locked():
    global state
    state += await outside("io", 1)

async def main():
    async with lock:
        await {call}
"""


@pytest.mark.parametrize("wrapped", ["{}", "asyncio.wait_for({}, 5)"])
def test_a_self_deadlock_is_compared_as_under_a_reentrant_lock(wrapped: str) -> None:
    before = HEAD + SELF_DEADLOCK.replace("{call}", wrapped.format("inner()"))
    after = HEAD + SPLIT.replace("{call}", wrapped.format("_inner_locked()"))
    assert alone(before, MAIN)[0].deadlock or alone(before, MAIN)[0].stalled
    assert alone(before, MAIN, reentrant=True)[0].state == 1
    assert check_alone(before, after, MAIN) == []


@pytest.mark.parametrize("name", [*fixes.WRONG, *fixes.RIGHT])
@pytest.mark.parametrize("faults", [None, "exception", "cancel"])
def test_shortcuts_lose_no_ending(name: str, faults: Faults) -> None:
    source = fixes.HEAD + (fixes.WRONG.get(name) or fixes.RIGHT[name])
    short = explore(source, fixes.SCENARIO, 2, "any_ready", faults)
    full = explore(source, fixes.SCENARIO, 2, "any_ready", faults, reduce=False)
    assert full.complete
    assert {ending.verdict_key() for ending in short.endings} == {ending.verdict_key() for ending in full.endings}


@pytest.mark.parametrize("name", [*fixes.WRONG, *fixes.RIGHT])
def test_any_ready_covers_every_fifo_ending(name: str) -> None:
    source = fixes.HEAD + (fixes.WRONG.get(name) or fixes.RIGHT[name])
    fifo = explore(source, fixes.SCENARIO, 2, "fifo", "cancel")
    assert set(fifo.endings) <= set(explore(source, fixes.SCENARIO, 2, "any_ready", "cancel").endings)
