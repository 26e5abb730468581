"""Which lines of the old text a plan may touch, told from the plan and `ast` alone."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.model.plan import (
    AddImport,
    DeleteStatement,
    DropFinally,
    Edit,
    ExtractStatements,
    InsertStatements,
    MoveStatement,
    OpenBlock,
    Plan,
    ReplaceExpression,
    ReplaceStatement,
    SplitBody,
    SplitMethod,
    UnwrapStatement,
    WrapStatements,
)
from awaitomic.model.position import BlockStep
from awaitomic.patching.paths import find_ast
from awaitomic.patching.syntax import parse_ast
from awaitomic.source.positions import Positions
from awaitomic.source.statements import start_of

if TYPE_CHECKING:
    from awaitomic.model.position import StatementPath


@dataclass(frozen=True, slots=True, order=True)
class Touched:
    """Lines from `start` to before `end`, counted from 0; equal numbers are a place where lines may be added."""

    start: int
    end: int
    replaced: bool = False
    """The plan gives new text for these lines, so comments in them may go."""


def touched_lines(text: str, plan: Plan) -> list[Touched]:
    """Return the lines that `plan` may touch, in order and without overlaps.

    Raises PatchRefused: ``position-mismatch`` if a path of the plan leads nowhere, ``gate-parse`` if `text` does
    not parse.
    """
    finder = _Finder(text)
    parts = sorted(part for edit in plan.edits for part in finder.parts(edit))
    merged: list[Touched] = []
    for part in parts:
        if merged and part.start < merged[-1].end:
            last = merged.pop()
            merged.append(Touched(last.start, max(last.end, part.end), last.replaced or part.replaced))
        elif not merged or part != merged[-1]:
            merged.append(part)
    return merged


class _Finder:
    def __init__(self, text: str) -> None:
        self.positions = Positions(text)
        self.count = self.positions.line_count
        self.tree = parse_ast(text)

    def parts(self, edit: Edit) -> list[Touched]:
        match edit:
            case MoveStatement():
                return [self.around(edit.path), *self.beside(edit.after)]
            case WrapStatements():
                return [self.run(edit.first, edit.count)]
            case InsertStatements(where="before" | "above" | "after"):
                return self.beside(edit.path)
            case InsertStatements():
                return self.inside(edit)
            case ReplaceStatement():
                return [Touched(self.span(edit.path)[0], self.tail(edit.path), replaced=True)]
            case DeleteStatement():
                around = self.around(edit.path)
                return [Touched(around.start, around.end, replaced=True)]
            case UnwrapStatement() | DropFinally():
                return self.unwrapped(edit)
            case OpenBlock():
                return [self.run(edit.path, edit.count + 1)]
            case ReplaceExpression():
                return [Touched(edit.extent.line - 1, edit.extent.end_line, replaced=True)]
            case SplitMethod() | SplitBody() | ExtractStatements():
                return self.divided(edit)
            case AddImport():
                return self.points(0, self.head_end())

    def unwrapped(self, edit: UnwrapStatement | DropFinally) -> list[Touched]:
        """Return the lines around a statement, with those of what goes away as replaced ones."""
        if isinstance(edit, UnwrapStatement):
            start, end = self.span(edit.path)[0], self._body_start(edit.path)
        else:
            start, end = self.span((*edit.path, BlockStep("finalbody", 0)))
        around = self.around(edit.path)
        return [Touched(around.start, start), Touched(start, end, replaced=True), Touched(end, around.end)]

    def divided(self, edit: SplitMethod | SplitBody | ExtractStatements) -> list[Touched]:
        """Return what is touched where a part of a function becomes another one."""
        match edit:
            case SplitMethod() if edit.with_tail:
                return [Touched(self.around(edit.region).start, self.tail(edit.method)), *self.beside(edit.method)]
            case SplitMethod():
                return [self.around(edit.region), *self.beside(edit.method)]
            case SplitBody():
                start = self.above(self.span((*edit.method, BlockStep("body", 0)))[0])
                return [Touched(start, self.tail(edit.method)), *self.beside(edit.method)]
            case ExtractStatements():
                return [self.run(edit.first, edit.count), *self.beside(edit.function)]

    def run(self, first: StatementPath, count: int) -> Touched:
        """Return the lines of sibling statements with the comments around and beside them."""
        last = (*first[:-1], BlockStep(first[-1].block, first[-1].index + count - 1))
        return Touched(self.above(self.span(first)[0]), self.tail(last))

    def span(self, path: StatementPath) -> tuple[int, int]:
        """Return the lines of a statement with its decorators."""
        node = find_ast(self.tree, path)
        return start_of(node, self.positions)[0] - 1, self.positions.extent(node).end_line

    def tail(self, path: StatementPath) -> int:
        """Return the line behind a statement and the comments that are indented more than it.

        Blank lines at the end of the file are included: they may be indented as well.
        """
        column = self.positions.extent(find_ast(self.tree, path)).column
        end = self.span(path)[1]
        lines = [self.positions.line(number + 1) for number in range(end, self.below(end))]
        inner = [number for number, line in enumerate(lines, start=1) if line[:column].isspace() and line.strip()]
        length = inner[-1] if inner else 0
        if end + len(lines) == self.count and not any(line.strip() for line in lines[length:]):
            length = len(lines)
        return end + length

    def above(self, line: int) -> int:
        """Return where the blank and comment lines above `line` begin."""
        while line and self._is_gap(line - 1):
            line -= 1
        return line

    def below(self, line: int) -> int:
        """Return where the blank and comment lines from `line` on end."""
        while line < self.count and self._is_gap(line):
            line += 1
        return line

    def around(self, path: StatementPath) -> Touched:
        start, end = self.span(path)
        return Touched(self.above(start), self.below(end))

    def beside(self, path: StatementPath) -> list[Touched]:
        """Return the places between the lines around a statement, or its lines if others share them."""
        start, end = self.span(path)
        points = [*self.points(self.above(start), start), *self.points(end, self.below(end))]
        return [Touched(start, self.tail(path)), *points] if self._is_crowded(path) else points

    def inside(self, edit: InsertStatements) -> list[Touched]:
        if not edit.path:
            return self.points(0, self.head_end()) if edit.where == "first" else self.points(self._code_end(), None)
        node = find_ast(self.tree, edit.path)
        body: list[ast.stmt] = getattr(node, "body", [])
        start, end = self.span(edit.path)
        step = BlockStep("body", 0 if edit.where == "first" else len(body) - 1)
        first = (*edit.path, step)
        if self._is_crowded(first):
            return [Touched(start, end)]
        start, end = self.span(first)
        if edit.where == "first":
            return self.points(self.above(start), self.below(end))
        return self.points(end, self.below(end))

    def points(self, start: int, end: int | None) -> list[Touched]:
        return [Touched(line, line) for line in range(start, (self.count if end is None else end) + 1)]

    def head_end(self) -> int:
        """Return the line at which the first statement begins that is no docstring and holds no import."""
        for index, node in enumerate(self.tree.body):
            imports = any(isinstance(one, ast.Import | ast.ImportFrom) for one in ast.walk(node))
            docstring = not index and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            defines = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            if not docstring and (defines or not imports):
                return self.span((BlockStep("body", index),))[0]
        return self.count

    def _code_end(self) -> int:
        return self.tree.body[-1].end_lineno or 0 if self.tree.body else 0

    def _body_start(self, path: StatementPath) -> int:
        """Return the line behind the last one of a compound statement's header (that of its colon)."""
        line = self.span((*path, BlockStep("body", 0)))[0]
        while line > self.span(path)[0] + 1 and self._is_gap(line - 1):
            line -= 1
        return max(line, self.span(path)[0] + 1)

    def _is_gap(self, line: int) -> bool:
        text = self.positions.line(line + 1).strip()
        return not text or text.startswith("#")

    def _is_crowded(self, path: StatementPath) -> bool:
        """Whether other statements share a line with this one, or it is an ``elif``."""
        node = find_ast(self.tree, path)
        extent = self.positions.extent(node)
        first = self.positions.line(extent.line)
        before, here = first[: extent.column - 1].strip(), first[extent.column - 1 :]
        behind = self.positions.line(extent.end_line)[extent.end_column - 1 :].strip()
        is_elif = isinstance(node, ast.If) and here.startswith("elif")
        return bool(before) or is_elif or bool(behind and not behind.startswith("#"))
