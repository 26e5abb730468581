"""The gates of one fix: the new text is analysed again, and only a fix that cures and harms nothing is accepted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from awaitomic.engine.analyse import Examination, examine
from awaitomic.model.finding import Refusal
from awaitomic.patching.refusal import PatchRefused
from awaitomic.source.text import Unreadable, Unwritable, decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from awaitomic.model.finding import Finding
    from awaitomic.model.plan import Plan
    from awaitomic.source.text import SourceText


Told: TypeAlias = "tuple[Finding, bool]"
"""A finding, and whether it is suppressed."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A text that a fix has produced and that has passed every gate."""

    examination: Examination

    @property
    def source(self) -> SourceText:
        """The new text, with its bytes."""
        return self.examination.source


def carry_out(before: Examination, finding: Finding, plan: Plan) -> Verified | Refusal:
    """Carry out a plan on the text it was made for and send the result through the gates.

    `execute` checks the text itself; here it is written, read back, and analysed again.

    Parameters: `finding` is one of `before`, and `plan` its fix. Returns the new text, or why it is not taken.
    """
    from awaitomic.patching.execute import execute  # noqa: PLC0415 - imports libcst, and most runs change no file

    source = before.source
    try:
        text = execute(source.text, plan, source.path)
        new = decode(source.path, source.encode(text))
        if new.text != text:
            return Refusal("gate-encoding", f"the new text does not survive being written in {source.encoding}")
        after = examine(new, before.conventions)
    except PatchRefused as refused:
        return Refusal(refused.code, refused.message)
    except Unwritable as error:
        return Refusal("gate-encoding", error.message)
    except Unreadable as error:
        return Refusal("gate-parse", f"the new text does not parse: line {error.line}: {error.message}")
    return _regression(before, after, finding, plan) or Verified(after)


def _regression(before: Examination, after: Examination, fixed: Finding, plan: Plan) -> Refusal | None:
    """Compare what was found before and after: the finding has to be gone, and nothing may have come.

    Equal findings are counted, since their ordinals shift when one of them goes. A finding whose statement was edited
    along with the fixed one has another fingerprint afterwards; it counts as the one of the same rule, function and
    state that has vanished. A suppressed finding that comes to light is a new one.
    """
    back = {new: old for old, new in plan.renames}
    now = [(_renamed(finding, back), after.suppressed(finding)) for finding in after.told()]
    was = [(finding, before.suppressed(finding)) for finding in before.told()]
    left = Counter(_print(_renamed(finding, back)) for finding in after.found)
    if left[_print(fixed)] >= Counter(map(_print, before.found))[_print(fixed)]:
        return Refusal("gate-still-there", "after the fix the same finding is still there")
    return _surplus(was, now, fixed) or _surplus(_visible(was), _visible(now), fixed)


def _surplus(was: Sequence[Told], now: Sequence[Told], fixed: Finding) -> Refusal | None:
    allowed = Counter(_kind(finding) for finding, _ in was)
    if any(finding.fingerprint == fixed.fingerprint for finding, _ in was):
        allowed[_kind(fixed)] -= 1
    for finding, _ in now:
        allowed[_kind(finding)] -= 1
        if allowed[_kind(finding)] < 0:
            where = f"{finding.rule} on line {finding.extent.line} of the new text"
            return Refusal("gate-new-finding", f"the fix would leave {where}: {finding.message}")
    return None


def _visible(told: Iterable[Told]) -> list[Told]:
    return [(finding, suppressed) for finding, suppressed in told if not suppressed]


def _print(finding: Finding) -> str:
    """Give what is equal in equal findings: the fingerprint without its ordinal, and with the current name."""
    return f"{finding.function}:{finding.fingerprint.rsplit(':', 2)[1]}:{finding.rule}:{finding.state}"


def _kind(finding: Finding) -> tuple[str, str, str, str]:
    return (finding.path, finding.rule, finding.function, finding.state)


def _renamed(finding: Finding, back: dict[str, str]) -> Finding:
    """Give the finding under the name that its function had before the fix (functions nested in it too)."""
    for new, old in back.items():
        if finding.function == new or finding.function.startswith(f"{new}."):
            return replace(finding, function=old + finding.function.removeprefix(new))
    return finding
