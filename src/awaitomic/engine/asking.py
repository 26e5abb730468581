"""Asks for each group of fixes whether it is wanted, and writes at once what is taken.

What is asked about is made anew before each question, on the texts as they are by then: so what is shown is what will
be written, with the lines that the user sees in his editor. Once taken, it is written before the next question, so that
nothing that was accepted can be lost, however the dialogue ends, and nothing is ever half written.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from awaitomic.engine.chosen import FirstNames
from awaitomic.engine.mending import finished
from awaitomic.engine.moved import Moved
from awaitomic.engine.outcome import Change, Outcome
from awaitomic.engine.repair import Repaired, repair, unplanned
from awaitomic.engine.series import FixGroup, series, shown
from awaitomic.source.text import display_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from awaitomic.config import Settings
    from awaitomic.engine.chosen import Chosen
    from awaitomic.engine.fix import AppliedFix
    from awaitomic.engine.projects import Projects


class Answer(enum.Enum):
    """What is to be done with a group."""

    TAKE = "take"
    SKIP = "skip"
    QUIT = "quit"


@dataclass(frozen=True, slots=True)
class Offer:
    """A group of fixes as it would be made now; `number` of `total` is its place among all of them."""

    group: FixGroup
    number: int
    total: int


Ask = Callable[[Offer], Answer]


class MendAsked:
    """Repairs what somebody wants to be repaired, and writes it.

    Afterwards `taken` groups were written; `left` were not asked about, since there were enough, or the dialogue ended;
    and `impossible` were not possible any more, because somebody has changed a file meanwhile, or without one that was
    skipped.
    """

    def __init__(self, ask: Ask, most: int | None = None) -> None:
        """Call `ask` for one group after the other, until `most` are taken."""
        self._ask = ask
        self._most = most
        self.taken = 0
        self.left = 0
        self.impossible = 0

    def __call__(self, outcomes: Mapping[str, Outcome], settings: Settings, projects: Projects) -> Iterable[Outcome]:
        """Ask about what was found."""
        groups = series(outcomes, settings, projects).groups
        state = _State(outcomes, settings, projects)
        for number, group in enumerate(groups, 1):
            self.left = len(groups) - number + 1
            if self.taken == self._most:
                break
            trial = state.tried(group.chosen)
            if trial is None:
                self.impossible += 1
                continue
            answer = self._ask(Offer(trial.group, number, len(groups)))
            if answer is Answer.QUIT:
                break
            if answer is Answer.TAKE:
                if not state.take(trial):
                    break
                self.taken += 1
        else:
            self.left = 0
        return state.outcomes()


@dataclass(frozen=True, slots=True)
class _Trial:
    """A group as it is made on the texts as they are, and how the projects look then."""

    group: FixGroup
    repaired: Repaired
    projects: Projects


class _State:
    """What is known of all files, as what was taken has left them."""

    def __init__(self, outcomes: Mapping[str, Outcome], settings: Settings, projects: Projects) -> None:
        self._settings = settings
        self._projects = projects
        self._names = FirstNames()
        self._first = outcomes
        self._outcomes = dict(outcomes)
        self._named = {display_path(path): path for path in outcomes}
        self._changes: dict[str, Change] = {}
        self._applied: dict[str, list[AppliedFix]] = {}

    def tried(self, chosen: Chosen) -> _Trial | None:
        """Make a group; None if that is not possible."""
        projects = self._projects.branch()
        repaired = repair(self._outcomes, self._settings, projects, chosen, self._names)
        if {step.origin for step in repaired.steps} != chosen:
            return None
        return _Trial(shown(repaired, self._outcomes, self._names), repaired, projects)

    def take(self, trial: _Trial) -> bool:
        """Write what was tried; False if that could not be done."""
        outcomes = finished(trial.repaired, write=True)
        for outcome in outcomes:
            self._take(outcome)
        self._projects = trial.projects
        self._names = trial.repaired.names
        self._settings = replace(self._settings, focus=trial.repaired.focus)
        return sum(outcome.change is not None for outcome in outcomes) == len(trial.repaired.changes)

    def _take(self, outcome: Outcome) -> None:
        named = self._named.get(outcome.path, outcome.path)
        change = outcome.change
        if change is not None:
            first = self._changes[outcome.path].old if outcome.path in self._changes else change.old
            moved = Moved(first.text, change.old.text)
            applied = (replace(fix, line=moved.line(fix.line)) for fix in outcome.applied)
            self._applied.setdefault(outcome.path, []).extend(applied)
            self._changes[outcome.path] = Change(first, change.new)
        if named in self._outcomes:
            self._outcomes[named] = replace(outcome, applied=(), change=None, unfixed=())

    def outcomes(self) -> list[Outcome]:
        """Give what came of all files."""
        shown = {outcome.path: named for named, outcome in self._outcomes.items()}
        return [self._outcome(path, shown.get(path)) for path in sorted(shown.keys() | self._changes.keys())]

    def _outcome(self, path: str, named: str | None) -> Outcome:
        applied, change = tuple(self._applied.get(path, ())), self._changes.get(path)
        if named is None:  # nothing was found in it, and a fix of another file has changed it
            return Outcome(path, applied=applied, change=change)
        unfixed = unplanned(self._first[named].findings) if change is not None else ()
        return replace(self._outcomes[named], applied=applied, change=change, unfixed=unfixed)
