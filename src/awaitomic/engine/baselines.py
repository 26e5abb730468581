"""The baselines of a run: what is in them is not told of, what has gone from the code is to go from them.

A baseline only shrinks. An entry that no longer occurs is reported as a suppression that nothing needs (AWA001), in the
line of the baseline where it stands, and `fix` takes it out. An entry is judged only by a run that has looked at its
file, for its rule. If its file is no more, the same finding in a file that the baseline does not know yet is the one
that is meant: the file was renamed.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from awaitomic.engine.outcome import Change, Outcome
from awaitomic.engine.selection import asks_for
from awaitomic.findings.baseline import Baseline, Entry, read_baseline
from awaitomic.findings.focus import key_of
from awaitomic.knowledge.codes import REMOVE_IGNORE, RULE_NAMES, UNUSED
from awaitomic.model.finding import Applicability, Confidence, FileEdit, FileError, Finding, Fix, Refusal, Span
from awaitomic.model.position import Extent
from awaitomic.source.text import display_path, split_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from awaitomic.config import Settings


@dataclass(slots=True)
class _InForce:
    """One baseline and the files for which it counts, by their keys."""

    baseline: Baseline
    settings: Settings
    """Those of one of its files."""
    files: dict[str, str] = field(default_factory=dict)
    """By the keys of its files, how they are named in the run."""
    moved: dict[Entry, str] = field(default_factory=dict)
    """The entries whose files were renamed, with the key of the new file."""
    kept: list[Entry] = field(default_factory=list)
    """The entries as they are after the run."""
    gone: list[Entry] = field(default_factory=list)
    """The entries that no longer occur, as they are in the file."""

    def key(self, entry: Entry) -> str:
        return key_of(self.baseline.absolute(entry))


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A baseline that is to be written: its absolute path, and whether it may grow although it is there."""

    path: str
    grow: bool


class Baselines:
    """The baselines that count for the files of a run."""

    def __init__(
        self, files: Iterable[Path], named: Sequence[str], settings: Settings, acceptance: Acceptance | None
    ) -> None:
        """Read what the settings of each file name; one that is to be written counts for all, and may be missing.

        Parameters: `named` are the paths of the run. Raises `ConfigError` for a baseline that cannot be read.
        """
        self._named = tuple(os.path.abspath(path) for path in named)  # noqa: PTH100 - links are not followed
        self._settings = settings
        self._in_force: dict[str, _InForce] = {}
        to_write = acceptance.path if acceptance is not None else None
        if to_write is not None:
            there = os.path.lexists(to_write)
            self._in_force[to_write] = _InForce(read_baseline(to_write) if there else Baseline(to_write), settings)
        for file in files:
            own = settings.at(file)
            path = to_write or own.baseline_path
            if path is None:
                continue
            if path not in self._in_force:
                self._in_force[path] = _InForce(read_baseline(path), own)
            self._in_force[path].files[key_of(str(file))] = str(file)

    @property
    def known(self) -> dict[str, dict[str, str]]:
        """The fingerprints that are known, by the keys of the files that they are known in."""
        found: dict[str, dict[str, str]] = {}
        for each in self._in_force.values():
            for entry in each.baseline.entries:
                key = each.key(entry)
                if key in each.files:
                    found.setdefault(key, {})[entry.fingerprint] = entry.fingerprint
        return found

    # -- before anything is repaired -----------------------------------------------------------------------------

    def follow_files(self, outcomes: dict[str, Outcome]) -> None:
        """Take from what was found that which is known from a file that is no more: it was renamed."""
        by_key = {key_of(path): path for path in outcomes}
        for each in self._in_force.values():
            known = {each.key(entry) for entry in each.baseline.entries}
            homeless: dict[str, list[Entry]] = {}
            for entry in each.baseline.entries:
                if not os.path.lexists(each.baseline.absolute(entry)):
                    homeless.setdefault(entry.fingerprint, []).append(entry)
            for key in sorted(each.files.keys() & by_key.keys() - known) if homeless else ():
                path = by_key[key]
                outcomes[path] = _without(outcomes[path], self._claim(each, key, outcomes[path], homeless))

    def _claim(
        self, in_force: _InForce, key: str, outcome: Outcome, homeless: Mapping[str, list[Entry]]
    ) -> frozenset[str]:
        """Give the fingerprints of findings in a file that are known from others which are no more."""
        claimed = set()
        for fingerprint in dict.fromkeys(_found_in(outcome)):
            if homeless.get(fingerprint):
                in_force.moved[homeless[fingerprint].pop(0)] = key
                claimed.add(fingerprint)
        return frozenset(claimed)

    # -- afterwards ----------------------------------------------------------------------------------------------

    def _settle(self, outcomes: Iterable[Outcome]) -> None:
        """Find out which entries are left, under which names, and which are gone."""
        now = {key_of(outcome.path): outcome for outcome in outcomes}
        for each in self._in_force.values():
            for entry in each.baseline.entries:
                left = self._left(each, entry, now)
                if left is None:
                    each.gone.append(entry)
                else:
                    each.kept.append(left)

    def _left(self, in_force: _InForce, entry: Entry, now: Mapping[str, Outcome]) -> Entry | None:
        """Give what has become of an entry; None if it is gone."""
        moved = in_force.moved.get(entry)
        key = moved or in_force.key(entry)
        outcome = now.get(key)
        path = in_force.baseline.relative(in_force.files[moved]) if moved else entry.path
        if outcome is None:
            return None if self._is_judged(in_force, entry, key) else entry
        if outcome.left is None:
            return replace(entry, path=path)  # it could not be analysed, or not be written
        for fingerprint, first in outcome.left:
            if first == entry.fingerprint:
                return replace(entry, path=path, fingerprint=fingerprint)
        return None if self._is_judged(in_force, entry, key) else entry

    def _is_judged(self, in_force: _InForce, entry: Entry, key: str) -> bool:
        """Tell whether this run would have found what an entry is about, if it were there."""
        path = in_force.baseline.absolute(entry)
        from awaitomic.rules import RULES  # noqa: PLC0415 - loads the analysis, and most entries are still there

        if entry.rule not in {rule.code for rule in RULES} or not asks_for(path, self._settings.at(path))(entry.rule):
            return False
        if key in in_force.files:
            return True
        return not os.path.lexists(path) and any(
            path == named or path.startswith(named.rstrip(os.sep) + os.sep) for named in self._named
        )

    # -- what comes of it ----------------------------------------------------------------------------------------

    def reported(self, outcomes: Sequence[Outcome], *, diffs: bool) -> tuple[list[Outcome], list[str]]:
        """Give the outcomes with those of the baselines, in which entries that are gone are findings; and what to say.

        Parameters: `outcomes` are those of all files; with `diffs`, every finding comes with the diff of its fix.
        """
        self._settle(outcomes)
        found = [
            Outcome(display_path(each.baseline.path), self._findings(each, diffs=diffs), each.baseline.text)
            for each in self._in_force.values()
            if each.gone and self._asks_for_unused(each)
        ]
        return [*outcomes, *found], self._notes()

    def repaired(self, outcomes: Sequence[Outcome], *, write: bool, chosen: bool) -> tuple[list[Outcome], list[str]]:
        """Give the outcomes with those of the baselines, without what is gone and with what has another name by now.

        With `write`, they are written. If only `chosen` fixes are made, what is gone is reported, since nobody has
        chosen to take it out; and names follow only where a file was changed.
        """
        self._settle(outcomes)
        idle = chosen and not any(outcome.change is not None for outcome in outcomes)
        found = [self._repaired(each, write=write, chosen=chosen, idle=idle) for each in self._in_force.values()]
        return [*outcomes, *found], self._notes()

    def _repaired(self, in_force: _InForce, *, write: bool, chosen: bool, idle: bool) -> Outcome:
        baseline = in_force.baseline
        reports = bool(in_force.gone) and self._asks_for_unused(in_force)
        mends = reports and not chosen and _applicability(in_force.settings) is Applicability.SAFE
        findings = self._findings(in_force, diffs=False) if reports else ()
        new = baseline.holding(in_force.kept if mends else [*in_force.kept, *in_force.gone])
        outcome = Outcome(display_path(baseline.path), () if mends else findings, baseline.text)
        if idle or baseline.has(new.entries):
            return outcome
        from awaitomic.engine.fix import AppliedFix  # noqa: PLC0415 - loads the analysis

        applied = tuple(AppliedFix(finding, finding.extent.line) for finding in findings) if mends else ()
        change = Change(baseline.source(), new.written())
        outcome = replace(outcome, applied=applied, change=change, unfixed=findings)
        return _written(outcome) if write else outcome

    def accepted(self, outcomes: Sequence[Outcome], acceptance: Acceptance) -> tuple[list[Outcome], list[str]]:
        """Write what is left of the baseline that is to be written, and, if it is new or may grow, all findings.

        Returns the outcomes without what is in it now, and what is to be said of it.
        """
        self._settle(outcomes)
        (each,) = self._in_force.values()
        fresh = each.baseline.is_new
        added: list[Entry] = []
        if fresh or acceptance.grow:
            for outcome in outcomes:
                path = each.baseline.relative(outcome.path)
                added += [Entry(path, finding.fingerprint) for finding in outcome.findings]
            outcomes = [replace(outcome, findings=()) for outcome in outcomes]
        new = each.baseline.holding([*each.kept, *added])
        path = display_path(each.baseline.path)
        if fresh or not each.baseline.has(new.entries):
            written = _written(Outcome(path, change=Change(each.baseline.source(), new.written())))
            if written.error is not None:
                return [*outcomes, written], []
        said = f"{path}: {len(new.entries)} known, {len(added)} of them new, {len(each.gone)} gone."
        return list(outcomes), [said]

    def _notes(self) -> list[str]:
        """Say how much is left out."""
        return [
            f"{display_path(each.baseline.path)}: {_count(len(each.kept))} left out."
            for each in self._in_force.values()
            if each.kept
        ]

    def _asks_for_unused(self, in_force: _InForce) -> bool:
        return asks_for(in_force.baseline.path, in_force.settings)(UNUSED)

    def _findings(self, in_force: _InForce, *, diffs: bool) -> tuple[Finding, ...]:
        return tuple(_finding(in_force, entry, diffs=diffs) for entry in sorted(in_force.gone, key=lambda e: e.line))


def _count(known: int) -> str:
    return "1 known finding is" if known == 1 else f"{known} known findings are"


def _found_in(outcome: Outcome) -> Iterable[str]:
    return (finding.fingerprint for finding in outcome.findings)


def _without(outcome: Outcome, fingerprints: frozenset[str]) -> Outcome:
    """Give an outcome in which some findings are left alone."""
    findings = tuple(each for each in outcome.findings if each.fingerprint not in fingerprints)
    left = tuple((each, each) for each in sorted(fingerprints))
    return replace(outcome, findings=findings, left=(*(outcome.left or ()), *left)) if fingerprints else outcome


def _applicability(settings: Settings) -> Applicability | None:
    """Tell how far the fix of an entry goes under some settings; None if they forbid it."""
    if REMOVE_IGNORE in settings.preferences.forbidden(UNUSED):
        return None
    return Applicability.SAFE if settings.may_fix(UNUSED) else Applicability.DISPLAY


def _finding(in_force: _InForce, entry: Entry, *, diffs: bool) -> Finding:
    """Make the finding of an entry that is gone."""
    baseline = in_force.baseline
    lines = split_lines(baseline.text)
    line = min(max(entry.line, 1), max(len(lines), 1))
    content = lines[line - 1] if lines else ""
    start = len(content) - len(content.lstrip()) + 1
    path = display_path(baseline.path)
    name = hashlib.sha256(f"{entry.path}\0{entry.fingerprint}".encode("utf-8", "surrogatepass")).hexdigest()[:12]
    where = f"`{entry.function}` of {entry.path}" if entry.function else entry.path
    applicability = _applicability(in_force.settings)
    fix = refusal = None
    if applicability is None:
        refusal = Refusal(
            "strategy-forbidden", f"what suits a suppression that nothing needs is forbidden: {REMOVE_IGNORE}"
        )
    else:
        title, because = "Take the entry out of the baseline", ("no code is changed",)
        fix = Fix(REMOVE_IGNORE, applicability, title, because, (path,))
        if diffs:
            fix = _shown(fix, baseline, baseline.holding(each for each in baseline.entries if each is not entry))
    return Finding(
        rule=UNUSED,
        name=RULE_NAMES[UNUSED],
        confidence=Confidence.CERTAIN,
        path=path,
        extent=Extent(line, start, line, len(content) + 1),
        function="",
        state=entry.state,
        message=f"{entry.rule} in {where} no longer occurs: the entry can go from the baseline",
        trace=(),
        evidence=(),
        span=Span("", (), (), (), line),
        fingerprint=f"{UNUSED}::{entry.state}:{name}:0",
        fix=fix,
        refusal=refusal,
    )


def _shown(fix: Fix, old: Baseline, new: Baseline) -> Fix:
    """Give a fix with what it changes."""
    from awaitomic.patching.replacements import replacements  # noqa: PLC0415 - only where it is shown
    from awaitomic.report.diff import file_patch  # noqa: PLC0415 - loaded where it is used

    before, after = old.source(), new.written()
    edits = (FileEdit(before.path, replacements(before.text, after.text)),)
    return replace(fix, diff=file_patch(before, after), edits=edits)


def _written(outcome: Outcome) -> Outcome:
    """Write the change of a baseline; if that cannot be done, its findings are still there."""
    from awaitomic.patching import write  # noqa: PLC0415 - most runs write nothing

    assert outcome.change is not None, "only asked where something has changed"
    path, old, new = Path(outcome.path), outcome.change.old, outcome.change.new
    try:
        if old.raw:
            write.replace_file(path, old.raw, new.raw)
        else:
            write.create_file(path, new.raw)
    except write.FileChanged:
        message = "the file has changed since it was read; nothing was written, please run awaitomic again"
    except OSError as error:
        message = f"cannot be written: {error.strerror or error}"
    else:
        return outcome
    left = replace(outcome, findings=outcome.unfixed, applied=(), change=None)
    return replace(left, error=FileError(outcome.path, 1, 1, message))
