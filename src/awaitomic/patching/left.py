"""Whether a run has left something half done: asked by every run, where all else about journals is seldom needed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NAME = ".awaitomic-journal"


def is_there(root: Path) -> bool:
    """Tell whether there is a journal in the root of a project."""
    return os.path.lexists(root / NAME)
