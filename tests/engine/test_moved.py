from __future__ import annotations

from awaitomic.engine.moved import Moved


def test_lines_are_followed_back_to_the_old_text() -> None:
    moved = Moved("a\nb\nc\nd\n", "x\na\nc\nnew\nd\n")
    assert [moved.line(number) for number in (2, 3, 5)] == [1, 3, 4]


def test_lines_of_equal_texts_stay() -> None:
    assert Moved("a\nb\n", "a\nb\n").line(2) == 2


def test_a_replaced_line_leads_to_what_it_replaced() -> None:
    assert Moved("a\nb\nc\n", "a\nB\nc\n").line(2) == 2
