"""Follows what is left alone through a fix, which may rename its function or edit its statement.

A fingerprint says what a finding is by its rule, function, state and statement, so that it survives whatever happens
elsewhere in a file. Our own fixes do more: a split moves a body into a variant, a call in the statement gets another
name, and of several equal findings one goes. What was left alone before a fix is left alone after it, whatever it is
called by then. The gates have seen to it that nothing has come that was not there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from awaitomic.engine.analyse import elsewhere, everything
from awaitomic.engine.verify import kind_of, renamed
from awaitomic.findings.fingerprint import unnumbered
from awaitomic.findings.focus import key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from awaitomic.config import Settings
    from awaitomic.engine.analyse import Examination
    from awaitomic.model.finding import Finding
    from awaitomic.model.focus import Focus
    from awaitomic.model.plan import Plan
    from awaitomic.model.position import Extent


def followed(before: Examination, after: Examination, fixed: Finding, plan: Plan, settings: Settings) -> Focus:
    """Give the focus of the settings as it is after a fix.

    Parameters: the file in two states of its text, what was fixed in it, and how.
    """
    focus = settings.focus
    known = dict(focus.known)
    pairs: list[tuple[Examination | None, Examination | None, Plan]] = [(before, after, plan)]
    pairs += [(elsewhere(before, name), elsewhere(after, name), other) for name, other in plan.others]
    for was, now, how in pairs:
        key = key_of((now or was or before).source.path)
        if was is None or now is None or not known.get(key):
            continue
        old = [each for each in everything(was, settings) if each.fingerprint != fixed.fingerprint or was is not before]
        known[key] = paired(known[key], old, everything(now, settings), how)
    return replace(focus, known=known)


def paired(known: Mapping[str, str], was: Iterable[Finding], now: Iterable[Finding], plan: Plan) -> dict[str, str]:
    """Give the fingerprints by which known findings go on, each with the first one it had.

    Parameters: what is known, what was found in two states of a file, and what was done to it in between.
    """
    back = {new: old for old, new in plan.renames}
    left = [(each.fingerprint, each) for each in sorted(was, key=_place)]
    right = [(each.fingerprint, renamed(each, back)) for each in sorted(now, key=_place)]
    result: dict[str, str] = {}
    for likeness in (unnumbered, kind_of):
        left, right = _pair(left, right, likeness, known, result)
    return result


def _pair(
    left: list[tuple[str, Finding]],
    right: list[tuple[str, Finding]],
    likeness: Callable[[Finding], object],
    known: Mapping[str, str],
    result: dict[str, str],
) -> tuple[list[tuple[str, Finding]], list[tuple[str, Finding]]]:
    """Pair the findings of two states in their order; give those that have no partner."""
    waiting: dict[object, list[tuple[str, Finding]]] = {}
    for each in left:
        waiting.setdefault(likeness(each[1]), []).append(each)
    alone = []
    for fingerprint, finding in right:
        partners = waiting.get(likeness(finding))
        if not partners:
            alone.append((fingerprint, finding))
            continue
        old, _ = partners.pop(0)
        if old in known:
            result[fingerprint] = known[old]
    return [each for partners in waiting.values() for each in partners], alone


def _place(finding: Finding) -> Extent:
    return finding.extent
