"""Comments that tell a tool about the line of a statement, of which a part goes to another line.

``# type: ignore[arg-type]`` beside ``self.total += await price(item)`` is about the call.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from awaitomic.remedies.remedy import Case

_SPEAKS_OF_LINE = re.compile(r"#\s*((?:noqa|nosec|pragma|type:|(?:mypy|pylint|pyright|pytype|ruff|ty):)[^#]*)")
_OF_LENGTH = re.compile(r"noqa:\s*E501\s*")


def speaking_of_line(case: Case, statement: ast.stmt) -> Iterator[str]:
    """Say which comment tells a tool about the line of a statement, of which a part goes to another line."""
    extent, line = case.extent(statement), case.program.positions.line
    beside = line(extent.end_line)[extent.end_column - 1 :]
    above = line(extent.line - 1).strip() if extent.line > 1 else ""
    for text in (beside, above if "disable-next" in above else ""):
        found = _SPEAKS_OF_LINE.search(text)
        if found is not None and not _OF_LENGTH.fullmatch(found[1]):
            yield f"`# {found[1].strip()}` tells a tool about a line of which a part goes to another one"
            return
