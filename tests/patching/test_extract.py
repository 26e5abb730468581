"""Statements that leave a function for a new one: what goes along, what stays, and that strings keep their text."""

from __future__ import annotations

from textwrap import dedent

import pytest

from awaitomic.model.plan import DeleteStatement, ExtractStatements, Plan
from awaitomic.patching.execute import execute
from awaitomic.patching.refusal import PatchRefused
from patching.plans import Places

HEADER = "async def _load(self)"


def extracted(text: str, first: str, count: int, *, newline: str = "\n", ending: str = "", cleanup: str = "") -> str:
    source = dedent(text).replace("\n", newline)
    places = Places(source)
    edit = ExtractStatements(
        places.at("async def get"), places.at(first), count, "await wait()", HEADER, "Load.", ending, cleanup
    )
    return execute(source, Plan((edit,)))


BLOCK = '''\
class A:
    async def get(self):
        if self.x is None:
            # first

            text = """
  as it is
"""
            self.x = await load(
                text,  # beside
            )
            # last
        return self.x

    def other(self): ...
'''


def test_comments_and_strings_go_along_and_what_stands_below_stays() -> None:
    assert extracted(BLOCK, "text", 2, ending="return self.x") == (
        '''\
class A:
    async def get(self):
        if self.x is None:
            await wait()
            # last
        return self.x

    async def _load(self):
        """Load."""
        # first

        text = """
  as it is
"""
        self.x = await load(
            text,  # beside
        )
        return self.x

    def other(self): ...
'''
    )


def test_all_of_it_stands_in_a_try_if_something_has_to_be_cleaned_up() -> None:
    after = extracted(BLOCK, "self.x = await", 1, ending="return self.x", cleanup="del self.tasks[1]")
    assert after.endswith(
        '''\
    async def _load(self):
        """Load."""
        try:
            self.x = await load(
                text,  # beside
            )
            return self.x
        finally:
            del self.tasks[1]

    def other(self): ...
'''
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("indent", ["    ", "\t", "  "])
def test_one_line_becomes_a_block_in_the_style_of_the_file(newline: str, indent: str) -> None:
    text = "class A:\n    async def get(self):\n        if self.x is None: a(); self.x = await load(); b()  # why\n"
    after = extracted(text.replace("    ", indent), "a()", 2, newline=newline)
    expected = (
        "class A:\n    async def get(self):\n        if self.x is None:\n"
        "            await wait()\n            b()  # why\n\n"
        '    async def _load(self):\n        """Load."""\n        a()\n        self.x = await load()\n'
    )
    assert after == expected.replace("    ", indent).replace("\n", newline)


def test_a_function_at_the_end_of_a_file_without_a_newline() -> None:
    after = extracted("async def get():\n    if x:\n        return\n    a()\n    b()", "a()", 2)
    assert after == (
        'async def get():\n    if x:\n        return\n    await wait()\n\n\nasync def _load(self):\n    """Load."""\n'
        "    a()\n    b()"
    )


def test_statements_of_which_another_edit_takes_one_away_are_refused() -> None:
    places = Places(BLOCK)
    edit = ExtractStatements(places.at("async def get"), places.at("text"), 2, "pass", HEADER, "Load.")
    with pytest.raises(PatchRefused):
        execute(BLOCK, Plan((edit, DeleteStatement(places.at("self.x = await")))))
