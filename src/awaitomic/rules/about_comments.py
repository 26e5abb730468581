"""Findings about comments: they stand at the comment, in the function around it, and have no events."""

from __future__ import annotations

from awaitomic.model.finding import Confidence, Finding, Span, TraceStep
from awaitomic.model.position import Extent
from awaitomic.program import Program
from awaitomic.rules.rule import Rule


def comment_finding(
    program: Program,
    rule: Rule,
    extent: Extent,
    state: str,
    message: str,
    *,
    confidence: Confidence = Confidence.CERTAIN,
    trace: tuple[TraceStep, ...] = (),
) -> Finding:
    """Make the finding of a comment at `extent`; `state` is what it is about, in the words of the comment."""
    module = next(resolver for resolver in program.resolvers if resolver.is_module)
    return Finding(
        rule=rule.code,
        name=rule.name,
        confidence=confidence,
        path=program.source.path,
        extent=extent,
        function=_around(program, extent.line),
        state=state,
        message=message,
        trace=trace,
        evidence=(),
        # A comment makes no event; its line tells it from another one of the same words.
        span=Span(module.function.qualname, (), (), (), extent.line),
    )


def _around(program: Program, line: int) -> str:
    """Give the innermost function that a line stands in; empty outside of all."""
    found = ""
    for resolver in program.resolvers:
        node = resolver.function.node
        first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
        if not resolver.is_module and first <= line <= last:
            found = resolver.function.qualname  # an inner function comes after the one around it
    return found
