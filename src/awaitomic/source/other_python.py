"""Recognises syntax that another Python would accept, so that a user learns whether to change the file or the Python.

CPython reports such syntax like any other mistake. What is matched here is the line that it points at; the answer is
a guess by design and is worded as one. Sources: PEP 695 and PEP 701 (3.12), PEP 696 (3.13), PEP 750 and 758 (3.14); for
Python 2, "What's New In Python 3.0".
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Feature:
    """Syntax that came with `version`; both patterns have to be found."""

    version: tuple[int, int]
    name: str
    line: re.Pattern[str] = re.compile("")
    message: re.Pattern[str] = re.compile("")


_HEADER = r"^\s*(?:(?:async\s+)?def|class|type)\s+\w+\s*\["

_FEATURES = (
    _Feature(
        (3, 14), "a t-string", re.compile(r"""(?<![\w'"])(?:[tT][rR]?|[rR][tT])['"]"""), re.compile("invalid syntax")
    ),
    _Feature(
        (3, 14),
        "`except` without parentheses",
        re.compile(r"^\s*except\*?\s+[\w.]+(?:\s*,\s*(?:\w+\.)*(?:[A-Z]\w*|(?<=\.)\w+))+\s*:"),
        re.compile("must be parenthesized"),
    ),
    _Feature((3, 13), "a default of a type parameter", re.compile(_HEADER + r"[^\]]*=")),
    _Feature((3, 12), "a list of type parameters", re.compile(_HEADER)),
    _Feature((3, 12), "a `type` statement", re.compile(r"^\s*type\s+\w+\s*=")),
    _Feature(
        (3, 12),
        "a backslash or comment inside the braces of an f-string",
        message=re.compile("f-string expression part cannot include (?:a backslash|'#')"),
    ),
    _Feature(
        (3, 12),
        "a line break inside the braces of an f-string",
        re.compile(r"""\b(?:[fF][rR]?|[rR][fF])(['"])(?!\1)[^'"]*\{[^{}'"]*$"""),
        re.compile("unterminated string literal"),
    ),
    _Feature(
        (3, 12),
        "an f-string with nested quotes",
        re.compile(r"""\b(?:[fF][rR]?|[rR][fF])(['"])[^'"]*\{[^{}'"]*\1.*\1.*\}[^'"]*\1"""),
    ),
)

_PYTHON_2 = (
    (re.compile(""), re.compile("Missing parentheses in call to '(?:print|exec)'")),
    (re.compile(r"^\s*except\s+[^:]+,\s*[a-z_]\w*\s*:"), re.compile("must be parenthesized")),
    (re.compile(r"^\s*raise\s+[\w.]+\s*,"), re.compile("invalid syntax")),
    (re.compile(""), re.compile("leading zeros in decimal integer literals")),
    (re.compile(r"(?<![\w'\"])[uU][rR]['\"]"), re.compile("invalid syntax")),
    (re.compile(r"\b0[xX]?[\da-fA-F]*[lL]\b|\b\d+[lL]\b"), re.compile("invalid (?:decimal|hexadecimal) literal")),
)
"""What was allowed in Python 2 alone: the line, and what CPython says of it."""


def other_python_hint(message: str, line: str, running: tuple[int, int]) -> str | None:
    """Say for which other Python a line seems to be written, or give None.

    `message` is that of the `SyntaxError` raised for it, `running` the version that raised it.
    """
    if any(of_line.search(line) and of_message.search(message) for of_line, of_message in _PYTHON_2):
        return f"this looks like Python 2; this is Python {'.'.join(map(str, running))}"
    return _newer_python_hint(message, line, running)


def _newer_python_hint(message: str, line: str, running: tuple[int, int]) -> str | None:
    """Say which newer Python a line seems to need, or give None."""
    for feature in _FEATURES:
        if feature.version > running and feature.line.search(line) and feature.message.search(message):
            wanted = ".".join(map(str, feature.version))
            return f"{feature.name} needs Python {wanted}; this is Python {'.'.join(map(str, running))}"
    return None
