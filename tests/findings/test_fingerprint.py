"""A fingerprint survives what does not change the bug, and changes with what does."""

from __future__ import annotations

import hashlib
import re

import pytest

from awaitomic.findings.fingerprint import with_fingerprints
from findings.maker import finding_at, source_of

BASE = "async def f():\n    WRITE = max(a, f'{b!r:>{w}}', 'é')\n"


def print_of(text: str, piece: str = "WRITE") -> str:
    (finding,) = with_fingerprints([finding_at(text, piece)], *source_of(text))
    return finding.fingerprint


def test_what_it_looks_like() -> None:
    assert re.fullmatch(r"AWA101:Bank\.credit:self\.balance:[0-9a-f]{12}:0", print_of(BASE))


def test_it_is_the_same_in_every_python() -> None:
    words = ["WRITE", "=", "max", "(", "a", ",", "f'{b!r:>{w}}'", ",", "'é'", ")"]
    digest = hashlib.sha256("\0".join(words).encode()).hexdigest()[:12]
    assert print_of(BASE) == f"AWA101:Bank.credit:self.balance:{digest}:0"


SAME = {
    "moved down": "# new\n\nimport x\n\n\n" + BASE,
    "comment": BASE.replace("')\n", "')  # a comment\n"),
    "blanks": BASE.replace(" = max(a, f", "=max( a,f"),
    "deeper": "class A:\n    async def f():\n        if x:\n            WRITE = max(a, f'{b!r:>{w}}', 'é')\n",
    "lines": BASE.replace("max(a, ", "max(\n    a,  # why\n\n    "),
    "continuation": BASE.replace("= max", "= \\\n  max"),
    "crlf": BASE.replace("\n", "\r\n"),
    "lone cr": BASE.replace("\n", "\r"),
    "other statement on the line": BASE.replace("WRITE", "x = 1; WRITE"),
    "other statement behind it": BASE.replace("')\n", "'); x = 1\n"),
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_it_survives(text: str) -> None:
    assert print_of(text) == print_of(BASE)


DIFFERENT = {
    "name": BASE.replace("max(a", "max(c"),
    "operator": BASE.replace("WRITE =", "WRITE +="),
    "string": BASE.replace("'é'", "'è'"),
    "inside the f-string": BASE.replace("{b!r", "{c!r"),
    "blank inside the string": BASE.replace("'é'", "' é'"),
}


@pytest.mark.parametrize("text", DIFFERENT.values(), ids=DIFFERENT)
def test_it_changes(text: str) -> None:
    assert print_of(text) != print_of(BASE)


def test_words_do_not_run_together() -> None:
    assert print_of("WRITE = not x\n") != print_of("WRITE = notx\n")


def test_only_the_header_of_a_block_counts() -> None:
    text = "async with WRITE:  # c\n    x = 1\n"
    assert print_of(text) == print_of(text.replace("x = 1", "y = 2\n    z = 3"))
    assert print_of(text) != print_of(text.replace("WRITE:", "WRITE as x:"))


def test_rule_function_and_state_are_part_of_it() -> None:
    text = "x = 1\n"
    findings = [
        finding_at(text, "x"),
        finding_at(text, "x", rule="AWA102"),
        finding_at(text, "x", function="Bank.debit"),
        finding_at(text, "x", state="self.total"),
    ]
    prints = {finding.fingerprint for finding in with_fingerprints(findings, *source_of(text))}
    assert len(prints) == 4
    assert all(each.endswith(":0") for each in prints)


def test_equal_ones_are_numbered_in_the_order_of_the_text() -> None:
    text = "x = 1\ny = 1\nx = 1\n"
    first, second = finding_at(text, "x = 1"), finding_at(text, "x = 1", occurrence=1)
    other = finding_at(text, "y = 1")
    done = with_fingerprints([second, other, first], *source_of(text))
    assert [finding.extent.line for finding in done] == [3, 2, 1], "the order given is kept"
    assert [finding.fingerprint[-2:] for finding in done] == [":1", ":0", ":0"]
    assert done[0].fingerprint[:-1] == done[2].fingerprint[:-1] != done[1].fingerprint[:-1]


def test_the_path_is_no_part_of_it() -> None:
    text = "x = 1\n"
    here = with_fingerprints([finding_at(text, "x")], *source_of(text))
    there = with_fingerprints([finding_at(text, "x", path="b/c.py")], *source_of(text, "b/c.py"))
    assert here[0].fingerprint == there[0].fingerprint


def test_a_place_outside_of_statements_has_a_fingerprint_too() -> None:
    assert print_of("x = 1\n# WRITE\n").endswith(":0")
