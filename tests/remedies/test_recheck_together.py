"""What is reset beside the state goes under the same test, where both are only set and reset together."""

from __future__ import annotations

import pytest

from awaitomic.remedies import recheck

from .outcome import outcome

HEAD = """\
import asyncio

class Client:
    def __init__(self):
        self.reader = None
        self.writer = None
        self.closing = False

    async def connect(self):
        self.reader, self.writer = await asyncio.open_connection("host", 1)

    async def close(self):
        if self.writer:
            writer = self.writer
            await writer.wait_closed()
"""
TEST = "            if self.writer is writer:\n"


def program(*lines: str, more: str = "") -> str:
    return HEAD + "".join(f"            {line}\n" for line in lines) + more


def under_test(*lines: str) -> str:
    return TEST + "".join(f"                {line}\n" for line in lines)


TOGETHER = {
    "in front of it": ("self.reader = None", "self.writer = None"),
    "behind it": ("self.writer = None", "self.reader = None"),
    "with its comment": ("# gone", "self.reader = None", "self.writer = None  # too"),
    "in one statement": ("self.reader = self.writer = None",),
    "in one assignment of several": ("self.writer, self.reader = None, None",),
}


@pytest.mark.parametrize("lines", TOGETHER.values(), ids=TOGETHER)
def test_both_are_kept_or_both_reset(lines: tuple[str, ...]) -> None:
    found = outcome(recheck.propose, "AWA103", program(*lines))
    assert (found.verdict, found.text) == ("safe", HEAD + under_test(*lines))


APART = {
    "set by somebody else": (
        "self.reader = None",
        "\n    def give(self, reader):\n        self.reader = reader\n",
        True,
    ),
    "not reset by whoever resets the other": (
        "self.reader = None",
        "\n    def drop(self):\n        self.writer = None\n",
        True,
    ),
    "never set with it": ("self.closing = False", "\n    def begin(self):\n        self.closing = True\n", False),
    "written by a method": (
        "self.reader_left()",
        "\n    def reader_left(self):\n        self.reader = None\n",
        True,
    ),
    "under a test of its own": ("if self.reader:\n                self.reader = None", "", True),
    "behind the test": (
        "pass\n        self.reader = None",
        "\n    def drop(self):\n        self.reader = None\n",
        True,
    ),
    "behind a wait that suspends": ("await asyncio.sleep(0)\n            self.reader = None", "", False),
    "on another way": (
        "pass\n        else:\n            self.reader = None",
        "\n    def drop(self):\n        self.reader = None\n",
        False,
    ),
}


@pytest.mark.parametrize(("line", "more", "torn"), APART.values(), ids=APART)
def test_what_goes_its_own_ways_stays_outside(line: str, more: str, torn: bool) -> None:
    found = outcome(recheck.propose, "AWA103", program("self.writer = None", line, more=more))
    assert found.text == HEAD + under_test("self.writer = None") + f"            {line}\n" + more
    at = 17 + (line.count("\n") if torn else 0)
    said = f"`self.reader` (line {at}) is reset all the same, and may be lost to a replacement that keeps `self.writer`"
    assert (found.verdict, found.because == (said,)) == (("unsafe", True) if torn else ("safe", False))


def test_a_statement_that_resets_something_else_too_is_left_alone() -> None:
    text = program("self.closing = self.writer = None", more="\n    def begin(self):\n        self.closing = True\n")
    assert outcome(recheck.propose, "AWA103", text).verdict == "recheck-shape"


@pytest.mark.parametrize(
    ("line", "verdict"),
    [("self.reader = 1", "unsafe"), ("self.closing = True", "safe"), ("self.reader.feed()", "safe")],
)
def test_what_else_is_stored_in_the_other_is_lost_to_it_too(line: str, verdict: str) -> None:
    found = outcome(recheck.propose, "AWA103", program("self.writer = None", line))
    assert found.verdict == verdict
    said = "`self.reader` (line 17) is written all the same, and may be lost to a replacement that keeps `self.writer`"
    assert (found.because == (said,)) == (verdict == "unsafe")


@pytest.mark.parametrize(("wait", "verdict"), [("await asyncio.sleep(0)", "safe"), ("pass", "unsafe")])
def test_what_a_callee_sets_counts_for_the_pair(wait: str, verdict: str) -> None:
    """A call that is awaited writes before it suspends, and the function that sets both may do that in two methods."""
    more = f"""
    async def settle(self):
        {wait}
        self.closing = False

    def begin(self, writer):
        self.writer = writer
        self.open()

    def open(self):
        self.closing = True
"""
    lines = ("self.writer = None", "await asyncio.sleep(0)", "self.closing = False")
    direct = outcome(recheck.propose, "AWA103", program(*lines, more=more))
    assert direct.verdict == "safe"
    found = outcome(recheck.propose, "AWA103", program("self.writer = None", wait, "await self.settle()", more=more))
    assert found.verdict == verdict
