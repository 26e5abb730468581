"""The pure patch of a run: what `git apply` takes from the root of the repository, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.patching.diff import unified_patch
from awaitomic.report.paths import Places

if TYPE_CHECKING:
    from collections.abc import Iterable

    from awaitomic.source.text import SourceText


def render_patch(changes: Iterable[tuple[SourceText, SourceText]]) -> bytes:
    """Give the patches of all files after each other.

    Parameters: old and new text of each file. Returns bytes, since the lines of a patch have to be those of the
    files: in their encoding, and with their line ends.
    """
    return b"".join(file_patch(old, new).encode(old.encoding, "surrogateescape") for old, new in changes)


def file_patch(old: SourceText, new: SourceText) -> str:
    """Give the patch of one file, or "" if nothing differs."""
    return unified_patch(patch_path(old.path), _with_mark(old), _with_mark(new))


def _with_mark(source: SourceText) -> str:
    """Give a text with its byte order mark, which is a part of the first line for git."""
    return f"\ufeff{source.text}" if source.bom else source.text


def patch_path(path: str) -> str:
    """Give the path by which a patch names a file: relative to its repository's root.

    git takes the paths below ``diff --git`` from the root, wherever it is called. A file in no repository is named
    relative to the current directory, or, outside of that, by its absolute path without the leading slash.
    """
    return Places().name(path).lstrip("/")
