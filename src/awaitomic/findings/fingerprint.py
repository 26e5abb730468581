"""Gives each finding a name that survives edits elsewhere, so that baselines and code scanning recognise it.

The name is ``rule:function:state:hash:ordinal``. The hash is over the tokens of the statement at the finding (of a
compound statement: of its header), so comments, blank lines, indentation, newlines and the position in the file or
tree do not matter, and neither does the version of Python that computed it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from awaitomic.source.positions import Positions
from awaitomic.source.statements import header_extent, innermost_statement
from awaitomic.source.tokens import first_statement

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable

    from awaitomic.model.finding import Finding
    from awaitomic.source.text import SourceText


def with_fingerprints(findings: Iterable[Finding], source: SourceText, tree: ast.Module) -> tuple[Finding, ...]:
    """Give the findings of one file with their fingerprints filled in, in the same order.

    `source` and `tree` are the text that the findings refer to. Equal findings are numbered in the order of the text.
    Call it before suppression: a comment must not renumber those that are left.
    """
    findings = tuple(findings)
    positions = Positions(source.text)
    seen: Counter[str] = Counter()
    prints: dict[int, str] = {}
    for index in sorted(range(len(findings)), key=lambda index: (findings[index].extent, index)):
        finding = findings[index]
        digest = statement_hash(tree, positions, finding.extent.line, finding.extent.column)
        key = f"{finding.rule}:{finding.function}:{finding.state}:{digest}"
        prints[index] = f"{key}:{seen[key]}"
        seen[key] += 1
    return tuple(replace(finding, fingerprint=prints[index]) for index, finding in enumerate(findings))


def unnumbered(finding: Finding) -> str:
    """Give what is equal in findings that only their order in the text tells apart.

    It has the function by the name that the finding gives it, which may be an older one than that in its fingerprint.
    """
    digest = finding.fingerprint.rsplit(":", 2)[1]
    return f"{finding.rule}:{finding.function}:{finding.state}:{digest}"


def statement_hash(tree: ast.Module, positions: Positions, line: int, column: int) -> str:
    """Give twelve hexadecimal digits over the tokens of the innermost statement at a place (from 1, in characters)."""
    statement = innermost_statement(tree, positions, line, column)
    text = "" if statement is None else positions.snippet(header_extent(statement, positions))
    words = "\0".join(token.text for token in first_statement(text))
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:12]
