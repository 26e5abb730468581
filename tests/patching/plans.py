"""Plans written down by the text of the statements that they name, so that a case can be read without counting."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from awaitomic.model.plan import Edit, Plan, ReplaceExpression
from awaitomic.model.position import BlockStep, Extent, StatementPath
from awaitomic.patching.diff import unified_patch
from awaitomic.source.positions import Positions

Edits = Callable[["Places"], list[Edit]]

Case = tuple[str, str, Edits]
"""A sentence, a source text, and the edits."""


@dataclass(frozen=True, slots=True)
class Places:
    """Finds paths and extents in one text."""

    text: str

    def at(self, beginning: str) -> StatementPath:
        """The path of the first statement, in the order of the text, that begins with `beginning`."""
        positions = Positions(self.text)
        for path, node in statements(ast.parse(self.text)):
            extent = positions.extent(node)
            if self.text.startswith(beginning, positions.offset(extent.line, extent.column)):
                return path
        raise AssertionError(f"no statement begins with {beginning!r}")

    def replacing(self, statement: str, old: str, new: str) -> ReplaceExpression:
        """Replace the first `old` at or after the beginning of a statement."""
        positions = Positions(self.text)
        path = self.at(statement)
        node = dict(statements(ast.parse(self.text)))[path]
        begin = positions.offset(positions.extent(node).line, positions.extent(node).column)
        start = self.text.index(old, begin)
        return ReplaceExpression(path, self._extent(start, start + len(old)), old, new)

    def inserting(self, statement: str, before: str, new: str) -> ReplaceExpression:
        """Insert `new` directly before the first `before` in a statement."""
        found = self.replacing(statement, before, new)
        extent = found.extent
        empty = Extent(extent.line, extent.column, extent.line, extent.column)
        return ReplaceExpression(found.path, empty, "", new)

    def _extent(self, start: int, end: int) -> Extent:
        return Extent(*self._place(start), *self._place(end))

    def _place(self, offset: int) -> tuple[int, int]:
        before = self.text[:offset].replace("\r\n", "\n").replace("\r", "\n")
        return before.count("\n") + 1, len(before) - before.rfind("\n")


def statements(tree: ast.AST, parent: StatementPath = ()) -> Iterator[tuple[StatementPath, ast.stmt]]:
    """All statements below a node with their paths, in the order of the text."""
    for block, body in blocks(tree):
        for index, node in enumerate(body):
            path = (*parent, BlockStep(block, index))
            yield path, node
            yield from statements(node, path)


def blocks(node: ast.AST) -> Iterator[tuple[str, list[ast.stmt]]]:
    """The blocks of a node with their names in statement paths, in the order of the text."""
    for name in ("body", "handlers", "cases", "orelse", "finalbody"):
        value = getattr(node, name, [])
        if name in {"handlers", "cases"}:
            yield from ((f"{name}.{index}", part.body) for index, part in enumerate(value))
        elif isinstance(value, list) and value:
            yield name, value


def plan_of(text: str, edits: Edits) -> Plan:
    return Plan(tuple(edits(Places(text))))


def difference(old: str, new: str) -> str:
    """The patch without its file names, for snapshots; CR and tabs can be seen."""
    patch = unified_patch("file.py", old, new).replace("\r", "␍").replace("\t", "→")
    return "\n".join(patch.split("\n")[3:])
