"""Recognises a finding in several states of the texts, so that its fix can be chosen, or be made alone.

Lines move, equal findings are numbered anew when one of them goes, and a split gives functions other names. What stays
is the fingerprint without its number, under the name that the function had at first. Findings that are equal by that
are one thing here: their fixes are chosen together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.engine.verify import renamed
from awaitomic.findings.fingerprint import unnumbered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from awaitomic.engine.fix import AppliedFix
    from awaitomic.model.finding import Finding


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """What a finding is known by: the absolute path of its file, and what is equal in all states of the text."""

    path: str
    name: str

    @classmethod
    def of(cls, path: str, finding: Finding) -> Origin:
        """Give that of a finding in a text whose functions have their first names."""
        return cls(path, unnumbered(finding))


Chosen = frozenset[Origin]
"""The findings whose fixes are wanted."""


@dataclass(frozen=True, slots=True)
class Step:
    """One fix that was carried out in a run, and of what."""

    origin: Origin
    fix: AppliedFix


class FirstNames:
    """The names that functions had before the fixes of a run, by the absolute paths of their files."""

    def __init__(self) -> None:
        self._renamed: dict[str, list[tuple[str, str]]] = {}

    def copy(self) -> FirstNames:
        """Give the same, to go on from."""
        copy = FirstNames()
        copy._renamed = {path: list(renames) for path, renames in self._renamed.items()}
        return copy

    def origin(self, path: str, finding: Finding) -> Origin:
        """Give what a finding of a text as it is by now is known by."""
        for old, new in reversed(self._renamed.get(path, ())):
            finding = renamed(finding, {new: old})
        return Origin.of(path, finding)

    def follow(self, path: str, fixes: Iterable[AppliedFix], path_of: Callable[[str], str]) -> list[Step]:
        """Take up the new names that the fixes of a file have given, and say of what each fix was.

        Parameters: `path_of` gives the path of a module.
        """
        steps = []
        for fix in fixes:
            steps.append(Step(self.origin(path, fix.finding), fix))
            for name, renames in fix.renames:
                self._renamed.setdefault(path_of(name) if name else path, []).extend(renames)
        return steps
