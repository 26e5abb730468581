"""Widening: what the grown region takes in, how far that may be trusted, and what is refused."""

from __future__ import annotations

import pytest

from awaitomic.remedies import widen
from remedies.carried_out import carried, refusal
from remedies.shops import body, program, widened

# -- what goes under the lock, and how safe that is ----------------------------------------------------------------


def test_a_read_right_above_the_lock_comes_in_and_that_is_safe() -> None:
    result = widened("    n = self.total", "    async with self._lock:", "        self.total = n + await self.io()")
    assert body(result.text) == [
        "async with self._lock:",
        "    n = self.total",
        "    self.total = n + await self.io()",
    ]
    assert result.verdict == "safe"


def test_what_runs_before_the_wait_and_can_tell_makes_it_unsafe() -> None:
    result = widened(
        "    n = self.total",
        "    log('one more')",
        "    async with self._lock:",
        "        self.total = n + await self.io()",
    )
    assert result.verdict == "unsafe"
    assert any("ran before the lock was waited for" in why for why in result.proposal.because)


def test_two_regions_become_one_over_the_await_in_between() -> None:
    result = widened(
        "    async with self._lock:",
        "        n = self.total",
        "    more = await self.io()",
        "    async with self._lock:",
        "        self.total = n + more",
        "    return more",
    )
    assert body(result.text) == [
        "async with self._lock:",
        "    n = self.total",
        "    more = await self.io()",
        "    self.total = n + more",
        "return more",
    ]
    assert result.verdict == "unsafe"
    assert any("was outside of the lock" in why for why in result.proposal.because)


def test_a_write_behind_the_region_comes_in() -> None:
    result = widened(
        "    async with self._lock:",
        "        n = self.total",
        "    await self.io()",
        "    self.total = n + 1",
    )
    assert body(result.text)[0] == "async with self._lock:"
    assert len(body(result.text)) == 4


def test_of_several_things_that_are_entered_only_the_lock_goes() -> None:
    result = widened(
        "    n = self.total",
        "    async with self._lock, connect() as wire:",
        "        self.total = n + await wire.read()",
    )
    assert body(result.text)[:3] == [
        "async with self._lock:",
        "    n = self.total",
        "    async with connect() as wire:",
    ]


def test_a_branch_that_came_by_without_the_lock_makes_it_unsafe() -> None:
    result = widened(
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
        program(
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
        program(
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
    assert "await self._put_locked(key)" in "".join(body(result.text))


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
    text = program("async def f(self, key):", "    n = self.total", *(f"    {line}" for line in lines))
    text = text.partition("    shop = Shop()")[0].replace("asyncio", library)
    started = "".join(f"        tasks.start_soon(shop.f, {key!r})\n" for key in "ab")
    text += f"    shop = Shop()\n    async with {library}.{group}() as tasks:\n{started}"
    result = carried(widen.REMEDY, "AWA201", text)
    assert body(result.text) == [
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
    assert refusal(widen.REMEDY, "AWA201", program("async def f(self, key):", *lines)).code == code
