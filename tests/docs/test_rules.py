"""The documents name the rules that there are, under the names that they have."""

from __future__ import annotations

import re
from pathlib import Path

from awaitomic.rules import RULES

ROOT = Path(__file__).parents[2]


def test_the_readme_lists_all_rules_in_their_order() -> None:
    rows = re.findall(r"^\| (AWA\d+) \| ([a-z-]+) \|", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [(rule.code, rule.name) for rule in RULES]


def test_the_changelog_tells_of_every_rule() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    told = set(re.findall(r"AWA\d+", changes))
    assert {rule.code for rule in RULES} <= told
