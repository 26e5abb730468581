"""Single flights that look right and are wrong: the explorer catches them, and passes what the remedy writes."""

from __future__ import annotations

from types import ModuleType

import pytest

from awaitomic.remedies import single_flight
from explorer import Ending, Scenario, World, check_after, check_alone, check_before
from explorer.oracle import find_violation
from remedies.outcome import outcome

HEAD = """
import asyncio

opened = []

async def connect():
    await asyncio.sleep(1)
    opened.append("pool")
    return f"pool {len(opened)}"

class Client:
    def __init__(self):
        self._pool = None
"""

RACE = """
    async def get(self):
        if self._pool is None:
            self._pool = await connect()
        return self._pool
"""

REST = """
    async def get_or_try_again(self):
        try:
            return await self.get()
        except Exception:
            return await self.get()
"""

FLIGHT = """        self._pool_task = None

    async def get(self):
        if self._pool is None:
            if self._pool_task is None or self._pool_task.done():
                self._pool_task = asyncio.create_task(self._connect_pool())
            return await asyncio.shield(self._pool_task)
        return self._pool

    async def _connect_pool(self):
        \"\"\"Fill `_pool`, once for all who wait for it in `get`.\"\"\"
        self._pool = await connect()
        return self._pool
"""

DROPPING = """        self._pool_task = None

    async def get(self):
        if self._pool is None:
            if self._pool_task is None:
                self._pool_task = asyncio.create_task(self._connect_pool())
            await asyncio.shield(self._pool_task)
        return self._pool

    async def _connect_pool(self):
        try:
            self._pool = await connect()
        finally:
            self._pool_task = None
"""

WAITERS_STORE = """        self._pool_task = None

    async def get(self):
        if self._pool is None:
            if self._pool_task is None or self._pool_task.done():
                self._pool_task = asyncio.create_task(connect())
            self._pool = await asyncio.shield(self._pool_task)
        return self._pool
"""

WAITERS_DROP = """        self._pool_task = None

    async def get(self):
        if self._pool is None:
            if self._pool_task is None:
                self._pool_task = asyncio.create_task(self._connect_pool())
            try:
                await asyncio.shield(self._pool_task)
            finally:
                self._pool_task = None
        return self._pool

    async def _connect_pool(self):
        self._pool = await connect()
"""

RIGHT = {"what the remedy writes": FLIGHT, "a task that drops itself": DROPPING}
WRONG = {
    "each who waits stores by himself": (WAITERS_STORE, None),
    "the task is not kept": (
        FLIGHT.replace("self._pool_task = asyncio", "task = asyncio").replace("(self._pool_task)", "(task)"),
        None,
    ),
    "no shield": (FLIGHT.replace("asyncio.shield(self._pool_task)", "self._pool_task"), "cancel"),
    "everybody who waits drops the task": (WAITERS_DROP, "cancel"),
    "a failed task is kept": (FLIGHT.replace(" or self._pool_task.done()", ""), "exception"),
    "the task is dropped only after success": (
        DROPPING.replace("        try:\n            self._pool =", "        self._pool =").replace(
            "        finally:\n            self", "        self"
        ),
        "exception",
    ),
}


def _is_one(ending: Ending) -> bool:
    """One pool at most, which all have got; whoever was cancelled is the only one without, and a second try helps."""
    pools = len(ending.calls)
    failed = [result for result in ending.results if result[0] != "returns"]
    cancelled = [result for result in failed if result[1] == "CancelledError"]
    returned = {result[1] for result in ending.results if result[0] == "returns"}
    return pools <= 1 and len(cancelled) <= 1 and (not cancelled or len(failed) == 1) and returned <= {ending.state}


def _helps(ending: Ending) -> bool:
    """Who tries again after a failure succeeds."""
    return _is_one(ending) and ending.results[0][0] == "returns"


def _scenario(*names: str, **more: object) -> Scenario:
    def setup(module: ModuleType, count: int) -> World:
        client = module.Client()
        tasks = [getattr(client, names[min(number, len(names) - 1)]) for number in range(count)]
        return World(tasks, observe=lambda: client._pool, calls=lambda: module.opened)

    return Scenario("pool", setup, **more)  # type: ignore[arg-type]


GETTERS = _scenario("get", invariant=_is_one)
TRIES_AGAIN = _scenario("get_or_try_again", "get", invariant=_helps)


def _is_caught(text: str, fault: str | None) -> bool:
    scenario = TRIES_AGAIN if fault == "exception" else GETTERS
    modes = ("fifo", "any_ready")
    return any(
        find_violation(text, scenario, count, mode, fault) is not None  # type: ignore[arg-type]
        for count in (2, 3)
        for mode in modes
    )


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_flight_is_caught(name: str) -> None:
    text, fault = WRONG[name]
    assert _is_caught(HEAD + text + REST, fault)


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_one_passes(name: str) -> None:
    text = HEAD + RIGHT[name] + REST
    assert check_after(text, GETTERS, counts=(2,)) == []
    assert check_after(text, TRIES_AGAIN, counts=(2,), faults=("exception",)) == []


def test_of_three_one_may_go_away() -> None:
    assert check_after(HEAD + FLIGHT + REST, GETTERS, counts=(3,), faults=("cancel",)) == []


@pytest.mark.parametrize("name", RIGHT)
def test_undisturbed_a_right_one_is_as_if_one_came_after_the_other(name: str) -> None:
    assert check_after(HEAD + RIGHT[name] + REST, _scenario("get"), faults=(None,)) == []


def test_the_remedy_writes_the_right_one() -> None:
    found = outcome(single_flight.propose, "AWA102", HEAD + RACE + REST)
    assert found.text == HEAD + FLIGHT + REST
    assert found.verdict == "unsafe"
    check_before(HEAD + RACE + REST, GETTERS)


GOES_ON = [
    "cancel at sleep #1: state was None, is 'pool 1'",
    "cancel at sleep #1: calls was (), is ('pool',)",
    "cancel at inner step #1: only after",
    "cancel at inner step #2: only after",
    "cancel at inner step #3: only after",
    "cancel at yield #1: only after",
]


def test_a_task_alone_sees_only_that_the_work_goes_on_when_it_is_cancelled() -> None:
    assert check_alone(HEAD + RACE + REST, HEAD + FLIGHT + REST, _scenario("get"), GOES_ON) == []


CLOSE = """
    async def close(self):
        if self._pool is not None:
            closed.append(self._pool.close())
            self._pool = None
"""
CLOSED = HEAD.replace("opened = []", "opened = []\nclosed = []").replace(
    'return f"pool {len(opened)}"', "return Pool(len(opened))"
)
POOL = """
class Pool:
    def __init__(self, number):
        self.number = number

    def close(self):
        return self.number
"""
LOOKED_FOR = RACE.replace("return self._pool", "return self._pool.number")


def test_one_that_is_closed_meanwhile_is_had_from_the_task_and_not_looked_for_again() -> None:
    """Between the end of the task and the turn of those who wait for it, somebody may have closed what it made."""
    before = CLOSED + RACE + CLOSE + POOL
    found = outcome(single_flight.propose, "AWA102", before)
    assert found.text is not None
    assert any(reason.startswith("`Client.close` (line") for reason in found.because)
    assert check_after(found.text, _scenario("get", "get", "close"), counts=(3,), faults=(None,)) == []
    assert outcome(single_flight.propose, "AWA102", CLOSED + LOOKED_FOR + CLOSE + POOL).verdict == "written-elsewhere"
    wrong = found.text.replace("return await asyncio.shield(self._pool_task)", "await asyncio.shield(self._pool_task)")
    wrong = wrong.replace(
        "        return self._pool\n\n    async def _connect",
        "        return self._pool.number\n\n    async def _connect",
    )
    assert find_violation(wrong, _scenario("get", "get", "close"), 3, "any_ready") is not None
