"""The pages as files of the documentation, with an index of the rules and one of the remedies."""

from __future__ import annotations

from collections.abc import Iterable

from awaitomic.report.pages.compose import Uses, remedies, remedy_page, rule_page
from awaitomic.report.pages.page import Kind, Link
from awaitomic.report.pages.render import as_markdown, markdown_link
from awaitomic.rules import RULES
from awaitomic.rules.rule import Rule

_NOTE = "<!-- Written by `python -m awaitomic.report.pages docs` from the text of the program: change it there. -->"


def documentation() -> dict[str, str]:
    """Give the text of all files that are written from the program, by their paths inside of the documentation."""
    uses = remedies()
    files = {f"rules/{rule.name}.md": as_markdown(rule_page(rule)) for rule in RULES}
    files |= {f"remedies/{name}.md": as_markdown(remedy_page(name, uses[name])) for name in uses}
    files["rules/README.md"] = _rule_index(uses)
    files["remedies/README.md"] = _remedy_index(uses)
    return {path: f"{_NOTE}\n\n{text}" for path, text in sorted(files.items())}


def _rule_index(uses: dict[str, Uses]) -> str:
    rows = (f"| {rule.code} | {_link(rule)} | {rule.summary} | {_tried(rule, uses)} |" for rule in RULES)
    said = "`awaitomic explain RULE` prints the same pages on the terminal, and `awaitomic rules` this list."
    return _index("Rules", said, ("rule", "name", "the bug", "remedies"), rows)


def _remedy_index(uses: dict[str, Uses]) -> str:
    rows = []
    for name, used in uses.items():
        codes = {row.rule for row, _ in used}
        summaries = dict.fromkeys(remedy.summary for _, remedy in used)
        where = ", ".join(_link(rule, rule.code) for rule in RULES if rule.code in codes)
        rows.append(f"| {_remedy(name)} | {'; '.join(summaries)} | {where} |")
    said = (
        "`awaitomic explain REMEDY` prints the same pages on the terminal. Which one is tried first for which finding, "
        "and\nwhy, stands on the pages of the [rules](../rules/README.md)."
    )
    return _index("Remedies", said, ("remedy", "what it does", "rules"), rows)


def _index(title: str, said: str, columns: tuple[str, ...], rows: Iterable[str]) -> str:
    head = f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}"
    return "\n\n".join((f"# {title}", said, "\n".join((head, *rows)))) + "\n"


def _tried(rule: Rule, uses: dict[str, Uses]) -> str:
    names = [name for name, used in uses.items() if any(row.rule == rule.code for row, _ in used)]
    return ", ".join(map(_remedy, names)) or "by hand"


def _link(rule: Rule, label: str | None = None) -> str:
    return markdown_link(Link(Kind.RULE, label or rule.name, rule.name))


def _remedy(name: str) -> str:
    return markdown_link(Link(Kind.REMEDY, name, name))
