"""Source text that a plan brings along, made to look as if it had been written in the file: newlines, indentation."""

from __future__ import annotations

import libcst as cst

from awaitomic.patching.fidelity import parse_module
from awaitomic.patching.newlines import NEWLINE, with_newline
from awaitomic.patching.nodes import expect
from awaitomic.patching.refusal import PatchRefused
from awaitomic.patching.tree import Block, Statement, open_module


def parse_fragment(text: str, home: Block, newline: str | None) -> list[Statement]:
    """Return the statements of `text` as handles that can be put into `home`.

    `newline` is the line end of new lines as libcst stores it (None is the default of the module). Docstrings in the
    text are indented with the code around them; other multi-line strings keep their characters.

    Raises PatchRefused: ``gate-parse`` if `text` is no sequence of statements.
    """
    plain = with_newline(text, "\n").strip("\n") + "\n"
    module = parse_module(plain)
    adapted = module.visit(_Adapt(module.default_indent, home, newline))
    block = open_module(expect(adapted, cst.Module))
    if not block.items or any(line.comment for line in block.footer):
        raise PatchRefused("gate-parse", f"the plan brings no statements, or comments below them: {text!r}")
    block.items[0].leading[:0] = block.header
    for item in block.items:
        item.home = home
    return block.items


def parse_header(header: str, home: Block, newline: str | None) -> Statement:
    """Return a compound statement with `header` (no colon) and an empty body, ready to take statements of `home`.

    Raises PatchRefused: ``gate-parse`` if `header` is not the header of one compound statement.
    """
    statements = parse_fragment(f"{header}:\n    pass", home, newline)
    if len(statements) != 1 or list(statements[0].blocks) != ["body"]:
        raise PatchRefused("gate-parse", f"not the header of a compound statement: {header!r}")
    statements[0].blocks["body"].items.clear()
    return statements[0]


def parse_decorators(texts: tuple[str, ...], home: Block, newline: str | None) -> tuple[cst.Decorator, ...]:
    """Return decorators from their expressions as text, without ``@``."""
    if not texts:
        return ()
    lines = [f"@{text.removeprefix('@')}" for text in texts]
    statement = parse_fragment("\n".join([*lines, "def f():", "    pass"]), home, newline)[0]
    return tuple(expect(statement.node, cst.FunctionDef).decorators)


def blank_lines(count: int, newline: str | None) -> list[cst.EmptyLine]:
    """Return `count` empty lines."""
    return [cst.EmptyLine(indent=False, newline=cst.Newline(newline)) for _ in range(count)]


class _Adapt(cst.CSTTransformer):
    # ruff: noqa: N802 - the names of methods are libcst's: it finds them by the names of its node classes.

    def __init__(self, own_indent: str, home: Block, newline: str | None) -> None:
        super().__init__()
        self._own_indent = own_indent
        self._unit = home.unit or home.default_indent
        self._margin = home.inner
        self._is_default = self._unit == home.default_indent
        self._newline = newline
        self._newline_text = newline or home.default_newline

    def leave_Newline(self, _original: cst.Newline, updated: cst.Newline) -> cst.Newline:
        return updated.with_changes(value=self._newline)

    def leave_IndentedBlock(self, _original: cst.IndentedBlock, updated: cst.IndentedBlock) -> cst.IndentedBlock:
        if updated.indent is not None:
            return updated
        return updated.with_changes(indent=None if self._is_default else self._unit)

    def leave_ParenthesizedWhitespace(
        self, _original: cst.ParenthesizedWhitespace, updated: cst.ParenthesizedWhitespace
    ) -> cst.ParenthesizedWhitespace:
        space = updated.last_line.value.replace(self._own_indent, self._unit)
        return updated.with_changes(last_line=cst.SimpleWhitespace(space))

    def leave_Expr(self, _original: cst.Expr, updated: cst.Expr) -> cst.Expr:
        """Indent docstrings, and other strings that stand alone: nobody sees their value."""
        value = updated.value
        if not isinstance(value, cst.SimpleString) or "\n" not in value.value:
            return updated
        lines = NEWLINE.split(value.value)
        text = self._newline_text.join([lines[0], *(self._margin + line if line else line for line in lines[1:])])
        return updated.with_changes(value=value.with_changes(value=text))

    def leave_SimpleString(self, _original: cst.SimpleString, updated: cst.SimpleString) -> cst.SimpleString:
        return updated.with_changes(value=with_newline(updated.value, self._newline_text))

    def leave_FormattedStringText(
        self, _original: cst.FormattedStringText, updated: cst.FormattedStringText
    ) -> cst.FormattedStringText:
        return updated.with_changes(value=with_newline(updated.value, self._newline_text))

    def leave_SimpleWhitespace(
        self, _original: cst.SimpleWhitespace, updated: cst.SimpleWhitespace
    ) -> cst.SimpleWhitespace:
        return updated.with_changes(value=with_newline(updated.value, self._newline_text))
