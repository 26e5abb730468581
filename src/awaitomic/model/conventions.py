"""What the configuration says about the user's own frameworks and classes; plain data, known by all rooms."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Conventions:
    """Names that are added to the tables.

    entry_points: decorators, base classes and registering calls, by dotted or last name: what they mark runs in a task
        for each request.
    single_owner: classes, by name, whose instances belong to one task at a time.
    """

    entry_points: frozenset[str] = frozenset()
    single_owner: frozenset[str] = frozenset()

    def is_entry_point(self, dotted: str | None) -> bool:
        """Tell whether a name, dotted as far as it is known, was configured as an entry point."""
        return bool(dotted) and _matches(dotted, self.entry_points)

    def has_one_owner(self, name: str) -> bool:
        """Tell whether a class was configured to belong to one task at a time."""
        return _matches(name, self.single_owner)


def _matches(dotted: str | None, names: frozenset[str]) -> bool:
    if not names or dotted is None:
        return False
    return dotted in names or dotted.rpartition(".")[2] in names


STANDARD = Conventions()
"""Nothing is configured."""
