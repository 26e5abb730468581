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
    "it is no reset": ("self.reader = 1", "", False),
}


@pytest.mark.parametrize(("line", "more", "torn"), APART.values(), ids=APART)
def test_what_goes_its_own_ways_stays_outside(line: str, more: str, torn: bool) -> None:
    found = outcome(recheck.propose, "AWA103", program("self.writer = None", line, more=more))
    assert found.text == HEAD + under_test("self.writer = None") + f"            {line}\n" + more
    said = "`self.reader` (line 17) is reset all the same, and may be lost to a replacement that keeps `self.writer`"
    assert (found.verdict, found.because == (said,)) == (("unsafe", True) if torn else ("safe", False))


def test_a_statement_that_resets_something_else_too_is_left_alone() -> None:
    text = program("self.closing = self.writer = None", more="\n    def begin(self):\n        self.closing = True\n")
    assert outcome(recheck.propose, "AWA103", text).verdict == "recheck-shape"
