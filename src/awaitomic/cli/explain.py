"""`awaitomic explain`: what a rule finds, why that is a bug, how it is repaired, and when a repair is safe."""

from __future__ import annotations

import difflib
import textwrap
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from awaitomic.remedies.choice import Row
    from awaitomic.remedies.remedy import Remedy
    from awaitomic.rules import Rule

_WIDTH = 88


@click.command()
@click.argument("rule")
def explain(rule: str) -> None:
    """Explain RULE, given by its code or its name, or a remedy, given by its name."""
    from awaitomic.knowledge.codes import RULE_NAMES  # noqa: PLC0415 - not for --version
    from awaitomic.remedies.choice import rows_for  # noqa: PLC0415 - not for --version
    from awaitomic.rules import RULES  # noqa: PLC0415 - not for --version

    rules = {key: each for each in RULES for key in (each.code.lower(), each.name.lower())}
    remedies = _remedies()
    found = rules.get(rule.lower())
    if found is not None:
        click.echo(_page(found, rows_for(found.code)), nl=False)
        return
    if rule.lower() in remedies:
        click.echo(_remedy_page(rule.lower(), remedies[rule.lower()]), nl=False)
        return
    close = difflib.get_close_matches(rule.lower(), [*rules, *remedies], n=1, cutoff=0.4)
    near = [f"{rules[name].code} ({rules[name].name})" if name in rules else name for name in close]
    hint = f"; did you mean {near[0]}?" if near else ""
    later = f" ({RULE_NAMES[rule.upper()]}) in this version" if rule.upper() in RULE_NAMES else ""
    raise click.UsageError(f"there is no rule {rule!r}{later}{hint or '.'}\n'awaitomic rules' lists all of them.")


def _remedies() -> dict[str, list[tuple[Row, Remedy]]]:
    """Give all remedies by their names, each with the rows of the table that have it."""
    from awaitomic.remedies.choice import TABLE  # noqa: PLC0415 - not for --version

    found: dict[str, list[tuple[Row, Remedy]]] = {}
    for row in TABLE:
        for remedy in row.remedies:
            found.setdefault(remedy.name, []).append((row, remedy))
    return found


def _page(rule: Rule, rows: tuple[Row, ...]) -> str:
    parts = [
        f"{rule.code} {rule.name}\n{'=' * (len(rule.code) + len(rule.name) + 1)}",
        _prose(rule.summary),
        f"What it finds\n-------------\n{_prose(rule.what)}",
        f"Why it is a bug\n---------------\n{_prose(rule.why)}",
        f"Before\n------\n{_code(rule.example_before)}",
        f"After\n-----\n{_code(rule.example_after)}",
        f"How it is repaired\n------------------\n{_choices(rows)}",
        f"When the fix is safe\n--------------------\n{_prose(rule.fix_safety)}",
        f"What looks alike and is not reported\n------------------------------------\n{_prose(rule.silent)}",
    ]
    return "\n\n".join(parts) + "\n"


def _choices(rows: tuple[Row, ...]) -> str:
    """Give the rows of the table of choice in words, and what each remedy does."""
    said = [_prose(_choice(row)) for row in rows]
    remedies = dict.fromkeys(remedy for row in rows for remedy in row.remedies)
    said.extend(_item(f"{remedy.name}: {remedy.summary}") for remedy in remedies)
    return "\n\n".join(said[: len(rows)]) + "".join(f"\n{item}" for item in ["", *said[len(rows) :]] if remedies)


def _choice(row: Row) -> str:
    """Give one row as a sentence."""
    which = row.shape[0].upper() + row.shape[1:]
    why = row.why.replace("`{state}`", "the state")
    if not row.remedies:
        return f"{which}: by hand. {why[0].upper()}{why[1:]}."
    names = ", else ".join(remedy.name for remedy in row.remedies)
    return f"{which}: {names}, since {why}."


def _item(text: str) -> str:
    return textwrap.fill(text, _WIDTH, initial_indent="  * ", subsequent_indent="    ", break_on_hyphens=False)


def _remedy_page(name: str, uses: list[tuple[Row, Remedy]]) -> str:
    """Give what a remedy does, when it is taken, and when it is safe; one part for each variant of it."""
    parts = [f"{name}\n{'=' * len(name)}"]
    for remedy in dict.fromkeys(remedy for _, remedy in uses):
        rows = [f"{row.rule} ({row.shape})" for row, each in uses if each is remedy]
        parts.append(_prose(f"{remedy.summary[0].upper()}{remedy.summary[1:]}."))
        parts.append(_prose(f"For {'; '.join(rows)}."))
        parts.append(f"When it is taken\n----------------\n{_prose(remedy.conditions)}")
        parts.append(f"When it is safe\n---------------\n{_prose(remedy.safety)}")
    return "\n\n".join(parts) + "\n"


def _prose(text: str) -> str:
    paragraphs = textwrap.dedent(text).strip().split("\n\n")
    return "\n\n".join(textwrap.fill(paragraph, _WIDTH, break_on_hyphens=False) for paragraph in paragraphs)


def _code(text: str) -> str:
    return textwrap.indent(textwrap.dedent(text).strip("\n"), "    ")
