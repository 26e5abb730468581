"""One JSON object a line, for programs that read a report as a stream: findings first, then errors, then counts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from awaitomic.report.json_report import error_data, finding_data
from awaitomic.report.statistics import as_data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from awaitomic.report.formats import Material


def render_jsonl(material: Material) -> str:
    """Render objects as in the JSON report, with a ``type`` before their other keys; ASCII, as there."""
    return "".join(json.dumps(each) + "\n" for each in _objects(material))


def _objects(material: Material) -> Iterator[dict[str, Any]]:
    yield from ({"type": "finding", **finding_data(finding)} for finding in material.report.findings)
    yield from ({"type": "error", **error_data(error)} for error in material.report.errors)
    yield from ({"type": "statistics", **each} for each in as_data(material.statistics or ()))
