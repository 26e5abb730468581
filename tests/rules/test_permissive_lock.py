"""AWA204: reported where several tasks may hold the guard at once, and named once."""

from __future__ import annotations

import pytest

from awaitomic.findings.precedence import resolve
from awaitomic.rules import find
from program.reading import program_of

SHOP = """
import aiorwlock
import anyio

MOST = 4
AT_A_TIME: int = 1
CHANGED = 8

def configure(most):
    global CHANGED
    CHANGED = most

class Shop:
    def __init__(self, size):
        self.total = 0
        self.rows = {{}}
        self.ten = asyncio.Semaphore(10)
        self.five = asyncio.BoundedSemaphore(value=5)
        self.one = asyncio.Semaphore()
        self.some = asyncio.Semaphore(size)
        self.asked = asyncio.Semaphore(ask())
        self.room = anyio.CapacityLimiter(3)
        self.rw = aiorwlock.RWLock()
        self.turn = asyncio.Lock()
        self.most = asyncio.Semaphore(MOST)
        self.single = asyncio.Semaphore(AT_A_TIME)
        self.changed = asyncio.Semaphore(CHANGED)

    async def add(self, k):
        {body}

    async def from_outside(self, k):
        async with self.ten:
            await self._inside(k)

    async def _inside(self, k):
        n = self.rows.get(k, 0)
        await asyncio.sleep(0)
        self.rows[k] = n + 1

shop = Shop(3)
"""

COUNT = ["    n = self.total", "    await asyncio.sleep(0)", "    self.total = n + 1"]
FILL = ["    if k not in self.rows:", "        self.rows[k] = await load(k)"]


def found(*body: str, function: str = "Shop.add") -> list[str]:
    text = SHOP.format(body="\n        ".join(body))
    return [finding.rule for finding in resolve(find(program_of(text))) if finding.function == function]


PERMISSIVE = "self.ten|self.five|self.some|self.most|self.room|self.rw.reader|self.rw.reader_lock".split("|")


@pytest.mark.parametrize("guard", PERMISSIVE)
@pytest.mark.parametrize("work", [COUNT, FILL], ids=["count", "fill"])
def test_a_guard_that_lets_several_in_is_named(guard: str, work: list[str]) -> None:
    assert found(f"async with {guard}:", *work) == ["AWA204"]


def test_a_semaphore_that_is_acquired_by_hand_is_named() -> None:
    body = ["await self.ten.acquire()", "try:", *COUNT, "finally:", "    self.ten.release()"]
    assert found(*body) == ["AWA204"]


def test_a_semaphore_that_all_callers_hold_is_named() -> None:
    assert found("pass", function="Shop._inside") == ["AWA204"]


SILENT = (
    "self.one|self.asked|self.single|self.changed|self.rw.writer|self.turn|self.ten, self.turn|"
    "self.turn, self.rw.reader"
).split("|")


@pytest.mark.parametrize("guard", SILENT)
def test_what_keeps_others_out_is_silent(guard: str) -> None:
    assert found(f"async with {guard}:", *COUNT) == []


def test_a_semaphore_that_does_not_cover_the_span_is_not_the_reason() -> None:
    late = ["n = self.total", "async with self.ten:", "    await asyncio.sleep(0)", "self.total = n + 1"]
    assert found(*late) == ["AWA101"]


POOL = """
class Pool:
    def __init__(self):
        self.changed = asyncio.Condition()
        self.ready = asyncio.Event()
        self.used = 0
        self.items = []

    async def take(self):
        async with self.changed:
            {body}

    async def give(self, item):
        async with self.changed:
            self.items.append(item)
            self.used -= 1
            self.changed.notify()

pool = Pool()
"""


def of_pool(*body: str) -> list[str]:
    text = POOL.format(body="\n            ".join(body))
    return [finding.rule for finding in resolve(find(program_of(text))) if finding.function == "Pool.take"]


WAITS = ["await self.changed.wait()", "await self.changed.wait_for(lambda: self.items)"]


@pytest.mark.parametrize("wait", WAITS)
def test_a_condition_gives_its_lock_back_while_it_waits(wait: str) -> None:
    assert of_pool("used = self.used", wait, "self.used = used + 1") == ["AWA204"]


AFTER_THE_WAIT = [
    ["while not self.items:", "    await self.changed.wait()", "return self.items.pop()"],
    ["await self.changed.wait_for(lambda: self.used < 5)", "self.used += 1"],
    [
        "used = self.used",
        "while used > 4:",
        "    await self.changed.wait()",
        "    used = self.used",
        "self.used = used + 1",
    ],
    ["self.used += 1", "await self.changed.wait()", "self.used -= 1"],
    ["used = self.used", "await self.ready.wait()", "self.used = used + 1"],
]


@pytest.mark.parametrize("body", AFTER_THE_WAIT, ids=[case[0] + case[-1] for case in AFTER_THE_WAIT])
def test_who_looks_again_behind_the_wait_is_silent(body: list[str]) -> None:
    assert of_pool(*body) == []
