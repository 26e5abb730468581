"""What a run leaves alone although it is found: bugs that are known already, and those that nobody has touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Lines: TypeAlias = tuple[tuple[int, int], ...]
"""Stretches of lines, each from its first to its last one."""


@dataclass(frozen=True, slots=True)
class Focus:
    """Which findings count, besides what the settings say of rules and confidence."""

    known: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By the real paths of files, the fingerprints of findings that do not count: as they are by now, with what they
    were when the run began, since fixes can change them."""
    changed: Mapping[str, Lines | None] | None = None
    """By the real paths of files, the lines of which one has to be in the trace; None for all lines of a file. None
    instead of a table: whatever is found counts."""

    @property
    def is_all(self) -> bool:
        """Whether everything counts."""
        return not self.known and self.changed is None


EVERYTHING = Focus()
