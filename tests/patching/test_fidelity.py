"""Characters that libcst by itself loses or invents: they survive parsing, and they survive an edit next to them."""

from __future__ import annotations

import pytest

from awaitomic.model.plan import AddImport, InsertStatements, MoveStatement, WrapStatements
from awaitomic.patching.execute import execute
from awaitomic.patching.fidelity import parse
from awaitomic.patching.refusal import PatchRefused
from patching.plans import Edits, plan_of

TEXTS = [
    "",
    "\n",
    "\r",
    "# only a comment",
    "x = 1",
    "x = 1\r",
    "x = 1\ry = 2\r",
    "x = 1\r\ny = 2\n# c\r",
    "x = '''a\rb\r\nc\nd'''\ny = 1\n",
    "\x0cimport os\n",
    "x = 1\n\x0cy = 2\n\x0c\n\x0c\x0cz = 3\n",
    "class A:\n    x = 1\n\x0c\n\x0c    y = 2\n",
    "class A:\r\n\tx = 1\r\n\x0c\ty = 2",
    "x = '\u2028\x0b\x1c\x85'  # \u2029\n",
    "x = 1\n   ",
    "x = 1;\n",
    "if x:\n\ta\nif y:\n  b\n",
    "# form feed 0\n\x0cx = 1\n",
    "if x:\n    a\n\n    # commented out\n\n  \n",
    "x = 1\n\n   ",
    "x = 1\n\x0cy = 1\n# z\n\n \x0c\n",
    "x = 1\n\n\x0c\ny = '\\\n# z'\n",
    "x = \\\r\n  1 \\\r\n  + 2\r\n",
]


@pytest.mark.parametrize("text", TEXTS, ids=repr)
def test_parsing_gives_every_character_back(text: str) -> None:
    parsed = parse(text)
    assert parsed.text_of(parsed.module) == text


def test_a_line_that_begins_with_a_backslash_is_refused() -> None:
    with pytest.raises(PatchRefused, match="gate-roundtrip"):
        parse("if x:\n    a\n\\\n    b\n")


EDITED: dict[str, tuple[str, Edits, str]] = {
    "a form feed before a class goes with the class": (
        "import os\n\x0cclass A:\n    x = 1\n\x0cclass B:\n    y = 2\n",
        lambda p: [AddImport("asyncio"), InsertStatements(p.at("class B"), "last", "z = 3")],
        "import asyncio\nimport os\n\x0cclass A:\n    x = 1\n\x0cclass B:\n    y = 2\n    z = 3\n",
    ),
    "a form feed on a line of its own stays": (
        "x = 1\n\x0c\ny = 2\nz = 3\n",
        lambda p: [MoveStatement(p.at("y"), p.at("z"))],
        "x = 1\n\x0c\nz = 3\ny = 2\n",
    ),
    "comments at the end of the file, to which libcst does no justice": (
        "def f():\n    x = 1\n    y = 2\n    # end\n\n    # commented out\n\n  ",
        lambda p: [WrapStatements(p.at("y"), 1, "if z")],
        "def f():\n    x = 1\n    if z:\n        y = 2\n    # end\n\n    # commented out\n\n  ",
    ),
    "lines that end in CR": (
        "def f():\r  x = 1\r  y = 2\r",
        lambda p: [WrapStatements(p.at("x"), 1, "if z")],
        "def f():\r  if z:\r    x = 1\r  y = 2\r",
    ),
    "the last of mixed lines has no line end": (
        "def f():\n    x = 1\r\n    y = 2",
        lambda p: [MoveStatement(p.at("x"), p.at("y"))],
        "def f():\n    y = 2\r\n    x = 1",
    ),
    "separators that are no line ends to Python": (
        "def f():\n    x = '\u2028'  # \x0b\x1c\x85\n    y = '''\u2028\n'''\n",
        lambda p: [WrapStatements(p.at("x"), 2, "if z")],
        "def f():\n    if z:\n        x = '\u2028'  # \x0b\x1c\x85\n        y = '''\u2028\n'''\n",
    ),
    "blank lines with blanks in them": (
        "def f():\n    x = 1\n    \n  \n    y = 2\n",
        lambda p: [WrapStatements(p.at("x"), 2, "if z")],
        "def f():\n    if z:\n        x = 1\n    \n  \n        y = 2\n",
    ),
}


@pytest.mark.parametrize("case", EDITED)
def test_edited(case: str) -> None:
    text, edits, expected = EDITED[case]
    assert execute(text, plan_of(text, edits)) == expected
