"""Flags by which a close tells that it was done: set behind their test, before the await, if nobody sets them back."""

from __future__ import annotations

from types import ModuleType

import pytest

from awaitomic.config import Settings
from awaitomic.engine.fix import fix_text
from awaitomic.model.finding import Confidence
from awaitomic.remedies.swap import flag
from engine.fakes import source
from explorer import Scenario, World, check_after, check_alone, check_before

from .outcome import outcome

HEAD = """\
import asyncio

given_back = []

async def give_back(name):
    given_back.append(name)
    await asyncio.sleep(1)

class Pool:
    def __init__(self):
        self.closed = False

    def is_open(self):
        return not self.closed

"""
EARLY = "if self.closed:\n    return\nawait give_back('first')\nself.closed = True"
CLAIMED = "if self.closed:\n    return\nself.closed = True\nawait give_back('first')"


def program(body: str, name: str = "close", more: str = "") -> str:
    lines = "".join(f"        {line}\n" if line else "\n" for line in body.split("\n"))
    return f"{HEAD}    async def {name}(self):\n{lines}{more}"


def scenario() -> Scenario:
    def setup(module: ModuleType, count: int) -> World:
        pool = module.Pool()
        return World([pool.close] * count, observe=lambda: pool.closed)

    return Scenario("close", setup, calls=lambda module: module.given_back)


def test_what_is_closed_by_two_is_closed_once() -> None:
    before = program(EARLY)
    check_before(before, scenario())
    after = outcome(flag.propose, "AWA102", before).text
    assert after == program(CLAIMED)
    assert check_after(after, scenario()) == []
    differences = (
        "exception at sleep #1: state was False, is True",
        "cancel at sleep #1: state was False, is True",
    )
    assert check_alone(before, after, scenario(), differences) == []


WRONG = {
    "set between two awaits": "await give_back('a')\n    self.closed = True\n    await give_back('b')",
    "set in front of the test of the next one only": "await asyncio.sleep(0)\n    self.closed = True\n"
    "    await give_back('first')",
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
def test_a_flag_that_is_set_behind_an_await_is_caught(body: str) -> None:
    assert check_after(program(f"if not self.closed:\n    {body}"), scenario(), faults=(None,)) != []


SET_FIRST = {
    "behind the way out": (EARLY, CLAIMED),
    "at the top of the branch, above the comment of what follows": (
        "if not self.closed:\n    # bye\n    await give_back('first')\n    self.closed = True",
        "if not self.closed:\n    self.closed = True\n    # bye\n    await give_back('first')",
    ),
    "with its own comment": (
        "if not self.closed:\n    await give_back('first')\n    # done\n    self.closed = True  # for good",
        "if not self.closed:\n    # done\n    self.closed = True  # for good\n    await give_back('first')",
    ),
    "before all that is done": (
        "if self.closed:\n    return\nprint(1)\nawait give_back('a')\nawait give_back('b')\nself.closed = True",
        "if self.closed:\n    return\nself.closed = True\nprint(1)\nawait give_back('a')\nawait give_back('b')",
    ),
}


@pytest.mark.parametrize(("body", "after"), SET_FIRST.values(), ids=SET_FIRST)
def test_the_flag_is_set_first(body: str, after: str) -> None:
    found = outcome(flag.propose, "AWA102", program(body))
    assert (found.verdict, found.text) == ("unsafe", program(after))
    assert "`Pool.is_open` looks at `self.closed`, and sees the new value during the work" in found.because


REFUSED = {
    "the work may end early": (
        "if self.closed:\n    return\nif await give_back('first'):\n    return\nself.closed = True",
        "exits-between",
    ),
    "the flag is looked at again": (
        "if self.closed:\n    return\nawait give_back(self.closed)\nself.closed = True",
        "read-again",
    ),
    "a nested function that is called meanwhile looks at it": (
        "say = lambda: print(self.closed)\nif self.closed:\n    return\nawait give_back('first')\nsay()\n"
        "self.closed = True",
        "closure-reads",
    ),
    "what is called looks at it": (
        "if self.closed:\n    return\nprint(self.is_open())\nawait give_back('first')\nself.closed = True",
        "read-by-callee",
    ),
    "the write stands further in": (
        "if self.closed:\n    return\ntry:\n    await give_back('first')\nfinally:\n    self.closed = True",
        "not-siblings",
    ),
}


@pytest.mark.parametrize(("body", "code"), REFUSED.values(), ids=REFUSED)
def test_the_flag_is_not_set_first(body: str, code: str) -> None:
    assert outcome(flag.propose, "AWA102", program(body)).verdict == code


LOCKED = {
    "it is set back": program(EARLY, more="\n    async def open(self):\n        self.closed = False\n"),
    "the method does not close by its name": program(EARLY, name="load"),
    "it is no flag": program(EARLY).replace("self.closed = True", "self.closed = object()"),
}


@pytest.mark.parametrize("text", [program(EARLY), *LOCKED.values()], ids=["for good", *LOCKED])
def test_only_what_is_closed_for_good_is_no_matter_for_a_lock(text: str) -> None:
    settings = Settings(confidence=Confidence.POSSIBLE, unsafe_fixes=True)
    (applied,) = fix_text(source(text), settings).applied
    assert applied.finding.fix is not None
    assert applied.finding.fix.strategy == ("swap" if text == program(EARLY) else "lock")
