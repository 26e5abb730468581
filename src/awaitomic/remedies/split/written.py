"""Definitions as they are written, from which the definition of a variant is made: signatures, bodies, annotations."""

from __future__ import annotations

import ast
from typing import cast

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.position import Extent
from awaitomic.program import Program
from awaitomic.remedies.shared.region import has_docstring
from awaitomic.remedies.split.forms import is_bound, kept_decorators, node_of
from awaitomic.remedies.split.part import Part
from awaitomic.source.positions import Located


def text_of(program: Program, node: ast.AST) -> str:
    """Give a piece of syntax as it is written, on one line."""
    text = program.positions.snippet(program.positions.extent(cast("Located", node)))
    return ast.unparse(node) if "\n" in text or "\r" in text else text


def signature_of(program: Program, function: FunctionGraph, name: str) -> str:
    """Give what stands between the name and the colon of a definition, as written and aligned behind another name."""
    node = node_of(function)
    start = program.positions.extent(node)
    body = program.positions.extent(node.body[0])
    text = program.positions.snippet(Extent(start.line, start.column, body.line, body.column))
    first, *rest = at_margin(program, start, text[text.index(node.name) + len(node.name) : _colon(text)]).split("\n")
    column = " " * len(f"async def {node.name}(")
    more = " " * (len(name) - len(node.name))
    aligned = [f"{more}{line}" if len(line) - len(line.lstrip(" ")) == len(column) else line for line in rest]
    return "\n".join([first, *aligned])


def at_margin(program: Program, start: Extent, text: str) -> str:
    """Take the margin of a statement from the lines behind the first one of a text."""
    margin = program.positions.line(start.line)[: start.column - 1]
    first, *rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
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


def part_signature(program: Program, function: FunctionGraph, part: Part, *, yields: bool) -> str:
    """Give the signature of a part of a function that is given some of its locals: annotated where these are.

    Parameters:
        program: the facts of the file.
        function: the function.
        part: what the part is given, and what it gives back.
        yields: whether the part hands out values itself, as the function does.
    """
    node = node_of(function)
    known = _annotations(node)
    names = [*function.parameters[:1], *part.parameters] if is_bound(function) else list(part.parameters)
    written = [f"{name}: {text_of(program, known[name])}" if name in known else name for name in names]
    whole = part.returns or yields
    result = node.returns if whole else known.get(part.results[0]) if len(part.results) == 1 else None
    arrow = f" -> {text_of(program, result)}" if result is not None else ""
    if node.returns is not None and not whole and not part.results:
        arrow = " -> None"
    return f"({', '.join(written)}){arrow}"


def _annotations(node: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, ast.expr]:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    found = {argument.arg: argument.annotation for argument in arguments if argument.annotation is not None}
    for inner in ast.walk(node):
        if isinstance(inner, ast.AnnAssign) and isinstance(inner.target, ast.Name):
            found.setdefault(inner.target.id, inner.annotation)
    return found


def body_with(program: Program, function: FunctionGraph, region: ast.AsyncWith, instead: str) -> list[str] | None:
    """Give the body of a function, without its docstring and at the margin, with other text in place of a region.

    Returns:
        The lines; None if a text over several lines would change when it moves.
    """
    node = node_of(function)
    body = node.body[1:] if has_docstring(node.body) and len(node.body) > 1 else node.body
    inside = {id(inner) for inner in ast.walk(region)}
    for statement in body:
        for inner in ast.walk(statement):
            text = isinstance(inner, ast.JoinedStr) or (
                isinstance(inner, ast.Constant) and isinstance(inner.value, str)
            )
            if text and id(inner) not in inside and getattr(inner, "end_lineno", 0) != getattr(inner, "lineno", 0):
                return None
    start = program.positions.extent(body[0])
    end = program.positions.extent(body[-1])
    hole = program.positions.extent(region)
    before = program.positions.snippet(Extent(start.line, start.column, hole.line, hole.column))
    margin = program.positions.line(hole.line)[: hole.column - 1]
    instead = instead.replace("\n", f"\n{margin}")
    behind = program.positions.snippet(Extent(hole.end_line, hole.end_column, end.end_line, end.end_column))
    return at_margin(program, start, before + instead + behind).split("\n")


def definition(function: FunctionGraph, name: str, signature: str, docstring: str, body: list[str]) -> str:
    """Give the text of a variant, at the margin."""
    lines = [f"@{decorator}" for decorator in kept_decorators(function)]
    lines += [f"async def {name}{signature}:", f'    """{docstring}"""']
    return "\n".join([*lines, *(f"    {line}" if line else "" for line in body)])
