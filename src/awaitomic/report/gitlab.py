"""The Code Quality report of GitLab, which merge requests compare with that of their target branch."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from awaitomic.model.finding import Confidence
from awaitomic.report.cells import visible
from awaitomic.report.paths import Places
from awaitomic.report.words import error_id, error_title, weight

if TYPE_CHECKING:
    from awaitomic.model.finding import FileError, Finding
    from awaitomic.report.formats import Material

_SEVERITIES = {Confidence.CERTAIN: "critical", Confidence.LIKELY: "major", Confidence.POSSIBLE: "minor"}


def render_gitlab(material: Material) -> str:
    """Render an array of issues; the severity tells the confidence."""
    places = Places()
    issues = [_finding(finding, places) for finding in material.report.findings]
    issues.extend(_error(error, places) for error in material.report.errors)
    _make_unique(issues)
    return json.dumps(issues, indent=2) + "\n"


def _finding(finding: Finding, places: Places) -> dict[str, Any]:
    return {
        "description": f"{finding.rule} {finding.name}: {visible(finding.message)}",
        "check_name": finding.rule,
        "fingerprint": _hash(places.name(finding.path), finding.fingerprint),
        "severity": _SEVERITIES[weight(finding)],
        "location": {
            "path": visible(places.name(finding.path)),
            "lines": {"begin": finding.extent.line, "end": finding.extent.end_line},
        },
    }


def _error(error: FileError, places: Places) -> dict[str, Any]:
    return {
        "description": f"{error_title(error)}: {visible(error.message)}",
        "check_name": error_id(error),
        "fingerprint": _hash(places.name(error.path), error_id(error), error.message),
        "severity": "critical",
        "location": {"path": visible(places.name(error.path)), "lines": {"begin": error.line, "end": error.line}},
    }


def _make_unique(issues: list[dict[str, Any]]) -> None:
    """Give issues with the same fingerprint different ones: GitLab shows only one of them else."""
    seen: set[str] = set()
    for issue in issues:
        first, number = issue["fingerprint"], 1
        while issue["fingerprint"] in seen:
            number += 1
            issue["fingerprint"] = _hash(first, str(number))
        seen.add(issue["fingerprint"])


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
