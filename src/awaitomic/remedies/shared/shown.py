"""Code that an f-string shows: ``f"{await f()=}"`` says `await f()`, and would say the name of a local instead."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from itertools import pairwise


def is_shown_as_code(root: ast.AST, concerns: Callable[[ast.AST], bool]) -> bool:
    """Tell whether an f-string shows some code as it is written.

    Parameters:
        root: the syntax in which f-strings are looked for.
        concerns: tells whether a node is, or belongs to, the code that is asked about.
    """
    for node in ast.walk(root):
        for text, shown in pairwise(node.values) if isinstance(node, ast.JoinedStr) else ():
            if not isinstance(text, ast.Constant) or not isinstance(shown, ast.FormattedValue):
                continue
            written = _bare(str(text.value)).endswith(f"{_bare(ast.unparse(shown.value))}=")
            if written and any(concerns(inner) for inner in ast.walk(shown.value)):
                return True
    return False


def _bare(text: str) -> str:
    """Give text without what may be written in several ways."""
    return re.sub(r"[\s()\"',]", "", text)
