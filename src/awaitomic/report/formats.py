"""Which formats a report can have, and what each is made of.

Only the format that is wanted is loaded; the names are known without, since every command line asks for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from awaitomic.model.finding import Report
    from awaitomic.report.paint import Paint
    from awaitomic.report.sources import Sources
    from awaitomic.report.statistics import RuleCount

FORMATS: Final = ("text", "concise", "hook", "json", "jsonl", "sarif", "html", "github", "gitlab", "junit")
FOR_PEOPLE: Final = frozenset({"text", "concise", "hook"})
"""Formats that hold findings only: errors and counts are said beside them, on standard error."""
ALWAYS_DIFFS: Final = frozenset({"sarif", "html"})
"""Formats that always say what a fix changes, whether it was asked for or not."""
WITH_DIFFS: Final = frozenset({"json", "jsonl"}) | ALWAYS_DIFFS
"""Formats to be written to files that have a place for what a fix changes."""


@dataclass(frozen=True, slots=True)
class Material:
    """What a report is made of: `unsafe` tells whether unsafe fixes count as fixable."""

    report: Report
    sources: Sources
    unsafe: bool = False
    statistics: tuple[RuleCount, ...] | None = None
    """Counts by rule, if they were asked for."""


def render(name: str, material: Material, paint: Paint) -> str:
    """Render a report in the format of that name; `paint` is the look of those that are for people.

    Returns text that ends with a line end, or nothing. Equal reports give equal text, but for the seconds in JSON.
    """
    # Each format is imported alone: nobody waits for the rules' texts, or for an XML library, who wants neither SARIF
    # nor JUnit.
    match name:
        case "text":
            from awaitomic.report.text import render_text  # noqa: PLC0415 - see above

            return render_text(material, paint)
        case "concise":
            from awaitomic.report.concise import render_concise  # noqa: PLC0415 - see above

            return render_concise(material, paint)
        case "hook":
            from awaitomic.report.hook import render_hook  # noqa: PLC0415 - see above

            return render_hook(material, paint)
        case "json":
            from awaitomic.report.json_report import render_json  # noqa: PLC0415 - see above

            return render_json(material)
        case "jsonl":
            from awaitomic.report.jsonl import render_jsonl  # noqa: PLC0415 - see above

            return render_jsonl(material)
        case "sarif":
            from awaitomic.report.sarif import render_sarif  # noqa: PLC0415 - see above

            return render_sarif(material)
        case "html":
            from awaitomic.report.html import render_html  # noqa: PLC0415 - see above

            return render_html(material)
        case "github":
            from awaitomic.report.github import render_github  # noqa: PLC0415 - see above

            return render_github(material)
        case "gitlab":
            from awaitomic.report.gitlab import render_gitlab  # noqa: PLC0415 - see above

            return render_gitlab(material)
        case "junit":
            from awaitomic.report.junit import render_junit  # noqa: PLC0415 - see above

            return render_junit(material)
        case _:
            raise ValueError(name)
