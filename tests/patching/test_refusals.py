"""Plans that do not fit the text or contradict themselves are refused, with a stable code."""

from __future__ import annotations

import pytest

from awaitomic.model.plan import (
    DeleteStatement,
    InsertStatements,
    MoveStatement,
    ReplaceStatement,
    UnwrapStatement,
    WrapStatements,
)
from awaitomic.model.position import BlockStep
from awaitomic.patching.execute import execute
from awaitomic.patching.refusal import PatchRefused
from patching.plans import Edits, plan_of

TEXT = """\
async def f(self):
    n = self.n
    await g(n)
    self.n = n + 1
    if n:
        a()
    else:
        b()
"""

NOWHERE = (BlockStep("body", 7),)

CASES: dict[str, tuple[str, Edits]] = {
    "a path that leads nowhere": ("position-mismatch", lambda p: [DeleteStatement(NOWHERE)]),
    "a path into a simple statement": (
        "position-mismatch",
        lambda p: [DeleteStatement((*p.at("n ="), BlockStep("body", 0)))],
    ),
    "a path that does not begin in a body": (
        "position-mismatch",
        lambda p: [DeleteStatement((BlockStep("orelse", 0),))],
    ),
    "moving behind nothing": ("position-mismatch", lambda p: [MoveStatement(p.at("n ="), NOWHERE)]),
    "more statements than there are": ("position-mismatch", lambda p: [WrapStatements(p.at("self.n"), 3, "if x")]),
    "no statements": ("position-mismatch", lambda p: [WrapStatements(p.at("self.n"), 0, "if x")]),
    "an unknown place": ("position-mismatch", lambda p: [InsertStatements(p.at("n ="), "beside", "x")]),
    "before the module": ("position-mismatch", lambda p: [InsertStatements((), "before", "x")]),
    "into a simple statement": ("position-mismatch", lambda p: [InsertStatements(p.at("n ="), "first", "x")]),
    "unwrapping a simple statement": ("position-mismatch", lambda p: [UnwrapStatement(p.at("n ="))]),
    "unwrapping a function": ("position-mismatch", lambda p: [UnwrapStatement(p.at("async def"))]),
    "unwrapping an if with else": ("position-mismatch", lambda p: [UnwrapStatement(p.at("if"))]),
    "a header that is none": ("gate-parse", lambda p: [WrapStatements(p.at("self.n"), 1, "async with")]),
    "a header of two statements": ("gate-parse", lambda p: [WrapStatements(p.at("self.n"), 1, "x\nif y")]),
    "inserting nothing": ("gate-parse", lambda p: [InsertStatements(p.at("n ="), "after", "# comment")]),
    "inserting what does not parse": ("gate-parse", lambda p: [InsertStatements(p.at("n ="), "after", "x = = y")]),
    "inserting what does not compile": ("gate-compile", lambda p: [InsertStatements(p.at("n ="), "after", "break")]),
    "moving one statement twice": (
        "overlapping-edits",
        lambda p: [MoveStatement(p.at("n ="), p.at("await")), MoveStatement(p.at("n ="), p.at("self.n"))],
    ),
    "deleting what is replaced": (
        "overlapping-edits",
        lambda p: [DeleteStatement(p.at("n =")), ReplaceStatement(p.at("n ="), "m = 1")],
    ),
    "changing an expression in what is deleted": (
        "overlapping-edits",
        lambda p: [DeleteStatement(p.at("n =")), p.replacing("n =", "self.n", "self.m")],
    ),
    "inserting into what is replaced": (
        "overlapping-edits",
        lambda p: [ReplaceStatement(p.at("if"), "c()"), InsertStatements(p.at("if"), "last", "d()")],
    ),
    "editing inside of what is deleted": (
        "overlapping-edits",
        lambda p: [DeleteStatement(p.at("if")), WrapStatements(p.at("a()"), 1, "if x")],
    ),
    "wrapping runs that overlap": (
        "overlapping-edits",
        lambda p: [WrapStatements(p.at("n ="), 2, "if x"), WrapStatements(p.at("await"), 2, "if y")],
    ),
    "wrapping only what is moved away": (
        "overlapping-edits",
        lambda p: [WrapStatements(p.at("n ="), 1, "if x"), MoveStatement(p.at("n ="), p.at("await"))],
    ),
    "wrapping only what is deleted": (
        "overlapping-edits",
        lambda p: [WrapStatements(p.at("n ="), 1, "if x"), DeleteStatement(p.at("n ="))],
    ),
    "moving a statement behind one inside of it": (
        "overlapping-edits",
        lambda p: [MoveStatement(p.at("if"), p.at("a()"))],
    ),
    "moving a statement behind itself": (
        "overlapping-edits",
        lambda p: [MoveStatement(p.at("n ="), p.at("n ="))],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_refused(case: str) -> None:
    code, edits = CASES[case]
    with pytest.raises(PatchRefused) as refused:
        execute(TEXT, plan_of(TEXT, edits))
    assert refused.value.code == code
    assert refused.value.message


@pytest.mark.parametrize("text", ["x = = 1\n", "x = 1\0\n", "(" * 5000 + ")" * 5000])
def test_a_text_that_does_not_parse_is_refused(text: str) -> None:
    with pytest.raises(PatchRefused, match="gate-parse"):
        execute(text, plan_of("x = 1\n", lambda p: [DeleteStatement(p.at("x"))]))


def test_a_text_that_libcst_cannot_reproduce_is_refused() -> None:
    text = "if x:\n    a\n\\\n    b = 1\n"
    with pytest.raises(PatchRefused, match="gate-roundtrip"):
        execute(text, plan_of(text, lambda p: [DeleteStatement(p.at("b"))]))


def test_an_expression_too_deep_for_libcst_is_refused() -> None:
    text = "y = 1\nx = " + " + ".join(["y"] * 3000) + "\n"
    with pytest.raises(PatchRefused, match=r"gate-roundtrip|gate-parse"):
        execute(text, plan_of("y = 1\nx = 2\n", lambda p: [DeleteStatement(p.at("y"))]))
