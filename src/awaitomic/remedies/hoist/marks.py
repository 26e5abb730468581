"""What a statement's text says about itself: code that an f-string shows, and comments that tell tools about the line.

``f"{await f()=}"`` shows the words `await f()`, and would show the name of a local instead. A comment like
``# type: ignore[arg-type]`` beside ``self.total += await price(item)`` is about the call, which goes to another line.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

from awaitomic.remedies.remedy import Case

_SPEAKS_OF_LINE = re.compile(r"#\s*((?:noqa|nosec|pragma|type:|(?:mypy|pylint|pyright|pytype|ruff|ty):)[^#]*)")
_OF_LENGTH = re.compile(r"noqa:\s*E501\s*")


def shows_code(node: ast.JoinedStr) -> bool:
    """Tell whether an f-string shows what is awaited in it as it is written."""
    for text, shown in pairwise(node.values):
        if not isinstance(text, ast.Constant) or not isinstance(shown, ast.FormattedValue):
            continue
        awaits = any(isinstance(inner, ast.Await) for inner in ast.walk(shown.value))
        if awaits and _bare(str(text.value)).endswith(f"{_bare(ast.unparse(shown.value))}="):
            return True
    return False


def _bare(text: str) -> str:
    """Give text without what may be written in several ways."""
    return re.sub(r"[\s()\"',]", "", text)


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
