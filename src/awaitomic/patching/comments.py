"""Carries out edits of comments, which need no libcst: no code may change, and the tokens prove it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from awaitomic.patching.refusal import PatchRefused, position_mismatch
from awaitomic.source.positions import Positions
from awaitomic.source.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

    from awaitomic.model.plan import EditComment


def edit_comments(text: str, edits: Iterable[EditComment]) -> str:
    """Give a text with edits of its comments carried out; everything else is the same character for character.

    Raises PatchRefused: ``position-mismatch`` if the text at an extent is not what the edit says, ``overlapping-edits``
    if two edits have a part in common, and ``gate-outside`` if anything but comments would change.
    """
    positions = Positions(text)
    pieces: list[str] = []
    done = 0
    for edit in sorted(edits, key=lambda edit: edit.extent):
        extent = edit.extent
        start, end = positions.offset(extent.line, extent.column), positions.offset(extent.end_line, extent.end_column)
        if text[start:end] != edit.old:
            raise position_mismatch("a comment is not what it was")
        if start < done:
            raise PatchRefused("overlapping-edits", "two edits change the same comment")
        pieces += [text[done:start], edit.new]
        done = end
    new = "".join([*pieces, text[done:]])
    if _code(text) != _code(new):
        raise PatchRefused("gate-outside", "something other than comments would change")
    return new


def _code(text: str) -> tuple[list[tuple[int, str]], str]:
    """Give what Python sees of a text: its tokens without layout, and its syntax without positions."""
    try:
        words = [(each.kind, each.text) for each in tokens(text) if not each.is_layout]
        return words, ast.dump(ast.parse(text))
    except (SyntaxError, ValueError) as error:
        raise PatchRefused("gate-parse", f"the text does not parse: {error}") from error
