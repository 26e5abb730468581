"""Refilling: a local is filled over the awaits and published by one assignment; and where it must not be."""

from __future__ import annotations

import pytest

from awaitomic.remedies import refill

from .outcome import outcome

PROGRAM = """\
import asyncio
from collections import deque

class Prices:
    def __init__(self):
        self.rows = {{}}
        self.names = []
        self.old = {{}}
        self.last = deque()
        self.seen = 0

    def get(self, key):
        self.seen += 1
        return self.rows.get(key), self.old.get(key), self.names[0], self.last[0]

    async def ask(self):
        return len(self.rows)

    async def one(self, key):
        self.rows[key] = await read(key)
{more}
    async def update(self, keys):
{body}

prices = Prices()
"""


def program(body: str, more: str = "") -> str:
    indented = "\n".join(" " * 8 + line if line else line for line in body.strip("\n").split("\n"))
    text = PROGRAM.format(body=indented, more=more)
    return text if "self.one" in body else text.replace(ONE, "")


ONE = "\n    async def one(self, key):\n        self.rows[key] = await read(key)"
FILL = "\nfor key in keys:\n    self.rows[key] = await read(key)"
REFILLS = {
    "another one is put in its place": (
        f"self.rows = {{}}  # anew{FILL}\nlog(len(self.rows))",
        "rows = {}  # anew\nfor key in keys:\n    rows[key] = await read(key)\nself.rows = rows\nlog(len(self.rows))",
    ),
    "a dict stays the same object": (
        f"self.rows.clear(){FILL}",
        "rows = {}\nfor key in keys:\n    rows[key] = await read(key)\nself.rows.clear()\nself.rows.update(rows)",
    ),
    "a list stays the same object": (
        "self.names.clear()\nfor key in keys:\n    self.names.append(await read(key))",
        "names = []\nfor key in keys:\n    names.append(await read(key))\nself.names[:] = names",
    ),
    "what is asked on the way is asked of the local": (
        "self.rows = {}\nfor key in keys:\n    if key not in self.rows:\n        self.rows[key] = await read(key)",
        "rows = {}\nfor key in keys:\n    if key not in rows:\n        rows[key] = await read(key)\nself.rows = rows",
    ),
    "a name that is taken is not taken again": (
        "rows = await read(0)\nself.rows = {}\nfor key in rows:\n    self.rows[key] = await read(key)",
        "rows = await read(0)\nnew_rows = {}\nfor key in rows:\n    new_rows[key] = await read(key)\n"
        "self.rows = new_rows",
    ),
    "two tables are published together": (
        "self.rows = {}\nself.old = {}\nfor key in keys:\n    self.rows[key] = await read(key)\n    self.old[key] = 0",
        "rows = {}\nold = {}\nfor key in keys:\n    rows[key] = await read(key)\n    old[key] = 0\n"
        "self.rows = rows\nself.old = old",
    ),
}


@pytest.mark.parametrize(("before", "after"), REFILLS.values(), ids=REFILLS)
def test_a_refill(before: str, after: str) -> None:
    made = outcome(refill.propose, "AWA105", program(before))
    assert (made.verdict, made.text) == ("unsafe", program(after))
    assert "the old contents stay" in made.because[0]


REFUSED = {
    "a way out with a part": ("exits-between", f"self.rows = {{}}{FILL}\n    if key is None:\n        return\n", ""),
    "filled by a callee": ("write-in-callee", "self.rows = {}\nfor key in keys:\n    await self.one(key)", ""),
    "asked by a callee": ("read-by-callee", f"self.rows = {{}}{FILL}\n    await self.ask()", ""),
    "asked by a nested function": ("closure-reads", f"self.rows = {{}}{FILL}\n    log(lambda: self.rows)", ""),
    "filled in another block": ("not-siblings", f"if keys:\n    self.rows = {{}}{FILL}", ""),
    "others put something in": (
        "others-store",
        f"self.rows = {{}}{FILL}",
        "\n    def put(self, key):\n        self.rows[key] = 1\n",
    ),
    "others take something out": (
        "others-store",
        f"self.rows = {{}}{FILL}",
        "\n    def drop(self, key):\n        self.rows.pop(key, None)\n",
    ),
    "assigned twice at once": ("refill-shape", f"self.rows = rows = {{}}{FILL}", ""),
    "a kind that is not known": (
        "refill-shape",
        "self.last.clear()\nfor key in keys:\n    self.last.append(await read(key))",
        "",
    ),
}


@pytest.mark.parametrize(("code", "body", "more"), REFUSED.values(), ids=REFUSED)
def test_a_refill_is_refused(code: str, body: str, more: str) -> None:
    assert outcome(refill.propose, "AWA105", program(body, more)).verdict == code
