from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awaitomic.report.cells import layout, pad, shorten, text_width, visible, wrap


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("残高", 4), ("e\u0301", 1), ("a\u200db", 2), ("é", 1)])
def test_width_counts_cells_not_characters(text: str, width: int) -> None:
    assert text_width(text) == width


def test_columns_lead_to_cells_across_tabs_and_wide_characters() -> None:
    cells = layout("\tx = '残'\t# y")
    assert [cells.cell(column) for column in (1, 2, 6, 7, 8, 9, 10)] == [0, 4, 8, 9, 11, 12, 16]
    assert cells.cell(99) == cells.width


@pytest.mark.parametrize("char", ["\x1b", "\x9b", "\x07", "\u202e", "\u2066", "\u2028", "\x7f"])
def test_nothing_in_a_source_file_reaches_the_terminal_as_a_control(char: str) -> None:
    shown = "".join(layout(f"a{char}b").glyphs)
    assert char not in shown
    assert char not in visible(f"a{char}b")
    assert len(shown) == 3


def test_a_window_shows_where_something_is_cut_away() -> None:
    cells = layout("0123456789")
    assert cells.window(0, 10, "…") == "0123456789"
    assert cells.window(0, 5, "…") == "0123…"
    assert cells.window(5, 5, "…") == "…6789"
    assert cells.window(3, 5, "…") == "…456…"


def test_a_wide_character_is_never_cut_in_two() -> None:
    assert layout("残高残高").window(0, 4, "…") == "残 …"
    assert layout("残高残高").window(2, 4, "…") == "…  …"


@given(st.text(max_size=30), st.integers(0, 40), st.integers(4, 40))
def test_a_window_is_never_wider_than_it_was_asked_to_be(text: str, start: int, width: int) -> None:
    cells = layout(text)
    assert text_width(cells.window(min(start, cells.width), width, "…")) <= width


@given(st.text(alphabet=st.characters(blacklist_characters="\t"), max_size=30), st.integers(3, 40))
def test_shortened_text_fits_and_short_text_is_left_alone(text: str, width: int) -> None:
    shown = shorten(text, width, "…")
    assert text_width(shown) <= width
    if text_width(visible(text)) <= width:
        assert shown == visible(text)


def test_wrapped_text_keeps_every_word_and_the_width() -> None:
    rows = wrap("several tasks run it: they are started on line 34", 20)
    assert " ".join(rows) == "several tasks run it: they are started on line 34"
    assert max(map(text_width, rows)) <= 20
    assert wrap("averyverylongword x", 5) == ["averyverylongword", "x"]


def test_padding_counts_cells() -> None:
    assert pad("残", 4) == "残  "
