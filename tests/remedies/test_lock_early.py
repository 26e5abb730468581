"""The lock for what is published too early, and locks of that kind that look right and are not."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Refusal
from awaitomic.remedies.lock import early
from explorer import Scenario, World, check_after, check_before
from remedies.carried_out import answer, carried
from remedies.outcome import outcome

LINK = """
import asyncio


class Link:
    def __init__(self):
        self.opened = False
        self.wire = None

    async def ensure_open(self):
        {body}

    async def send(self, text):
        await self.ensure_open()
        self.wire.append(text)

    {other}

    async def _dial(self):
        await asyncio.sleep(0.01)
        return []

    async def _greet(self):
        await asyncio.sleep(0.01)
        self.wire.append("hello")


link = Link()
"""

FLAG_FIRST = ("if self.opened:", "    return", "self.opened = True", "self.wire = await self._dial()")
ASKS = "async def ask(self):\n        return self.wire if self.opened else None"


def link(*body: str, other: str = "") -> str:
    return LINK.format(body="\n        ".join(body), other=other)


def body_of(text: str | None) -> list[str]:
    assert text is not None
    lines = text.partition("async def ensure_open(self):\n")[2].partition("\n\n")[0].split("\n")
    return [line.removeprefix("        ") for line in lines]


def test_where_only_the_publishing_function_asks_the_claim_stays_and_a_task_alone_sees_no_difference() -> None:
    found = outcome(early.propose, "AWA105", link(*FLAG_FIRST))
    assert found.verdict == "safe"
    assert body_of(found.text) == ["async with self._lock:", *(f"    {line}" for line in FLAG_FIRST)]


@pytest.mark.parametrize(
    "other",
    [
        ASKS,
        "def is_open(self):\n        return self.opened",
        "@property\n    def state(self):\n        return 'open' if self.opened else 'closed'",
    ],
)
def test_where_others_ask_the_claim_comes_last(other: str) -> None:
    found = outcome(early.propose, "AWA105", link(*FLAG_FIRST, other=other))
    assert found.verdict == "unsafe"
    assert body_of(found.text)[-2:] == ["    self.wire = await self._dial()", "    self.opened = True"]


def test_the_lock_is_held_until_all_of_the_work_is_done() -> None:
    steps = ("if not self.opened:", "    self.opened = True", "    self.wire = await self._dial()")
    found = outcome(early.propose, "AWA105", link(*steps, "    await self._greet()", other=ASKS))
    assert body_of(found.text) == [
        "async with self._lock:",
        "    if not self.opened:",
        "        self.wire = await self._dial()",
        "        await self._greet()",
        "        self.opened = True",
    ]


def test_what_everybody_waits_for_afterwards_is_left_outside() -> None:
    steps = ("if not self.opened:", "    self.opened = True", "    self.wire = await self._dial()")
    found = outcome(early.propose, "AWA105", link(*steps, "await self._greet()"))
    assert body_of(found.text)[-1] == "await self._greet()"


@pytest.mark.parametrize(
    ("between", "because"),
    [
        ("print(self.opened)", "it is read before the work is done"),
        ("self.check()", "`Link.check` reads `self.opened` while the work is done"),
        ("if self.wire: return", "there is a way out before the work is done"),
    ],
)
def test_a_claim_that_the_work_looks_at_cannot_come_later(between: str, because: str) -> None:
    check = f"{ASKS}\n\n    def check(self):\n        assert self.opened"
    text = link(*FLAG_FIRST[:3], between, FLAG_FIRST[3], other=check)
    refusal = answer(early.REMEDY, "AWA105", text)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "asked-without-lock"
    assert refusal.message.endswith(because)


def _scenario(*methods: str) -> Scenario:
    def setup(module: object, count: int) -> World:
        subject = module.link  # type: ignore[attr-defined]  # the program under test is loaded as text
        names = [methods[number % len(methods)] for number in range(count)]
        return World([lambda name=name: getattr(subject, name)() for name in names])  # type: ignore[misc]  # default binds

    return Scenario("link", setup, invariant=lambda ending: all(result[0] != "raises" for result in ending.results))


TELLS = "async def ask(self):\n        return self.wire[:] if self.opened else []"
LOCKED = ("async with self.lock:", *(f"    {line}" for line in FLAG_FIRST))
LAST = (LOCKED[0], *LOCKED[1:3], LOCKED[4], LOCKED[3])
HALF = (
    "async with self.lock:",
    "    if self.opened:",
    "        return len(self.wire)",
    "    self.opened = True",
    "    self.wire = None",
    "self.wire = await self._dial()",
)


def _with_lock(*body: str, other: str = TELLS) -> str:
    return link(*body, other=other).replace(
        "self.wire = None\n", "self.wire = None\n        self.lock = asyncio.Lock()\n", 1
    )


def test_a_lock_alone_does_not_help_those_who_ask_without_it() -> None:
    asks = _scenario("ensure_open", "ask")
    assert check_before(_with_lock(*LOCKED), asks).mode == "fifo"
    assert check_after(_with_lock(*LAST), asks, faults=(None,)) == []


def test_a_lock_that_ends_before_the_work_lets_others_in_too_early() -> None:
    opens = _scenario("ensure_open")
    assert check_before(_with_lock(*HALF), opens).mode == "fifo"
    assert check_after(_with_lock(*LAST), opens, faults=(None,)) == []


CLAIMS = (
    "async def open(self):",
    "        if self.opened:",
    "            return self.wire[:]",
    "        self.opened = True",
    "        self.wire = await self._dial()",
)
HELD = (CLAIMS[0], "        async with self.lock:", *(f"    {line}" for line in CLAIMS[1:]))
GIVEN_BACK = (*HELD[:-1], CLAIMS[-1])


def test_nor_can_one_that_a_nested_function_looks_at() -> None:
    check = f"{ASKS}\n\n    def check(self):\n        assert self.opened"
    text = link("say = lambda: print(self.opened)", *FLAG_FIRST[:3], "say()", FLAG_FIRST[3], other=check)
    refusal = answer(early.REMEDY, "AWA105", text)
    assert isinstance(refusal, Refusal)
    assert refusal.message.partition(". What")[0].endswith(
        "a nested function reads `self.opened`, and when it runs is not known"
    )


def test_another_function_that_makes_the_same_claim_holds_the_lock_over_its_own_work() -> None:
    opens = _scenario("open")
    assert check_before(_with_lock(*LOCKED, other="\n".join(GIVEN_BACK)), opens).mode == "fifo"
    assert check_after(_with_lock(*LOCKED, other="\n".join(HELD)), opens, faults=(None,)) == []
    found = carried(early.REMEDY, "AWA105", link(*FLAG_FIRST, other="\n".join(CLAIMS)))
    assert "\n".join(HELD).replace("self.lock", "self._lock") in found.text
    assert body_of(found.text)[0] == "async with self._lock:"


def test_a_claim_cannot_come_last_while_another_function_makes_it_first() -> None:
    refusal = answer(early.REMEDY, "AWA105", link(*FLAG_FIRST, other="\n".join(CLAIMS) + f"\n\n    {ASKS}"))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "asked-without-lock"
    assert refusal.message.endswith("makes the same claim before its work")


def test_what_the_work_stores_in_the_end_is_under_the_lock_too() -> None:
    stored = ("if self.opened:", "    return", "self.opened = True", "wire = await self._dial()", "self.wire = wire")
    found = outcome(early.propose, "AWA105", link(*stored, 'print("opened")'))
    assert found.verdict == "safe"
    assert body_of(found.text) == [
        "async with self._lock:",
        *(f"    {line}" for line in stored),
        'print("opened")',
    ]
