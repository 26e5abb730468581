"""The documents name the rules that there are, under the names that they have; and there is what was promised."""

from __future__ import annotations

import re
from pathlib import Path

from awaitomic.knowledge.codes import RULE_NAMES
from awaitomic.rules import RULES

ROOT = Path(__file__).parents[2]

PROMISED = {
    "AWA001": "unused-ignore",
    "AWA002": "invalid-ignore",
    "AWA003": "unreadable-file",
    "AWA101": "stale-write",
    "AWA102": "check-then-act",
    "AWA103": "late-update",
    "AWA104": "unstable-iteration",
    "AWA105": "early-publish",
    "AWA106": "save-restore",
    "AWA201": "uncovered-access",
    "AWA202": "inconsistent-lock",
    "AWA203": "private-lock",
    "AWA204": "permissive-lock",
    "AWA205": "thread-lock-across-await",
    "AWA206": "leaked-lock",
    "AWA207": "foreign-loop-lock",
    "AWA301": "self-deadlock",
    "AWA302": "lock-order",
    "AWA303": "join-under-lock",
    "AWA401": "sql-read-modify-write",
    "AWA402": "store-read-modify-write",
    "AWA403": "orm-read-modify-write",
    "AWA404": "file-read-modify-write",
}
"""The codes and names that other programs and people rely on. Add to them, and change none."""
NOT_HERE_YET = ["AWA401", "AWA402", "AWA403", "AWA404"]


def test_the_rules_are_those_that_were_promised() -> None:
    assert dict(RULE_NAMES) == PROMISED
    assert {rule.code: rule.name for rule in RULES}.items() <= PROMISED.items()
    assert [code for code in PROMISED if code not in {rule.code for rule in RULES}] == NOT_HERE_YET


def test_the_readme_lists_all_rules_in_their_order() -> None:
    rows = re.findall(r"^\| (AWA\d+) \| ([a-z-]+) \|", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [(rule.code, rule.name) for rule in RULES]


def test_the_changelog_tells_of_every_rule() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    told = set(re.findall(r"AWA\d+", changes))
    assert {rule.code for rule in RULES} <= told
