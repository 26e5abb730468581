"""AWA302 for the locks of two objects of one kind: ``transfer(a, b)`` beside ``transfer(b, a)``."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence, Finding
from rules.test_lock_order import lock_orders

ACCOUNTS = """
class Account:
    def __init__(self, number):
        self.number = number
        self.lock = asyncio.Lock()
        self.parent: Account = None

    async def deposit(self):
        async with self.lock: await asyncio.sleep(1)

    async def pay(self, other: "Account"):
        {method}

class Bank:
    def __init__(self):
        self.accounts: dict[str, Account] = {{}}
        self.locks = defaultdict(asyncio.Lock)
        self.main = Account(1)
        self.reserve = Account(2)

    async def f(self, one, other, request, i, n):
        {bank}

async def transfer(source: Account, target: Account):
    {function}
"""


def of_accounts(method: str = "...", bank: str = "...", function: str = "...", more: str = "") -> list[Finding]:
    text = "from collections import defaultdict\n" + ACCOUNTS.format(method=method, bank=bank, function=function)
    return lock_orders(text + more)


BOTH = "async with source.lock, target.lock: await asyncio.sleep(1)"


@pytest.mark.parametrize(
    "where",
    [
        {"function": BOTH},
        {"method": "async with self.lock, other.lock: await asyncio.sleep(1)"},
        {"method": "async with self.lock:\n            await asyncio.sleep(1)\n            await other.deposit()"},
        {"bank": "async with self.accounts[one].lock, self.accounts[other].lock: await asyncio.sleep(1)"},
        {"bank": "async with self.locks[one], self.locks[other]: await asyncio.sleep(1)"},
        {"bank": "async with self.locks[request.a], self.locks[request.b]: await asyncio.sleep(1)"},
        {"bank": "async with self.locks[i], self.locks[(i + 1) % n]: await asyncio.sleep(1)"},
        {
            "bank": "a = self.accounts[one]\n        b = self.accounts[other]\n"
            "        async with a.lock, b.lock: await asyncio.sleep(1)"
        },
    ],
)
def test_two_objects_of_a_kind_come_the_other_way_round(where: dict[str, str]) -> None:
    (found,) = of_accounts(**where)
    assert found.confidence is Confidence.LIKELY


@pytest.mark.parametrize(
    "where",
    [
        {"function": f"if source.number > target.number: source, target = target, source\n    {BOTH}"},
        {"function": f"if target.number < source.number: raise ValueError\n    {BOTH}"},
        {
            "function": "first, second = sorted((source, target), key=id)\n"
            "    async with first.lock, second.lock: await asyncio.sleep(1)"
        },
        {"method": "async with self.lock: ...\n        async with other.lock: await asyncio.sleep(1)"},
        {"method": "async with self.lock, self.parent.lock: await asyncio.sleep(1)"},
        {"bank": "async with self.locks[i], self.locks[i + 1]: await asyncio.sleep(1)"},
        {
            "bank": "low, high = sorted((one, other))\n"
            "        async with self.locks[low], self.locks[high]: await asyncio.sleep(1)"
        },
        {
            "bank": "low, high = min(one, other), max(one, other)\n"
            "        async with self.locks[low], self.locks[high]: await asyncio.sleep(1)"
        },
        {"bank": "async with self.locks['a'], self.locks['b']: await asyncio.sleep(1)"},
        {"bank": "async with self.main.lock, self.reserve.lock: await asyncio.sleep(1)"},
        {"bank": "async with self.accounts[one].lock, self.accounts[one].lock: await asyncio.sleep(1)"},
    ],
)
def test_two_objects_of_a_kind_that_have_an_order(where: dict[str, str]) -> None:
    assert of_accounts(**where) == []


def test_names_that_say_where_an_object_stands_make_it_only_possible() -> None:
    text = (
        ACCOUNTS.format(method="...", bank="...", function=BOTH).replace("source", "parent").replace("target", "child")
    )
    (found,) = lock_orders("from collections import defaultdict\n" + text)
    assert found.confidence is Confidence.POSSIBLE


def test_calls_that_show_both_orders_are_certain() -> None:
    main = "async def main():\n    x = Account(1)\n    y = Account(2)\n"
    main += "    await asyncio.gather(transfer(x, y), transfer(y, x))\n"
    (found,) = of_accounts(function=BOTH, more=main)
    assert found.confidence is Confidence.CERTAIN


def test_a_private_function_that_is_handed_the_same_two_in_one_order_is_silent() -> None:
    private = ACCOUNTS.format(method="...", bank="await _transfer(self.main, self.reserve)", function=BOTH)
    text = "from collections import defaultdict\n" + private.replace("def transfer", "def _transfer")
    assert lock_orders(text) == []
    other = text + "\nasync def turn(bank: Bank):\n    await _transfer(bank.reserve, bank.main)\n"
    found = lock_orders(other)
    assert [finding.function for finding in found] == ["turn"]
