"""The pages of rules and remedies are what the program says, and every example on them behaves as printed."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from awaitomic.knowledge.codes import REMEDY_NAMES, UNREADABLE
from awaitomic.report.pages import Page, as_markdown, as_text, remedies, remedy_page, rule_page
from awaitomic.report.pages.files import documentation
from awaitomic.rules import RULES, Rule
from awaitomic.rules.rule import Repair
from cli.running import run
from docs.fences import ROOT, fences_of

DOCS = ROOT / "docs"
WRITTEN = documentation()
AGAIN = "write them anew: python -m awaitomic.report.pages docs"
LOADED = [*(rule_page(rule) for rule in RULES), *(remedy_page(name, uses) for name, uses in remedies().items())]
of_rules = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)


@pytest.mark.parametrize("path", WRITTEN)
def test_the_files_are_what_the_program_says(path: str) -> None:
    assert (DOCS / path).read_bytes().decode() == WRITTEN[path], AGAIN


def test_there_are_no_pages_of_what_is_no_more() -> None:
    found = {path.relative_to(DOCS).as_posix() for name in ("rules", "remedies") for path in (DOCS / name).iterdir()}
    assert found == set(WRITTEN), AGAIN


def test_pages_are_written_anew_and_old_ones_go(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "gone.md").write_text("a rule that was")
    (tmp_path / "kept.md").write_text("a document of its own")
    command = [sys.executable, "-m", "awaitomic.report.pages"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    subprocess.run([*command, tmp_path], env=environment, check=True)
    found = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*.md")}
    assert found == {"kept.md": b"a document of its own"} | {path: text.encode() for path, text in WRITTEN.items()}
    wrong = subprocess.run([*command, "no-such-folder"], env=environment, capture_output=True, text=True, check=False)
    assert (wrong.returncode, wrong.stderr) == (1, "usage: python -m awaitomic.report.pages FOLDER\n")


def findings(path: Path, *options: str) -> list[dict[str, Any]]:
    """Report a file as a user would, but for the format."""
    report = json.loads(run("check", "--no-cache", "--output-format", "json", *options, path).stdout)
    return [*report["findings"], *({"rule": UNREADABLE, **error} for error in report["errors"])]


def write(tree: Path, text: str) -> Path:
    path = tree / "example.py"
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


@of_rules
def test_the_example_before_is_reported_with_its_rule_and_no_other(rule: Rule, tree: Path) -> None:
    shown = run("check", "--no-cache", write(tree, rule.example_before))
    assert shown.exit_code == 1
    assert re.findall(r"^example\.py:\d+:\d+: (\w+)", shown.output, re.MULTILINE) == [rule.code]


@of_rules
def test_the_example_after_is_silent(rule: Rule, tree: Path) -> None:
    assert findings(write(tree, rule.example_after)) == []


FIX = {Repair.SAFE: ["fix"], Repair.UNSAFE: ["fix", "--unsafe-fixes"]}


@of_rules
def test_the_example_after_is_what_the_named_command_makes_of_the_one_before(rule: Rule, tree: Path) -> None:
    path = write(tree, rule.example_before)
    for repair, command in FIX.items():
        run(*command, "--no-cache", path)
        if repair is rule.example_repair:
            assert path.read_text(encoding="utf-8") == rule.example_after
            return
        assert path.read_text(encoding="utf-8") == rule.example_before, f"{repair} is enough"
    assert rule.example_repair is Repair.BY_HAND


@of_rules
def test_every_block_on_a_page_is_one_of_those_tested_here(rule: Rule) -> None:
    blocks = [(fence.info, fence.text) for fence in fences_of(f"docs/rules/{rule.name}.md")]
    examples = [(("python",), rule.example_before), (("python",), rule.example_after)]
    assert blocks[:2] == examples
    assert [info[0] for info, _ in blocks[2:]] == [*(["python"] if rule.by_comment else []), "toml"]


def test_pages_of_remedies_have_no_blocks() -> None:
    assert [path for path in WRITTEN if path.startswith("remedies/") and fences_of(f"docs/{path}")] == []


SEEN_BY_OTHERS = {"AWA203": ["AWA101"], "AWA204": ["AWA101"]}
"""What else is reported of an example where its own rule is not: the lock that keeps nobody out counts as none."""


@of_rules
def test_the_configuration_on_the_page_suppresses_the_rule(rule: Rule, tree: Path) -> None:
    path = write(tree, rule.example_before)
    left = SEEN_BY_OTHERS.get(rule.code, [])
    assert [each["rule"] for each in findings(path)] == [rule.code]
    assert [each["rule"] for each in findings(path, "--ignore", rule.code)] == left
    (tree / "pyproject.toml").write_text(fences_of(f"docs/rules/{rule.name}.md")[-1].text, encoding="utf-8")
    assert [each["rule"] for each in findings(path)] == left


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.by_comment], ids=lambda rule: rule.code)
@pytest.mark.parametrize("above", [True, False], ids=["above", "behind"])
def test_the_comment_on_the_page_suppresses_the_finding(rule: Rule, tree: Path, *, above: bool) -> None:
    comment = fences_of(f"docs/rules/{rule.name}.md")[-2].text.rstrip("\n")
    lines = rule.example_before.split("\n")
    at = findings(write(tree, rule.example_before))[0]["line"] - 1
    if above:
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        lines.insert(at, indent + comment)
    else:
        lines[at] += f"  {comment}"
    assert findings(write(tree, "\n".join(lines))) == []


@pytest.mark.parametrize("page", LOADED, ids=lambda page: page.title)
def test_the_text_and_the_markdown_say_the_same(page: Page) -> None:
    assert words_of_text(as_text(page)) == words_of_markdown(as_markdown(page))


def words_of_text(text: str) -> list[str]:
    return [word for word in text.split() if word != "*" and not re.fullmatch(r"={3,}|-{3,}|~{3,}", word)]


def words_of_markdown(text: str) -> list[str]:
    """Give the words as a reader sees them, with the address of what lies outside behind each link."""
    words: list[str] = []
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "fence":
            words += token.content.split()
        elif token.type == "inline":
            seen = re.sub(r"\[([^]]*)\]\((https:[^)]*)\)", r"\1 \2", token.content)
            words += re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", seen).split()
    return words


@pytest.mark.parametrize("page", LOADED, ids=lambda page: page.title)
def test_no_line_of_prose_becomes_anything_else_in_markdown(page: Page) -> None:
    tokens = MarkdownIt("commonmark").parse(as_markdown(page))
    headings = [after.content for token, after in itertools.pairwise(tokens) if token.type == "heading_open"]
    assert headings == [page.title, *(section.title for section in page.sections)]
    blocks = {token.type for token in tokens if token.nesting >= 0} - {"heading_open", "paragraph_open", "inline"}
    assert blocks <= {"fence", "bullet_list_open", "list_item_open"}
    emphasis = {"em_open", "strong_open", "html_inline", "image"}
    assert {child.type for token in tokens for child in token.children or ()}.isdisjoint(emphasis)


@pytest.mark.parametrize("path", WRITTEN)
def test_links_lead_to_pages_that_are_there(path: str) -> None:
    targets = re.findall(r"\]\(((?!https:)[^)#]+)", WRITTEN[path])
    assert [target for target in targets if not ((DOCS / path).parent / target).is_file()] == []


def test_every_rule_of_the_analysis_has_something_to_read() -> None:
    assert [rule.code for rule in RULES if not rule.references and not rule.code.startswith("AWA0")] == []
    sources = dict.fromkeys(each for rule in RULES for each in rule.references)
    assert all(each.url.startswith("https://") for each in sources)
    assert len({each.url for each in sources}) == len({each.title for each in sources}) == len(sources)


@of_rules
def test_explain_prints_the_page(rule: Rule) -> None:
    page = rule_page(rule)
    assert run("explain", rule.code).stdout == as_text(page)
    markdown = run("explain", "--output-format", "markdown", rule.name).stdout
    assert WRITTEN[f"rules/{rule.name}.md"].endswith(f"-->\n\n{markdown}")


@pytest.mark.parametrize("name", remedies())
def test_explain_prints_the_page_of_a_remedy(name: str) -> None:
    page = remedy_page(name, remedies()[name])
    assert run("explain", name).stdout == as_text(page)
    assert WRITTEN[f"remedies/{name}.md"].endswith(run("explain", "--output-format", "markdown", name).stdout)


def test_remedies_are_listed_in_order_of_preference() -> None:
    assert list(remedies()) == [name for name in REMEDY_NAMES if name in remedies()]
