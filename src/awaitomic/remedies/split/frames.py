"""Whether what moves to a variant looks at who called it: with the variant in between, that is the public method.

``warnings.warn(..., stacklevel=2)`` names the line of the caller; in the variant it would name the line of the method
that takes the lock, of which no user knows.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.frames import COUNTS_FRAMES, LOOKS_AT_FRAMES
from awaitomic.program import Program
from awaitomic.program.names import dotted


def looks_at_frames(program: Program, function: FunctionGraph) -> Iterator[str]:
    """Say where a function looks at the calls that led to it; the first such place.

    Parameters:
        program: the facts of the file with the bug.
        function: what is to be split.
    """
    imports = program.unit_of(function).module.imports
    for node in ast.walk(function.node):
        if isinstance(node, ast.Call) and (_counts(node) or dotted(node.func, imports) in LOOKS_AT_FRAMES):
            where = f"line {node.lineno}"
            if not program.is_here(function):
                where += f" of {program.path_of(function)}"
            yield f"{where} looks at who called `{function.qualname}`, and may find the half that takes the lock"
            return


def _counts(call: ast.Call) -> bool:
    levels = [keyword.value for keyword in call.keywords if keyword.arg == COUNTS_FRAMES]
    return any(not isinstance(level, ast.Constant) or level.value not in {None, 1} for level in levels)
