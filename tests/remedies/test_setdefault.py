"""Filling an entry by `setdefault`: when that is offered, and what it looks like."""

from __future__ import annotations

import pytest

from awaitomic.remedies import setdefault
from awaitomic.remedies.remedy import Case, Proposal
from awaitomic.rules import find
from remedies.rows import FILL, asked, program

from .outcome import analysed, outcome

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
    "what has been given another shape is named after what was loaded": (
        "if key not in self.rows:\n    self.rows[key] = (await fetch_text(key)).strip()\nreturn self.rows[key]",
        "if key not in self.rows:\n    text = (await fetch_text(key)).strip()\n"
        "    self.rows.setdefault(key, text)\nreturn self.rows[key]",
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


def test_what_is_removed_during_the_load_is_told() -> None:
    verdict, because = asked(FILL, "\n    def forget(self, key):\n        self.rows.pop(key, None)\n")
    assert (verdict, because[1:]) == (
        "safe",
        ("what `Rows.forget` removes during the load is stored again, as before",),
    )


BELOW = """

class Lru({base}):
    def __setitem__(self, key, value):
        self.clear()
        super().__setitem__(key, value)

class Below(Rows):
    def __init__(self):
        super().__init__({{}})
        self.{name} = Lru()
"""


@pytest.mark.parametrize(
    ("base", "name", "verdict"), [("dict", "rows", "unsafe"), ("object", "rows", "unsafe"), ("dict", "other", "safe")]
)
def test_what_a_class_below_puts_in_the_place_of_the_dict_may_store_in_its_own_way(
    base: str, name: str, verdict: str
) -> None:
    found, because = asked(FILL, BELOW.format(base=base, name=name))
    assert found == verdict
    told = "`Below.__init__` puts a `Lru` there, which may store in its own way" in because
    assert told is (verdict == "unsafe")


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
