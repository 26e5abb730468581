"""Futures that are settled once: whoever comes second asks again, instead of waiting for a lock."""

from __future__ import annotations

from types import ModuleType

import pytest

from awaitomic.config import Settings
from awaitomic.engine.fix import fix_text
from awaitomic.model.finding import Confidence
from awaitomic.remedies.recheck import settled
from awaitomic.rules import find
from engine.fakes import source
from explorer import Scenario, World, check_after, check_alone, check_before

from .outcome import analysed, outcome

HEAD = """\
import asyncio

async def spell(text):
    await asyncio.sleep(1)
    return text

class Question:
    def __init__(self):
        self.answer = asyncio.get_running_loop().create_future()

    def give_up(self):
        self.answer.cancel()

    async def settle(self):
        self.answer.set_result(None)

    async def propose(self, text):
"""
MAIN = """
async def main():
    question = Question()
    await asyncio.gather(question.propose("yes"), question.propose("no"))
"""
LATE = "if self.answer.done():\n    return\nawait spell(text)\nself.answer.set_result(text)"
ASKED = LATE.replace("self.answer.set_", "if not self.answer.done():\n    self.answer.set_")


def program(body: str) -> str:
    lines = "".join(f"        {line}\n" if line else "\n" for line in body.split("\n"))
    return f"{HEAD}{lines}{MAIN}"


def scenario() -> Scenario:
    def setup(module: ModuleType, count: int) -> World:
        question = module.Question()
        return World([lambda: question.propose("yes")] * count, observe=question.answer.done)

    return Scenario("propose", setup)


def test_who_comes_second_raises_no_error() -> None:
    before = program(LATE)
    check_before(before, scenario())
    found = outcome(settled.propose, "AWA102", before)
    assert (found.verdict, found.text) == ("safe", program(ASKED))
    assert check_after(program(ASKED), scenario()) == []
    assert check_alone(before, program(ASKED), scenario()) == []


WRONG = {
    "asked before the await": LATE.replace("await", "if self.answer.done():\n    return\nawait"),
    "asked for something else": ASKED.replace("if not self.answer.done()", "if not self.answer.cancelled()"),
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
def test_a_question_that_is_not_asked_right_there_is_caught(body: str) -> None:
    assert check_after(program(body), scenario()) != []


RECHECKED = {
    "together with what is asked there already": (
        "if self.answer.done():\n    return\nright = await spell(text)\nif right:\n    self.answer.set_result(right)",
        "if self.answer.done():\n    return\nright = await spell(text)\n"
        "if right and not self.answer.done():\n    self.answer.set_result(right)",
    ),
    "alternatives stay together": (
        "if self.answer.done():\n    return\nright = await spell(text)\n"
        "if right or not text:\n    self.answer.set_result(right)  # said",
        "if self.answer.done():\n    return\nright = await spell(text)\n"
        "if (right or not text) and not self.answer.done():\n    self.answer.set_result(right)  # said",
    ),
    "each time it is settled": (
        "if self.answer.done():\n    return\ntry:\n    right = await spell(text)\nexcept OSError as error:\n"
        "    self.answer.set_exception(error)\nelse:\n    self.answer.set_result(right)",
        "if self.answer.done():\n    return\ntry:\n    right = await spell(text)\nexcept OSError as error:\n"
        "    if not self.answer.done():\n        self.answer.set_exception(error)\n"
        "else:\n    if not self.answer.done():\n        self.answer.set_result(right)",
    ),
    "only where it was found open": (
        "if not self.answer.done():\n    await spell(text)\n    self.answer.set_result(text)\n"
        "else:\n    await spell(text)\n    self.answer.set_exception(text)",
        "if not self.answer.done():\n    await spell(text)\n    if not self.answer.done():\n"
        "        self.answer.set_result(text)\n"
        "else:\n    await spell(text)\n    self.answer.set_exception(text)",
    ),
    "where a local says so": (
        "settled = self.answer.done()\nawait spell(text)\nif settled:\n    return\nself.answer.set_result(text)",
        "settled = self.answer.done()\nawait spell(text)\nif settled:\n    return\n"
        "if not self.answer.done():\n    self.answer.set_result(text)",
    ),
    "not where it is asked already": (
        "if self.answer.done():\n    return\ntry:\n    right = await spell(text)\nexcept OSError as error:\n"
        "    if not self.answer.done():\n        self.answer.set_exception(error)\n"
        "else:\n    self.answer.set_result(right)",
        "if self.answer.done():\n    return\ntry:\n    right = await spell(text)\nexcept OSError as error:\n"
        "    if not self.answer.done():\n        self.answer.set_exception(error)\n"
        "else:\n    if not self.answer.done():\n        self.answer.set_result(right)",
    ),
}


@pytest.mark.parametrize(("body", "after"), RECHECKED.values(), ids=RECHECKED)
def test_it_is_asked_again(body: str, after: str) -> None:
    found = outcome(settled.propose, "AWA102", program(body))
    assert (found.verdict, found.text) == ("safe", program(after))


REFUSED = {
    "what it is settled with is waited for there": (
        "if not self.answer.done():\n    self.answer.set_result(await spell(text))",
        "recheck-shape",
    ),
    "it is a part of something larger": (
        "if not self.answer.done():\n    await spell(text)\n    return self.answer.set_result(text)",
        "recheck-shape",
    ),
    "the task itself settles it": (
        "if not self.answer.done():\n    await self.settle()\n    await spell(text)\n    self.answer.set_result(text)",
        "written-between",
    ),
}


def test_what_may_have_been_found_settled_is_unsafe() -> None:
    text = program("if self.answer.done() or text:\n    await spell(text)\n    self.answer.set_result(text)")
    found = outcome(settled.propose, "AWA102", text)
    assert found.verdict == "unsafe"
    assert found.because == (
        "`self.answer.done() or text` may have found that it is settled: that raised, and would be passed over",
    )


def test_who_settles_what_is_settled_is_wrong_alone() -> None:
    for test, count in (("self.answer.done()", 0), ("self.answer.done() and text", 0), ("not self.answer.done()", 1)):
        text = program(f"if {test}:\n    await spell(text)\n    self.answer.set_result(text)")
        assert len([each for each in find(analysed(text)) if each.rule == "AWA102"]) == count


@pytest.mark.parametrize(("body", "code"), REFUSED.values(), ids=REFUSED)
def test_it_is_not_asked_again(body: str, code: str) -> None:
    assert outcome(settled.propose, "AWA102", program(body)).verdict == code


def test_the_table_prefers_it_to_a_lock() -> None:
    settings = Settings(confidence=Confidence.POSSIBLE, unsafe_fixes=True)
    for body, strategy in ((LATE, "recheck"), (REFUSED["it is a part of something larger"][0], "lock")):
        (applied, *_) = fix_text(source(program(body)), settings).applied
        assert applied.finding.fix is not None
        assert applied.finding.fix.strategy == strategy
