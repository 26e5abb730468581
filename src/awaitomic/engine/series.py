"""Takes what all fixes of a run make apart into groups, each of which can be taken without the others.

Each fix of a run was made on what the fixes before it had left, and a patch of it alone may need them, or collide with
one behind it. So a group is not cut out of the whole: it is what a run makes of the unchanged files that repairs the
findings of the group and no other, through all gates. Findings are put into one group

* if what is made of one alone and of the other alone would be shown in one hunk: they share an edit (a new lock, an
  import), or touch;
* if the fix of one is possible only after that of the other;
* if all groups together would not make, to the byte, what the whole run makes, or ``git apply`` would put a hunk
  elsewhere because of those before it.

At worst all fixes are one group, which is the whole run.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from awaitomic.engine import progress
from awaitomic.engine.chosen import Chosen, FirstNames, Origin
from awaitomic.engine.repair import Repaired, repair
from awaitomic.findings.precedence import report_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from awaitomic.config import Settings
    from awaitomic.engine.fix import AppliedFix
    from awaitomic.engine.outcome import Change, Outcome
    from awaitomic.engine.projects import Projects
    from awaitomic.model.finding import Finding
    from awaitomic.patching.hunks import Hunk

_NEAR = 4
"""With so many single groups it is tried whether a fix needs just that one, before it is put to several."""


@dataclass(frozen=True, slots=True)
class FixGroup:
    """Fixes that can only be taken together."""

    findings: tuple[Finding, ...]
    """As they are found in the unchanged files, in the order of reports; each with its fix as it is carried out."""
    later: tuple[AppliedFix, ...]
    """What is found only when these are repaired."""
    changes: tuple[Change, ...]
    """What the group alone makes of the unchanged files."""
    texts: Mapping[str, str]
    """The unchanged files that the findings point into."""
    chosen: Chosen


@dataclass(frozen=True, slots=True)
class Series:
    """All that a run makes, as a whole and in groups, which stand in the order of reports."""

    groups: tuple[FixGroup, ...]
    whole: Repaired


def series(outcomes: Mapping[str, Outcome], settings: Settings, projects: Projects) -> Series:
    """Repair what can be repaired, and take it apart.

    Parameters: `outcomes` are what was found in each file, by its path as it was named; `projects` say how the files
    are seen, and go on seeing them unchanged. Nothing is written.
    """
    runs = _Runs(outcomes, settings, projects)
    parts = _Parts(runs).settled()
    progress.rest()
    return Series(tuple(runs.group(part) for part in parts), runs.whole)


def shown(repaired: Repaired, outcomes: Mapping[str, Outcome], names: FirstNames | None = None) -> FixGroup:
    """Give what a run has made as a group of fixes, told of the texts before it.

    Parameters: `outcomes` are what was found in these texts, by the paths of the files as they were named; `names` the
    first names of what earlier runs have renamed in them.
    """
    found = _by_origin(outcomes, names or FirstNames())
    findings: list[Finding] = []
    later: list[AppliedFix] = []
    for step in repaired.steps:
        if found.get(step.origin):
            findings.append(replace(found[step.origin].pop(0), fix=step.fix.finding.fix))
        else:
            later.append(step.fix)
    texts: dict[str, str] = {}
    for outcome in outcomes.values():
        if any(finding.path == outcome.path for finding in findings):
            texts |= dict(outcome.others)
            texts |= {outcome.path: outcome.text} if outcome.text is not None else {}
    chosen: Chosen = frozenset(step.origin for step in repaired.steps)
    ordered = tuple(sorted(findings, key=report_order))
    return FixGroup(ordered, tuple(later), tuple(repaired.changes), texts, chosen)


def _by_origin(outcomes: Mapping[str, Outcome], names: FirstNames) -> dict[Origin, list[Finding]]:
    found: dict[Origin, list[Finding]] = {}
    for path, outcome in outcomes.items():
        for finding in outcome.findings:
            found.setdefault(names.origin(_absolute(path), finding), []).append(finding)
    return found


def _absolute(path: str) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - resolve() would follow links


def _nobody(_: progress.Stage | None) -> None:
    """Watch nothing."""


class _Runs:
    """The run over all findings, and those over some of them, each on the unchanged files."""

    def __init__(self, outcomes: Mapping[str, Outcome], settings: Settings, projects: Projects) -> None:
        self._outcomes = {_absolute(path): (path, outcome) for path, outcome in outcomes.items()}
        self._settings = settings
        self._projects = projects
        fixable = [path for path, outcome in outcomes.items() if outcome.fixable]
        projects.load(fixable, settings)
        self.whole = repair(outcomes, settings, projects.branch())
        self.all: Chosen = frozenset(step.origin for step in self.whole.steps)
        self._tried: dict[Chosen, Repaired | None] = {self.all: self.whole}
        self._hunks: dict[Chosen, dict[str, tuple[Hunk, ...]]] = {}
        self._found = _by_origin(outcomes, FirstNames())

    def alone(self, chosen: Chosen) -> Repaired | None:
        """Give what comes of repairing just some findings; None if that does not repair all of them."""
        if chosen not in self._tried:
            files = {origin.path for origin in chosen}
            named = dict(each for path, each in self._outcomes.items() if path in files)
            tried = len(self._tried)
            progress.tell("trying each fix alone", tried - 1, max(len(self.all), tried))
            with progress.watched(_nobody):  # how far such a run is in its one or two files tells nothing
                repaired = repair(named, self._settings, self._projects.branch(), chosen)
            wanted = Counter(step.origin for step in self.whole.steps if step.origin in chosen)
            done = Counter(step.origin for step in repaired.steps)
            self._tried[chosen] = repaired if done == wanted else None
        return self._tried[chosen]

    def beside(self, path: str) -> frozenset[str]:
        """Give the files that the whole run has changed together with a file, or whose changes it was judged with."""
        for group in self.whole.groups:
            files = frozenset(_absolute(outcome.path) for outcome in group.outcomes)
            if path in files:
                return files
        return frozenset()

    def hunks(self, chosen: Chosen) -> dict[str, tuple[Hunk, ...]]:
        """Give the hunks of a group by the paths of the files."""
        from awaitomic.patching.hunks import hunks  # noqa: PLC0415 - most runs change no file

        if chosen not in self._hunks:
            repaired = self.alone(chosen)
            assert repaired is not None, "what is not possible alone is in another group by now"
            changes = repaired.changes
            self._hunks[chosen] = {each.old.path: hunks(each.old.text, each.new.text) for each in changes}
        return self._hunks[chosen]

    def place(self, chosen: Chosen) -> tuple[object, ...]:
        """Give the key by which groups are sorted: that of their first finding in reports."""
        return min(self._place(step.origin, step.fix) for step in self.whole.steps if step.origin in chosen)

    def _place(self, origin: Origin, fix: AppliedFix) -> tuple[object, ...]:
        if origin in self._found:
            return min(map(report_order, self._found[origin]))
        moved = replace(fix.finding.extent, line=fix.line)
        return report_order(replace(fix.finding, extent=moved))

    def group(self, chosen: Chosen) -> FixGroup:
        """Give a group as it is shown."""
        repaired = self.alone(chosen)
        assert repaired is not None, "as above"
        return shown(repaired, dict(self._outcomes.values()))


class _Parts:
    """Puts findings together until every part can be taken alone, and all parts make the whole."""

    def __init__(self, runs: _Runs) -> None:
        self._runs = runs
        self._parts: list[Chosen] = [frozenset({step.origin}) for step in runs.whole.steps]
        self._parts = list(dict.fromkeys(self._parts))

    def settled(self) -> list[Chosen]:
        """Give the parts in the order of reports."""
        rules: tuple[Callable[[], bool], ...] = (self._impossible, self._touching, self._different, self._misplaced)
        while any(rule() for rule in rules):
            pass
        return sorted(self._parts, key=self._runs.place)

    def _join(self, parts: Iterable[Chosen]) -> bool:
        """Make one of several parts; False if it is one already."""
        joined = set(parts)
        if len(joined) < 2:
            return False
        first = min(map(self._parts.index, joined))
        whole: Chosen = frozenset().union(*joined)
        self._parts = [
            whole if index == first else part
            for index, part in enumerate(self._parts)
            if index == first or part not in joined
        ]
        return True

    def _join_more(self, parts: list[Chosen], path: str) -> bool:
        """Join parts of which something is wrong in a file; if it is one only, that with more and more others."""
        files = self._runs.beside(path)
        beside = [part for part in self._parts if not files.isdisjoint(origin.path for origin in part)]
        return self._join(parts) or self._join([*parts, *beside]) or self._join(self._parts)

    def _impossible(self) -> bool:
        """Look for a part that cannot be repaired alone, and put it to what it needs."""
        for part in self._parts:
            if self._runs.alone(part) is None:
                return self._join_needed(part)
        return False

    def _join_needed(self, part: Chosen) -> bool:
        files = {origin.path for origin in part}
        before = self._parts[: self._parts.index(part)][::-1]
        near = sorted(before, key=lambda other: files.isdisjoint(origin.path for origin in other))
        for other in near[:_NEAR]:
            if self._runs.alone(part | other) is not None:
                return self._join((part, other))
        same = [other for other in near if not files.isdisjoint(origin.path for origin in other)]
        return self._join_more([part, *same], min(files))

    def _touching(self) -> bool:
        """Look for parts whose changes touch."""
        from awaitomic.patching.hunks import touching  # noqa: PLC0415 - most runs change no file

        seen: list[tuple[Chosen, dict[str, tuple[Hunk, ...]]]] = []
        for part in self._parts:
            mine = self._runs.hunks(part)
            near = [
                other
                for other, theirs in seen
                if any(touching(mine[path], theirs[path]) for path in mine.keys() & theirs.keys())
            ]
            if near:
                return self._join([*near, part])
            seen.append((part, mine))
        return False

    def _different(self) -> bool:
        """Look for a file of which all parts together do not make what the whole run makes."""
        from awaitomic.patching.hunks import composed  # noqa: PLC0415 - most runs change no file

        made = {part: self._runs.hunks(part) for part in self._parts}
        texts = {change.old.path: change for change in self._runs.whole.changes}
        for path in sorted(texts.keys() | {path for each in made.values() for path in each}):
            concerned = [part for part in self._parts if path in made[part]]
            change = texts.get(path)
            if change is None or composed(change.old.text, [made[part][path] for part in concerned]) != change.new.text:
                return self._join_more(concerned, _absolute(path))
        return False

    def _misplaced(self) -> bool:
        """Look for a part that git would put elsewhere, because of those before it."""
        from awaitomic.patching.hunks import misplaced  # noqa: PLC0415 - most runs change no file

        ordered = sorted(self._parts, key=self._runs.place)
        for change in self._runs.whole.changes:
            made = [(part, hunks) for part in ordered if (hunks := self._runs.hunks(part).get(change.old.path))]
            wrong = misplaced(change.old.text, [hunks for _, hunks in made])
            if wrong is not None:
                return self._join([part for part, _ in made[: wrong + 1]])
        return False
