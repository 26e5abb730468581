"""Decorators and calls that let one at a time go on: which are believed, and which do something else."""

from __future__ import annotations

import pytest

from awaitomic.rules import find
from program.reading import program_of

WALLET = """
import functools

def decorate(call):
    @functools.wraps(call)
    async def wrapper(self, *args):
        {wrapper}
    return wrapper

def entering(name):
    def decorate(call):
        async def wrapper(self, *args):
            async with getattr(self, name):
                return await call(self, *args)
        return wrapper
    return decorate

class Wallet:
    def __init__(self):
        self._lock = asyncio.Lock()
        self._turn = asyncio.Lock()
        self.coins = 0

    @{decorator}
    async def receive(self, n):
        {body}

    async def _receive(self, n):
        before = self.coins
        await io()
        self.coins = before + n

wallet = Wallet()
"""

COUNT = ["before = self.coins", "await io()", "self.coins = before + n"]
CALL = "return await call(self, *args)"


def reported(decorator: str = "traced", wrapper: str = CALL, body: list[str] = COUNT) -> set[str]:
    """Give the functions in which a lost update is reported; ``_receive`` counts only if it is called."""
    source = WALLET.format(decorator=decorator, wrapper=wrapper, body="\n        ".join(body))
    calls_inner = any("_receive" in line for line in body)
    found = list(find(program_of(source)))
    assert {finding.rule for finding in found} <= {"AWA101"}
    return {finding.function for finding in found if calls_inner or finding.function != "Wallet._receive"}


ONE_AT_A_TIME = (
    "synchronized|with_lock('coins')|locked|entering('_turn')|Job(concurrency=Concurrency.REJECT)|Job(concurrency=1)|"
    "app.task(max_instances=1)"
).split("|")


@pytest.mark.parametrize("decorator", ONE_AT_A_TIME)
def test_decorators_that_run_one_call_at_a_time(decorator: str) -> None:
    assert reported(decorator) == set()


@pytest.mark.parametrize(
    "decorator", ["traced", "clocked", "retry(3)", "Job(concurrency=5)", "Job(name='x')", "app.task(max_instances=3)"]
)
def test_decorators_of_which_nothing_says_so(decorator: str) -> None:
    assert reported(decorator) == {"Wallet.receive"}


AROUND = [
    f"async with self._lock:\n            {CALL}",
    f"await self._lock.acquire()\n        try:\n            {CALL}\n        finally:\n            self._lock.release()",
    f"await take(self._lock)\n        {CALL}",
]


@pytest.mark.parametrize("wrapper", AROUND)
def test_a_decorator_of_the_program_holds_its_lock_around_the_call(wrapper: str) -> None:
    assert reported("decorate", wrapper) == set()


BEFORE = [
    CALL,
    f"async with self._lock:\n            print(self)\n        {CALL}",
    f"if self._lock.locked():\n            return None\n        {CALL}",
]


@pytest.mark.parametrize("wrapper", BEFORE)
def test_a_decorator_that_has_given_its_lock_back_before_the_call_keeps_nobody_out(wrapper: str) -> None:
    assert reported("decorate", wrapper) == {"Wallet.receive"}


def test_what_only_a_serialised_function_calls_runs_one_at_a_time_too() -> None:
    assert reported("synchronized", body=["await self._receive(n)"]) == set()
    assert reported("decorate", AROUND[0], ["await self._receive(n)"]) == set()
    assert reported("traced", body=["await self._receive(n)"]) == {"Wallet._receive"}
    spawned = ["asyncio.create_task(self._receive(n))"]
    assert reported("synchronized", body=spawned) == {"Wallet._receive"}, "it goes on when the call has ended"


TAKEN = [
    [
        "await acquire_lock('coins')",
        "try:",
        *(f"    {line}" for line in COUNT),
        "finally:",
        "    await release_lock('coins')",
    ],
    ["if not await try_acquire_lock('coins'):", "    return", *COUNT],
    ["await db.execute('SELECT pg_advisory_xact_lock($1)', n)", *COUNT],
    ["await db.execute('SELECT GET_LOCK(%s, 10)', n)", *COUNT],
]


@pytest.mark.parametrize("body", TAKEN)
def test_locks_that_a_plain_call_takes(body: list[str]) -> None:
    assert reported(body=body) == set()


NOT_TAKEN = [
    ["await check_lock('coins')", *COUNT],
    ["await acquire_block('coins')", *COUNT],
    ["acquire_lock('coins')", *COUNT],
    ["await db.execute('SELECT 1 FROM locks')", *COUNT],
    ["await acquire_lock('coins')", "before = self.coins", "await release_lock('coins')", "await io()", COUNT[-1]],
    ["await db.execute('SELECT pg_advisory_lock(1)')", "await db.execute('SELECT pg_advisory_unlock(1)')", *COUNT],
]


@pytest.mark.parametrize("body", NOT_TAKEN)
def test_calls_that_take_none_or_give_it_back(body: list[str]) -> None:
    assert reported(body=body) == {"Wallet.receive"}
