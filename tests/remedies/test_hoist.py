"""Hoisting: what moves, what stays, and what is left alone because a single task would notice."""

from __future__ import annotations

import pytest

from awaitomic.remedies import hoist

from .outcome import outcome

PRELUDE = """\
import asyncio
from collections import Counter, defaultdict

balance = 1000
counts = {}
hits = Counter()
seen = defaultdict(int)

async def check(amount): await asyncio.sleep(0)
async def size(key): await asyncio.sleep(0)
async def price(item): await asyncio.sleep(0)
async def fetch_price(item): await asyncio.sleep(0)
def announce(): print("now")

"""

SINK = """\
async def credit(amount):
    global balance
{body}
"""

METHOD = """\
class Till:
    def __init__(self, scales):
        self.total = 0
        self.token = None
        self.scales = scales
        self.prices = {{}}

    async def add(self, item, flag):
{body}
"""


def _indented(body: str, margin: int) -> str:
    return "\n".join(" " * margin + line if line else line for line in body.strip("\n").split("\n"))


def in_function(body: str) -> str:
    return PRELUDE + SINK.format(body=_indented(body, 4))


def in_method(body: str) -> str:
    return PRELUDE + METHOD.format(body=_indented(body, 8))


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


LIFTS = {
    "the awaited operand gets a name after what it is": (
        "self.total += await price(item)",
        "safe",
        "item_price = await price(item)\nself.total += item_price",
    ),
    "verbs are dropped from the name": (
        "self.total = self.total + await fetch_price(item)",
        "safe",
        "item_price = await fetch_price(item)\nself.total = self.total + item_price",
    ),
    "several awaits are lifted in order": (
        "self.total = self.total + await self.scales.weight(1) * await self.scales.weight(2)",
        "safe",
        "weight = await self.scales.weight(1)\nweight_value = await self.scales.weight(2)\n"
        "self.total = self.total + weight * weight_value",
    ),
    "a call with an effect in front of the await is lifted too": (
        "self.total = self.total + announce() + await price(item)",
        "safe",
        "announce_result = announce()\nitem_price = await price(item)\n"
        "self.total = self.total + announce_result + item_price",
    ),
    "the greater of two": (
        "self.total = max(self.total, await price(item))",
        "safe",
        "item_price = await price(item)\nself.total = max(self.total, item_price)",
    ),
    "parentheses that only grouped go, those of a call stay": (
        "self.total = self.total + abs(await price(item)) * (await size(item))",
        "safe",
        "item_price = await price(item)\nitem_size = await size(item)\n"
        "self.total = self.total + abs(item_price) * item_size",
    ),
    "a call over several lines keeps its comments": (
        "self.total += await fetch_price(\n    item,  # by number\n)",
        "safe",
        "item_price = await fetch_price(\n    item,  # by number\n)\nself.total += item_price",
    ),
    "a body on the line of its header": (
        "if flag: self.total += await price(item)",
        "safe",
        "if flag:\n    item_price = await price(item)\n    self.total += item_price",
    ),
    "a wrapper gives no name": (
        "self.total += await asyncio.wait_for(price(item), 5)",
        "safe",
        "item_price = await asyncio.wait_for(price(item), 5)\nself.total += item_price",
    ),
    "a name that is taken gets a suffix": (
        "item_price = 3\nself.total += item_price * await price(item)",
        "safe",
        "item_price = 3\nprice_value = await price(item)\nself.total += item_price * price_value",
    ),
    "an entry with a default": (
        "counts[item] = counts.get(item, 0) + await size(item)",
        "safe",
        "item_size = await size(item)\ncounts[item] = counts.get(item, 0) + item_size",
    ),
    "an entry of a counter is always there": (
        "hits[item] += await size(item)",
        "safe",
        "item_size = await size(item)\nhits[item] += item_size",
    ),
    "an entry that was just tested for is there": (
        "if item in counts:\n    counts[item] += await size(item)",
        "safe",
        "if item in counts:\n    item_size = await size(item)\n    counts[item] += item_size",
    ),
    "an entry that may be missing": (
        "counts[item] += await size(item)",
        "unsafe",
        "item_size = await size(item)\ncounts[item] += item_size",
    ),
    "an entry that would be made before the await": (
        "seen[item] += await size(item)",
        "unsafe",
        "item_size = await size(item)\nseen[item] += item_size",
    ),
    "an entry of a string over several lines stays as it is": (
        'self.total += await price("""a\n    b""")',
        "safe",
        'price_value = await price("""a\n    b""")\nself.total += price_value',
    ),
    "a condition goes along": (
        "self.total += await price(item) if flag else 0",
        "safe",
        "item_price = await price(item) if flag else 0\nself.total += item_price",
    ),
    "which of two awaits happens is decided above": (
        "self.total += await price(item) if flag else await size(item)",
        "safe",
        "value = await price(item) if flag else await size(item)\nself.total += value",
    ),
    "a default goes along": (
        "self.total += (await price(item) or 1) * 2",
        "safe",
        "item_price = await price(item) or 1\nself.total += item_price * 2",
    ),
    "a list is made above": (
        "self.total += sum([await fetch_price(one) for one in item])",
        "safe",
        "prices = [await fetch_price(one) for one in item]\nself.total += sum(prices)",
    ),
    "a name is not said twice": (
        "price_of = 1\nself.total += await self.scales.price(price_of)",
        "safe",
        "price_of = 1\nprice_of_price = await self.scales.price(price_of)\nself.total += price_of_price",
    ),
    "nor is that of what is given": (
        "size = 1\nself.total += await self.scales.size(size)",
        "safe",
        "size = 1\nscales_size = await self.scales.size(size)\nself.total += scales_size",
    ),
    "what is done is no name": (
        "self.total += await self.scales.convert(item)",
        "safe",
        "result = await self.scales.convert(item)\nself.total += result",
    ),
    "nor is it with what it is done to": (
        "self.total += await self.scales.run_query(item) + await self.scales.update_fee(item)",
        "safe",
        "query_result = await self.scales.run_query(item)\nfee = await self.scales.update_fee(item)\n"
        "self.total += query_result + fee",
    ),
    "of whom it is may be left out": (
        "self.total += await self.scales.get_weight_of_item(item)",
        "safe",
        "weight = await self.scales.get_weight_of_item(item)\nself.total += weight",
    ),
    "a shell of parentheses goes with a call over several lines": (
        "self.total += (\n    await fetch_price(\n        item,\n    )\n    * 2\n)",
        "safe",
        "item_price = await fetch_price(\n    item,\n)\nself.total += item_price * 2",
    ),
    "a shell with a comment stays": (
        "self.total += (\n    await fetch_price(item)  # each\n    * 2\n)",
        "safe",
        "item_price = await fetch_price(item)\nself.total += (\n    item_price  # each\n    * 2\n)",
    ),
    "arguments below each other stay so": (
        "self.total += await fetch_price(item,\n                                flag)",
        "safe",
        "item_price = await fetch_price(item,\n                               flag)\nself.total += item_price",
    ),
    "the object is given to code that is not known": (
        "self.total += await self.scales.weigh(self, item)",
        "unsafe",
        "weight = await self.scales.weigh(self, item)\nself.total += weight",
    ),
    "a method that is defined elsewhere": (
        "self.total += await self.surcharge(item)",
        "unsafe",
        "surcharge = await self.surcharge(item)\nself.total += surcharge",
    ),
}


@pytest.mark.parametrize(("body", "verdict", "after"), LIFTS.values(), ids=LIFTS)
def test_lifting(body: str, verdict: str, after: str) -> None:
    found = outcome(hoist.propose, "AWA101", in_method(body))
    assert (found.verdict, found.text) == (verdict, in_method(after))


NOT_LIFTED = {
    "the new token comes from the old one": ("self.token = await refresh(self.token)", "depends-on-read"),
    "an effect that needs the old value comes first": (
        "self.total = announce(self.total) + await price(item)",
        "hoist-order",
    ),
    "which await happens depends on what the state is": (
        "self.total += await price(item) if self.total else await size(item)",
        "hoist-conditional",
    ),
    "a generator awaits where it is consumed": (
        "self.total += await add_up(price(one) for one in item) + sum(await size(one) for one in item)",
        "hoist-conditional",
    ),
    "the state decides if there is an await": (
        "self.total = self.total or await price(item)",
        "hoist-conditional",
    ),
    "a name that is bound by what is awaited was read before": (
        "self.total = self.total + item + await price(item := flag)",
        "hoist-order",
    ),
}


@pytest.mark.parametrize(("body", "code"), NOT_LIFTED.values(), ids=NOT_LIFTED)
def test_not_lifting(body: str, code: str) -> None:
    assert outcome(hoist.propose, "AWA101", in_method(body)).verdict == code


def test_the_name_of_a_local_does_not_hide_the_function_that_is_awaited() -> None:
    text = PRELUDE + "async def measure(k):\n    counts[k] = counts.get(k, 0) + await size(k)\n"
    found = outcome(hoist.propose, "AWA101", text)
    assert found.text is not None
    assert "    size_value = await size(k)\n    counts[k] = counts.get(k, 0) + size_value\n" in found.text


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


PROPERTY = """\
class Tariff:
    def __init__(self):
        self._rate = 1

    {decorator}
    def rate(self):
        return self._rate

class Till:
    def __init__(self):
        self.total = 0
        self.tariff = Tariff()

    async def add(self, item):
        self.total = self.total + self.tariff.{name} * await price(item)
"""


def test_a_property_is_code_that_may_raise() -> None:
    text = PROPERTY.format(decorator="@property", name="rate")
    assert outcome(hoist.propose, "AWA101", text).verdict == "unsafe"


def test_an_attribute_is_not() -> None:
    text = PROPERTY.format(decorator="@staticmethod", name="_rate")
    assert outcome(hoist.propose, "AWA101", text).verdict == "safe"


STATISTICS = """\
class Cache:
    def __init__(self):
        self.stats = {{"hits": 0, "bytes": 0}}

    async def add(self, item):
        self.stats["bytes"] += await size(item)

    def reset(self):
        {reset}
"""


@pytest.mark.parametrize(
    ("reset", "verdict"),
    [
        ('self.stats = {"bytes": 0}', "safe"),
        ("self.stats = {}", "unsafe"),
        ('del self.stats["bytes"]', "unsafe"),
        ("self.stats.clear()", "unsafe"),
    ],
)
def test_a_key_that_is_always_there_cannot_be_missing(reset: str, verdict: str) -> None:
    assert outcome(hoist.propose, "AWA101", STATISTICS.format(reset=reset)).verdict == verdict
