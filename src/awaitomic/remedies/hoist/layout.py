"""How lifted code is laid out: a call over several lines keeps its form in its new place, and leaves no shell behind.

What remains of ``self.total += (⏎ await price(item)⏎ * 2⏎)`` fits on one line when the call has gone, so it is
written on one line, as a formatter would.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from awaitomic.model.plan import ReplaceExpression
from awaitomic.model.position import Extent, StatementPath
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.shared.lines import move_lines
from awaitomic.remedies.shared.siblings import Block, flush_left
from awaitomic.remedies.shared.width import widest

_OPENING, _CLOSING = ("(", "[", "{"), (")", "]", "}")
_BRACKETED = ast.Await | ast.Call | ast.Subscript | ast.ListComp | ast.SetComp | ast.DictComp


def lifted_text(case: Case, block: Block, node: ast.expr, name: str) -> str:
    """Give the statement that binds a lifted expression to a name, without the indentation of its block.

    Further lines keep their distance: to the beginning of the line that the expression began on, or, if they were
    aligned with an opening bracket, to that.

    Raises:
        Declined: ``multi-line-text``, as for `flush_left`.
    """
    margin, head = block.margin(), f"{name} = "
    text = flush_left(case, node, margin)
    if "\n" not in text:
        return head + text
    first, *rest = text.split("\n")
    extent = case.extent(node)
    line = case.program.positions.line(extent.line)
    indent = line[: len(line) - len(line.lstrip(" \t"))]
    aligned = first.rfind("(") + 1 if not first.endswith(_OPENING) else 0
    if aligned and _indent(rest[0]) == extent.column - 1 - len(margin) + aligned and "\t" not in indent:
        by = len(head) - (extent.column - 1 - len(margin))
        laid = move_lines(text, lambda each: _shifted(each, by))
    else:
        laid = move_lines(text, lambda each: each.removeprefix(indent.removeprefix(margin)))
    if ast.dump(ast.parse(f"async def f():\n ({laid}\n )")) != ast.dump(ast.parse(f"async def f():\n ({text}\n )")):
        laid = text
    return head + (laid if isinstance(node, _BRACKETED) else f"({laid})")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _shifted(line: str, by: int) -> str:
    return " " * by + line if by >= 0 else line.removeprefix(" " * -by)


def joined(
    case: Case, path: StatementPath, value: ast.expr, edits: Sequence[ReplaceExpression]
) -> ReplaceExpression | None:
    """Give one edit for what is left of a value in parentheses of its own, if all of it now fits on one line.

    Parameters: `edits` put names into the place of what is lifted out of `value`, in the statement at `path`.
    """
    whole, inner, positions = case.extent(case.statement(path)), case.extent(value), case.program.positions
    ahead = positions.snippet(Extent(whole.line, whole.column, inner.line, inner.column))
    behind = positions.snippet(Extent(inner.end_line, inner.end_column, whole.end_line, whole.end_column))
    if not all(_lies_in(edit.extent, inner) for edit in edits):
        return None
    if not ahead.rstrip().endswith("(") or behind.strip() != ")" or "\n" not in ahead + behind:
        return None
    text = positions.snippet(inner)
    for edit in sorted(edits, key=lambda edit: (edit.extent.line, edit.extent.column), reverse=True):
        start = len(positions.snippet(Extent(inner.line, inner.column, edit.extent.line, edit.extent.column)))
        text = text[:start] + edit.new + text[start + len(edit.old) :]
    head = ahead.rstrip().removesuffix("(")
    lines = [line.strip() for line in text.split("\n")]
    line = " ".join(lines)
    shell = any(each.endswith(_OPENING) or each.startswith(_CLOSING) for each in lines)
    if "\n" in head or shell or "#" in ahead + behind + text or '"""' in text or "'''" in text:
        return None
    if whole.column - 1 + len(head) + len(line) > widest(case.program) or not _same(line, text):
        return None
    column = whole.column + len(head)
    end = Extent(whole.line, column, whole.end_line, whole.end_column)
    return ReplaceExpression(path, end, positions.snippet(end), line)


def _lies_in(extent: Extent, outer: Extent) -> bool:
    begins = (outer.line, outer.column) <= (extent.line, extent.column)
    return begins and (extent.end_line, extent.end_column) <= (outer.end_line, outer.end_column)


def _same(one: str, other: str) -> bool:
    try:
        return ast.dump(ast.parse(one, mode="eval")) == ast.dump(ast.parse(f"({other}\n)", mode="eval"))
    except SyntaxError:
        return False
