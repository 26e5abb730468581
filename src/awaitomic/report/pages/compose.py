"""Puts the pages together from what rules, remedies and the table of choice say of themselves."""

from __future__ import annotations

import textwrap
from typing import Any

from awaitomic.knowledge.codes import REMEDY_NAMES
from awaitomic.remedies.choice import TABLE, Row, rows_for
from awaitomic.remedies.remedy import Remedy
from awaitomic.report.pages.page import Block, Code, Item, Items, Kind, Link, Page, Prose, Section, Source, Sources
from awaitomic.rules import RULES
from awaitomic.rules.rule import Repair, Rule

_MADE_BY = {
    Repair.SAFE: "This is what `awaitomic fix` makes of it.",
    Repair.UNSAFE: "This is what `awaitomic fix --unsafe-fixes` makes of it.",
    Repair.BY_HAND: "This was written by hand: awaitomic does not repair the example.",
}
Uses = list[tuple[Row, Remedy]]


def rule_page(rule: Rule) -> Page:
    """Put the page of a rule together."""
    before, after = _code(rule.example_before), _code(rule.example_after)
    sections = (
        Section("What it finds", (Prose(rule.what),)),
        Section("Why it is a bug", (Prose(rule.why),)),
        Section("Before", (Prose(f"`awaitomic check` reports {rule.code} here."), before)),
        Section("After", (Prose(_MADE_BY[rule.example_repair]), after)),
        Section("How it is repaired", _choices(rows_for(rule.code))),
        Section("When the fix is safe", (Prose(rule.fix_safety),)),
        Section("What looks alike and is not reported", (Prose(rule.silent),)),
        Section("How to suppress it", _suppressions(rule)),
        *_references(rule),
    )
    return Page(f"{rule.code} {rule.name}", _sentence(rule.summary), sections)


def remedies() -> dict[str, Uses]:
    """Give all remedies by their names, in order of preference, each with the rows of the table that have it."""
    found: dict[str, Uses] = {}
    for row in TABLE:
        for remedy in row.remedies:
            found.setdefault(remedy.name, []).append((row, remedy))
    return {name: found[name] for name in sorted(found, key=REMEDY_NAMES.index)}


def remedy_page(name: str, uses: Uses) -> Page:
    """Put the page of a remedy together: a part for each variant of it."""
    variants = tuple(dict.fromkeys(remedy for _, remedy in uses))
    sections: list[Section] = []
    for remedy in variants:
        rows = tuple(Item(_to_rule(row), row.shape) for row, each in uses if each is remedy)
        sections += (
            Section(_capital(remedy.summary), (Prose("It is for these findings:"), Items(rows))),
            Section("When it is taken", (Prose(remedy.conditions),), level=3),
            Section("When it is safe", (Prose(remedy.safety),), level=3),
        )
    forms = "one form" if len(variants) == 1 else f"{len(variants)} forms"
    return Page(
        name,
        f"A remedy in {forms}; `--strategy {name}` prefers it, `--strategy no-{name}` forbids it.",
        tuple(sections),
    )


def as_data(rule: Rule) -> dict[str, Any]:
    """Give what the page of a rule says as data for JSON."""
    return {
        "code": rule.code,
        "name": rule.name,
        "summary": rule.summary,
        "what": _plain(rule.what),
        "why": _plain(rule.why),
        "example": {
            "before": _code(rule.example_before).text,
            "after": _code(rule.example_after).text,
            "repair": rule.example_repair.value,
        },
        "remedies": [
            {"shape": row.shape, "strategies": [each.name for each in row.remedies], "why": _why(row)}
            for row in rows_for(rule.code)
        ],
        "fix_safety": _plain(rule.fix_safety),
        "silent": _plain(rule.silent),
        "references": [{"title": each.title, "url": each.url} for each in rule.references],
    }


def remedy_data(name: str, uses: Uses) -> dict[str, Any]:
    """Give what the page of a remedy says as data for JSON."""
    return {
        "name": name,
        "variants": [
            {
                "summary": remedy.summary,
                "findings": [{"rule": row.rule, "shape": row.shape} for row, each in uses if each is remedy],
                "conditions": _plain(remedy.conditions),
                "safety": _plain(remedy.safety),
            }
            for remedy in dict.fromkeys(remedy for _, remedy in uses)
        ],
    }


def _sentence(text: str) -> str:
    """Make a sentence of a summary."""
    return f"{_capital(text)}."


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _plain(text: str) -> str:
    """Give prose with one line a paragraph."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.strip().split("\n\n"))


def _code(text: str) -> Code:
    return Code(textwrap.dedent(text).strip("\n") + "\n", "python")


def _choices(rows: tuple[Row, ...]) -> tuple[Block, ...]:
    """Give the rows of the table of choice in words, and what each remedy does."""
    said = tuple(Prose(_choice(row)) for row in rows)
    tried = dict.fromkeys(remedy for row in rows for remedy in row.remedies)
    if not tried:
        return said
    links = (Item(Link(Kind.REMEDY, remedy.name, remedy.name), remedy.summary) for remedy in tried)
    return (*said, Items(tuple(links)))


def _why(row: Row) -> str:
    return row.why.replace("`{state}`", "the state")


def _choice(row: Row) -> str:
    """Give one row as a sentence."""
    if not row.remedies:
        return f"{_capital(row.shape)}: by hand. {_sentence(_why(row))}"
    names = ", else ".join(remedy.name for remedy in row.remedies)
    return f"{_capital(row.shape)}: {names}, since {_why(row)}."


def _suppressions(rule: Rule) -> tuple[Block, ...]:
    """Say how to suppress a rule, at one place and everywhere."""
    at_one = (
        Prose("At one place, at the end of the line that is reported or on a line of its own above the statement:"),
        Code(f"# awaitomic: ignore[{rule.code}] why it is right here\n", "python"),
    )
    everywhere = (
        Prose(
            f"Everywhere, in `pyproject.toml` (or for one run with `--ignore {rule.code}`). Where another rule sees "
            "the same bug, that one reports it then:"
        ),
        Code(f'[tool.awaitomic]\nignore = ["{rule.code}"]\n', "toml"),
    )
    return (*at_one, *everywhere) if rule.by_comment else everywhere


def _references(rule: Rule) -> tuple[Section, ...]:
    sources = tuple(Source(each.title, each.url) for each in rule.references)
    return (Section("References", (Sources(sources),)),) if sources else ()


def _to_rule(row: Row) -> Link:
    name = next(rule.name for rule in RULES if rule.code == row.rule)
    return Link(Kind.RULE, row.rule, name)
