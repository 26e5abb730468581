"""The rules as a SARIF log describes them: from their own texts, as `awaitomic explain` has them."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from awaitomic.rules import RULES

if TYPE_CHECKING:
    from awaitomic.rules import Rule


def descriptors() -> list[dict[str, Any]]:
    """Give a ``reportingDescriptor`` for every rule, in the order of their codes."""
    return [_descriptor(rule) for rule in RULES]


def _descriptor(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": f"{rule.name}: {rule.summary}"},
        "fullDescription": {"text": _prose(rule.what)},
        "help": {"text": _plain(rule), "markdown": _markdown(rule)},
        "defaultConfiguration": {"level": "warning"},
        "properties": {"tags": ["asyncio", "concurrency"]},
    }


def _parts(rule: Rule) -> list[tuple[str, str, bool]]:
    """Give the parts of a rule's page: heading, text, and whether it is code."""
    return [
        ("What it finds", _prose(rule.what), False),
        ("Why it is a bug", _prose(rule.why), False),
        ("Before", _code(rule.example_before), True),
        ("After", _code(rule.example_after), True),
        ("When the fix is safe", _prose(rule.fix_safety), False),
        ("What looks alike and is not reported", _prose(rule.silent), False),
    ]


def _plain(rule: Rule) -> str:
    parts = ((heading, textwrap.indent(text, "    ") if code else text) for heading, text, code in _parts(rule))
    return "\n\n".join(f"{heading}:\n\n{text}" for heading, text in parts)


def _markdown(rule: Rule) -> str:
    parts = ((heading, f"```python\n{text}\n```" if code else text) for heading, text, code in _parts(rule))
    return "\n\n".join(f"## {heading}\n\n{text}" for heading, text in parts)


def _prose(text: str) -> str:
    """Give each paragraph as one line: whoever shows it wraps it."""
    paragraphs = textwrap.dedent(text).strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _code(text: str) -> str:
    return textwrap.dedent(text).strip("\n")
