"""Text that libcst leaves alone when a block gets another indentation, but that a person would or would not indent.

libcst indents statements, comments and the lines inside parentheses by itself. It does not know that the lines after a
backslash belong to the statement, and it would indent the insides of multi-line f-strings, and blank lines.
"""

from __future__ import annotations

import re
from typing import TypeVar

import libcst as cst

from awaitomic.patching.nodes import expect

_CONTINUATION = re.compile(r"(\\(?:\r\n|\r|\n))([ \t\f]*)")
_Printed = TypeVar("_Printed", bound=cst.CSTNode)


def shift_node(node: _Printed, old: str, new: str, default_indent: str) -> _Printed:
    """Return a statement whose indentation changes from `old` to `new`, with that text fixed which libcst gets wrong.

    Lines after a backslash move with their statement; blank lines and the insides of strings keep their characters.
    `default_indent` is what a block without its own indentation has.
    """
    return expect(node.visit(_Shift(old, new, default_indent)), type(node))


class _Shift(cst.CSTTransformer):
    # ruff: noqa: N802 - the names of methods are libcst's: it finds them by the names of its node classes.

    def __init__(self, old: str, new: str, default_indent: str) -> None:
        super().__init__()
        self._old = old
        self._new = new
        self._default = default_indent
        self._margins = [old]
        self._strings = 0

    def visit_IndentedBlock(self, node: cst.IndentedBlock) -> None:
        self._margins.append(self._margins[-1] + (self._default if node.indent is None else node.indent))

    def leave_IndentedBlock(self, _original: cst.IndentedBlock, updated: cst.IndentedBlock) -> cst.IndentedBlock:
        self._margins.pop()
        return updated

    def visit_Match(self, node: cst.Match) -> None:
        # The cases of a match stand in no block of their own: it is the match that indents them.
        self._margins.append(self._margins[-1] + (self._default if node.indent is None else node.indent))

    def leave_Match(self, _original: cst.Match, updated: cst.Match) -> cst.Match:
        self._margins.pop()
        return updated

    def visit_FormattedString_parts(self, _node: cst.FormattedString) -> None:
        self._strings += 1  # the parentheses around it are no part of it

    def leave_FormattedString_parts(self, _node: cst.FormattedString) -> None:
        self._strings -= 1

    def visit_TemplatedString_parts(self, _node: cst.TemplatedString) -> None:
        self._strings += 1

    def leave_TemplatedString_parts(self, _node: cst.TemplatedString) -> None:
        self._strings -= 1

    def leave_EmptyLine(self, _original: cst.EmptyLine, updated: cst.EmptyLine) -> cst.EmptyLine:
        if updated.indent and (self._strings or updated.comment is None):
            return updated.with_changes(indent=False, whitespace=self._literal(updated.whitespace))
        return updated

    def leave_ParenthesizedWhitespace(
        self, _original: cst.ParenthesizedWhitespace, updated: cst.ParenthesizedWhitespace
    ) -> cst.ParenthesizedWhitespace:
        if updated.indent and self._strings:
            return updated.with_changes(indent=False, last_line=self._literal(updated.last_line))
        return updated

    def leave_SimpleWhitespace(
        self, _original: cst.SimpleWhitespace, updated: cst.SimpleWhitespace
    ) -> cst.SimpleWhitespace:
        if "\\" not in updated.value or self._strings:
            return updated
        return updated.with_changes(value=_CONTINUATION.sub(self._continued, updated.value))

    def _literal(self, whitespace: cst.SimpleWhitespace) -> cst.SimpleWhitespace:
        return cst.SimpleWhitespace(self._margins[-1] + whitespace.value)

    def _continued(self, match: re.Match[str]) -> str:
        newline, indent = match.groups()
        if not indent.startswith(self._old):
            return match.group()
        return f"{newline}{self._new}{indent[len(self._old) :]}"
