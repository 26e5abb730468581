"""What is done with what was found: all of it is repaired at once, or in groups of which only some are wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from awaitomic.engine.repair import repair
from awaitomic.engine.series import series
from awaitomic.engine.writing import written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from awaitomic.config import Settings
    from awaitomic.engine.chosen import Chosen
    from awaitomic.engine.outcome import Outcome
    from awaitomic.engine.projects import Projects
    from awaitomic.engine.repair import Repaired
    from awaitomic.engine.series import FixGroup


Mend: TypeAlias = "Callable[[Mapping[str, Outcome], Settings, Projects], Iterable[Outcome]]"
"""Takes what was found in each file, by its path as it was named, and gives what came of all files in the end."""


class MendAll:
    """Repairs all that the settings allow."""

    def __init__(self, *, write: bool) -> None:
        """With `write`, changed files are replaced."""
        self._write = write

    def __call__(self, outcomes: Mapping[str, Outcome], settings: Settings, projects: Projects) -> Iterable[Outcome]:
        """Repair what was found."""
        return finished(repair(outcomes, settings, projects), write=self._write)


class MendGroups:
    """Repairs group by group, and as many groups as are wanted.

    Afterwards `groups` are those that were repaired, in the order of reports, and `left` is how many others there are.
    """

    def __init__(self, most: int | None, *, write: bool) -> None:
        """Repair at most so many groups (None: all); with `write`, changed files are replaced."""
        self._most = most
        self._write = write
        self.groups: tuple[FixGroup, ...] = ()
        self.left = 0

    def __call__(self, outcomes: Mapping[str, Outcome], settings: Settings, projects: Projects) -> Iterable[Outcome]:
        """Repair what was found."""
        found = series(outcomes, settings, projects)
        self.groups = found.groups[: self._most]
        self.left = len(found.groups) - len(self.groups)
        repaired = found.whole
        if self.left:
            chosen: Chosen = frozenset().union(*(group.chosen for group in self.groups))
            repaired = repair(outcomes, settings, projects.branch(), chosen)
        return finished(repaired, write=self._write)


def finished(repaired: Repaired, *, write: bool) -> list[Outcome]:
    """Give what came of all files; with `write`, write those that were changed."""
    return [outcome for group in repaired.groups for outcome in (written(group) if write else group.outcomes)]
