"""Reports one span once: several rules see the same bug, and one explanation is enough.

Within one function and one state, a rule that explains why the existing lock does not help (AWA2xx) goes before the
rules that say what is lost (AWA10x), whose order is that of their codes, but that saving and restoring (AWA106) is the
better name for a stale write of just what was saved. A write without the lock that others hold (AWA202) is the lesser
story where the function has a whole span of its own, which says what is lost even if the others were not there.

A wait under a lock that never ends is reported once: who takes the lock again itself (AWA301) hangs whatever others do,
and goes before who waits for somebody that needs the lock (AWA303).

What one test decides of some state and of an entry of it (``self.token = …; self.token["expires"] = …``) is one story.

What a stronger rule says is kept, the weaker finding is dropped. Other families say something else, and stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from awaitomic.model.finding import Finding, Span

_LOST_UPDATE = "AWA10"
_LOCK_DOES_NOT_HELP = "AWA2"
_WITHOUT_LOCK = "AWA202"
_WAITS_FOR_ITSELF, _WAITS_FOR_OTHERS = "AWA301", "AWA303"
_OF_ITS_OWN_SPAN = frozenset({"AWA201", "AWA203", "AWA204"})
"""What says why the lock over a span of the function itself does not help."""
_BEFORE = {"AWA106": "AWA100", "AWA204": "AWA200"}
"""Where a rule stands, if not in the order of the codes."""


def resolve(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Drop what a stronger finding already says; give the rest sorted by path, line, column and rule.

    The result does not depend on the order given. Give it only findings that may be reported (selected rules, high
    enough confidence): a finding that nobody will see must not hide one.
    """
    kept: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in sorted(findings, key=_strength):
        same = kept.setdefault((finding.path, finding.function, _outermost(_subject(finding))), [])
        if not any(_says_all_of(stronger, finding) for stronger in same):
            same.append(finding)
    return tuple(sorted((finding for same in kept.values() for finding in same), key=report_order))


def _subject(finding: Finding) -> str:
    """Give what a finding is about: of a wait under a lock, the lock, and not what is waited for."""
    return finding.state.rpartition(", ")[2] if finding.rule == _WAITS_FOR_OTHERS else finding.state


def _outermost(state: str) -> str:
    """Give what a state is an entry of: ``self.token`` of ``self.token['expires']``."""
    return state.partition("[")[0]


def report_order(finding: Finding) -> tuple[object, ...]:
    """Give the key by which findings are sorted in every report."""
    return (finding.path, finding.extent.line, finding.extent.column, finding.rule, finding.state, finding.extent)


def _strength(finding: Finding) -> tuple[object, ...]:
    """Sort strong findings first; among equal ones the surer, then the earlier one, then the one of fewer events."""
    family = 0 if finding.rule.startswith(_LOCK_DOES_NOT_HELP) and finding.rule != _WITHOUT_LOCK else 1
    span = finding.span
    events = (len(span.suspends), span.reads, span.guards, span.suspends)
    rank = _BEFORE.get(finding.rule, finding.rule)
    return (family, rank, -finding.confidence, report_order(finding), events, finding.message)


def _says_all_of(stronger: Finding, finding: Finding) -> bool:
    if _subject(stronger) == _subject(finding):
        return _covers(stronger, finding)
    return stronger.rule == finding.rule and _is_one_decision(stronger, finding)


def _is_one_decision(one: Finding, other: Finding) -> bool:
    """Say whether one test, and the wait behind it, decides two writes: of some state, and of an entry of it."""
    inner, outer = sorted((one.state, other.state), key=len, reverse=True)
    shared = set(one.span.guards) & set(other.span.guards)
    return bool(shared) and one.span.suspends == other.span.suspends and inner.startswith(f"{outer}[")


def _covers(stronger: Finding, finding: Finding) -> bool:
    same_write = stronger.span.write == finding.span.write
    if stronger.rule == finding.rule:
        return same_write and stronger.state == finding.state
    if finding.rule == _WAITS_FOR_OTHERS:
        return same_write and stronger.rule == _WAITS_FOR_ITSELF
    if (stronger.rule, finding.rule) == ("AWA204", "AWA201"):
        return same_write  # a lock that a wait gives back covers the whole span, and no larger region would help
    if finding.rule == _WITHOUT_LOCK:
        return same_write and (stronger.rule.startswith(_LOST_UPDATE) or stronger.rule in _OF_ITS_OWN_SPAN)
    if not finding.rule.startswith(_LOST_UPDATE):
        return False
    if stronger.rule.startswith(_LOCK_DOES_NOT_HELP):
        return same_write or _overlap(stronger.span, finding.span)
    if (stronger.rule, finding.rule) == ("AWA102", "AWA105"):
        return same_write or not set(stronger.span.guards).isdisjoint(finding.span.guards)  # one test, one explanation
    return same_write and stronger.rule.startswith(_LOST_UPDATE)


def _overlap(one: Span, other: Span) -> bool:
    """Say whether two spans of one function have a part in common: event ids ascend in order of evaluation."""
    first, last = _interval(one)
    other_first, other_last = _interval(other)
    return first < other_last and other_first < last


def _interval(span: Span) -> tuple[int, int]:
    events = (*span.reads, *span.guards, *span.suspends, span.write)
    return min(events), max(events)
