"""Hoisting by lifting the await: what goes above the statement, and what stays because a single task would notice."""

from __future__ import annotations

import pytest

from awaitomic.remedies import hoist
from remedies.tills import PRELUDE, in_method

from .outcome import outcome

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


def test_what_would_mean_something_else_on_the_left_is_not_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    """No text is known that does; the test makes a mistake in moving one, which has to be noticed."""
    text = in_method("self.total += await price(\n    '''one\n    two'''\n)")
    assert outcome(hoist.propose, "AWA101", text).verdict == "safe"
    monkeypatch.setattr(
        "awaitomic.remedies.shared.siblings.move_lines", lambda text, move: "\n".join(map(str.lstrip, text.split("\n")))
    )
    assert outcome(hoist.propose, "AWA101", text).verdict == "multi-line-text"
