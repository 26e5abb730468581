"""`ast` and `compile` as yes-or-no questions about a text, without their warnings about the user's code."""

from __future__ import annotations

import ast
import warnings

from awaitomic.patching.refusal import PatchRefused


def parse_ast(text: str, filename: str = "<text>") -> ast.Module:
    """Return the syntax tree of `text`.

    Raises PatchRefused: ``gate-parse`` if it has none.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text, filename)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise PatchRefused("gate-parse", f"the text does not parse: {error}") from error


def compile_text(text: str, filename: str) -> None:
    """Compile `text` as a module.

    Raises PatchRefused: ``gate-compile`` if that fails, as for a ``return`` outside a function.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, filename, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise PatchRefused("gate-compile", f"the text does not compile: {error}") from error
