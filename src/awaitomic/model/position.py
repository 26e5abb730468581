"""Where something stands: places in text, and paths to statements on which `ast` and libcst agree."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Extent:
    """A stretch of source text; lines and columns count from 1, columns in characters, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True, order=True)
class BlockStep:
    """One step down a statement path: which block of the parent, and which statement in it.

    Blocks are named after the fields of `ast`: ``body``, ``orelse``, ``finalbody``, ``handlers.0`` (the body of the
    first handler), ``cases.2`` (the body of the third case). ``elif`` is an ``If`` alone in ``orelse``, as in `ast`.
    Statements joined by ``;`` count one by one.
    """

    block: str
    index: int


StatementPath = tuple[BlockStep, ...]
"""From the module's body down to one statement; the same in the `ast` and in the libcst tree of one text."""
