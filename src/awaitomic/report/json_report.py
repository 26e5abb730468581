"""The report that other programs read; its shape is a promise (`schema_version` 1) that is only ever added to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from awaitomic import __version__
from awaitomic.report.statistics import as_data
from awaitomic.report.summary import fixable

if TYPE_CHECKING:
    from awaitomic.model.finding import FileError, Finding, Fix, Refusal, TraceStep
    from awaitomic.report.formats import Material

SCHEMA_VERSION = 1


def render_json(material: Material) -> str:
    """Render a report as one JSON document that ends with a line end.

    Returns ASCII, so that any stream can carry it; equal reports give equal text, but for ``summary.seconds``. Counts
    by rule stand in ``statistics``, which is there only if they were asked for.
    """
    report = material.report
    counted = material.statistics
    document = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "awaitomic", "version": __version__},
        "findings": [finding_data(finding) for finding in report.findings],
        "errors": [error_data(error) for error in report.errors],
        "summary": {
            "files": report.files,
            "findings": len(report.findings),
            "fixable": fixable(report.findings, unsafe=material.unsafe),
            "seconds": round(report.seconds, 3),
        },
        **({} if counted is None else {"statistics": as_data(counted)}),
    }
    return json.dumps(document, indent=2) + "\n"


def error_data(error: FileError) -> dict[str, Any]:
    """Give an error as the report has it."""
    return {"path": error.path, "line": error.line, "column": error.column, "message": error.message}


def finding_data(finding: Finding) -> dict[str, Any]:
    """Give a finding as the report has it."""
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
        "trace": [step_data(step) for step in finding.trace],
        "evidence": list(finding.evidence),
        "fix": fix_data(finding.fix),
        "refusal": refusal_data(finding.refusal),
    }


def step_data(step: TraceStep) -> dict[str, Any]:
    """Give a step of a trace as the report has it."""
    return {
        "role": str(step.role),
        "path": step.path,
        "line": step.extent.line,
        "column": step.extent.column,
        "note": step.note,
    }


def fix_data(fix: Fix | None) -> dict[str, Any] | None:
    """Give a fix as the report has it."""
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


def refusal_data(refusal: Refusal | None) -> dict[str, str] | None:
    """Give a refusal as the report has it."""
    return None if refusal is None else {"code": refusal.code, "message": refusal.message}
