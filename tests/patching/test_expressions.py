"""Replacing expressions by extent: nothing but the extent changes, and only if it holds what the plan says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from awaitomic.model.plan import Plan, ReplaceExpression
from awaitomic.model.position import BlockStep, Extent
from awaitomic.patching.execute import execute
from awaitomic.patching.refusal import PatchRefused
from patching.plans import Edits, Places, plan_of

CASES: dict[str, tuple[str, Edits, str]] = {
    "in a snapshot of a loop's container": (
        "async def f(self):\n    for c in self.clients :  # all\n        await c.send()\n",
        lambda p: [p.replacing("for", "self.clients", "list(self.clients)")],
        "async def f(self):\n    for c in list(self.clients) :  # all\n        await c.send()\n",
    ),
    "right of text beyond ASCII": (
        "async def f(self):\n    s = 'äö\U0001f600' + self.put(1); t = 'é', self.put(2)\n",
        lambda p: [p.replacing("s =", "self.put", "self._put"), p.replacing("t =", "self.put", "self._put")],
        "async def f(self):\n    s = 'äö\U0001f600' + self._put(1); t = 'é', self._put(2)\n",
    ),
    "in the test of an elif and in a decorator": (
        "if x:\n    a\nelif y(1):\n    @d(2)\n    def f(): ...\n",
        lambda p: [p.replacing("elif", "y(1)", "z"), p.replacing("elif", "d(2)", "e")],
        "if x:\n    a\nelif z:\n    @e\n    def f(): ...\n",
    ),
    "over several lines, with form feeds and U+2028 about": (
        "s = '\u2028'\n\x0c\nx = f(\r\n  1,\r\n  2)  # c\r\n",
        lambda p: [p.replacing("x =", "f(\r\n  1,\r\n  2)", "g(\n  3)")],
        "s = '\u2028'\n\x0c\nx = g(\r\n  3)  # c\r\n",
    ),
    "insertions at one place keep their order": (
        "x = y",
        lambda p: [p.inserting("x", "y", "a + "), p.inserting("x", "y", "b + ")],
        "x = a + b + y",
    ),
    "an insertion at the end of a statement": (
        "async def f():\n    return await g()\n",
        lambda p: [ReplaceExpression(p.at("return"), Extent(2, 21, 2, 21), "", " + 1")],
        "async def f():\n    return await g() + 1\n",
    ),
    "text that libcst cannot reproduce": (
        "if x:\n    a\n\\\n    b = 1\n",
        lambda p: [],
        "if x:\n    a\n\\\n    b = 1\n",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_an_expression_is_replaced(case: str) -> None:
    text, edits, expected = CASES[case]
    assert execute(text, plan_of(text, edits)) == expected


TEXT = "def f():\n    x = self.a + 1\n    y = self.a\n"
GOOD = Places(TEXT).replacing("x =", "self.a", "b")
MISMATCHES: dict[str, ReplaceExpression] = {
    "the text at the extent is another": replace(GOOD, old="self.b"),
    "the extent is shorter than the text": replace(GOOD, extent=Extent(2, 9, 2, 14)),
    "the line does not exist": replace(GOOD, extent=Extent(9, 9, 9, 15)),
    "the line is number zero": replace(GOOD, extent=Extent(0, 1, 0, 1), old=""),
    "the column lies beyond the line": replace(GOOD, extent=Extent(1, 12, 1, 12), old=""),
    "the extent ends before it begins": replace(GOOD, extent=Extent(2, 15, 2, 9), old=""),
    "the extent lies in another statement": replace(GOOD, path=Places(TEXT).at("y =")),
    "the extent lies behind the statement": replace(GOOD, extent=Extent(3, 1, 3, 1), old=""),
    "the statement does not exist": replace(GOOD, path=(BlockStep("body", 0), BlockStep("body", 5))),
    "the block does not exist": replace(GOOD, path=(BlockStep("body", 0), BlockStep("orelse", 0))),
    "the handler does not exist": replace(GOOD, path=(BlockStep("body", 0), BlockStep("handlers.0", 0))),
    "the path is empty": replace(GOOD, path=()),
}


@pytest.mark.parametrize("reason", MISMATCHES)
def test_a_position_mismatch_because(reason: str) -> None:
    with pytest.raises(PatchRefused) as refused:
        execute(TEXT, Plan((MISMATCHES[reason],)))
    assert refused.value.code == "position-mismatch"


def test_overlapping_replacements_are_refused() -> None:
    edits = (GOOD, Places(TEXT).replacing("x =", "self.a + 1", "c"))
    with pytest.raises(PatchRefused, match="overlapping-edits"):
        execute(TEXT, Plan(edits))


@pytest.mark.parametrize("new", ["b; c", "b\n    z = 2", "b +)", "b if c else d:\n        e"])
def test_an_expression_cannot_bring_statements(new: str) -> None:
    with pytest.raises(PatchRefused, match=r"gate-parse|gate-outside"):
        execute(TEXT, Plan((replace(GOOD, new=new),)))
