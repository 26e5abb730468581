"""Two regions that look into a store and add to it become one; and what is closed above a lock comes under it."""

from __future__ import annotations

import pytest

from awaitomic.remedies import widen
from awaitomic.remedies.widen import two_regions
from remedies.carried_out import carried, refusal

ROWS = """
import asyncio

class Rows:
    def __init__(self, db):
        self._lock = asyncio.Lock()
        self._other = asyncio.Lock()
        self.db = db

    async def put(self, table, name):
        {body}
"""
LOOK = "async with self._lock: row = await self.db.get_row(table, name)"
LEAVE = "if row: return row"
ADD = "async with self._lock: await self.db.insert(table, name)"
BY_HAND = ["await self._lock.acquire()", "try:", f"    {ADD[23:]}", "finally:", "    self._lock.release()"]


def _text(*body: str) -> str:
    return ROWS.format(body="\n        ".join(body))


def _body(text: str, name: str) -> list[str]:
    """Give the lines of the last method, as they would stand in a function of its own."""
    lines = text.splitlines()
    start = next(index for index, line in enumerate(lines) if f"async def {name}(" in line)
    return [line[8:] for line in lines[start + 1 :]]


def test_two_regions_become_one_and_keep_what_stands_between() -> None:
    text = _text(
        "async with self._lock:",
        "    row = await self.db.get_row(table, name)  # is it there?",
        "# whoever finds it is done",
        "if row:",
        "    return row",
        "async with self._lock:",
        "    await self.db.insert(table, name)",
        "return None",
    )
    result = carried(two_regions.REMEDY, "AWA201", text)
    assert _body(result.text, "put") == [
        "async with self._lock:",
        "    row = await self.db.get_row(table, name)  # is it there?",
        "    # whoever finds it is done",
        "    if row:",
        "        return row",
        "    await self.db.insert(table, name)",
        "return None",
    ]
    assert result.verdict == "safe"


def test_the_addition_may_stand_in_a_branch() -> None:
    text = _text(
        "async with self._lock:", f"    {LOOK[23:]}", "if not row:", "    async with self._lock:", f"        {ADD[23:]}"
    )
    result = carried(two_regions.REMEDY, "AWA201", text)
    assert _body(result.text, "put") == [
        "async with self._lock:",
        "    row = await self.db.get_row(table, name)",
        "    if not row:",
        "        await self.db.insert(table, name)",
    ]


REFUSED = [
    ("a wait in between", [LOOK, LEAVE, "await asyncio.sleep(0)", ADD], "waits-between"),
    ("another lock in between", [LOOK, LEAVE, "async with self._other: print(name)", ADD], "waits-between"),
    ("a wait in the other branch", [LOOK, "if not row:", f"    {ADD}", "else:", "    await f()"], "waits-between"),
    ("by hand", [LOOK, LEAVE, *BY_HAND], "explicit-acquire"),
    ("with another lock", [LOOK, LEAVE, ADD.replace("self._lock:", "self._lock, self._other:")], "with-several"),
    ("the look stands deeper", ["row = None", "if name:", f"    {LOOK}", LEAVE, ADD], "not-siblings"),
    ("a generator", [LOOK, LEAVE, "yield 1", ADD], "yield-inside"),
]


@pytest.mark.parametrize(("body", "code"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED])
def test_what_is_not_one_region_is_refused(body: list[str], code: str) -> None:
    if code == "yield-inside":
        body = [line.replace("return row", "return") for line in body]
    assert refusal(two_regions.REMEDY, "AWA201", _text(*body)).code == code


POOL = """
import asyncio

class Pool:
    def __init__(self):
        self._lock = asyncio.Lock()
        self._ws = None

    async def get(self):
        async with self._lock:
            if self._ws is None:
                self._ws = await connect()
            return self._ws

    async def reset(self):
        {reset}
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            ["ws = self._ws", "await ws.close()", "async with self._lock:", "    self._ws = None"],
            ["async with self._lock:", "    ws = self._ws", "    await ws.close()", "    self._ws = None"],
        ),
        (
            ["try:", "    await self._ws.close()", "finally:", "    async with self._lock:", "        self._ws = None"],
            [
                "async with self._lock:",
                "    try:",
                "        await self._ws.close()",
                "    finally:",
                "        self._ws = None",
            ],
        ),
    ],
)
def test_what_is_closed_above_the_lock_comes_under_it(before: list[str], after: list[str]) -> None:
    result = carried(widen.REMEDY, "AWA201", POOL.format(reset="\n        ".join(before)))
    assert _body(result.text, "reset") == after
    assert result.verdict == "unsafe"
    assert any("was outside of the lock" in why for why in result.proposal.because)
