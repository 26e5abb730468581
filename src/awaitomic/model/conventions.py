"""What the configuration says about the user's own frameworks, classes and names; plain data, known by all rooms."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field


class Precondition(enum.Enum):
    """What a function does first that is only for holders of a lock, beside saying so in its docstring."""

    NONE = "none"
    ASSERT = "assert"
    RAISE = "raise"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Naming:
    """How the project names what a repair brings, and how it says what callers have to do.

    locked_suffix: of functions for holders of a lock; empty: as the file has it, or else ``_locked``.
    locked_precondition: whether such a function asks if the lock is held.
    lock_name: of a new lock, with ``{state}`` for what it is for; empty: ``_lock``, or ``_{state}_lock``.
    """

    locked_suffix: str = ""
    locked_precondition: Precondition = Precondition.NONE
    lock_name: str = ""


@dataclass(frozen=True, slots=True)
class Conventions:
    """Names that are added to the tables, and names that are given.

    entry_points: decorators, base classes and registering calls, by dotted or last name: what they mark runs in a task
        for each request.
    single_owner: classes, by name, whose instances belong to one task at a time.
    lock_types: classes and factories, by dotted or last name: what they make keeps others out, in whatever way.
    serialising_decorators: decorators, by dotted or last name, that let one call at a time run.
    naming: how new functions and locks are called.
    """

    entry_points: frozenset[str] = frozenset()
    single_owner: frozenset[str] = frozenset()
    lock_types: frozenset[str] = frozenset()
    serialising_decorators: frozenset[str] = frozenset()
    naming: Naming = field(default_factory=Naming)

    def is_entry_point(self, dotted: str | None) -> bool:
        """Tell whether a name, dotted as far as it is known, was configured as an entry point."""
        return bool(dotted) and _matches(dotted, self.entry_points)

    def has_one_owner(self, name: str) -> bool:
        """Tell whether a class was configured to belong to one task at a time."""
        return _matches(name, self.single_owner)

    def makes_lock(self, dotted: str) -> bool:
        """Tell whether a class or factory was configured to make locks; `dotted` may have more in front."""
        return any(dotted == name or dotted.endswith(f".{name}") for name in self.lock_types)

    def serialises(self, dotted: str | None) -> bool:
        """Tell whether a decorator was configured to let one call at a time run."""
        return _matches(dotted, self.serialising_decorators)


def _matches(dotted: str | None, names: frozenset[str]) -> bool:
    if not names or dotted is None:
        return False
    return dotted in names or dotted.rpartition(".")[2] in names


STANDARD = Conventions()
"""Nothing is configured."""
