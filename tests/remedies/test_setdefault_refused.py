"""When no entry may be filled by `setdefault`, and the lock has to do it."""

from __future__ import annotations

import pytest

from awaitomic.remedies import plan, setdefault
from awaitomic.remedies.remedy import Case
from awaitomic.rules import find
from remedies.rows import FILL, asked, program

from .outcome import analysed

REFUSED = {
    "a stored None counts as missing": (
        "row = self.rows.get(key)\nif row is None:\n    row = await load(key)\n    self.rows[key] = row\nreturn row",
        "none-is-missing",
    ),
    "so it does in a walrus": (
        "if (row := self.rows.get(key)) is None:\n    row = await load(key)\n    self.rows[key] = row\nreturn row",
        "none-is-missing",
    ),
    "what is falsy counts as missing": (
        "if not self.rows.get(key):\n    self.rows[key] = await load(key)\nreturn self.rows[key]",
        "none-is-missing",
    ),
    "what has expired is replaced": (
        "if key not in self.rows or self.rows[key].old:\n    self.rows[key] = await load(key)\nreturn self.rows[key]",
        "refilled",
    ),
    "the KeyError may be that of what is stored": (
        "try:\n    return self.rows[key]['name']\nexcept KeyError:\n    self.rows[key] = await load(key)",
        "setdefault-shape",
    ),
    "other mistakes are caught, too": (
        "try:\n    return self.rows[key]\nexcept (KeyError, ValueError):\n    self.rows[key] = await load(key)",
        "setdefault-shape",
    ),
    "a connection has to be closed": (
        "if key not in self.rows:\n    self.rows[key] = await connect(key)\nreturn self.rows[key]",
        "not-plain-data",
    ),
    "whatever the cache is called": (
        "if key not in self.cache:\n    self.cache[key] = await open_stream(key)\nreturn self.cache[key]",
        "not-plain-data",
    ),
    "the container says what it keeps": (
        "if key not in self.clients:\n    self.clients[key] = await load(key)\nreturn self.clients[key]",
        "not-plain-data",
    ),
    "a task is started": (
        "if key not in self.rows:\n    self.rows[key] = asyncio.create_task(work(await load(key)))\nreturn self.rows",
        "not-plain-data",
    ),
    "a lock is made": (
        "if key not in self.cache:\n    self.cache[key] = asyncio.Lock(await load(key))\nreturn self.cache[key]",
        "not-plain-data",
    ),
    "nothing says what it is": (
        "if key not in self.rows:\n    self.rows[key] = await other(key)\nreturn self.rows[key]",
        "not-plain-data",
    ),
    "an entry may go at once": (
        "if key not in self.weak:\n    self.weak[key] = await load(key)\nreturn self.weak[key]",
        "weak-values",
    ),
    "it may be no dict": (
        "if key not in self.given:\n    self.given[key] = await load(key)\nreturn self.given[key]",
        "container-unknown",
    ),
    "an attribute": ("if self.key is None:\n    self.key = await load(key)\nreturn self.key", "no-keyed-fill"),
    "each call may give another key": (
        "if pick(key) not in self.rows:\n    self.rows[pick(key)] = await load(key)\nreturn self.rows",
        "key-changes",
    ),
    "more is stored by the same test": (
        "if key not in self.rows:\n    self.rows[key] = await load(key)\n    self.count += 1\nreturn self.rows[key]",
        "several-states",
    ),
    "something is made of the own row": (
        "if key not in self.rows:\n    row = await load(key)\n    name = row.name\n    self.rows[key] = row\n"
        "    return name\nreturn self.rows[key].name",
        "own-value-used",
    ),
    "the row is made of what is used later": (
        "if key not in self.rows:\n    text = await load(key)\n    self.rows[key] = parse(text)\n    return text\n"
        "return None",
        "own-value-used",
    ),
    "it is corrected afterwards": (
        "if key not in self.rows:\n    self.rows[key] = await load(key)\n    self.rows[key] = await load(other)\n"
        "return self.rows[key]",
        "no-keyed-fill",
    ),
    "a failed load stores something, too": (
        "if key in self.rows:\n    return self.rows[key]\nrow = None\ntry:\n    row = await load(key)\n"
        "finally:\n    self.rows[key] = row\nreturn row",
        "setdefault-shape",
    ),
    "a comment would be lost": (
        "if key not in self.rows:\n    self.rows[\n        key  # why\n    ] = await load(key)\nreturn self.rows[key]",
        "setdefault-shape",
    ),
    "it is changed in place afterwards": (
        "if key not in self.rows:\n    row = await load(key)\n    self.rows[key] = row\n    row += [other]\n"
        "return self.rows[key]",
        "changed-afterwards",
    ),
    "an element comes in afterwards": (
        "if key in self.rows:\n    return self.rows[key]\nrow = await load(key)\nself.rows[key] = row\n"
        "row.append(other)\nreturn row",
        "changed-afterwards",
    ),
    "an attribute is set afterwards": (
        "if key not in self.rows:\n    row = await load(key)\n    self.rows[key] = row\n    row.seen = True\n"
        "return self.rows[key]",
        "changed-afterwards",
    ),
    "two entries at once": (
        "if key not in self.rows:\n    self.rows[key] = self.rows[other] = await load(key)\nreturn self.rows[key]",
        "setdefault-shape",
    ),
}


@pytest.mark.parametrize(("body", "code"), REFUSED.values(), ids=REFUSED)
def test_the_first_writer_must_not_win(body: str, code: str) -> None:
    text = program(body, "\n    def rename(self, key):\n        self.key = key\n")
    found = analysed(text)
    finding = next(each for each in find(found) if each.rule == "AWA102")
    answer = setdefault.propose(Case(found, finding))
    assert getattr(answer, "code", answer) == code


CLOSED = """
    async def close(self):
        for row in self.rows.values():
            await row.close()
"""
CLASS = """
    async def load(self, key):
        return Row(await fetch(key))

class Row:
    def __init__(self, data):
        self.data = data

    async def aclose(self):
        pass
"""
BELOW = """
    async def load(self, key):
        return await connect(key)
"""
KEPT_OPEN = {
    "entries are closed elsewhere": (FILL, CLOSED),
    "its class can be closed": (
        "if key not in self.rows:\n    self.rows[key] = Row(await fetch(key))\nreturn self.rows[key]",
        CLASS,
    ),
    "what loads it connects": (FILL.replace("await load", "await self.load"), BELOW),
}


@pytest.mark.parametrize(("body", "more"), KEPT_OPEN.values(), ids=KEPT_OPEN)
def test_what_has_to_be_closed_is_no_plain_data(body: str, more: str) -> None:
    found = analysed(program(body, more))
    finding = next(each for each in find(found) if each.rule == "AWA102" and each.function == "Rows.get")
    assert getattr(setdefault.propose(Case(found, finding)), "code", "") == "not-plain-data"


DROPPED = """
    def forget(self, key):
        self.locks.pop(key, None)
"""


def test_who_holds_a_lock_wants_the_work_done_once() -> None:
    body = "async with self.locks.setdefault(key, asyncio.Lock()):\n" + "\n".join(
        "    " + line for line in FILL.splitlines()
    )
    assert asked(body, DROPPED)[0] == "locked-already"


CHOSEN = {
    "plain data under a key": (FILL, "setdefault"),
    "a connection under a key": (FILL.replace("load(", "connect("), "lock"),
    "None counts as missing": (FILL.replace("key not in self.rows", "self.rows.get(key) is None"), "lock"),
    "an attribute": ("if self.key is None:\n    self.key = await load(key)\nreturn self.key", "lock"),
}


@pytest.mark.parametrize(("body", "strategy"), CHOSEN.values(), ids=CHOSEN)
def test_no_lock_before_a_lock_and_a_lock_where_the_second_one_would_leak(body: str, strategy: str) -> None:
    found = analysed(program(body))
    finding = next(each for each in find(found) if each.rule == "AWA102")
    assert getattr(plan(finding, found), "strategy", None) == strategy
