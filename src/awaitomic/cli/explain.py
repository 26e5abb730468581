"""`awaitomic explain`: what a rule finds, why that is a bug, and when its fix is safe."""

from __future__ import annotations

import difflib
import textwrap
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from awaitomic.rules import Rule

_WIDTH = 88


@click.command()
@click.argument("rule")
def explain(rule: str) -> None:
    """Explain RULE, given by its code or its name."""
    from awaitomic.knowledge.codes import RULE_NAMES  # noqa: PLC0415 - not for --version
    from awaitomic.rules import RULES  # noqa: PLC0415 - not for --version

    known = {key: each for each in RULES for key in (each.code.lower(), each.name.lower())}
    found = known.get(rule.lower())
    if found is None:
        close = difflib.get_close_matches(rule.lower(), known, n=1, cutoff=0.4)
        hint = f"; did you mean {known[close[0]].code} ({known[close[0]].name})?" if close else ""
        later = f" ({RULE_NAMES[rule.upper()]}) in this version" if rule.upper() in RULE_NAMES else ""
        raise click.UsageError(f"there is no rule {rule!r}{later}{hint or '.'}\n'awaitomic rules' lists all of them.")
    click.echo(_page(found), nl=False)


def _page(rule: Rule) -> str:
    parts = [
        f"{rule.code} {rule.name}\n{'=' * (len(rule.code) + len(rule.name) + 1)}",
        _prose(rule.summary),
        f"What it finds\n-------------\n{_prose(rule.what)}",
        f"Why it is a bug\n---------------\n{_prose(rule.why)}",
        f"Before\n------\n{_code(rule.example_before)}",
        f"After\n-----\n{_code(rule.example_after)}",
        f"When the fix is safe\n--------------------\n{_prose(rule.fix_safety)}",
        f"What looks alike and is not reported\n------------------------------------\n{_prose(rule.silent)}",
    ]
    return "\n\n".join(parts) + "\n"


def _prose(text: str) -> str:
    paragraphs = textwrap.dedent(text).strip().split("\n\n")
    return "\n\n".join(textwrap.fill(paragraph, _WIDTH, break_on_hyphens=False) for paragraph in paragraphs)


def _code(text: str) -> str:
    return textwrap.indent(textwrap.dedent(text).strip("\n"), "    ")
