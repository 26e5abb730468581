"""Iterating over a copy: what is copied, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitomic import fix_source
from awaitomic.remedies import snapshot
from cli.running import run
from program.across import lay_out
from remedies.halls import LEFT, program

from .outcome import outcome

COPIED = {
    "a dict by its keys": ("for k in self.seats:", "for k in list(self.seats):"),
    "a view": ("for k in self.seats.values():", "for k in list(self.seats.values()):"),
    "pairs": ("for k, v in self.seats.items():", "for k, v in list(self.seats.items()):"),
    "keys": ("for k in self.seats.keys():", "for k in list(self.seats.keys()):"),
    "a list": ("for k in self.guests:", "for k in list(self.guests):"),
    "a set": ("for k in self.members:", "for k in list(self.members):"),
    "a deque": ("for k in self.calls:", "for k in list(self.calls):"),
    "what remembers its order": ("for k in self.ordered:", "for k in list(self.ordered):"),
    "a set in a table": ("for k in self.topics[key]:", "for k in list(self.topics[key]):"),
    "what a table gives": ("for k in self.topics.get(key, ()):", "for k in list(self.topics.get(key, ())):"),
    "enumerate": ("for i, k in enumerate(self.guests):", "for i, k in enumerate(list(self.guests)):"),
    "zip": ("for i, k in zip(range(3), self.guests):", "for i, k in zip(range(3), list(self.guests)):"),
    "reversed": ("for k in reversed(self.guests):", "for k in reversed(list(self.guests)):"),
    "iter": ("for k in iter(self.guests):", "for k in iter(list(self.guests)):"),
    "what map is given": ("for k in map(str, self.guests):", "for k in map(str, list(self.guests)):"),
    "a part of a chain": (
        "for k in itertools.chain(key, self.guests):",
        "for k in itertools.chain(key, list(self.guests)):",
    ),
    "a generator": ("for k in (g for g in self.guests if g):", "for k in (g for g in list(self.guests) if g):"),
    "one of two": ("for k in self.guests or []:", "for k in list(self.guests or []):"),
    "a choice": ("for k in self.guests if key else ():", "for k in list(self.guests if key else ()):"),
    "in parentheses": ("for k in (self.seats):", "for k in (list(self.seats)):"),
    "a comment beside the header": ("for k in self.seats:  # all of them", "for k in list(self.seats):  # all of them"),
    "over several lines": (
        "for k in (\n        self.seats  # by name\n        .values()\n):",
        "for k in (\n        list(self.seats  # by name\n        .values())\n):",
    ),
    "an alias": ("seats = self.seats\nfor k in seats:", "seats = self.seats\nfor k in list(seats):"),
    "an alias of a view": (
        "seats = self.seats.values()\nfor k in seats:",
        "seats = self.seats.values()\nfor k in list(seats):",
    ),
    "where list means something else": ("list = key\nfor k in self.seats:", "list = key\nfor k in [*self.seats]:"),
    "also of one of two": ("list = key\nfor k in self.guests or ():", "list = key\nfor k in [*(self.guests or ())]:"),
}


@pytest.mark.parametrize(("header", "after"), COPIED.values(), ids=COPIED)
def test_what_is_copied(header: str, after: str) -> None:
    before, expected = program(f"{header}\n    await k.tell()"), program(f"{after}\n    await k.tell()")
    assert outcome(snapshot.propose, "AWA104", before).text == expected


def test_what_a_star_brings_in_may_be_a_list_of_another_kind() -> None:
    before = f"from key import *\n{program('for k in self.seats:' + chr(10) + '    await k.tell()')}"
    assert outcome(snapshot.propose, "AWA104", before).text == before.replace("in self.seats:", "in [*self.seats]:")


@pytest.mark.parametrize(
    ("files", "copy"),
    [
        ({"words.py": "WORD = 1\n"}, "list(self.seats)"),
        (
            {"words.py": "from more import *\n", "more.py": "from words import *\nclass A:\n    def list(self): ...\n"},
            "list(self.seats)",
        ),
        ({"words.py": "def list(): ...\n"}, "[*self.seats]"),
        ({"words.py": "from more import *\n", "more.py": "from typing import List as list\n"}, "[*self.seats]"),
        ({"words.py": "from typing import *\n"}, "[*self.seats]"),
        ({}, "[*self.seats]"),
    ],
)
def test_what_a_star_brings_in_may_be_a_list(tmp_path: Path, files: dict[str, str], copy: str) -> None:
    text = program("for k in self.seats:\n    await k.tell()")
    lay_out(tmp_path, {"hall.py": f"from words import *\n{text}", **files})
    run("fix", "--unsafe-fixes", "--confidence", "possible", "--no-cache", tmp_path / "hall.py")
    assert f"for k in {copy}:" in (tmp_path / "hall.py").read_text()


COMPREHENSIONS = {
    "a list": ("[await k.tell() for k in self.seats if k]", "[await k.tell() for k in list(self.seats) if k]"),
    "a dict": (
        "{k: await v.tell() for k, v in self.seats.items()}",
        "{k: await v.tell() for k, v in list(self.seats.items())}",
    ),
    "the inner one of two": (
        "[await b.tell(a) for a in key for b in self.members]",
        "[await b.tell(a) for a in key for b in list(self.members)]",
    ),
}


@pytest.mark.parametrize(("before", "after"), COMPREHENSIONS.values(), ids=COMPREHENSIONS)
def test_comprehensions(before: str, after: str) -> None:
    found = outcome(snapshot.propose, "AWA104", program(f"return {before}"))
    assert (found.verdict, found.text, found.because) == ("unsafe", program(f"return {after}"), (LEFT,))


REFUSED = {
    "a list that the loop itself fills": (
        "for k in self.guests:\n    await k.tell()\n    self.guests.append(key)",
        "changes-itself",
    ),
    "by a call": ("for k in self.guests:\n    await k.tell()\n    await self.enlist(k)", "changes-itself"),
    "a set to which it adds": (
        "for k in self.members:\n    await k.tell()\n    self.members.add(key)",
        "changes-itself",
    ),
    "members that it takes by position": (
        "for k in self.guests:\n    await k.tell()\n    self.guests.pop(0)",
        "changes-itself",
    ),
    "a dict that it empties": ("for k in self.seats:\n    await k.tell()\n    self.seats.clear()", "changes-itself"),
    "entries that it gets to later": (
        "for k in self.seats:\n    await k.tell()\n    self.seats[key] = k",
        "changes-itself",
    ),
    "an iterator": ("seats = iter(self.seats)\nfor k in seats:\n    await k.tell()", "held-iterator"),
    "a generator": (
        "seats = (seat for seat in self.seats if seat)\nfor k in seats:\n    await k.tell()",
        "held-iterator",
    ),
    "pairs that are held": ("pairs = zip(key, self.guests)\nfor i, k in pairs:\n    await k.tell()", "held-iterator"),
    "one of two, of which the other is anything": (
        "for k in self.guests or key:\n    await k.tell()",
        "snapshot-shape",
    ),
    "a name that is given in the header": (
        "for k in (found := self.guests):\n    await k.tell()\nfound.clear()",
        "snapshot-shape",
    ),
}


@pytest.mark.parametrize(("body", "code"), REFUSED.values(), ids=REFUSED)
def test_refused(body: str, code: str) -> None:
    assert outcome(snapshot.propose, "AWA104", program(body)).verdict == code


NOT_REFUSED = {
    "it ends where it adds": "for k in self.guests:\n    if await k():\n        self.guests.append(k)\n        break",
    "it ends, and begins anew": "while key:\n    for k in self.guests:\n        if await k():\n"
    "            self.guests.append(k)\n            break",
    "it adds when it is over": "for k in self.guests:\n    await k.tell()\nself.guests.append(key)",
    "it changes the members": "for k, v in self.seats.items():\n    await k.tell()\n    self.seats[k].told = True",
    "it changes another container": "for k in self.guests:\n    await k.tell()\n    self.seats.clear()",
    "it stores in the place that it is at": "for i, k in enumerate(self.guests):\n    self.guests[i] = await k.tell()",
}


@pytest.mark.parametrize("body", NOT_REFUSED.values(), ids=NOT_REFUSED)
def test_what_is_no_change_of_what_the_loop_goes_over(body: str) -> None:
    assert outcome(snapshot.propose, "AWA104", program(body)).text is not None


def test_the_two_in_a_zip_are_copied_one_after_the_other() -> None:
    text = program("for i, k in zip(self.seats, self.members):\n    await k.tell(i)")
    fixed = fix_source(text, confidence="possible", unsafe_fixes=True)
    assert fixed.text == text.replace("zip(self.seats, self.members)", "zip(list(self.seats), list(self.members))")


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_nothing_else_moves_by_a_byte(newline: str) -> None:
    text = program("for k in (self.seats.\\\n        values()): await k.tell() ; print(k)")
    text = text.replace("    ", "\t").replace("\n", newline)
    fixed = fix_source(text, confidence="possible", unsafe_fixes=True)
    assert fixed.text == text.replace("in (self.seats.", "in (list(self.seats.").replace("values()):", "values())):")
