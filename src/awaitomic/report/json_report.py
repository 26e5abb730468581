"""The report that other programs read; its shape is a promise (`schema_version` 1) that is only ever added to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from awaitomic import __version__
from awaitomic.report.summary import fixable

if TYPE_CHECKING:
    from awaitomic.model.finding import Finding, Fix, Report, TraceStep

SCHEMA_VERSION = 1


def render_json(report: Report, *, unsafe: bool) -> str:
    """Render a report as one JSON document that ends with a line end.

    Parameters: `unsafe` tells whether unsafe fixes count as fixable in the summary. Returns ASCII, so that any
    stream can carry it; equal reports give equal text, but for ``summary.seconds``.
    """
    document = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "awaitomic", "version": __version__},
        "findings": [_finding(finding) for finding in report.findings],
        "errors": [
            {"path": error.path, "line": error.line, "column": error.column, "message": error.message}
            for error in report.errors
        ],
        "summary": {
            "files": report.files,
            "findings": len(report.findings),
            "fixable": fixable(report.findings, unsafe=unsafe),
            "seconds": round(report.seconds, 3),
        },
    }
    return json.dumps(document, indent=2) + "\n"


def _finding(finding: Finding) -> dict[str, Any]:
    refusal = finding.refusal
    return {
        "fingerprint": finding.fingerprint,
        "rule": finding.rule,
        "name": finding.name,
        "confidence": str(finding.confidence),
        "path": finding.path,
        "line": finding.extent.line,
        "column": finding.extent.column,
        "end_line": finding.extent.end_line,
        "end_column": finding.extent.end_column,
        "function": finding.function,
        "state": finding.state,
        "message": finding.message,
        "trace": [_step(step) for step in finding.trace],
        "evidence": list(finding.evidence),
        "fix": _fix(finding.fix),
        "refusal": None if refusal is None else {"code": refusal.code, "message": refusal.message},
    }


def _step(step: TraceStep) -> dict[str, Any]:
    return {
        "role": str(step.role),
        "path": step.path,
        "line": step.extent.line,
        "column": step.extent.column,
        "note": step.note,
    }


def _fix(fix: Fix | None) -> dict[str, Any] | None:
    if fix is None:
        return None
    return {
        "strategy": fix.strategy,
        "applicability": str(fix.applicability),
        "title": fix.title,
        "because": list(fix.because),
        "paths": list(fix.paths),
        "diff": fix.diff,
    }
