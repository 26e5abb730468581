"""Colour, glyphs and width of the output, decided once, so that no renderer asks the terminal itself."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import IO, Any

import click

DEFAULT_WIDTH = 100
"""Columns where there is no terminal to ask: logs and files."""
_NARROWEST = 40

_STYLES: dict[str, dict[str, Any]] = {
    "path": {"bold": True},
    "rule": {"fg": "red", "bold": True},
    "primary": {"fg": "red", "bold": True},
    "read": {"fg": "cyan"},
    "guard": {"fg": "cyan"},
    "suspend": {"fg": "yellow"},
    "acquire": {"fg": "magenta"},
    "release": {"fg": "magenta"},
    "call": {"fg": "blue"},
    "write": {"fg": "red"},
    "gutter": {"fg": "blue"},
    "dim": {"dim": True},
    "good": {"fg": "green", "bold": True},
    "warn": {"fg": "yellow", "bold": True},
    "added": {"fg": "green"},
    "removed": {"fg": "red"},
    "hunk": {"fg": "cyan"},
    "bold": {"bold": True},
}


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters that lines and arrows are made of."""

    bar: str
    dash: str
    cross: str
    ellipsis: str
    dots: str


UNICODE = Glyphs("│", "─", "┼", "…", "⋮")
ASCII = Glyphs("|", "-", "+", "...", ":")


@dataclass(frozen=True, slots=True)
class Paint:
    """How output is to look: `width` in cells, with or without `colour`, in the stream's `glyphs`."""

    width: int = DEFAULT_WIDTH
    colour: bool = False
    glyphs: Glyphs = UNICODE

    def style(self, text: str, kind: str) -> str:
        """Give `text` in the colour of `kind`, or as it is if there is no colour (or nothing to colour)."""
        return click.style(text, **_STYLES[kind]) if self.colour and text else text


def wants_colour(stream: IO[Any], choice: str) -> bool:
    """Tell whether to colour: `choice` is ``auto``, ``always`` or ``never``.

    ``auto`` follows ``NO_COLOR`` (https://no-color.org), then ``FORCE_COLOR``, then whether `stream` is a terminal.
    """
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in {"", "0"}:
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def paint_for(stream: IO[Any], choice: str) -> Paint:
    """Decide how output to `stream` looks; `choice` as in `wants_colour`."""
    return Paint(max(columns_of(stream), _NARROWEST), wants_colour(stream, choice), glyphs_for(stream))


def columns_of(stream: IO[Any]) -> int:
    """Give the width of a stream: what ``COLUMNS`` says, else that of its terminal, else `DEFAULT_WIDTH`.

    Not `shutil.get_terminal_size`: that asks for the terminal of standard output, which may be a pipe.
    """
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said):
        return int(said)
    try:
        return os.get_terminal_size(stream.fileno()).columns or DEFAULT_WIDTH
    except (OSError, ValueError, AttributeError):
        return DEFAULT_WIDTH


def glyphs_for(stream: IO[Any]) -> Glyphs:
    """Give the glyphs that the encoding of `stream` can write."""
    try:
        str(UNICODE).encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return UNICODE
