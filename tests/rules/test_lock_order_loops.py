"""AWA302 for locks that a loop takes one after the other: reported unless what it goes through is in order."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of

BANK = """
import contextlib
from collections import defaultdict

class Bank:
    def __init__(self):
        self.locks = defaultdict(asyncio.Lock)
        self.turns = defaultdict(lambda: asyncio.Semaphore(3))
        self.made = {{}}
        self.gate = asyncio.Lock()
        self.names = []

    def lock_of(self, key):
        if key not in self.made:
            self.made[key] = asyncio.Lock()
        return self.made[key]

    async def update(self, keys, other):
        {body}

    async def use(self, keys, other):
        {use}

    async def run(self, keys):
        await asyncio.gather(self.use(keys, 1), self.use(keys, 2))
"""


def _orders(body: str, use: str = "await self.update(keys, other)") -> list[Confidence]:
    body, use = (text.replace("\n", "\n        ") for text in (body, use))
    found = find(program_of(BANK.format(body=body, use=use)))
    return [each.confidence for each in found if each.rule == "AWA302"]


STACK = "async with contextlib.AsyncExitStack() as stack:\n    for key in {keys}: {step}\n    await asyncio.sleep(0)"
ENTER = "await stack.enter_async_context(self.locks[key])"
BY_HAND = (
    "for key in {keys}: {step}\ntry: await asyncio.sleep(0)\nfinally:\n    for key in keys: self.locks[key].release()"
)
ACQUIRE = "await self.locks[key].acquire()"

REPORTED = [
    ("a stack", STACK.format(keys="keys", step=ENTER)),
    ("a copy", STACK.format(keys="list(keys)", step=ENTER)),
    ("by a getter", STACK.format(keys="keys", step="await stack.enter_async_context(self.lock_of(key))")),
    ("some of them", STACK.format(keys="keys", step=f"\n        if key != other:\n            {ENTER}")),
]
SILENT = [
    ("sorted", STACK.format(keys="sorted(keys)", step=ENTER)),
    ("sorted before", "keys = sorted(keys)\n" + STACK.format(keys="keys", step=ENTER)),
    ("sorted in place", "keys.sort()\n" + STACK.format(keys="keys", step=ENTER)),
    ("its own names", STACK.format(keys="self.names", step=ENTER)),
    ("numbers", STACK.format(keys="range(3)", step=ENTER)),
    ("one lock for all", STACK.format(keys="keys", step="await stack.enter_async_context(self.locks[other])")),
    ("several may come in", STACK.format(keys="keys", step="await stack.enter_async_context(self.turns[key])")),
    ("a stack of each step", "for key in keys:\n    async with contextlib.AsyncExitStack() as stack: " + ENTER),
    ("one at a time", "for key in keys:\n    async with self.locks[key]: await asyncio.sleep(0)"),
    ("given back in the same step", f"for key in keys:\n    {ACQUIRE}\n    self.locks[key].release()"),
    ("the first that is there", STACK.format(keys="keys", step=f"\n        {ENTER}\n        break")),
    (
        "only those that are free",
        STACK.format(keys="keys", step=f"\n        if self.locks[key].locked(): continue\n        {ENTER}"),
    ),
    (
        "one task at a time",
        "async with self.gate:\n    " + STACK.format(keys="keys", step=ENTER).replace("\n", "\n    "),
    ),
]
FROM_CALLERS = [
    ("sorted", "await self.update(sorted(keys), other)", []),
    ("written out", "await self.update(['a', 'b'], other)", []),
    ("written out the same way", "await self.update(['a', 'b'], 1); await self.update(['a', 'c', 'b'], 1)", []),
    (
        "written out the other way round",
        "await self.update(['a', 'b'], other); await self.update(['b', 'a'], other)",
        [Confidence.LIKELY],
    ),
    ("sorted by one of them", "await self.update(sorted(keys), 1); await self.update(keys, 1)", [Confidence.LIKELY]),
]


@pytest.mark.parametrize("body", [case[1] for case in REPORTED], ids=[case[0] for case in REPORTED])
def test_who_names_them_the_other_way_round_waits(body: str) -> None:
    assert _orders(body) == [Confidence.LIKELY]


@pytest.mark.parametrize("body", [case[1] for case in SILENT], ids=[case[0] for case in SILENT])
def test_one_order_or_one_lock_at_a_time(body: str) -> None:
    assert not _orders(body)


@pytest.mark.parametrize(("use", "found"), [case[1:] for case in FROM_CALLERS], ids=[case[0] for case in FROM_CALLERS])
def test_what_the_callers_hand_over(use: str, found: list[Confidence]) -> None:
    assert _orders(STACK.format(keys="keys", step=ENTER), use) == found


def test_by_hand_nothing_says_that_it_ends_there() -> None:
    assert len(_orders(BY_HAND.format(keys="keys", step=ACQUIRE))) == 1


def test_a_time_limit_makes_it_possible() -> None:
    step = "await asyncio.wait_for(self.locks[key].acquire(), 3)"
    assert _orders(BY_HAND.format(keys="keys", step=step)) == [Confidence.POSSIBLE]
