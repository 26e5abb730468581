"""A test that stands outside of the lock is made again under it, or left to the lock."""

from __future__ import annotations

import pytest

from awaitomic.remedies import recheck
from remedies.carried_out import Carried, carried, refusal
from remedies.shops import body, program


def _asked(*lines: str) -> Carried:
    return carried(recheck.REMEDY, "AWA201", program("async def f(self, key):", *lines))


FILL = ["        async with self._lock:", "            self.one = await self.io()"]


def test_a_test_around_the_lock_is_made_again_inside() -> None:
    result = _asked("    if self.one is None:", *FILL, "    return self.one")
    assert body(result.text) == [
        "if self.one is None:",
        "    async with self._lock:",
        "        if self.one is None:",
        "            self.one = await self.io()",
        "return self.one",
    ]
    assert result.verdict == "safe"


def test_in_an_else_the_second_test_is_the_opposite() -> None:
    result = _asked("    if self.one is not None:", "        pass", "    else:", *FILL)
    assert "            if self.one is None:" in result.text


@pytest.mark.parametrize(
    ("lines", "leaving"),
    [
        (("    if self.one is not None:", "        return self.one", "    else:", *FILL), "if self.one is not None:"),
        (("    if self.one is None:", *FILL, "    else:", "        return self.one"), "if self.one is not None:"),
        (("    if not self.one:", *FILL, "    else:", "        raise ValueError(key)"), "if self.one:"),
    ],
)
def test_who_finds_it_done_leaves_as_the_other_branch_does(lines: tuple[str, ...], leaving: str) -> None:
    result = _asked(*lines)
    under = body(result.text).index("    async with self._lock:")
    left = next(line for line in lines if line.strip().startswith(("return", "raise")))
    assert body(result.text)[under + 1 : under + 3] == [f"        {leaving}", f"            {left.strip()}"]
    assert result.verdict == "safe"


def test_a_way_out_is_the_first_statement_under_the_lock_too() -> None:
    result = _asked(
        "    if key in self.rows:",
        "        return self.rows[key]",
        "    async with self._lock:",
        "        self.rows[key] = await self.io()",
    )
    assert body(result.text)[2:5] == [
        "async with self._lock:",
        "    if key in self.rows:",
        "        return self.rows[key]",
    ]


def test_a_writer_without_the_lock_makes_the_second_test_unsafe() -> None:
    result = carried(
        recheck.REMEDY,
        "AWA201",
        program("async def f(self, key):", "    if self.one is None:", *FILL, "", "def put(self):", "    self.one = 1"),
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
    ("the other branch does more", ["    if self.one is None:", *FILL, "    else:", "        log('there')"]),
    ("the test has an effect", ["    if self.one is None and fetch(key):", *FILL]),
    (
        "the test is of a local",
        ["    one = self.one", "    if one is None:", *FILL],
    ),
    ("what it asks with is bound again", ["    if self.one is None and key:", *FILL, "            key = 1"]),
]


@pytest.mark.parametrize("lines", [case[1] for case in NOT_AGAIN], ids=[case[0] for case in NOT_AGAIN])
def test_a_test_that_cannot_simply_be_made_again_is_left_to_the_lock(lines: list[str]) -> None:
    assert refusal(recheck.REMEDY, "AWA201", program("async def f(self, key):", *lines)).code == "no-second-test"


def test_the_handle_that_was_closed_outside_is_only_reset_if_it_is_still_there() -> None:
    result = carried(
        recheck.REMEDY,
        "AWA201",
        program(
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
