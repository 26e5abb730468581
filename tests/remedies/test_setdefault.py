"""Filling an entry by `setdefault`: when that is offered, what it looks like, and when the lock has to do it."""

from __future__ import annotations

import pytest

from awaitomic.remedies import plan, setdefault
from awaitomic.remedies.remedy import Case, Proposal
from awaitomic.rules import find

from .outcome import analysed, outcome

PROGRAM = """\
import asyncio
import collections
import weakref

class Rows:
    def __init__(self, given):
        self.rows = {{}}
        self.lru = collections.OrderedDict()
        self.made = collections.defaultdict(list)
        self.weak = weakref.WeakValueDictionary()
        self.cache = {{}}
        self.clients = {{}}
        self.given = given
        self.count = 0
        self.key = None
        self.locks = {{}}

    async def get(self, key, other=None):
{body}
{more}"""


def _indented(body: str) -> str:
    return "\n".join(" " * 8 + line if line else line for line in body.strip("\n").split("\n"))


def program(body: str, more: str = "") -> str:
    return PROGRAM.format(body=_indented(body), more=more)


def asked(body: str, more: str = "") -> tuple[str, tuple[str, ...]]:
    found = outcome(setdefault.propose, "AWA102", program(body, more))
    return found.verdict, found.because


SAFE = {
    "the entry is read again": (
        "if key not in self.rows:\n    self.rows[key] = await load(key)\nreturn self.rows[key]",
        "if key not in self.rows:\n    value = await load(key)\n    self.rows.setdefault(key, value)\n"
        "return self.rows[key]",
    ),
    "what is used later is what is stored": (
        "if key in self.rows:\n    return self.rows[key]\nrow = await load(key)\n"
        "self.rows[key] = row  # kept\nreturn row",
        "if key in self.rows:\n    return self.rows[key]\nrow = await load(key)\n"
        "row = self.rows.setdefault(key, row)  # kept\nreturn row",
    ),
    "a local that nobody uses any more": (
        "if key not in self.rows:\n    row = await load(key)\n    # keep it\n    self.rows[key] = row  # here\n"
        "return self.rows[key]",
        "if key not in self.rows:\n    row = await load(key)\n    # keep it\n"
        "    self.rows.setdefault(key, row)  # here\nreturn self.rows[key]",
    ),
    "a local that the next round of a loop uses": (
        "row = None\nwhile True:\n    print(row)\n    if key not in self.rows:\n        row = await load(key)\n"
        "        self.rows[key] = row",
        "row = None\nwhile True:\n    print(row)\n    if key not in self.rows:\n        row = await load(key)\n"
        "        row = self.rows.setdefault(key, row)",
    ),
    "the miss is a KeyError": (
        "try:\n    return self.rows[key]\nexcept KeyError:\n    row = await load(key)\n    self.rows[key] = row\n"
        "    return row",
        "try:\n    return self.rows[key]\nexcept KeyError:\n    row = await load(key)\n"
        "    row = self.rows.setdefault(key, row)\n    return row",
    ),
    "the handler only lets go on": (
        "try:\n    return self.rows[key]\nexcept KeyError:\n    pass\n"
        "self.rows[key] = row = await load(key)\nreturn row",
        "try:\n    return self.rows[key]\nexcept KeyError:\n    pass\nrow = await load(key)\n"
        "row = self.rows.setdefault(key, row)\nreturn row",
    ),
    "a key of several parts": (
        "if (key, other) not in self.rows:\n    self.rows[key, other] = await load(key)\nreturn self.rows[key, other]",
        "if (key, other) not in self.rows:\n    value = await load(key)\n"
        "    self.rows.setdefault((key, other), value)\nreturn self.rows[key, other]",
    ),
    "a key that is a plain conversion": (
        'if not (f"{key}/{other}" in self.rows):\n    self.rows[f"{key}/{other}"] = await load(key)\n'
        'return self.rows[f"{key}/{other}"]',
        'if not (f"{key}/{other}" in self.rows):\n    value = await load(key)\n'
        '    self.rows.setdefault(f"{key}/{other}", value)\nreturn self.rows[f"{key}/{other}"]',
    ),
    "another condition that has to hold, too": (
        "if other and key not in self.rows:\n    self.rows[key] = await load(key)\nreturn self.rows",
        "if other and key not in self.rows:\n    value = await load(key)\n    self.rows.setdefault(key, value)\n"
        "return self.rows",
    ),
    "one line, and a call over several": (
        "if key not in self.rows: self.rows[key] = await load(\n    key,\n)\nreturn self.rows[key]",
        "if key not in self.rows:\n    value = await load(\n        key,\n    )\n    self.rows.setdefault(key, value)\n"
        "return self.rows[key]",
    ),
    "several statements on a line": (
        "if key not in self.rows:\n    row = await load(key); self.rows[key] = row; print(row)\nreturn self.rows[key]",
        "if key not in self.rows:\n    row = await load(key); row = self.rows.setdefault(key, row); print(row)\n"
        "return self.rows[key]",
    ),
    "what is changed before the store, or for everybody after it": (
        "if key not in self.rows:\n    row = await load(key)\n    row.append(other)\n    self.rows[key] = row\n"
        "self.rows[key].append(other)\nreturn self.rows[key]",
        "if key not in self.rows:\n    row = await load(key)\n    row.append(other)\n"
        "    self.rows.setdefault(key, row)\nself.rows[key].append(other)\nreturn self.rows[key]",
    ),
    "a local that a nested function reads": (
        "row = None\ndef show():\n    print(row)\nif key not in self.rows:\n    row = await load(key)\n"
        "    self.rows[key] = row\nshow()",
        "row = None\ndef show():\n    print(row)\nif key not in self.rows:\n    row = await load(key)\n"
        "    row = self.rows.setdefault(key, row)\nshow()",
    ),
    "a bounded cache that drops its oldest entry": (
        "if key in self.lru:\n    self.lru.move_to_end(key)\n    return self.lru[key]\nvalue = await compute(key)\n"
        "self.lru[key] = value\nif len(self.lru) > 10:\n    self.lru.popitem(last=False)\nreturn value",
        "if key in self.lru:\n    self.lru.move_to_end(key)\n    return self.lru[key]\nvalue = await compute(key)\n"
        "value = self.lru.setdefault(key, value)\nif len(self.lru) > 10:\n    self.lru.popitem(last=False)\n"
        "return value",
    ),
    "stores in both branches": (
        "if key not in self.rows:\n    if other:\n        self.rows[key] = await load(other)\n    else:\n"
        "        self.rows[key] = await fetch_row(key)\nreturn self.rows[key]",
        "if key not in self.rows:\n    if other:\n        value = await load(other)\n"
        "        self.rows.setdefault(key, value)\n    else:\n        row = await fetch_row(key)\n"
        "        self.rows.setdefault(key, row)\nreturn self.rows[key]",
    ),
    "what is made of the answer gets a name, so that all is done in the same order": (
        "if key not in self.rows:\n    async with fetching(key) as answer:\n        text = await answer.text()\n"
        "    self.rows[key] = parse(text)\nreturn self.rows[key]",
        "if key not in self.rows:\n    async with fetching(key) as answer:\n        text = await answer.text()\n"
        "    result = parse(text)\n    self.rows.setdefault(key, result)\nreturn self.rows[key]",
    ),
}


@pytest.mark.parametrize(("body", "after"), SAFE.values(), ids=SAFE)
def test_the_first_writer_wins(body: str, after: str) -> None:
    found = outcome(setdefault.propose, "AWA102", program(body))
    assert (found.verdict, found.text) == ("safe", program(after))
    assert found.because == (
        "two tasks may still both load: what comes second is dropped, and both use what was stored first",
    )


FILL = "if key not in self.rows:\n    self.rows[key] = await load(key)\nreturn self.rows[key]"


def test_what_is_removed_during_the_load_is_told() -> None:
    verdict, because = asked(FILL, "\n    def forget(self, key):\n        self.rows.pop(key, None)\n")
    assert (verdict, because[1:]) == (
        "safe",
        ("what `Rows.forget` removes during the load is stored again, as before",),
    )


UNSAFE = {
    "a look-up in a defaultdict makes an entry": (
        "if key not in self.made:\n    self.made[key] = await load(key)\nreturn self.made[key]",
        "whoever looks a missing key of `self.made` up meanwhile makes an empty entry, which then stays",
    ),
    "only the container says that it is data": (
        "if key not in self.cache:\n    self.cache[key] = await other(key)\nreturn self.cache[key]",
        "if what `other` gives has to be closed, the second one is dropped without that",
    ),
    "the key may have changed": (
        "if self.key not in self.rows:\n    self.rows[self.key] = await load(key)\nreturn self.rows[self.key]",
        "`self.key` is looked up again after the await, and may have changed",
    ),
    "somebody is told of the own row before it is stored": (
        "if key not in self.rows:\n    row = await load(key)\n    tell(row)\n    self.rows[key] = row\n"
        "return self.rows[key]",
        "`tell` gets this task's own result, before it is known if that is stored",
    ),
    "somebody gets what is stored, and may change it": (
        "if key not in self.rows:\n    row = await load(key)\n    self.rows[key] = row\n    await enrich(row)\n"
        "return self.rows[key]",
        "`enrich` gets what was stored, and may change it for both tasks",
    ),
    "a method may change what is stored": (
        "if key not in self.rows:\n    self.rows[key] = await load(key)\n    self.rows[key].refresh()\n"
        "return self.rows[key]",
        "`refresh()` may change what was stored, for both tasks",
    ),
    "the loader gets the object": (
        "if key not in self.rows:\n    self.rows[key] = await load(self, key)\nreturn self.rows[key]",
        "`load` gets the object, and what it does to it is not known",
    ),
    "the loader may store the entry itself": (
        "if key not in self.rows:\n    self.rows[key] = await self.load(key)\nreturn self.rows[key]",
        "`Rows.load` writes `self.rows['first']` while it is awaited, and that now stays",
    ),
    "the loader does more for the object": (
        "if key not in self.rows:\n    self.rows[key] = await self.read(key)\nreturn self.rows[key]",
        "`Rows.read` writes `self.count`, too, each time it is called",
    ),
}
MORE = """
    def rename(self, key):
        self.key = key

    async def load(self, key):
        self.rows['first'] = 1
        return await read(key)

    async def read(self, key):
        self.count += 1
        return await read(key)
"""


@pytest.mark.parametrize(("body", "reason"), UNSAFE.values(), ids=UNSAFE)
def test_one_task_or_the_second_value_may_notice(body: str, reason: str) -> None:
    text = program(body, MORE)
    known = analysed(text)
    finding = next(found for found in find(known) if found.rule == "AWA102" and found.function == "Rows.get")
    proposal = setdefault.propose(Case(known, finding))
    assert isinstance(proposal, Proposal), proposal
    assert str(proposal.applicability) == "unsafe"
    assert reason in proposal.because


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
