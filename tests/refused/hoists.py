"""Why an await does not come before the update: what one task, or two, would see of it."""

from __future__ import annotations

from .case import Given, Refused

HEAD = """
import asyncio

balance = 100
shown = []


async def check(amount):
    await asyncio.sleep(1)
    return amount


def show(value):
    shown.append(value)
    return value


async def credit(amount):
    global balance
"""
TILL = """
import asyncio


class Till:
    def __init__(self):
        self.total = 10

    async def add(self):
        current = self.total
        await self.log()
        self.total = current + 1

    async def log(self):
        self.total -= 5
        await asyncio.sleep(1)


till = Till()
"""
PRICES = """
import asyncio


class Prices:
    def __init__(self):
        self.rows = {"a": 0, "b": 0}

    def both(self):
        return [self.rows.get("a"), self.rows.get("b")]

    async def read(self):
        await asyncio.sleep(1)
        return 1

    async def put(self, key):
        self.rows[key] = await self.read()
        await self.read()
        return key in self.rows

    async def update(self):
        self.rows = {}
        for key in ("a", "b"):
            self.rows[key] = await self.read()

    async def look(self):
        return self.both()


prices = Prices()
"""


def _credit(body: str, *instead: tuple[str, str], amount: int = 1, harm: bool = True, alone: bool = False) -> Refused:
    """Give an update of the balance by two tasks; the pieces of `instead` are lines of its body."""
    text = HEAD + "".join(f"    {line}\n" for line in body.split("\n"))
    return Refused(
        text=text,
        tasks=(f"credit({amount})",),
        state="balance, shown",
        only="hoist",
        instead=instead,
        harm=("alone" if alone else "schedule") if harm else None,
    )


READ = "    current = balance\n"
SAVED = "        current = self.total\n"
LOGGED = "        await self.log()\n"
WAIT = "    await check(amount)\n"

CASES: dict[str, Refused | Given] = {
    "depends-on-read": _credit(
        "current = balance\nfee = await check(current)\nbalance = current + fee",
        ("    balance = current + fee", "    current = balance\n    balance = current + fee"),
    ),
    "decided-by-read": _credit(
        "current = balance\nif current < amount:\n    return\nawait check(amount)\n"
        "balance = current - amount\nreturn amount",
        (WAIT, WAIT + READ),
        amount=60,
    ),
    "used-elsewhere": _credit(
        "current = balance\nshow(current)\nawait check(amount)\nbalance = current + amount",
        (WAIT, WAIT + READ),
    ),
    "written-between": Refused(
        text=TILL,
        tasks=("till.add()",),
        state="till.total",
        only="hoist",
        instead=((f"{SAVED}{LOGGED}", f"{LOGGED}{SAVED}"),),
        harm="alone",
    ),
    "hoist-order": _credit(
        "balance = show(balance) + await check(amount)",
        (
            "    balance = show(balance) + await check(amount)",
            "    fee = await check(amount)\n    balance = show(balance) + fee",
        ),
        alone=True,
    ),
    "hoist-conditional": _credit(
        "balance += await check(amount) if balance < 101 else show(amount)",
        (
            "    balance += await check(amount) if balance < 101 else show(amount)",
            "    fee = await check(amount) if balance < 101 else show(amount)\n    balance += fee",
        ),
    ),
    "hoist-shape": _credit(
        'current = balance\nshow("now")\nbalance = current + await check(amount)',
        harm=False,
    ),
    "not-siblings": _credit(
        "current = balance\nfor _ in range(2):\n    await check(amount)\n    balance = current + amount",
        (READ, ""),
        ("        await check(amount)\n", "        await check(amount)\n        current = balance\n"),
        alone=True,
    ),
    "multi-line-text": Given(
        "tests/remedies/test_hoist_lifting.py::test_what_would_mean_something_else_on_the_left_is_not_moved",
        "strings stay as they are when lines move, so that only a mistake in moving them gives it",
    ),
    "refill-shape": Refused(
        text=PRICES.replace("        self.rows = {}\n", "        self.rows = rows = {}\n"),
        tasks=("prices.update()", "prices.look()"),
        state="prices.rows",
        only="hoist",
    ),
    "others-store": Refused(
        text=PRICES,
        tasks=("prices.update()", "prices.put('c')", "prices.look()"),
        state="prices.rows",
        only="hoist",
        instead=(
            ("        self.rows = {}\n        for", "        rows = {}\n        for"),
            (
                "            self.rows[key] = await self.read()\n",
                "            rows[key] = await self.read()\n        self.rows = rows\n",
            ),
        ),
        harm="schedule",
    ),
}
