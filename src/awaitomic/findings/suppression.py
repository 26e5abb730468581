"""Decides which findings a comment in the code suppresses, and which comments suppress nothing.

A comment beside code counts for findings on its line, and for a statement of several lines if it stands at that
statement's first or last line (of a compound statement: of its header, as in ``async with lock:``). A comment on a
line of its own counts for the statement that starts directly below it, or below the run of comments that it is part
of; it does not reach into the body of a compound statement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.knowledge.codes import UNUSED
from awaitomic.source.comments import IgnoreComment, read_comments
from awaitomic.source.positions import Positions
from awaitomic.source.statements import header_extent, innermost_statement
from awaitomic.source.tokens import first_statement

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable

    from awaitomic.model.finding import Finding
    from awaitomic.source.text import SourceText


@dataclass(frozen=True, slots=True)
class UnusedComment:
    """A comment of which nothing, or not everything, is needed: `codes` is empty for one without codes."""

    comment: IgnoreComment
    codes: tuple[str, ...]


class Suppressions:
    """The suppressing comments of one file."""

    def __init__(self, source: SourceText, tree: ast.Module) -> None:
        self._path = source.path
        self._text = source.text
        self._tree = tree
        self._comments = read_comments(source.text).ignores
        self._positions: Positions | None = None

    @classmethod
    def parse(cls, source: SourceText, tree: ast.Module) -> Suppressions:
        """Read the comments of a file; `tree` is its `ast`. A file without any costs a search for a word."""
        return cls(source, tree)

    @property
    def comments(self) -> tuple[IgnoreComment, ...]:
        """All comments that suppress, in the order of the text."""
        return self._comments

    def covers(self, finding: Finding) -> bool:
        """Say whether a comment suppresses a finding. Findings of other files are never covered."""
        return any(comment.names(finding.rule) for comment in self.about(finding))

    def wants(self, comment: IgnoreComment) -> bool:
        """Say whether the author wants a comment to stay although nothing needs it.

        It says so itself by naming AWA001, or another comment for the same code does; one without codes does not.
        """
        return any(
            each.codes is not None and UNUSED in each.codes
            for each in self._comments
            if each is comment or (each.target == comment.target and each.target)
        )

    def unused(self, findings: Iterable[Finding]) -> tuple[UnusedComment, ...]:
        """Give the comments, or codes in them, that suppress none of `findings`.

        These have to be all of the file, at every confidence and before precedence, or a comment could look unused
        that is not.
        """
        used: dict[IgnoreComment, set[str]] = {comment: set() for comment in self._comments}
        for finding in findings:
            for comment in self.about(finding):
                used[comment].add(finding.rule)
        unused: list[UnusedComment] = []
        for comment in self._comments:
            if comment.codes is None:
                if not used[comment]:
                    unused.append(UnusedComment(comment, ()))
                continue
            idle = tuple(code for code in comment.codes if code not in used[comment])
            if idle:
                unused.append(UnusedComment(comment, idle))
        return tuple(unused)

    def about(self, finding: Finding) -> list[IgnoreComment]:
        """Give the comments whose place fits a finding, whatever rules they name."""
        if not self._comments or finding.path != self._path:
            return []
        lines = {finding.extent.line}
        first, last = self.statement_lines(finding)
        return [
            comment
            for comment in self._comments
            if comment.target in (lines | {first} if comment.alone else lines | {first, last})
        ]

    def statement_lines(self, finding: Finding) -> tuple[int, int]:
        """Give the first and last line of the statement that a finding stands in."""
        if self._positions is None:
            self._positions = Positions(self._text)
        line = finding.extent.line
        statement = innermost_statement(self._tree, self._positions, line, finding.extent.column)
        if statement is None:
            return line, line
        header = header_extent(statement, self._positions)
        words = first_statement(self._positions.snippet(header))
        return header.line, header.line + (words[-1].end_line - 1 if words else 0)
