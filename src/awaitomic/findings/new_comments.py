"""Says which comments would suppress findings, and where they go so that everything else goes on working.

A comment goes to the end of the finding's line, or of the last or first line of its statement, behind comments that
are there: ``# type: ignore`` has to come first in its line, ``# noqa`` may stand anywhere. Where no such line can take
a comment (a backslash, the inside of a string), it gets a line of its own above the statement. An ``ignore`` comment
with codes that is about the finding already gets its code.
"""

from __future__ import annotations

import token
from typing import TYPE_CHECKING

from awaitomic.knowledge.codes import INVALID, UNUSED
from awaitomic.model.plan import EditComment
from awaitomic.model.position import Extent
from awaitomic.source.comments import IgnoreComment, listed_codes, read_comments
from awaitomic.source.positions import Positions
from awaitomic.source.text import split_lines
from awaitomic.source.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

    from awaitomic.findings.suppression import Suppressions
    from awaitomic.model.finding import Finding

ABOUT_COMMENTS = frozenset({UNUSED, INVALID})
"""Rules about comments: those are mended, and not suppressed by more of them."""


def reads_as_reason(reason: str) -> bool:
    """Tell whether a text can follow the codes of a comment and is read as its reason, and as nothing else."""
    read = read_comments(f"x  # awaitomic: ignore[{UNUSED}] {reason}\n") if reason.isprintable() else None
    return read is not None and [each.reason for each in read.ignores] == [reason.strip()] and not read.mistakes


def suppressing(text: str, suppressions: Suppressions, findings: Iterable[Finding], reason: str) -> list[EditComment]:
    """Give the edits of a text that suppress findings in it.

    Parameters: `suppressions` are those that the text has; findings about comments are left alone.
    """
    layout = _Layout(text)
    longer: dict[IgnoreComment, list[str]] = {}
    beside: dict[int, list[str]] = {}
    above: dict[int, list[str]] = {}
    for finding in findings:
        if finding.rule in ABOUT_COMMENTS:
            continue
        listed = next((each for each in suppressions.about(finding) if each.codes is not None), None)
        if listed is not None:
            longer.setdefault(listed, []).append(finding.rule)
            continue
        first, last = suppressions.statement_lines(finding)
        line = next((line for line in (finding.extent.line, last, first) if line in layout.open_ends), None)
        if line is not None:
            beside.setdefault(line, []).append(finding.rule)
        elif layout.begins(first):
            above.setdefault(first, []).append(finding.rule)
    return [
        *(layout.with_codes(comment, codes) for comment, codes in longer.items()),
        *(layout.behind(line, _comment(codes, reason)) for line, codes in beside.items()),
        *(layout.above(line, _comment(codes, reason)) for line, codes in above.items()),
    ]


def _comment(codes: Iterable[str], reason: str) -> str:
    return f"# awaitomic: ignore[{', '.join(sorted(set(codes)))}] {reason.strip()}".rstrip()


class _Layout:
    """Where a text can take comments."""

    def __init__(self, text: str) -> None:
        self._positions = Positions(text)
        self._ends = [line[len(line.rstrip("\r\n")) :] for line in split_lines(text, keepends=True)]
        found = list(tokens(text))
        self.open_ends = {each.line for each in found if each.kind in {token.NL, token.NEWLINE}}
        """The lines that end outside of strings and without a backslash."""
        self._starts: dict[int, int] = {}
        for each in found:
            if not each.is_layout:
                self._starts.setdefault(each.line, each.column)

    def begins(self, line: int) -> bool:
        """Tell whether a line can have another one above: nothing but blanks stands before its first token."""
        column = self._starts.get(line)
        return column is not None and not self._positions.line(line)[: column - 1].strip()

    def with_codes(self, comment: IgnoreComment, codes: Iterable[str]) -> EditComment:
        """Add codes to a comment."""
        old = self._positions.snippet(comment.extent)
        first, last = listed_codes(old)
        new = ", ".join([old[first:last].rstrip().rstrip(",").rstrip(), *sorted(set(codes))])
        return EditComment(comment.extent, old, old[:first] + new + old[last:])

    def behind(self, line: int, comment: str) -> EditComment:
        """Add a comment at the end of a line, two blanks behind what is there."""
        content = self._positions.line(line)
        end = len(content) + 1
        blanks = len(content) - len(content.rstrip(" "))
        return EditComment(Extent(line, end, line, end), "", " " * max(2 - blanks, 0) + comment)

    def above(self, line: int, comment: str) -> EditComment:
        """Add a line with a comment above another one, indented as that is."""
        indent = self._positions.line(line)[: self._starts[line] - 1]
        return EditComment(Extent(line, 1, line, 1), "", f"{indent}{comment}{self._ends[line - 1] or chr(10)}")
