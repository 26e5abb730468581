"""A coroutine that does not take the lock yet becomes two: one that takes it, and its old self for its holders."""

from __future__ import annotations

import ast

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.plan import Edit, InsertStatements, ReplaceExpression, ReplaceStatement
from awaitomic.model.position import BlockStep, Extent
from awaitomic.program import Program
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.region import has_docstring
from awaitomic.remedies.split import takers, variant
from awaitomic.remedies.split.takers import HeldAt


def delegate(
    program: Program, function: FunctionGraph, header: str, lock: str, held: HeldAt
) -> tuple[list[Edit], tuple[str, str]]:
    """Let a function take the lock and call a variant, which is the old one under another name.

    Parameters:
        program: the facts of the file.
        function: a coroutine function that does not take the lock yet.
        header: the ``async with`` that takes it, in the function's terms.
        lock: the lock as its class speaks of it.
        held: where the lock is held, once the whole plan is carried out.

    Returns:
        The edits, and the function's old and new name.

    Raises:
        Declined: if a call site cannot follow, or the signature cannot be written again.
    """
    node = variant.node_of(function)
    name = variant.variant_name(program, function)
    call = variant.delegating_call(function, name)
    verb = "return await" if variant.returns_value(node.body) else "await"
    documented = has_docstring(node.body) and len(node.body) > 1
    lines = [_signature(program, node)]
    if documented:
        lines.append(f"    {_docstring(program, node)}")
    lines += [f"    {header}:", f"        {verb} {call}"]
    edits: list[Edit] = [
        InsertStatements(function.path, "before", "\n".join(lines), blank_lines_before=0),
        _renamed(program, function, node, name),
    ]
    docstring = f'"""{variant.variant_docstring(function, lock)}"""'
    first = (*function.path, BlockStep("body", 0))
    if documented:
        edits.append(ReplaceStatement(first, docstring))
    else:
        edits.append(InsertStatements(first, "before", docstring))
    edits.extend(takers.redirect_all(program, [function], name, held))
    prefix, dot, _ = function.qualname.rpartition(".")
    return edits, (function.qualname, f"{prefix}{dot}{name}")


def _signature(program: Program, node: ast.AsyncFunctionDef) -> str:
    """Give ``async def name(…) -> …:`` as written, up to its colon."""
    if node.decorator_list:
        raise Declined("decorated", f"`{node.name}` (line {node.lineno}) is decorated, and would have to be split")
    start = program.positions.extent(node)
    body = program.positions.extent(node.body[0])
    text = program.positions.snippet(Extent(start.line, start.column, body.line, body.column))
    head = text[: _colon(text) + 1]
    return _at_margin(program, start, head)


def _docstring(program: Program, node: ast.AsyncFunctionDef) -> str:
    """Give the docstring as written, so that it reads the same once it is indented with the new method."""
    extent = program.positions.extent(node.body[0])
    text = program.positions.snippet(extent)
    return _at_margin(program, program.positions.extent(node), text)


def _at_margin(program: Program, start: Extent, text: str) -> str:
    """Take the margin of a definition from the lines of a text: it comes back with the new definition."""
    margin = program.positions.line(start.line)[: start.column - 1]
    first, *rest = text.split("\n")
    return "\n".join([first, *(line.removeprefix(margin) for line in rest)])


def _colon(text: str) -> int:
    """Give the place of the colon that ends a signature: the first one outside of brackets and strings."""
    depth = 0
    quote = ""
    comment = False
    for index, character in enumerate(text):
        if comment or quote:
            comment = comment and character not in "\r\n"
            quote = "" if character == quote else quote
        elif character in "#\"'":
            comment = character == "#"
            quote = "" if comment else character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == ":" and depth == 0:
            return index
    return len(text)


def _renamed(program: Program, function: FunctionGraph, node: ast.AsyncFunctionDef, name: str) -> Edit:
    start = program.positions.extent(node)
    head = program.positions.line(start.line)[start.column - 1 :]
    offset = head.find(f" {node.name}") + 1
    if offset <= 0:
        raise Declined("position-mismatch", f"line {start.line} does not name `{node.name}`")
    column = start.column + offset
    extent = Extent(start.line, column, start.line, column + len(node.name))
    return ReplaceExpression(function.path, extent, node.name, name)
