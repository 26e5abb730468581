"""From the changed tree of handles back to libcst nodes; what was not touched stays the node that was parsed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from awaitomic.patching.nodes import compound, expect, small
from awaitomic.patching.shift import shift_node
from awaitomic.patching.tree import Block, Line, Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

PrintedStatement = cst.SimpleStatementLine | cst.BaseCompoundStatement


def emit_module(block: Block) -> cst.Module:
    """Return the module that `block`, made by `tree.open_module`, has become."""
    return expect(block.node, cst.Module).with_changes(
        header=block.header, body=_statements(block), footer=block.footer
    )


def newline_of(statement: Statement) -> str | None:
    """Return the line end of the statement's first line as libcst stores it: None is the default of the module."""
    if statement.trailing is not None:
        return statement.trailing.newline.value
    if statement.line is not None:
        return statement.line.trailing.newline.value
    node: cst.CSTNode = statement.node
    if isinstance(node, cst.Match):
        return node.whitespace_after_colon.newline.value
    body = compound(node).body
    if isinstance(body, cst.IndentedBlock):
        return body.header.newline.value
    return expect(body, cst.SimpleStatementSuite).trailing_whitespace.newline.value


def block_newline(block: Block) -> str | None:
    """Return the line end that a new line in `block` should have: that of a neighbour."""
    if block.items:
        return newline_of(block.items[0])
    return newline_of(block.owner) if block.owner is not None else None


def _statements(block: Block) -> list[PrintedStatement]:
    printed: list[PrintedStatement] = []
    live = block.live()
    _pass_on(block, live)
    index = 0
    while index < len(live):
        statement = live[index]
        line = statement.line
        node: PrintedStatement
        if line is None:
            node = _compound(statement)
            step = 1
        else:
            step = len(line.members)
            if live[index : index + step] == line.members and _is_untouched(line):
                node = _whole_line(line, statement)
            else:
                step = 1
                node = _lone(statement)
        for old, new in [*([statement.origin] if statement.origin else []), *statement.shifts]:
            node = shift_node(node, old, new, block.default_indent)
        printed.append(node)
        index += step
    if not printed and block.owner is not None:
        newline = cst.TrailingWhitespace(newline=cst.Newline(block_newline(block)))
        printed.append(cst.SimpleStatementLine([cst.Pass()], trailing_whitespace=newline))
    return printed


def _pass_on(block: Block, live: list[Statement]) -> None:
    """Put lines that go on with the comment beside a statement above the next one, or at the end of the block."""
    for index, statement in enumerate(live):
        lines = live[index + 1].leading if index + 1 < len(live) else block.footer
        lines[:0] = statement.below
        statement.below = []


def _is_untouched(line: Line) -> bool:
    """Whether nothing has come beside the statements of a line, or above any but the first."""
    return all(one.trailing is None for one in line.members) and not any(one.leading for one in line.members[1:])


def _whole_line(line: Line, first: Statement) -> cst.SimpleStatementLine:
    if line.node is not None:
        return line.node if _same(line.node.leading_lines, first.leading) else _led(line.node, first.leading)
    return cst.SimpleStatementLine(line.body, first.leading, line.trailing)


def _lone(statement: Statement) -> cst.SimpleStatementLine:
    """Return a statement that shares its line no longer; the comment beside goes with the last one of the line."""
    line = expect(statement.line, Line)
    beside = statement.trailing
    if beside is None:
        is_last = line.members[-1] is statement
        beside = line.trailing if is_last else cst.TrailingWhitespace(newline=line.trailing.newline)
    alone = small(statement.node).with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
    return cst.SimpleStatementLine([alone], statement.leading, beside)


def _led(node: cst.SimpleStatementLine, leading: list[cst.EmptyLine]) -> cst.SimpleStatementLine:
    return node.with_changes(leading_lines=leading)


def _same(old: Sequence[cst.CSTNode], new: Sequence[cst.CSTNode]) -> bool:
    return len(old) == len(new) and all(a is b for a, b in zip(old, new, strict=True))


def _compound(statement: Statement) -> cst.BaseCompoundStatement:
    node = compound(statement.node)
    if not _same(node.leading_lines, statement.leading):
        node = node.with_changes(leading_lines=statement.leading)
    if not statement.opened:
        return node
    blocks = statement.blocks
    if isinstance(node, cst.Match):
        cases = [case.with_changes(body=_suite(blocks[f"cases.{i}"])) for i, case in enumerate(node.cases)]
        return node.with_changes(cases=cases)
    changes: dict[str, object] = {"body": _suite(blocks["body"])}
    if isinstance(node, cst.Try | cst.TryStar):
        changes["handlers"] = [
            handler.with_changes(body=_suite(blocks[f"handlers.{i}"])) for i, handler in enumerate(node.handlers)
        ]
        if node.finalbody is not None:
            changes["finalbody"] = node.finalbody.with_changes(body=_suite(blocks["finalbody"]))
    if "orelse" in blocks:
        changes["orelse"] = _orelse(node, blocks["orelse"])
    return node.with_changes(**changes)


def _orelse(node: cst.BaseCompoundStatement, block: Block) -> cst.If | cst.Else:
    """Return an ``elif`` if it is still one, else an ``else`` with the statements of the block."""
    if isinstance(block.node, cst.If):
        live = block.live()
        if len(live) == 1 and live[0].node is block.node and not live[0].leading and not live[0].shifts:
            return expect(_compound(live[0]), cst.If).with_changes(leading_lines=block.node.leading_lines)
        return cst.Else(_suite(block), leading_lines=block.node.leading_lines)
    branch = expect(getattr(node, "orelse", None), cst.Else)
    return branch.with_changes(body=_suite(block))


def _suite(block: Block) -> cst.BaseSuite:
    """Return the block's statements; a one-line suite that changed becomes an indented block."""
    body = _statements(block)
    if isinstance(block.node, cst.IndentedBlock):
        if _same(block.node.body, body) and _same(block.node.footer, block.footer):
            return block.node
        return block.node.with_changes(body=body, footer=block.footer)
    if isinstance(block.node, cst.SimpleStatementSuite):
        live = block.live()
        line = live[0].line if live else None
        if line is not None and line.node is None and len(body) == 1 and live == line.members:
            untouched = not live[0].leading and not live[0].shifts and line.trailing is block.node.trailing_whitespace
            if untouched and line.body == tuple(block.node.body) and not block.footer:
                return block.node
    header = cst.TrailingWhitespace(newline=cst.Newline(block_newline(block)))
    return cst.IndentedBlock(body, header, block.indent, block.footer)
