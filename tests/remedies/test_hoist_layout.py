"""What is lifted stands by itself: with parentheses where others held it together, and the author's line breaks."""

from __future__ import annotations

import pytest

from awaitomic.remedies import hoist
from remedies.tills import in_method

from .outcome import outcome

LAID_OUT = {
    "a name that is bound on the way": (
        "self.total += (n := await price(item))",
        "n = await price(item)\nself.total += n",
    ),
    "one in front of the await": (
        "self.total += (n := announce()) + await price(item)",
        "n = announce()\nitem_price = await price(item)\nself.total += n + item_price",
    ),
    "one that is bound twice": (
        "self.total += (n := announce()) + await price(n := item)",
        "announce_result = (n := announce())\nprice_value = await price(n := item)\n"
        "self.total += announce_result + price_value",
    ),
    "one that a nested function changes": (
        "def change():\n    nonlocal n\n    n = 2\nself.total += (n := announce()) + await price(change)",
        "def change():\n    nonlocal n\n    n = 2\n\nannounce_result = (n := announce())\n"
        "change_price = await price(change)\nself.total += announce_result + change_price",
    ),
    "what is taken apart": (
        "self.total += max(*announce(), await price(item))",
        "announce_result = [*announce()]\nitem_price = await price(item)\n"
        "self.total += max(*announce_result, item_price)",
    ),
    "a function that is called at once": (
        "self.total += (lambda: announce()\n    + 1)() + await price(item)",
        "result = (lambda: announce()\n    + 1)()\nitem_price = await price(item)\nself.total += result + item_price",
    ),
    "a call that begins a line": (
        "self.total += (self.scales\n    .weigh(1)) + await price(item)",
        "weight = (self.scales\n    .weigh(1))\nitem_price = await price(item)\nself.total += weight + item_price",
    ),
    "a line that goes on": (
        "self.total += self.scales \\\n    .weigh(1) + await price(item)",
        "weight = (self.scales\n    .weigh(1))\nitem_price = await price(item)\nself.total += weight + item_price",
    ),
    "lines of its own": (
        "self.total += (\n    await price(item)\n    if flag\n    else 0\n)",
        "item_price = (\n    await price(item)\n    if flag\n    else 0\n)\nself.total += item_price",
    ),
    "with a comment": (
        "self.total += (\n    announce()  # one\n    + announce()\n    + await price(item)\n)",
        "result = (\n    announce()  # one\n    + announce()\n)\nitem_price = await price(item)\n"
        "self.total += result + item_price",
    ),
    "a string over several lines": (
        'self.total += (\n    announce("""a\n  b""")\n    + announce()\n    + await price(item)\n)',
        'result = (\n    announce("""a\n  b""")\n    + announce()\n)\nitem_price = await price(item)\n'
        "self.total += result + item_price",
    ),
}


@pytest.mark.parametrize(("body", "after"), LAID_OUT.values(), ids=LAID_OUT)
def test_what_is_lifted_stands_by_itself(body: str, after: str) -> None:
    found = outcome(hoist.propose, "AWA101", in_method(body))
    assert (found.verdict, found.text) == ("safe", in_method(after))
