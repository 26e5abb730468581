"""Expressions are replaced in the text itself: nothing outside their extents can move, whatever libcst would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.patching.newlines import NEWLINE, last_newline, with_newline
from awaitomic.patching.paths import describe, find_ast, skeleton
from awaitomic.patching.refusal import PatchRefused, position_mismatch
from awaitomic.patching.syntax import parse_ast
from awaitomic.source.positions import Positions
from awaitomic.source.statements import start_of

if TYPE_CHECKING:
    import ast

    from awaitomic.model.plan import ReplaceExpression


def splice(text: str, tree: ast.Module, edits: list[ReplaceExpression]) -> tuple[str, ast.Module]:
    """Return `text` with all expressions of `edits` replaced, and its new syntax tree.

    `tree` is the syntax tree of `text`. Line ends in new text become what the line has on which it ends. Insertions at
    one place stay in the order of `edits`.

    Raises PatchRefused: ``position-mismatch`` if an extent lies outside its statement or holds another text than the
    plan says, ``overlapping-edits`` if two extents overlap, ``gate-parse`` if the result has other statements.
    """
    if not edits:
        return text, tree
    positions = Positions(text)
    cuts: list[tuple[int, int, str]] = []
    for edit in edits:
        start, end = _offsets(text, positions, edit)
        _check_inside(positions, tree, edit)
        cuts.append((start, end, with_newline(edit.new, _newline_at(text, end))))
    cuts.sort(key=lambda cut: cut[:2])
    pieces: list[str] = []
    position = 0
    for start, end, new in cuts:
        if start < position:
            raise PatchRefused("overlapping-edits", "two replacements of expressions overlap")
        pieces += (text[position:start], new)
        position = end
    result = "".join((*pieces, text[position:]))
    changed = parse_ast(result)
    if list(skeleton(changed)) != list(skeleton(tree)):
        raise PatchRefused("gate-parse", "replacing an expression changed the statements of the file")
    return result, changed


def _newline_at(text: str, offset: int) -> str:
    following = NEWLINE.search(text, offset)
    return following.group() if following is not None else last_newline(text)


def _offsets(text: str, positions: Positions, edit: ReplaceExpression) -> tuple[int, int]:
    extent = edit.extent
    start = _strict_offset(positions, extent.line, extent.column)
    end = _strict_offset(positions, extent.end_line, extent.end_column)
    if start is None or end is None or start > end or text[start:end] != edit.old:
        raise position_mismatch(f"line {extent.line}, column {extent.column} does not hold {edit.old!r}")
    return start, end


def _strict_offset(positions: Positions, line: int, column: int) -> int | None:
    """Return the offset of a place, or None if the text has no such line or column."""
    if not 1 <= line <= positions.line_count or not 1 <= column <= len(positions.line(line)) + 1:
        return None
    return positions.offset(line, column)


def _check_inside(positions: Positions, tree: ast.Module, edit: ReplaceExpression) -> None:
    node = find_ast(tree, edit.path)
    extent, whole = edit.extent, positions.extent(node)
    starts_inside = start_of(node, positions) <= (extent.line, extent.column)
    if not starts_inside or (extent.end_line, extent.end_column) > (whole.end_line, whole.end_column):
        raise position_mismatch(f"line {extent.line} is not in the statement at {describe(edit.path)}")
