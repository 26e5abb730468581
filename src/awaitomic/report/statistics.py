"""Counts by rule: what was found, what was repaired, what could be, and what is refused for which reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from awaitomic.knowledge.codes import RULE_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from awaitomic.model.finding import Finding, Report

K = TypeVar("K", bound=tuple[str, ...])


@dataclass(frozen=True, slots=True)
class RuleCount:
    """What came of one rule: how often it was found, and how each of these findings ended; most frequent first."""

    rule: str
    name: str
    found: int
    fixed: int
    """How many are gone: more than fixes were applied, where one of them has ended several."""
    applied: tuple[tuple[str, int], ...] = ()
    """The remedies of the fixes that were applied."""
    fixes: tuple[tuple[str, str, int], ...] = ()
    """The remedies of the fixes that were not, and how far they may be trusted."""
    refusals: tuple[tuple[str, int], ...] = ()
    """The codes of the refusals."""


def count_rules(
    report: Report, original: Sequence[Finding] | None = None, applied: Sequence[Finding] = ()
) -> tuple[RuleCount, ...]:
    """Count by rule, most frequent first.

    Parameters: `report` holds what is left; where something was repaired, `original` is what was found before (None:
    the same), and `applied` the findings whose fixes were carried out. One fix can end several findings. Files that
    cannot be read count as findings of their rule.
    """
    left = report.findings
    before = Counter((each.rule, each.name) for each in (left if original is None else original))
    after = Counter((each.rule, each.name) for each in left)
    counts = [_rule(key, found, after[key], left, applied) for key, found in before.items()]
    unread = Counter(each.rule for each in report.errors if each.rule)
    counts.extend(RuleCount(code, RULE_NAMES[code], found, 0) for code, found in unread.items())
    return tuple(sorted(counts, key=lambda count: (-count.found, count.rule)))


def _rule(
    key: tuple[str, str], found: int, after: int, left: Iterable[Finding], applied: Iterable[Finding]
) -> RuleCount:
    code, name = key
    mine = [each for each in left if each.rule == code]
    done = Counter((each.fix.strategy,) for each in applied if each.rule == code and each.fix is not None)
    fixes = Counter((each.fix.strategy, str(each.fix.applicability)) for each in mine if each.fix is not None)
    refusals = Counter((each.refusal.code,) for each in mine if each.refusal is not None)
    return RuleCount(
        code,
        name,
        found,
        max(found - after, 0),
        tuple((strategy, count) for (strategy,), count in _ordered(done)),
        tuple((strategy, applicability, count) for (strategy, applicability), count in _ordered(fixes)),
        tuple((code, count) for (code,), count in _ordered(refusals)),
    )


def _ordered(counts: Counter[K]) -> list[tuple[K, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def as_rows(counts: Sequence[RuleCount], *, dry: bool = False) -> list[str]:
    """Give the counts for people; `dry`: what is fixed is so only in a patch.

    A row is a number, a word to search the documentation for, and what it is; below each rule, what came of it.
    """
    width = max((len(str(count.found)) for count in counts), default=0)
    words = max((len(word) for count in counts for _, word, _ in _ends(count, dry)), default=0)
    rows = []
    for count in counts:
        rows.append(f"{count.found:>{width}}  {count.rule}  {count.name}")
        rows.extend(f"{number:>{width + 4}}  {word:<{words}}  {what}" for number, word, what in _ends(count, dry))
    return rows


def _ends(count: RuleCount, dry: bool) -> Iterator[tuple[int, str, str]]:
    fixed = "would be fixed" if dry else "fixed"
    yield from ((number, strategy, fixed) for strategy, number in count.applied)
    together = count.fixed - sum(number for _, number in count.applied)
    if together > 0:
        yield together, "together", f"{fixed} with others"
    yield from ((number, strategy, f"{applicability} fix") for strategy, applicability, number in count.fixes)
    yield from ((number, code, "refused") for code, number in count.refusals)


def as_data(counts: Sequence[RuleCount]) -> list[dict[str, Any]]:
    """Give the counts for programs."""
    return [
        {
            "rule": count.rule,
            "name": count.name,
            "found": count.found,
            "fixed": count.fixed,
            "applied": [{"strategy": strategy, "count": number} for strategy, number in count.applied],
            "fixes": [
                {"strategy": strategy, "applicability": applicability, "count": number}
                for strategy, applicability, number in count.fixes
            ],
            "refusals": [{"code": code, "count": number} for code, number in count.refusals],
        }
        for count in counts
    ]
