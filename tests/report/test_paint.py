from __future__ import annotations

import io

import pytest

from awaitomic.report.paint import ASCII, DEFAULT_WIDTH, UNICODE, glyphs_for, paint_for, wants_colour


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_colour_is_for_terminals() -> None:
    assert wants_colour(Terminal(), "auto")
    assert not wants_colour(io.StringIO(), "auto")
    assert wants_colour(io.StringIO(), "always")
    assert not wants_colour(Terminal(), "never")


def test_the_environment_decides_before_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert wants_colour(io.StringIO(), "auto")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_colour(Terminal(), "auto")
    assert wants_colour(io.StringIO(), "always")


def test_a_dumb_terminal_gets_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert not wants_colour(Terminal(), "auto")


def test_the_width_is_that_of_the_terminal_or_of_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    assert paint_for(io.StringIO(), "auto").width == DEFAULT_WIDTH
    monkeypatch.setenv("COLUMNS", "72")
    assert paint_for(io.StringIO(), "auto").width == 72
    monkeypatch.setenv("COLUMNS", "3")
    assert paint_for(Terminal(), "auto").width == 40


@pytest.mark.parametrize(("encoding", "expected"), [("utf-8", UNICODE), ("ascii", ASCII), ("cp1252", ASCII)])
def test_glyphs_follow_the_encoding(encoding: str, expected: object) -> None:
    assert glyphs_for(io.TextIOWrapper(io.BytesIO(), encoding=encoding)) == expected
