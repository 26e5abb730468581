"""Makes findings for tests from a text: the place is that of a piece of it."""

from __future__ import annotations

import ast

from awaitomic.model.finding import Confidence, Finding, Span
from awaitomic.model.position import Extent
from awaitomic.source.text import SourceText, decode


def source_of(text: str, path: str = "a.py") -> tuple[SourceText, ast.Module]:
    source = decode(path, text.encode())
    return source, ast.parse(text)


def finding_at(
    text: str,
    piece: str,
    *,
    rule: str = "AWA101",
    path: str = "a.py",
    function: str = "Bank.credit",
    state: str = "self.balance",
    confidence: Confidence = Confidence.LIKELY,
    events: tuple[int, int, int] = (1, 2, 3),
    occurrence: int = 0,
) -> Finding:
    """Make a finding at an occurrence of `piece`; `events` are the ids of read, suspension and write."""
    start = -1
    for _ in range(occurrence + 1):
        start = text.index(piece, start + 1)
    before = text[:start].replace("\r\n", "\n").replace("\r", "\n")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return Finding(
        rule=rule,
        name="name",
        confidence=confidence,
        path=path,
        extent=Extent(line, column, line, column + len(piece)),
        function=function,
        state=state,
        message="message",
        trace=(),
        evidence=(),
        span=Span(function, (events[0],), (), (events[1],), events[2]),
    )
