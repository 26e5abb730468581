"""What speaks against letting two locks change places: comments that go with one of them, and who waits under one."""

from __future__ import annotations

import pytest

from remedies.verdicts import verdict

TWO_LOCKS = """\
import asyncio


class Both:
    def __init__(self):
        self.a = asyncio.Lock()
        self.b = asyncio.Lock()
        self.total = 0

    async def one(self):
        async with self.a:{first}
            {between}
            async with self.b:{second}
                await asyncio.sleep(1)  # slow
                self.total += 1

    async def two(self):
        async with self.b:  # for the rows
            # and then
            async with self.a:
                await asyncio.sleep(1)
                self.total += 2

    async def three(self):
        async with self.b, self.a:
            self.total += 3
{more}
"""


@pytest.mark.parametrize(
    ("first", "between", "second", "line"),
    [
        ("", "", "", 0),
        ("  # noqa: X", "# both at once", "", 0),
        ("  # for x", "", "", 11),
        ("", "# and y", "", 12),
        ("", "", "  # for y", 13),
    ],
)
def test_a_comment_at_one_of_two_locks_stays_with_it(first: str, between: str, second: str, line: int) -> None:
    text = TWO_LOCKS.format(first=first, between=between, second=second, more="")
    said = verdict(text)
    assert said == (f"the comment on line {line} would speak of the other lock" if line else "safe")


@pytest.mark.parametrize(
    ("wait", "lock", "safe"),
    [
        ("while not self.ready:\n                await asyncio.sleep(0.1)", "a", False),
        ("await self.look()", "a", False),
        ("await self.event.wait()", "a", False),
        ("await self.event.wait()", "c", True),
        ("for _ in range(3):\n                await asyncio.sleep(0.1)", "a", True),
        ("await asyncio.sleep(0.1)", "a", True),
    ],
)
def test_who_holds_the_lock_that_comes_second_now_waits_for_nobody(wait: str, lock: str, safe: bool) -> None:
    """Else that one may need the lock that is held while the second one is waited for, and all wait for ever."""
    more = (
        f"\n    async def hold(self):\n        async with self.{lock}:\n            {wait}\n\n"
        "    async def look(self):\n        while not self.ready:\n            await asyncio.sleep(0.1)\n\n"
        "    async def end(self):\n        async with self.b:\n            await asyncio.sleep(0)\n"
        "            self.ready = True\n            self.event.set()\n"
    )
    text = TWO_LOCKS.format(first="", between="", second="", more=more).replace(
        "self.total = 0", "self.c = asyncio.Lock()\n        self.event = asyncio.Event()\n        self.total = 0"
    )
    said = verdict(text)
    assert said == "safe" if safe else said.startswith("`Both.hold` waits on line ")
