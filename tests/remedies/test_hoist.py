"""Hoisting by sinking the read: what moves below the await, and what stays because a single task would notice."""

from __future__ import annotations

import pytest

from awaitomic.remedies import hoist
from remedies.tills import in_function

from .outcome import outcome

SINKS = {
    "the read moves below the await": (
        "current = balance\nawait check(amount)\nbalance = current + amount",
        "safe",
        "await check(amount)\ncurrent = balance\nbalance = current + amount",
    ),
    "an await in the statement that writes goes above the read": (
        "current = balance\nbalance = current + await price(amount)",
        "safe",
        "amount_price = await price(amount)\ncurrent = balance\nbalance = current + amount_price",
    ),
    "a print that does not use the value and a further local stay where they are": (
        'current = balance\nprint("hello")\nawait check(amount)\nfee = amount * 2\nbalance = current + fee',
        "safe",
        'print("hello")\nawait check(amount)\nfee = amount * 2\ncurrent = balance\nbalance = current + fee',
    ),
    "a print of the value keeps the first read, and a second one follows the await": (
        "current = balance\nprint(current)\nawait check(amount)\nbalance = current + amount",
        "safe",
        "current = balance\nprint(current)\nawait check(amount)\ncurrent = balance\nbalance = current + amount",
    ),
    "what is computed from the value goes along with its comment": (
        "current = balance\nnew = current + amount  # in cents\nawait check(amount)\nbalance = new",
        "safe",
        "await check(amount)\ncurrent = balance\nnew = current + amount  # in cents\nbalance = new",
    ),
    "a value that a handler shows is read twice": (
        "current = balance\ntry:\n    await check(amount)\nexcept ValueError:\n    print(current)\n    raise\n"
        "balance = current + amount",
        "safe",
        "current = balance\ntry:\n    await check(amount)\nexcept ValueError:\n    print(current)\n    raise\n"
        "current = balance\nbalance = current + amount",
    ),
    "the write may stand in a condition": (
        "current = balance\nawait check(amount)\nif amount:\n    balance = current + amount",
        "safe",
        "await check(amount)\ncurrent = balance\nif amount:\n    balance = current + amount",
    ),
    "statements on one line come apart": (
        "current = balance; await check(amount); balance = current + amount",
        "safe",
        "await check(amount)\ncurrent = balance\nbalance = current + amount",
    ),
    "a loop to a limit may go beyond it, where it lost before": (
        "while balance < 9:\n    current = balance\n    await check(amount)\n    balance = current + amount",
        "unsafe",
        "while balance < 9:\n    await check(amount)\n    current = balance\n    balance = current + amount",
    ),
    "a test that holds on its own may stand above": (
        "while amount:\n    current = balance\n    await check(amount)\n    balance = current + amount",
        "safe",
        "while amount:\n    await check(amount)\n    current = balance\n    balance = current + amount",
    ),
    "a lookup that may fail moves only on request": (
        "current = counts[amount]\nawait check(amount)\ncounts[amount] = current + 1",
        "unsafe",
        "await check(amount)\ncurrent = counts[amount]\ncounts[amount] = current + 1",
    ),
    "a lookup with a default cannot fail": (
        "current = counts.get(amount, 0)\nawait check(amount)\ncounts[amount] = current + 1",
        "safe",
        "await check(amount)\ncurrent = counts.get(amount, 0)\ncounts[amount] = current + 1",
    ),
    "a division may fail as well": (
        "current = balance\nshare = current / amount\nawait check(amount)\nbalance = share + 1",
        "unsafe",
        "await check(amount)\ncurrent = balance\nshare = current / amount\nbalance = share + 1",
    ),
}


@pytest.mark.parametrize(("body", "verdict", "after"), SINKS.values(), ids=SINKS)
def test_sinking(body: str, verdict: str, after: str) -> None:
    found = outcome(hoist.propose, "AWA101", in_function(body))
    assert (found.verdict, found.text) == (verdict, in_function(after))


NOT_SUNK = {
    "what is awaited is given the value": (
        "current = balance\nawait check(current)\nbalance = current + amount",
        "depends-on-read",
    ),
    "the value decides whether there is a write": (
        "current = balance\nif current < amount:\n    return\nawait check(amount)\nbalance = current - amount",
        "decided-by-read",
    ),
    "the new value comes from a call that does more than compute": (
        "current = balance\nnew = print(current)\nawait check(amount)\nbalance = new",
        "hoist-order",
    ),
    "another input of the new value changes during the await": (
        "current = balance\nnew = current + amount\namount = await check(amount)\nbalance = new",
        "hoist-order",
    ),
    "the value is also stored elsewhere": (
        "current = counts[1] = balance\nawait check(amount)\nbalance = current + amount",
        "hoist-order",
    ),
    "the write stands in a loop below": (
        "current = balance\nfor _ in range(2):\n    await check(amount)\n    balance = current + amount",
        "not-siblings",
    ),
    "the await stands in the statement that writes, and something happens before it": (
        'current = balance\nprint("hello")\nbalance = current + await price(amount)',
        "hoist-shape",
    ),
    "the value is used after the loop": (
        "for _ in range(3):\n    current = balance\n    if await check(amount):\n        continue\n"
        "    balance = current + amount\nreturn current",
        "used-elsewhere",
    ),
    "the value is handed on before the await": (
        "current = balance\naudit(current)\nawait check(amount)\nbalance = current + amount",
        "used-elsewhere",
    ),
    "the await stands in the statement that writes, and is given the value": (
        "current = balance\nbalance = current + await price(current)",
        "depends-on-read",
    ),
}


@pytest.mark.parametrize(("body", "code"), NOT_SUNK.values(), ids=NOT_SUNK)
def test_not_sinking(body: str, code: str) -> None:
    assert outcome(hoist.propose, "AWA101", in_function(body)).verdict == code


OWN_WRITER = """\
class Till:
    def __init__(self):
        self.total = 0

    async def add(self, item):
        current = self.total
        await self.log(item)
        self.total = current + 1

    async def log(self, item):
        {effect}
        await write(item)
"""


def test_an_await_that_writes_the_state_stays_where_it_is() -> None:
    text = OWN_WRITER.format(effect="self.total -= 1")
    assert outcome(hoist.propose, "AWA101", text).verdict == "written-between"


def test_an_await_that_only_reads_the_state_is_no_obstacle() -> None:
    assert outcome(hoist.propose, "AWA101", OWN_WRITER.format(effect="print(self.total)")).verdict == "safe"
