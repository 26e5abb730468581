"""What the user prefers among repairs that are all right; plain data, known by all rooms."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Granularity(enum.Enum):
    """How much one lock serves."""

    OBJECT = "object"
    """One lock for an object's state."""
    KEY = "key"
    """For a table, one lock for each key: work for different keys does not wait for each other."""

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the user has said."""

    lock_granularity: Granularity = Granularity.OBJECT


NO_PREFERENCES = Preferences()
