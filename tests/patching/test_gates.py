"""The textual gates: what they let through, and that each kind of damage is found without the executor's help."""

from __future__ import annotations

import pytest

from awaitomic.model.plan import (
    AddImport,
    DeleteStatement,
    Edit,
    InsertStatements,
    MoveStatement,
    Plan,
    UnwrapStatement,
    WrapStatements,
)
from awaitomic.model.position import BlockStep
from awaitomic.patching.execute import execute
from awaitomic.patching.gates import check_outside, check_text
from awaitomic.patching.refusal import PatchRefused
from patching.plans import Edits, Places, plan_of

OLD = """\
import os

# about f
async def f(self):
    a()
    n = self.n  # read
    await g(n)
    self.n = n + 1
    b()


def h(): pass
"""

READ = "    n = self.n  # read\n    await g(n)\n"
MOVED = OLD.replace(READ, "    await g(n)\n    n = self.n  # read\n")


def MOVE(p: Places) -> list[Edit]:  # noqa: N802 - an entry of the tables below
    return [MoveStatement(p.at("n ="), p.at("await"))]


PASSING: dict[str, tuple[Edits, str]] = {
    "a statement moved": (MOVE, MOVED),
    "nothing done": (MOVE, OLD),
    "statements wrapped": (
        lambda p: [WrapStatements(p.at("n ="), 2, "if x")],
        OLD.replace(
            "    n = self.n  # read\n    await g(n)\n", "    if x:\n        n = self.n  # read\n        await g(n)\n"
        ),
    ),
    "a statement deleted with its comment": (
        lambda p: [DeleteStatement(p.at("n ="))],
        OLD.replace("    n = self.n  # read\n", ""),
    ),
    "an import added": (lambda p: [AddImport("asyncio")], "import asyncio\n" + OLD),
    "a line added at the end": (
        lambda p: [InsertStatements(p.at("b()"), "after", "c()")],
        OLD.replace("b()\n", "b()\n    c()\n"),
    ),
}


@pytest.mark.parametrize("case", PASSING)
def test_the_outside_is_the_same_for(case: str) -> None:
    edits, new = PASSING[case]
    check_outside(OLD, new, plan_of(OLD, edits))


DAMAGED: dict[str, tuple[Edits, str]] = {
    "a line changed before the edit": (MOVE, MOVED.replace("import os", "import  os")),
    "a line changed behind the edit": (MOVE, MOVED.replace("b()", "c()")),
    "a line lost": (MOVE, MOVED.replace("    a()\n", "")),
    "a line added": (MOVE, MOVED.replace("def h", "x = 1\ndef h")),
    "a blank line lost": (MOVE, MOVED.replace("\n\n\ndef", "\n\ndef")),
    "two lines exchanged": (MOVE, MOVED.replace("    self.n = n + 1\n    b()\n", "    b()\n    self.n = n + 1\n")),
    "another line end": (MOVE, MOVED.replace("b()\n", "b()\r\n")),
    "trailing blanks": (MOVE, MOVED.replace("b()\n", "b() \n")),
    "the final newline lost": (MOVE, MOVED[:-1]),
    "a comment lost in a moved statement": (MOVE, MOVED.replace("  # read", "")),
    "a comment lost in a wrapped statement": (
        lambda p: [WrapStatements(p.at("n ="), 1, "if x")],
        OLD.replace("    n = self.n  # read\n", "    if x:\n        n = self.n\n"),
    ),
    "a line changed where lines may only be added": (
        lambda p: [InsertStatements(p.at("b()"), "after", "c()")],
        OLD.replace("b()\n", "c()\n"),
    ),
    "a change with an empty plan": (lambda p: [], OLD + "x = 1\n"),
    "everything gone": (MOVE, ""),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damage_outside_is_found(case: str) -> None:
    edits, new = DAMAGED[case]
    with pytest.raises(PatchRefused) as refused:
        check_outside(OLD, new, plan_of(OLD, edits))
    assert refused.value.code == "gate-outside"


def test_a_comment_for_tools_may_go_with_the_header_that_it_is_about() -> None:
    old = "with lock:  # noqa: X\n    a()  # kept\n"
    plan = plan_of(old, lambda p: [UnwrapStatement(p.at("with"))])
    check_outside(old, "a()  # kept\n", plan)
    with pytest.raises(PatchRefused, match="a comment would be lost: # kept"):
        check_outside(old, "a()\n", plan)


def test_a_file_without_a_final_newline_may_get_lines_behind_its_last() -> None:
    old = "a()"
    plan = plan_of(old, lambda p: [InsertStatements(p.at("a"), "after", "b()")])
    check_outside(old, "a()\nb()", plan)
    with pytest.raises(PatchRefused, match="gate-outside"):
        check_outside(old, "a( )\nb()", plan)


@pytest.mark.parametrize(
    ("new", "code"),
    [
        ("x = = 1\n", "gate-parse"),
        ("x = 1\0\n", "gate-parse"),
        ("return 1\n", "gate-compile"),
        ("def f():\n    global x\n    nonlocal y\n", "gate-compile"),
        ("if x:\n    a\n\\\n    b\n", "gate-roundtrip"),
    ],
)
def test_a_text_is_refused_by(new: str, code: str) -> None:
    with pytest.raises(PatchRefused) as refused:
        check_text("", new, "file.py")
    assert refused.value.code == code


def test_a_text_is_compiled_without_our_own_future_imports_and_without_warnings() -> None:
    check_text("", "def f(x: 1 if True else 2 = '\\d', y=1 is 1): ...\nassert (1, 'x')\n", "file.py")


def test_an_ignore_behind_a_header_of_several_lines_goes_with_the_header() -> None:
    head = "async def f():\n    while (n := await g(\n            1)):  # type: ignore[x]\n"
    text = head + "        # kept\n        x = 1\n"
    plan = Plan((UnwrapStatement((BlockStep("body", 0), BlockStep("body", 0))),))
    assert execute(text, plan) == "async def f():\n    # kept\n    x = 1\n"
