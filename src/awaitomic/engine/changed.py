"""Narrows a run to what has changed since a commit."""

# ruff: noqa: PTH112, PTH120 - plain strings: a Path object for each costs more than what is done with it

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from awaitomic.source.changes import changed_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from awaitomic.config import Settings


def touching(settings: Settings, paths: Iterable[str], revision: str) -> Settings:
    """Give the settings under which only findings count that touch a line which has changed.

    Parameters: `paths` are those of the run; each counts with the repository that it lies in. `revision` is the commit
    to compare with. Raises `awaitomic.source.changes.GitFailed`.
    """
    folders = (path if os.path.isdir(path) else os.path.dirname(path) or "." for path in paths)
    there = (folder for folder in folders if os.path.isdir(folder))  # one that is not is reported by the run
    return replace(settings, focus=replace(settings.focus, changed=changed_lines(there, revision)))
