"""The innermost statement and its header, in every kind of block."""

from __future__ import annotations

import ast

import pytest

from awaitomic.source.positions import Positions
from awaitomic.source.statements import header_extent, innermost_statement
from awaitomic.source.tokens import first_statement, tokens

TEXT = """\
@decorate(1)
class A:
    'doc'
    @wrap
    async def f(self):
        try:
            a()
        except E:
            b()
        else:
            c()
        finally:
            d()
        match x:
            case 1 if y:
                e(
                    'é', g)
        async with (
            lock  # why
        ):  # here
            # above
            h(); i()
        if j: k()
        elif m:
            n()
        while o: pass
        else:
            p()
"""


def statement_at(word: str) -> str:
    """Give the header, as one line of tokens, of the innermost statement at the first occurrence of a word."""
    positions = Positions(TEXT)
    before = TEXT[: TEXT.index(word)]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    found = innermost_statement(ast.parse(TEXT), positions, line, column)
    assert found is not None
    return " ".join(token.text for token in first_statement(positions.snippet(header_extent(found, positions))))


@pytest.mark.parametrize(
    ("word", "header"),
    {
        "decorate": "class A :",
        "A:": "class A :",
        "'doc'": "'doc'",
        "wrap": "async def f ( self ) :",
        "a()": "a ( )",
        "E:": "try :",
        "b()": "b ( )",
        "c()": "c ( )",
        "d()": "d ( )",
        "case 1": "match x :",
        "g)": "e ( 'é' , g )",
        "lock": "async with ( lock ) :",
        "# above": "async with ( lock ) :",
        "h()": "h ( )",
        "i()": "i ( )",
        "j:": "if j :",
        "k()": "k ( )",
        "m:": "if m :",
        "n()": "n ( )",
        "o:": "while o :",
        "p()": "p ( )",
    }.items(),
)
def test_the_innermost_statement(word: str, header: str) -> None:
    assert statement_at(word).replace("elif", "if") == header


def test_nothing_stands_outside_of_statements() -> None:
    text = "x = 1  # é\n\ny = 2\n"
    tree, positions = ast.parse(text), Positions(text)
    assert innermost_statement(tree, positions, 1, 6) is None
    assert innermost_statement(tree, positions, 1, 5) is tree.body[0]
    assert innermost_statement(tree, positions, 2, 1) is None


def test_an_f_string_is_one_token_in_every_python() -> None:
    text = "x = f'a{b + f\"{c}\"!r:>{d}}}}' + rf'''{e}\r\n{{g}}''' # h\r\n"
    found = [each for each in tokens(text) if not each.is_layout]
    assert [each.text for each in found] == ["x", "=", "f'a{b + f\"{c}\"!r:>{d}}}}'", "+", "rf'''{e}\n{{g}}'''"]
    assert [(each.line, each.column, each.end_line) for each in found[2:]] == [(1, 5, 1), (1, 31, 1), (1, 33, 2)]


def test_tokens_stand_where_the_text_has_them_with_any_newline() -> None:
    for newline in ("\n", "\r\n", "\r"):
        text = newline.join(["if é:", "    \fx = '''", "y''' # c", "z", ""])
        found = {each.text: (each.line, each.column) for each in tokens(text) if each.text.strip()}
        assert found["# c"] == (3, 6)
        assert found["z"] == (4, 1)
