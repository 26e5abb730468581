"""Repairs the files of a run one after the other, each on what the fixes before it have made of all texts.

A fix can change what is found in another file, and can change that file itself. So only looking is spread over
processes; what has an allowed fix is repaired here, in the order of the paths, and the files that a fix has changed or
may have touched are looked at again until nothing is left to do. Files whose fixes depend on each other are written
together or not at all.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from awaitomic.engine import progress
from awaitomic.engine.chosen import FirstNames
from awaitomic.engine.fault import fault_of
from awaitomic.engine.fix import AppliedFix, FixResult, fix_text
from awaitomic.engine.moved import Moved
from awaitomic.engine.outcome import Change, Outcome
from awaitomic.engine.selection import unreadable
from awaitomic.findings.focus import key_of
from awaitomic.model.finding import Refusal
from awaitomic.model.focus import EVERYTHING, Focus
from awaitomic.source.project import SourceTree, project_root
from awaitomic.source.text import Unreadable, decode, display_path, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from awaitomic.config import Settings
    from awaitomic.engine.chosen import Chosen, Step
    from awaitomic.engine.projects import Projects
    from awaitomic.model.finding import Finding
    from awaitomic.source.text import SourceText

_MOST_VISITS = 10
"""So often one file is repaired again because of another; then the fixes of the files do not come to an end."""


@dataclass(frozen=True, slots=True)
class Group:
    """Outcomes of files that are written together; `root` is that of their project."""

    root: str
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Repaired:
    """What came of a run over some files: the outcomes of all of them, and the fixes in the order they were made in."""

    groups: list[Group]
    steps: tuple[Step, ...] = ()
    names: FirstNames = field(default_factory=FirstNames)
    focus: Focus = EVERYTHING
    """What is left alone by then, under the names that the fixes have given it."""

    @property
    def changes(self) -> list[Change]:
        """Old and new text of each file that was changed, in the order of their paths."""
        changes = (outcome.change for group in self.groups for outcome in group.outcomes)
        return sorted((change for change in changes if change is not None), key=lambda change: change.old.path)


class _Endless(Exception):  # noqa: N818 - it says what is the case; it is reported as a refusal
    """The fixes do not come to an end, or one of them has failed half way: none of them counts."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def repair(
    outcomes: Mapping[str, Outcome],
    settings: Settings,
    projects: Projects,
    chosen: Chosen | None = None,
    names: FirstNames | None = None,
) -> Repaired:
    """Repair what can be repaired.

    Parameters: `outcomes` are what was found in each file, by its path as it was named; `projects` say how the files
    are seen, and afterwards see them as they were made; only what is `chosen` is repaired (None: all), with the `names`
    that earlier runs, whose fixes stay, have left. Those files that hang together are in one group of the result.
    Nothing is written.
    """
    run = _Repair(outcomes, settings, projects, chosen, (names or FirstNames()).copy())
    try:
        run.go()
    except _Endless as endless:
        refusal = Refusal("gate-convergence", endless.message)
        left = [Group("", (_refused(outcome, refusal),)) for outcome in outcomes.values()]
        return Repaired(left, focus=settings.focus)
    return Repaired(run.groups(), tuple(run.steps), run.names, run.focus)


def _refused(outcome: Outcome, refusal: Refusal) -> Outcome:
    """Give the outcome of a file none of whose fixes is applied after all."""
    if not outcome.fixable:
        return outcome
    left = tuple(replace(finding, fix=None, refusal=refusal) for finding in outcome.findings if finding.fix is not None)
    kept = tuple(finding for finding in outcome.findings if finding.fix is None)
    return replace(outcome, findings=(*left, *kept))


class _Repair:
    """The texts, results and ties of the files of one run, by their absolute paths."""

    def __init__(
        self,
        outcomes: Mapping[str, Outcome],
        settings: Settings,
        projects: Projects,
        chosen: Chosen | None,
        names: FirstNames,
    ) -> None:
        self._settings = settings
        self._projects = projects
        self._chosen = chosen
        self.steps: list[Step] = []
        self.names = names
        self._named = {_absolute(path): path for path in outcomes}
        self._first = {_absolute(path): outcome for path, outcome in outcomes.items()}
        self._results: dict[str, Outcome] = {}
        self._applied: dict[str, list[AppliedFix]] = {}
        self._old: dict[str, SourceText] = {}
        """The texts on the disk of the files that were changed."""
        self._ties: dict[str, str] = {}
        self._touched: dict[str, set[str]] = {}
        """By file, the changed files whose fixes may have touched it: what is done to it rests on their new texts."""
        self._pending = {path for path, outcome in self._first.items() if outcome.fixable}
        if chosen is not None:
            self._pending = {origin.path for origin in chosen} & self._named.keys()
        self._visits: Counter[str] = Counter()

    @property
    def focus(self) -> Focus:
        """What is left alone by now."""
        return self._settings.focus

    def go(self) -> None:
        """Repair one file after the other, until none is left."""
        while self._pending:
            path = min(self._pending)
            self._pending.discard(path)
            self._visits[path] += 1
            if self._visits[path] > _MOST_VISITS:
                raise _Endless("the fixes of several files kept calling for each other: none was applied")
            done = len(self._results)
            progress.tell("repairing", done, done + len(self._pending) + 1, self._named[path])
            self._visit(path)
        progress.rest()

    def _visit(self, path: str) -> None:
        named = Path(self._named[path])
        try:
            source = self._current(path)
            settings = self._settings.at(named)
            scope = self._projects.scope(named, settings.conventions)
            result = fix_text(source, settings, scope, partial(self._is_chosen, path))
        except Unreadable as error:
            self._results[path] = unreadable(error, self._settings)
            return
        except Exception as error:  # whatever goes wrong in one file is reported, and the others go on
            if path in self._old:
                raise _Endless(f"a fix of another file could not be followed in {display_path(path)}") from error
            self._results[path] = Outcome(display_path(path), fault=fault_of(display_path(path), error))
            return
        if result.applied:
            self._take(path, source, result)
        text = result.text if result.remaining else None
        self._results[path] = Outcome(source.path, result.remaining, text)

    def _is_chosen(self, path: str, finding: Finding) -> bool:
        return self._chosen is None or self.names.origin(path, finding) in self._chosen

    def _current(self, path: str) -> SourceText:
        """Give the text of a file as the fixes so far have made it."""
        root, name = _place(path)
        program = self._projects.program(root)
        if program is not None and name in program.project.tree.overlay and path in self._old:
            return decode(display_path(self._named[path]), program.project.tree.overlay[name])
        return read(Path(self._named[path]))

    def _take(self, path: str, source: SourceText, result: FixResult) -> None:
        """Go on from the texts that the fixes of a file have made."""
        root, _ = _place(path)
        tree = result.examination.program.project.tree
        changed = [tree.path_of(name) for name in result.changed]
        self._old.setdefault(path, source)
        for each, name in zip(changed, result.changed, strict=True):
            self._old.setdefault(each, self._as_analysed(each, name, root))
        moved = Moved(self._old[path].text, source.text)
        applied = [replace(fix, line=moved.line(fix.line)) for fix in result.applied]
        self._applied.setdefault(path, []).extend(applied)
        self.steps += self.names.follow(path, applied, tree.path_of)
        self._projects.keep(root, result.examination.program, result.examination.scope.examined)
        self._settings = replace(self._settings, focus=result.focus)
        touched = [tree.path_of(name) for name in result.affected]
        for each in touched:
            self._touched.setdefault(each, set()).add(path)
        together = {*changed, *(each for each in touched if each in self._old)}
        for each in together.union(*(self._touched.get(each, ()) for each in (path, *changed))):
            self._tie(path, each)
        told = (each for each in touched if each in self._first and self._results.get(each, self._first[each]).findings)
        again = {*changed, *told, *(tree.path_of(name) for name in result.again)}
        again |= self._pointing_into({path, *changed})
        self._pending |= again & self._named.keys() - {path}

    def _as_analysed(self, path: str, name: str, root: str) -> SourceText:
        """Give the text that the analysis has seen of a file, which by now may have been changed by somebody else."""
        program = self._projects.program(root)
        assert program is not None, "the fix of another file of the project was made with it"
        return decode(display_path(self._named.get(path, path)), program.project.tree.raw(name))

    def _pointing_into(self, paths: set[str]) -> set[str]:
        """Give the files with findings of which a step stands in one of some files."""
        shown = {display_path(path) for path in paths}
        return {
            path
            for path, first in self._first.items()
            if any(
                step is not None and step.path in shown
                for finding in self._results.get(path, first).findings
                for step in (*finding.trace, finding.rival)
            )
        }

    # -- what belongs together -----------------------------------------------------------------------------------

    def _tie(self, one: str, other: str) -> None:
        self._ties[self._head(one)] = self._head(other)

    def _head(self, path: str) -> str:
        while path in self._ties and self._ties[path] != path:
            path = self._ties[path]
        return path

    def groups(self) -> list[Group]:
        """Give the outcomes of all files."""
        grouped: dict[str, list[str]] = {}
        for path in sorted({*self._first, *self._old}):
            grouped.setdefault(self._head(path), []).append(path)
        return [
            Group(_place(paths[0])[0] if paths[0] in self._old else "", tuple(map(self._outcome, paths)))
            for paths in grouped.values()
        ]

    def _outcome(self, path: str) -> Outcome:
        first = self._first.get(path, Outcome(display_path(path)))
        result = replace(self._results.get(path, first), unfixed=unplanned(first.findings))
        if first.left is not None and result.error is None and result.fault is None:
            result = replace(result, left=tuple(self._settings.focus.known.get(key_of(path), {}).items()))
        if path in self._named and result.findings and path in self._results:
            result = replace(result, others=self._projects.texts(Path(self._named[path]), result.findings))
        old = self._old.get(path)
        if old is None:
            return result
        root, name = _place(path)
        program = self._projects.program(root)
        assert program is not None, "a project with a changed file is known"
        new = decode(old.path, program.project.tree.raw(name))
        if new.raw == old.raw:
            return result
        applied = tuple(self._applied.get(path, ()))
        return replace(result, applied=applied, change=Change(old, new))


def unplanned(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Give findings as they are before anything is decided about them."""
    return tuple(replace(finding, fix=None, refusal=None) for finding in findings)


def _absolute(path: str) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - resolve() would follow links


def _place(path: str) -> tuple[str, str]:
    """Give the root of a file's project, and the name of its module there."""
    root = project_root(path)
    return root, SourceTree(root).name_of(path)
