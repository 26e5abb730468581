"""`awaitomic explain`: what a rule finds, why that is a bug, how it is repaired, and when a repair is safe."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from awaitomic.cli.words import Choice, Explained

if TYPE_CHECKING:
    from collections.abc import Iterable

    from awaitomic.report.pages import Page
    from awaitomic.rules import Rule

_NO_TERMINAL = (88, 24)


@click.command()
@click.argument("names", nargs=-1, type=Explained(), metavar="[RULE]...")
@click.option("--all", "every", is_flag=True, help="Explain all rules.")
@click.option(
    "--output-format",
    type=Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="For whom: markdown is what the documentation has, json an object, or a list of several.",
)
def explain(names: tuple[str, ...], *, every: bool, output_format: str) -> None:
    """Explain rules and remedies.

    RULE is the code or the name of a rule, or the name of a remedy.
    """
    from awaitomic.report.pages import as_markdown, as_text

    if every == bool(names):
        raise click.UsageError("name a rule or a remedy, or give --all; 'awaitomic rules' lists the rules.")
    explained = _everything() if every else [_find(name) for name in names]
    if output_format == "json":
        data = [each for _, each in explained]
        click.echo(json.dumps(data[0] if len(names) == 1 else data, indent=2, ensure_ascii=False))
        return
    if output_format == "markdown":
        pages = [as_markdown(page) for page, _ in explained]
    else:
        import shutil

        width = shutil.get_terminal_size(_NO_TERMINAL).columns
        pages = [as_text(page, width) for page, _ in explained]
    click.echo("\n\n".join(pages), nl=False)


def _everything() -> list[tuple[Page, dict[str, Any]]]:
    """Give the pages of all rules, and the same as data."""
    from awaitomic.report.pages import as_data, rule_page
    from awaitomic.rules import RULES

    return [(rule_page(rule), as_data(rule)) for rule in RULES]


def _find(name: str) -> tuple[Page, dict[str, Any]]:
    """Give the page of a rule or remedy, and the same as data.

    Raises:
        click.UsageError: if there is none of that name; the nearest one is suggested.
    """
    from awaitomic.report.pages import (
        as_data,
        remedies,
        remedy_data,
        remedy_page,
        rule_page,
    )
    from awaitomic.rules import RULES

    rules = {key: each for each in RULES for key in (each.code.lower(), each.name.lower())}
    known = remedies()
    key = name.lower()
    if key in rules:
        return rule_page(rules[key]), as_data(rules[key])
    if key in known:
        return remedy_page(key, known[key]), remedy_data(key, known[key])
    raise click.UsageError(_unknown(name, rules, known))


def _unknown(name: str, rules: dict[str, Rule], known: Iterable[str]) -> str:
    """Say that there is no such rule or remedy, and which one may be meant; a later version may have it."""
    from awaitomic.knowledge.codes import REMEDY_NAMES, RULE_NAMES

    listed = f"'awaitomic rules' lists all rules; remedies are {', '.join(known)}."
    later = f" ({RULE_NAMES[name.upper()]})" if name.upper() in RULE_NAMES else ""
    if later or name.lower() in {*RULE_NAMES.values(), *REMEDY_NAMES}:
        return f"there is no {name}{later} in this version.\n{listed}"
    from awaitomic.config.words import closest

    near = closest(name.lower(), [*rules, *known], cutoff=0.4)
    said = f"{rules[near].code} ({rules[near].name})" if near in rules else near
    hint = f"; did you mean {said}?" if near else "."
    return f"there is no rule or remedy {name!r}{hint}\n{listed}"
