"""Extents are in characters, and lines are those that `ast` counts, whatever the text holds."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awaitomic.model.position import Extent
from awaitomic.source.positions import Positions
from awaitomic.source.text import normalise_newlines

TEXTS = {
    "ascii": "x = call(a, b)\ny = 2\n",
    "non-ascii left of the node": "x = 'é€😀' + call(a)\n",
    "non-ascii on another line": "# é\nx = call(a)\n",
    "crlf": "# é\r\nx = call(\r\n    'é', a)\r\n",
    "lone cr": "x = 1\ry = call('é', a)\r",
    "mixed newlines": "x = 1\r\ny = '''a\rb\nc''' + call('é')\r\n",
    "form feed": "x = 1\n\fy = call('é\f', a)\n\f\nz = call(1)\n",
    "line separators that are none": "x = '\u2028\x0b\x1c\x85' + call(a)\ny = call(b)\n",
    "continuation": "x = 'é' + \\\r\n    call(a)\r\n",
    "no final newline": "é = call(é)",
    "tabs": "if x:\n\ty = 'é' + call(a)\n",
}


def nodes(tree: ast.AST) -> list[ast.expr | ast.stmt]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.expr | ast.stmt)]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_snippet_of_a_node_is_its_source_segment(text: str) -> None:
    positions = Positions(text)
    seen = 0
    for node in nodes(ast.parse(text)):
        expected = ast.get_source_segment(text, node)
        assert expected is not None
        assert normalise_newlines(positions.snippet(positions.extent(node))) == normalise_newlines(expected)
        seen += 1
    assert seen > 3


@given(st.lists(st.tuples(st.text("aé€😀\f\u2028 ", max_size=5), st.sampled_from(["\n", "\r\n", "\r"])), max_size=6))
@settings(max_examples=100)
def test_snippets_agree_with_ast_over_strange_strings(pieces: list[tuple[str, str]]) -> None:
    text = "".join(f"v = '{content}' + call(w){newline}" for content, newline in pieces)
    positions = Positions(text)
    calls = [node for node in nodes(ast.parse(text)) if isinstance(node, ast.Call)]
    assert len(calls) == len(pieces) == positions.line_count
    assert [positions.snippet(positions.extent(call)) for call in calls] == ["call(w)"] * len(pieces)


def test_extents_count_from_one_in_characters() -> None:
    text = "if é:\r\n    é.b = 'é' + c\r\n"
    positions = Positions(text)
    statement = ast.parse(text).body[0]
    assert isinstance(statement, ast.If)
    assert positions.extent(statement) == Extent(1, 1, 2, 18)
    inner = statement.body[0]
    assert isinstance(inner, ast.Assign)
    assert isinstance(inner.value, ast.BinOp)
    assert positions.extent(inner.value.right) == Extent(2, 17, 2, 18)
    assert positions.line(2) == "    é.b = 'é' + c"
    assert (positions.line(0), positions.line(3)) == ("", "")


def test_snippets_keep_the_newlines_of_the_text() -> None:
    assert Positions("a\r\nbé\rc\n").snippet(Extent(1, 1, 3, 2)) == "a\r\nbé\rc"


def test_places_that_do_not_exist_are_moved_to_the_nearest_one() -> None:
    positions = Positions("é1\nb\n")
    assert positions.column(1, 1) == 1, "inside the two bytes of é"
    assert positions.column(1, 99) == 3
    assert positions.column(7, 0) == 1
    assert positions.offset(1, 99) == 2
    assert positions.offset(7, 1) == 5
    assert positions.snippet(Extent(2, 1, 9, 9)) == "b\n"


def test_a_node_without_an_end_is_empty() -> None:
    node = ast.Name("x", lineno=1, col_offset=2, end_lineno=None, end_col_offset=None)
    assert Positions("é x").extent(node) == Extent(1, 2, 1, 2)
