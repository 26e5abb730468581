"""Widening the region of a lock that is taken by hand: it becomes a block, or is left."""

from __future__ import annotations

import pytest

from awaitomic.remedies import widen
from remedies.carried_out import refusal
from remedies.shops import body, program, widened

TAKE, GIVE = "    await self._lock.acquire()", "self._lock.release()"


def test_a_region_by_hand_becomes_a_block_that_begins_at_the_read() -> None:
    result = widened(
        "    n = self.total",
        "    # one at a time",
        TAKE,
        "    try:",
        "        self.total = n + await self.io()  # the sum",
        "    finally:",
        "        " + GIVE,
        "    return n",
    )
    assert body(result.text) == [
        "async with self._lock:",
        "    n = self.total",
        "    # one at a time",
        "    self.total = n + await self.io()  # the sum",
        "return n",
    ]
    assert result.verdict == "safe"


@pytest.mark.parametrize("attempt", [True, False], ids=["finally", "in one block"])
def test_two_regions_by_hand_become_one_block(attempt: bool) -> None:
    def held(line: str) -> list[str]:
        if attempt:
            return [TAKE, "    try:", f"        {line}", "    finally:", f"        {GIVE}"]
        return [TAKE, f"    {line}", f"    {GIVE}"]

    result = widened(*held("n = self.total"), "    more = await self.io()", *held("self.total = n + more"))
    assert body(result.text) == [
        "async with self._lock:",
        "    n = self.total",
        "    more = await self.io()",
        "    self.total = n + more",
    ]
    assert result.verdict == "unsafe"
    assert [why for why in result.proposal.because if "acquire" in why] == []


def test_handlers_and_the_rest_of_a_finally_stay() -> None:
    result = widened(
        "    n = self.total",
        TAKE,
        "    try:",
        "        self.total = n + await self.io()",
        "    except ValueError:",
        "        log('no')",
        "    finally:",
        "        log('done')",
        "        " + GIVE,
    )
    assert body(result.text) == [
        "async with self._lock:",
        "    n = self.total",
        "    try:",
        "        self.total = n + await self.io()",
        "    except ValueError:",
        "        log('no')",
        "    finally:",
        "        log('done')",
    ]


def test_a_region_by_hand_and_a_block_become_one() -> None:
    result = widened(
        TAKE,
        "    n = self.total",
        "    " + GIVE,
        "    more = await self.io()",
        "    async with self._lock:",
        "        self.total = n + more",
    )
    assert body(result.text)[0] == "async with self._lock:"
    assert "acquire" not in result.text


def test_what_was_outside_before_the_write_behind_comes_in_with_all_of_the_region() -> None:
    result = widened(
        TAKE, "    n = self.total", "    log(n)", "    " + GIVE, "    await self.io()", "    self.total = n + 1"
    )
    assert body(result.text)[1:3] == ["    n = self.total", "    log(n)"]
    assert "release" not in result.text


HELD = [TAKE, "    try:", "        self.total = n + 1"]
BY_HAND = [
    ("something runs behind the release", [*HELD, "    finally:", "        " + GIVE, "        log('free')"]),
    ("the release has a condition", [*HELD, "    finally:", "        if key:", "            " + GIVE]),
    ("it is given back by somebody else", [*HELD, "    finally:", "        log(self._lock)"]),
    (
        "it is given back on two ways",
        [*HELD, "    except ValueError:", "        " + GIVE, "        raise", "    " + GIVE],
    ),
    (
        "it is given back and taken again inside",
        [*HELD, "        " + GIVE, "    " + TAKE, "    finally:", "        " + GIVE],
    ),
    (
        "the wait has an end",
        [
            "    await asyncio.wait_for(self._lock.acquire(), 1)",
            "    try:",
            "        self.total = n + 1",
            "    finally:",
            "        " + GIVE,
        ],
    ),
    (
        "it goes by two names",
        ["    lock = self._lock", "    await lock.acquire()", *HELD[1:], "    finally:", "        " + GIVE],
    ),
    (
        "the wait for it is handled, too",
        ["    try:", "    " + TAKE, "        self.total = n + 1", "    finally:", "        " + GIVE],
    ),
]


@pytest.mark.parametrize("lines", [case[1] for case in BY_HAND], ids=[case[0] for case in BY_HAND])
def test_a_region_by_hand_that_is_no_block_is_left(lines: list[str]) -> None:
    text = program("async def f(self, key):", "    n = self.total", "    await self.io()", *lines)
    assert refusal(widen.REMEDY, "AWA201", text).code == "explicit-acquire"
