"""Widening: what the grown region takes in, how far that may be trusted, and what is refused."""

from __future__ import annotations

import pytest

from awaitomic.remedies import recheck, widen
from remedies.carried_out import Carried, carried, refusal

SHOP = """\
import asyncio

from services import connect, fetch, log

other = asyncio.Lock()


class Shop:
    def __init__(self):
        self._lock = asyncio.Lock()
        self._cond = asyncio.Condition()
        self._done = asyncio.Event()
        self.total = 0
        self.one = None
        self.rows = {{}}

{body}

    async def io(self):
        await asyncio.sleep(0)

    async def long(self):
        async with self._lock:
            await self.io()
            self.total, self.one = 0, None
            self.rows["all"] = 0


async def main():
    shop = Shop()
    await asyncio.gather(shop.f("a"), shop.f("b"), shop.long())
"""


def _program(*lines: str) -> str:
    return SHOP.format(body="\n".join(f"    {line}" if line else "" for line in lines))


def _body(text: str) -> list[str]:
    """Give the lines of ``f``, without its indentation."""
    lines = text[text.index("    async def f(") :].split("\n")
    end = next(index for index, line in enumerate(lines) if not line.strip())
    return [line.removeprefix("        ") for line in lines[1:end]]


def _widened(*lines: str) -> Carried:
    return carried(widen.REMEDY, "AWA201", _program("async def f(self, key):", *lines))


# -- what goes under the lock, and how safe that is ----------------------------------------------------------------


def test_a_read_right_above_the_lock_comes_in_and_that_is_safe() -> None:
    result = _widened("    n = self.total", "    async with self._lock:", "        self.total = n + await self.io()")
    assert _body(result.text) == [
        "async with self._lock:",
        "    n = self.total",
        "    self.total = n + await self.io()",
    ]
    assert result.verdict == "safe"


def test_what_runs_before_the_wait_and_can_tell_makes_it_unsafe() -> None:
    result = _widened(
        "    n = self.total",
        "    log('one more')",
        "    async with self._lock:",
        "        self.total = n + await self.io()",
    )
    assert result.verdict == "unsafe"
    assert any("ran before the lock was waited for" in why for why in result.proposal.because)


def test_two_regions_become_one_over_the_await_in_between() -> None:
    result = _widened(
        "    async with self._lock:",
        "        n = self.total",
        "    more = await self.io()",
        "    async with self._lock:",
        "        self.total = n + more",
        "    return more",
    )
    assert _body(result.text) == [
        "async with self._lock:",
        "    n = self.total",
        "    more = await self.io()",
        "    self.total = n + more",
        "return more",
    ]
    assert result.verdict == "unsafe"
    assert any("was outside of the lock" in why for why in result.proposal.because)


def test_a_write_behind_the_region_comes_in() -> None:
    result = _widened(
        "    async with self._lock:",
        "        n = self.total",
        "    await self.io()",
        "    self.total = n + 1",
    )
    assert _body(result.text)[0] == "async with self._lock:"
    assert len(_body(result.text)) == 4


def test_of_several_things_that_are_entered_only_the_lock_goes() -> None:
    result = _widened(
        "    n = self.total",
        "    async with self._lock, connect() as wire:",
        "        self.total = n + await wire.read()",
    )
    assert _body(result.text)[:3] == [
        "async with self._lock:",
        "    n = self.total",
        "    async with connect() as wire:",
    ]


def test_a_branch_that_came_by_without_the_lock_makes_it_unsafe() -> None:
    result = _widened(
        "    n = self.total",
        "    if key:",
        "        async with self._lock:",
        "            self.total = n + await self.io()",
    )
    assert result.verdict == "unsafe"
    assert any("came by without waiting" in why for why in result.proposal.because)


def test_who_writes_without_the_lock_takes_it_in_the_same_fix() -> None:
    result = carried(
        widen.REMEDY,
        "AWA201",
        _program(
            "async def f(self, key):",
            "    n = self.total",
            "    async with self._lock:",
            "        self.total = n + await self.io()",
            "",
            "async def set(self, n):",
            "    self.total = n",
        ),
    )
    assert "    async def set(self, n):\n        async with self._lock:\n            self.total = n" in result.text
    assert result.verdict == "unsafe"


def test_a_sibling_in_the_grown_region_that_takes_the_lock_is_split() -> None:
    result = carried(
        widen.REMEDY,
        "AWA201",
        _program(
            "async def f(self, key):",
            "    n = self.total",
            "    await self.put(key)",
            "    async with self._lock:",
            "        self.total = n + 1",
            "",
            "async def put(self, key):",
            "    async with self._lock:",
            "        self.rows[key] = await self.io()",
        ),
    )
    assert "await self._put_locked(key)" in "".join(_body(result.text))


# -- a lock that is taken by hand ----------------------------------------------------------------------------------

TAKE, GIVE = "    await self._lock.acquire()", "self._lock.release()"


def test_a_region_by_hand_becomes_a_block_that_begins_at_the_read() -> None:
    result = _widened(
        "    n = self.total",
        "    # one at a time",
        TAKE,
        "    try:",
        "        self.total = n + await self.io()  # the sum",
        "    finally:",
        "        " + GIVE,
        "    return n",
    )
    assert _body(result.text) == [
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

    result = _widened(*held("n = self.total"), "    more = await self.io()", *held("self.total = n + more"))
    assert _body(result.text) == [
        "async with self._lock:",
        "    n = self.total",
        "    more = await self.io()",
        "    self.total = n + more",
    ]
    assert result.verdict == "unsafe"
    assert [why for why in result.proposal.because if "acquire" in why] == []


def test_handlers_and_the_rest_of_a_finally_stay() -> None:
    result = _widened(
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
    assert _body(result.text) == [
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
    result = _widened(
        TAKE,
        "    n = self.total",
        "    " + GIVE,
        "    more = await self.io()",
        "    async with self._lock:",
        "        self.total = n + more",
    )
    assert _body(result.text)[0] == "async with self._lock:"
    assert "acquire" not in result.text


def test_what_was_outside_before_the_write_behind_comes_in_with_all_of_the_region() -> None:
    result = _widened(
        TAKE, "    n = self.total", "    log(n)", "    " + GIVE, "    await self.io()", "    self.total = n + 1"
    )
    assert _body(result.text)[1:3] == ["    n = self.total", "    log(n)"]
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
    text = _program("async def f(self, key):", "    n = self.total", "    await self.io()", *lines)
    assert refusal(widen.REMEDY, "AWA201", text).code == "explicit-acquire"


# -- locks of other libraries --------------------------------------------------------------------------------------


@pytest.mark.parametrize("library", ["anyio", "trio"])
@pytest.mark.parametrize(
    "lines",
    [
        ["async with self._lock:", "    self.total = n + await self.io()"],
        [
            "await self._lock.acquire()",
            "try:",
            "    self.total = n + await self.io()",
            "finally:",
            "    self._lock.release()",
        ],
    ],
    ids=["block", "by hand"],
)
def test_locks_of_other_libraries_grow_as_well(library: str, lines: list[str]) -> None:
    group = "create_task_group" if library == "anyio" else "open_nursery"
    text = _program("async def f(self, key):", "    n = self.total", *(f"    {line}" for line in lines))
    text = text.partition("    shop = Shop()")[0].replace("asyncio", library)
    started = "".join(f"        tasks.start_soon(shop.f, {key!r})\n" for key in "ab")
    text += f"    shop = Shop()\n    async with {library}.{group}() as tasks:\n{started}"
    result = carried(widen.REMEDY, "AWA201", text)
    assert _body(result.text) == [
        "async with self._lock:",
        "    n = self.total",
        "    self.total = n + await self.io()",
    ]
    assert result.verdict == "safe"


# -- what is refused -----------------------------------------------------------------------------------------------

REFUSED = [
    ("yield-inside", ["    n = self.total", "    yield n", "    async with self._lock:", "        self.total = n + 1"]),
    (
        "waits-for-holder",
        [
            "    n = self.total",
            "    await self._done.wait()",
            "    async with self._lock:",
            "        self.total = n + 1",
            "",
            "async def finish(self):",
            "    async with self._lock:",
            "        self._done.set()",
        ],
    ),
    ("other-lock", ["    n = self.total", "    async with other:", "        self.total = n + await self.io()"]),
    (
        "sync-writer",
        [
            "    n = self.total",
            "    async with self._lock:",
            "        self.total = n + await self.io()",
            "",
            "def put(self, n):",
            "    self.total = n",
        ],
    ),
    (
        "lock-order",
        [
            "    n = self.total",
            "    async with self._cond:",
            "        await self.io()",
            "    async with self._lock:",
            "        self.total = n + 1",
            "",
            "async def g(self):",
            "    async with self._cond:",
            "        await self.long()",
        ],
    ),
]


@pytest.mark.parametrize(("code", "lines"), REFUSED, ids=[case[0] for case in REFUSED])
def test_the_lock_does_not_grow(code: str, lines: list[str]) -> None:
    assert refusal(widen.REMEDY, "AWA201", _program("async def f(self, key):", *lines)).code == code


# -- a second test under the lock ----------------------------------------------------------------------------------


def _asked(*lines: str) -> Carried:
    return carried(recheck.REMEDY, "AWA201", _program("async def f(self, key):", *lines))


FILL = ["        async with self._lock:", "            self.one = await self.io()"]


def test_a_test_around_the_lock_is_made_again_inside() -> None:
    result = _asked("    if self.one is None:", *FILL, "    return self.one")
    assert _body(result.text) == [
        "if self.one is None:",
        "    async with self._lock:",
        "        if self.one is None:",
        "            self.one = await self.io()",
        "return self.one",
    ]
    assert result.verdict == "safe"


def test_in_an_else_the_second_test_is_the_opposite() -> None:
    result = _asked("    if self.one is not None:", "        return self.one", "    else:", *FILL)
    assert "            if self.one is None:" in result.text


def test_a_way_out_is_the_first_statement_under_the_lock_too() -> None:
    result = _asked(
        "    if key in self.rows:",
        "        return self.rows[key]",
        "    async with self._lock:",
        "        self.rows[key] = await self.io()",
    )
    assert _body(result.text)[2:5] == [
        "async with self._lock:",
        "    if key in self.rows:",
        "        return self.rows[key]",
    ]


def test_a_writer_without_the_lock_makes_the_second_test_unsafe() -> None:
    result = carried(
        recheck.REMEDY,
        "AWA201",
        _program(
            "async def f(self, key):", "    if self.one is None:", *FILL, "", "def put(self):", "    self.one = 1"
        ),
    )
    assert result.verdict == "unsafe"
    assert "writes it without the lock" in result.proposal.because[0]


NOT_AGAIN = [
    ("the test decides more", ["    if self.one is None:", "        log('first')", *FILL]),
    (
        "work was done for nothing",
        [
            "    if self.one is not None:",
            "        return",
            "    one = await connect()",
            "    async with self._lock:",
            "        self.one = one",
        ],
    ),
    ("what the region binds is used", ["    if self.one is None:", *FILL, "            n = 1", "        print(n)"]),
    (
        "the region is left from inside",
        ["    if self.one is None:", *FILL, "            return self.one", "    log(1)"],
    ),
    ("the test has an effect", ["    if self.one is None and fetch(key):", *FILL]),
    (
        "the test is of a local",
        ["    one = self.one", "    if one is None:", *FILL],
    ),
    ("what it asks with is bound again", ["    if self.one is None and key:", *FILL, "            key = 1"]),
]


@pytest.mark.parametrize("lines", [case[1] for case in NOT_AGAIN], ids=[case[0] for case in NOT_AGAIN])
def test_a_test_that_cannot_simply_be_made_again_is_left_to_the_lock(lines: list[str]) -> None:
    assert refusal(recheck.REMEDY, "AWA201", _program("async def f(self, key):", *lines)).code == "no-second-test"


def test_the_handle_that_was_closed_outside_is_only_reset_if_it_is_still_there() -> None:
    result = carried(
        recheck.REMEDY,
        "AWA201",
        _program(
            "async def f(self, key):",
            "    await self.one.close()",
            "    async with self._lock:",
            "        self.one = None",
            "",
            "async def open(self):",
            "    async with self._lock:",
            "        self.one = await connect()",
        ),
    )
    assert "            if self.one is one:\n                self.one = None\n" in result.text
