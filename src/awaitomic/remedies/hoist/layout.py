"""How lifted code is laid out: a call over several lines keeps its form in its new place, and leaves no shell behind.

What remains of ``self.total += (⏎ await price(item)⏎ * 2⏎)`` fits on one line when the call has gone, so it is
written on one line, as a formatter would.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from awaitomic.model.plan import ReplaceExpression
from awaitomic.model.position import Extent, StatementPath
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.shared.lines import move_lines
from awaitomic.remedies.shared.siblings import Block, flush_left
from awaitomic.remedies.shared.width import widest

_OPENING, _CLOSING = ("(", "[", "{"), (")", "]", "}")


def lifted_text(case: Case, block: Block, node: ast.expr, name: str) -> str:
    """Give the statement that binds a lifted expression to a name, without the indentation of its block.

    What only parentheses, or those of a call around it, held together gets parentheses. What is taken apart where it
    stands (``*names``) is taken apart at once, into a list. Further lines keep their distance: to the beginning of the
    line that the expression began on, or, if they were aligned with an opening bracket, to that.

    Raises:
        Declined: ``multi-line-text``, as for `flush_left`.
    """
    if isinstance(node, ast.Starred):
        return f"{name} = [*{_laid_out(case, block, node.value, f'{name} = [*')}]"
    if isinstance(node, ast.NamedExpr) and node.target.id == name:
        node = node.value
    head = f"{name} = "
    laid = _laid_out(case, block, node, head)
    if "\n" not in laid:
        return head + (laid if _stands_alone(laid) else f"({laid})")
    plain = _without_backslashes(laid)
    if plain == laid and _stands_alone(laid):
        return head + laid
    extent, margin = case.extent(node), block.margin()
    line = case.program.positions.line(extent.line)
    unit = _indent_of(line).removeprefix(margin)
    if line[: extent.column - 1].strip() or not unit:
        return f"{head}({plain})"
    return f"{head}(\n{unit}" + move_lines(plain, lambda each: unit + each if each else each) + "\n)"


def _laid_out(case: Case, block: Block, node: ast.expr, head: str) -> str:
    """Give an expression as it is written, with its further lines where they belong behind `head`."""
    margin = block.margin()
    text = flush_left(case, node, margin)
    if "\n" not in text:
        return text
    first, *rest = text.split("\n")
    extent = case.extent(node)
    indent = _indent_of(case.program.positions.line(extent.line))
    aligned = first.rfind("(") + 1 if not first.endswith(_OPENING) else 0
    if aligned and _indent(rest[0]) == extent.column - 1 - len(margin) + aligned and "\t" not in indent:
        by = len(head) - (extent.column - 1 - len(margin))
        laid = move_lines(text, lambda each: _shifted(each, by))
    else:
        laid = move_lines(text, lambda each: each.removeprefix(indent.removeprefix(margin)))
    return laid if _same(laid, text) else text


def _stands_alone(text: str) -> bool:
    """Tell whether an expression means the same to the right of ``=`` as it does in parentheses."""
    try:
        alone = ast.parse(f"async def f():\n x = {text}")
    except SyntaxError:
        return False
    return ast.dump(alone) == ast.dump(ast.parse(f"async def f():\n x = ({text}\n )"))


def _without_backslashes(text: str) -> str:
    """Give an expression without backslashes at ends of lines, which parentheses make superfluous."""
    plain = re.sub(r"[ \t]*\\\n", "\n", text)
    return plain if _same(plain, text) else text


def _indent_of(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


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
        return ast.dump(_parsed(one)) == ast.dump(_parsed(other))
    except SyntaxError:
        return False


def _parsed(text: str) -> ast.AST:
    return ast.parse(f"async def f():\n ({text}\n )")
