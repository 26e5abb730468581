"""What an entry of a folder is. Two walks ask: for the files that are named, and for those of their project."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os


def is_python_file(entry: os.DirEntry[str]) -> bool:
    """Tell whether an entry is a Python file, or a link to one.

    A pipe is none, whatever its name: to open it would wait for a writer. Nor is a link that leads nowhere, or in a
    circle (for which the system gives an error).
    """
    if not entry.name.endswith(".py"):
        return False
    try:
        return entry.is_file()
    except OSError:
        return False
