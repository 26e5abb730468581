"""The rules as a SARIF log describes them: with the pages that `awaitomic explain` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from awaitomic.report.pages import as_data, as_markdown, as_text, rule_page
from awaitomic.rules import RULES

if TYPE_CHECKING:
    from awaitomic.rules import Rule


def descriptors() -> list[dict[str, Any]]:
    """Give a ``reportingDescriptor`` for every rule, in the order of their codes."""
    return [_descriptor(rule) for rule in RULES]


def _descriptor(rule: Rule) -> dict[str, Any]:
    page = rule_page(rule)
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": f"{rule.name}: {rule.summary}"},
        "fullDescription": {"text": as_data(rule)["what"]},
        # Whoever shows it breaks the lines, and has no other page to which a link could lead.
        "help": {"text": as_text(page, width=None), "markdown": as_markdown(page, alone=True)},
        "defaultConfiguration": {"level": "warning"},
        "properties": {"tags": ["asyncio", "concurrency"]},
    }
