"""The gates of one fix: the new text is analysed again, and only a fix that cures and harms nothing is accepted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from awaitomic.engine.analyse import Examination, elsewhere, examine
from awaitomic.findings.fingerprint import unnumbered
from awaitomic.knowledge.codes import INVALID, UNUSED
from awaitomic.model.finding import Refusal
from awaitomic.model.plan import Plan
from awaitomic.patching.comments import edit_comments
from awaitomic.patching.refusal import PatchRefused
from awaitomic.source.text import Unreadable, Unwritable, decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from awaitomic.model.finding import Finding
    from awaitomic.source.text import SourceText


Told: TypeAlias = "tuple[Finding, bool]"
"""A finding, and whether it is suppressed."""


@dataclass(frozen=True, slots=True)
class Verified:
    """The texts that a fix has produced and that have passed every gate; `examination` is of the finding's file."""

    examination: Examination
    others: tuple[tuple[SourceText, SourceText], ...] = ()
    """Old and new text of each further file that the fix changes."""

    @property
    def source(self) -> SourceText:
        """The new text of the finding's file, with its bytes."""
        return self.examination.source


def carry_out(before: Examination, finding: Finding, plan: Plan, *, everywhere: bool = True) -> Verified | Refusal:
    """Carry out a plan on the texts it was made for and send the result through the gates.

    `execute` checks each text itself; here it is written, read back, and analysed again.

    Parameters: `finding` is one of `before`, and `plan` its fix. Without `everywhere`, files that the plan does not
    change are left to `judge_elsewhere`. Returns the new texts, or why they are not taken.
    """
    try:
        new = _executed(before.source, plan)
        others = [(name, *_executed_there(before, name, other)) for name, other in plan.others]
        after = examine(new, before.scope, {name: text.raw for name, _, text in others})
    except PatchRefused as refused:
        return Refusal(refused.code, refused.message)
    except Unwritable as error:
        return Refusal("gate-encoding", error.message)
    except Unreadable as error:
        return Refusal("gate-parse", f"the new text does not parse: line {error.line}: {error.message}")
    refusal = _regression(before, after, finding, plan) or _judge(before, after, dict(plan.others))
    if refusal is None and everywhere:
        names = before.scope.affected(before.program, after.program)
        refusal = judge_elsewhere(before, after, names)
    return refusal or Verified(after, tuple((old, text) for _, old, text in others))


def judge_elsewhere(
    before: Examination, after: Examination, names: Iterable[str], changed: Mapping[str, Plan] | None = None
) -> Refusal | None:
    """Look for findings that edits have caused in other files of the project than their own.

    Parameters: the same file in two states of its project; `names` are the files to look at, and `changed` those that
    were changed, too, with what was done to them.
    """
    return _judge(before, after, {**{name: Plan(()) for name in names}, **(changed or {})})


def _executed(source: SourceText, plan: Plan) -> SourceText:
    if plan.comments:
        text = edit_comments(source.text, plan.comments)
    else:
        from awaitomic.patching.execute import execute  # noqa: PLC0415 - imports libcst; most runs change no file

        text = execute(source.text, plan, source.path)
    new = decode(source.path, source.encode(text))
    if new.text != text:
        raise PatchRefused("gate-encoding", f"the new text does not survive being written in {source.encoding}")
    return new


def _executed_there(before: Examination, name: str, plan: Plan) -> tuple[SourceText, SourceText]:
    """Give old and new text of another file of the project."""
    project = before.program.project
    unit = project.unit(name)
    if unit is None:
        raise PatchRefused("position-mismatch", f"{name} cannot be read any more")
    old = replace(unit.source, path=project.shown(name))
    return old, _executed(old, plan)


def _judge(before: Examination, after: Examination, plans: Mapping[str, Plan]) -> Refusal | None:
    """Compare what was found before and after in other files of the project, each with what was done to it."""
    for name, plan in plans.items():
        was, now = elsewhere(before, name), elsewhere(after, name)
        if now is None:
            return Refusal("gate-parse", f"{name} could not be analysed any more")
        told_before = _told(was, plan) if was is not None else []
        shown = f" of {after.program.project.shown(name)}"
        refusal = _surplus(told_before, _told(now, plan), None, shown) or _surplus(
            _visible(told_before), _visible(_told(now, plan)), None, shown
        )
        if refusal is not None:
            return refusal
    return None


def _told(examination: Examination, plan: Plan) -> list[Told]:
    """Give what is found in a file, under the names that functions had before the plan."""
    back = {new: old for old, new in plan.renames}
    return [(renamed(finding, back), examination.suppressed(finding)) for finding in examination.told()]


def _regression(before: Examination, after: Examination, fixed: Finding, plan: Plan) -> Refusal | None:
    """Compare what was found before and after: the finding has to be gone, and nothing may have come.

    Equal findings are counted, since their ordinals shift when one of them goes. A finding whose statement was edited
    along with the fixed one has another fingerprint afterwards; it counts as the one of the same rule, function and
    state that has vanished. A suppressed finding that comes to light is a new one. A comment that the fix has made idle
    is none: it goes next.
    """
    back = {new: old for old, new in plan.renames}
    was, now = _told(before, Plan(())), _told(after, plan)
    if fixed.rule == UNUSED:
        if len(after.idle) >= len(before.idle):
            return Refusal("gate-still-there", "after the fix the comment is still there")
        # What is said of the rest of the comment names the comment as it is by now.
        was, now = ([told for told in each if told[0].rule != INVALID] for each in (was, now))
        return _surplus(was, now, None) or _surplus(_visible(was), _visible(now), None)
    left = Counter(unnumbered(renamed(finding, back)) for finding in after.found)
    if left[unnumbered(fixed)] >= Counter(map(unnumbered, before.found))[unnumbered(fixed)]:
        return Refusal("gate-still-there", "after the fix the same finding is still there")
    return _surplus(was, now, fixed) or _surplus(_visible(was), _visible(now), fixed)


def _surplus(was: Sequence[Told], now: Sequence[Told], fixed: Finding | None, place: str = "") -> Refusal | None:
    allowed = Counter(kind_of(finding) for finding, _ in was)
    if fixed is not None and any(finding.fingerprint == fixed.fingerprint for finding, _ in was):
        allowed[kind_of(fixed)] -= 1
    for finding, _ in now:
        allowed[kind_of(finding)] -= 1
        if allowed[kind_of(finding)] < 0:
            where = f"{finding.rule} on line {finding.extent.line}{place or ' of the new text'}"
            return Refusal("gate-new-finding", f"the fix would leave {where}: {finding.message}")
    return None


def _visible(told: Iterable[Told]) -> list[Told]:
    return [(finding, suppressed) for finding, suppressed in told if not suppressed]


def kind_of(finding: Finding) -> tuple[str, str, str]:
    """Give what makes a finding the same as one of the same file in another state of its text."""
    return (finding.rule, finding.function, finding.state)


def renamed(finding: Finding, back: Mapping[str, str]) -> Finding:
    """Give the finding under the name that its function had before the fix (functions nested in it too)."""
    for new, old in back.items():
        if finding.function == new or finding.function.startswith(f"{new}."):
            return replace(finding, function=old + finding.function.removeprefix(new))
    return finding
