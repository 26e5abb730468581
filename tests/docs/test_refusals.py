"""Every refusal code of the program is documented, and every documented one exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import awaitomic
from awaitomic.model.finding import Refusal
from awaitomic.remedies.designs import DESIGNS, OF_RULES, with_design

ROOT = Path(__file__).parents[2]
RAISERS = {"Declined", "Refusal", "PatchRefused", "PatchRefusedError"}
CODE = re.compile(r"(?<=`)[a-z]+(-[a-z]+)*(?=`)")


def codes_in_source() -> set[str]:
    found = set()
    for path in Path(awaitomic.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in RAISERS and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.add(first.value)
    return found


def codes_in_page() -> set[str]:
    page = (ROOT / "docs" / "refusals.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page.split("\n") if line.startswith("| `")]
    return {match[0] for row in rows for match in CODE.finditer(row)}


def test_every_code_is_documented() -> None:
    assert codes_in_source() - codes_in_page() == set()


def test_every_documented_code_stands_in_the_source() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in Path(awaitomic.__file__).parent.rglob("*.py"))
    assert {code for code in codes_in_page() if f'"{code}"' not in source} == set()


def test_the_page_gives_every_design_that_a_refusal_names() -> None:
    page = (ROOT / "docs" / "refusals.md").read_text(encoding="utf-8")
    rows = [
        line.split("|")[1:3] for line in page.partition("## What would do")[2].split("\n") if line.startswith("| `")
    ]
    told = {code[0]: design.strip() for codes, design in rows for code in CODE.finditer(codes)}
    assert {code: told.get(code) for code in DESIGNS} == DESIGNS


def test_a_refusal_names_the_design_that_would_do_and_no_other() -> None:
    told = with_design(Refusal("sync-writer", "a plain function writes"), "AWA101")
    assert told == Refusal("sync-writer", f"a plain function writes. What would do: {DESIGNS['sync-writer']}")
    assert with_design(Refusal("hoist-shape", "unknown"), "AWA101") == Refusal("hoist-shape", "unknown")


@pytest.mark.parametrize("rule", OF_RULES)
@pytest.mark.parametrize("code", ["sync-writer", "hoist-shape"])
def test_what_would_do_for_a_whole_rule_goes_before_the_reason(rule: str, code: str) -> None:
    page = (ROOT / "docs" / "refusals.md").read_text(encoding="utf-8")
    assert with_design(Refusal(code, "no"), rule) == Refusal(code, f"no. What would do: {OF_RULES[rule]}")
    assert f"| all codes, for {rule} | {OF_RULES[rule]} |\n" in page
