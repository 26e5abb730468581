"""SARIF 2.1.0, the format of code scanning: rules with their texts, traces as flows of two tasks, fixes to apply.

Files are named relative to the root of the repository, as its host knows them. What the standard has no place for (the
confidence, the evidence, a refusal) stands in the property bags, in the words of the JSON report.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from awaitomic import __version__
from awaitomic.knowledge.codes import RULE_NAMES, UNREADABLE
from awaitomic.model.finding import Applicability, Confidence
from awaitomic.report.cells import visible
from awaitomic.report.json_report import fix_data, refusal_data
from awaitomic.report.paths import Places
from awaitomic.report.sarif_rules import descriptors
from awaitomic.report.timeline import build_timeline
from awaitomic.report.words import FAULT, FILE_ERROR, details, error_id, weight

if TYPE_CHECKING:
    from collections.abc import Sequence

    from awaitomic.model.finding import FileEdit, FileError, Finding, Fix, TraceStep
    from awaitomic.model.position import Extent
    from awaitomic.report.formats import Material
    from awaitomic.report.sources import Sources
    from awaitomic.report.timeline import Timeline

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS: Final = {Confidence.CERTAIN: "error", Confidence.LIKELY: "warning", Confidence.POSSIBLE: "note"}
_ROOT = "%SRCROOT%"
_ROOT_TEXT = "The root of the repository; where there is none, the folder in which awaitomic ran."
_FINGERPRINT = "awaitomic/v1"
_NOTIFICATIONS: Final = {
    UNREADABLE: "A file could not be decoded or parsed; the others were analysed.",
    FILE_ERROR: "A file or folder could not be read or written, and is as it was.",
    FAULT: "awaitomic failed on a file; the others were analysed.",
}
_LINK = re.compile(r"\[(?=[^\]]*\]\()")
_PLACEHOLDER = re.compile(r"\{(\d+)\}")


def render_sarif(material: Material) -> str:
    """Render a log with one run, in ASCII."""
    rules = descriptors()
    numbers = {rule["id"]: number for number, rule in enumerate(rules)}
    writer = _Writer(material.sources, numbers)
    report = material.report
    run = {
        "tool": {
            "driver": {
                "name": "awaitomic",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": rules,
                "notifications": [_notification(name, text) for name, text in _NOTIFICATIONS.items()],
            }
        },
        "invocations": [
            {
                "executionSuccessful": not any(error.fault for error in report.errors),
                "toolExecutionNotifications": [writer.notification(error) for error in report.errors],
            }
        ],
        "originalUriBaseIds": {
            _ROOT: {
                "description": {
                    "text": "The root of the repository; where there is none, the folder in which awaitomic ran."
                }
            }
        },
        "defaultEncoding": "utf-8",
        "artifacts": writer.artifacts(report.findings),
        "columnKind": "unicodeCodePoints",
        "newlineSequences": ["\r\n", "\n", "\r"],
        "results": [writer.result(finding) for finding in report.findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _notification(name: str, text: str) -> dict[str, Any]:
    return {"id": name, "name": RULE_NAMES.get(name, name), "shortDescription": {"text": text}}


class _Writer:
    """Turns findings and errors into SARIF objects."""

    def __init__(self, sources: Sources, numbers: dict[str, int]) -> None:
        self._sources = sources
        self._numbers = numbers
        self._places = Places()

    def result(self, finding: Finding) -> dict[str, Any]:
        """Give the result object of a finding."""
        logical = [{"fullyQualifiedName": finding.function, "kind": "function"}] if finding.function else []
        result = {
            "ruleId": finding.rule,
            **({"ruleIndex": self._numbers[finding.rule]} if finding.rule in self._numbers else {}),
            "level": LEVELS[weight(finding)],
            "message": _message("\n".join([finding.message, *details(finding)])),
            "locations": [{**self._location(finding.path, finding.extent), "logicalLocations": logical}],
            "partialFingerprints": {_FINGERPRINT: finding.fingerprint},
            "codeFlows": self._flows(finding),
            "relatedLocations": self._related(finding),
            "fixes": self._fixes(finding.fix),
            "properties": {
                "confidence": str(finding.confidence),
                "state": finding.state,
                "evidence": list(finding.evidence),
                "fix": fix_data(finding.fix),
                "refusal": refusal_data(finding.refusal),
            },
        }
        return {key: value for key, value in result.items() if value != []}

    def notification(self, error: FileError) -> dict[str, Any]:
        """Give the notification of a file that could not be analysed or written."""
        region = {"startLine": error.line, "startColumn": error.column}
        return {
            "descriptor": {"id": error_id(error)},
            "level": "error",
            "message": _message(error.message),
            "locations": [{"physicalLocation": {"artifactLocation": self._artifact(error.path), "region": region}}],
        }

    def artifacts(self, findings: Sequence[Finding]) -> list[dict[str, Any]]:
        """Give the files that are not in the default encoding: in theirs, inserted text has to be written."""
        edits = (edit.path for finding in findings if finding.fix is not None for edit in finding.fix.edits)
        paths = sorted({*(finding.path for finding in findings), *edits})
        declared = ((path, self._sources.encoding(path)) for path in paths)
        return [{"location": self._artifact(path), "encoding": name} for path, name in declared if name != "utf-8"]

    def _artifact(self, path: str) -> dict[str, str]:
        base = {"uriBaseId": _ROOT} if self._places.is_relative(path) else {}
        return {"uri": self._places.uri(path), **base}

    def _location(self, path: str, extent: Extent) -> dict[str, Any]:
        return {"physicalLocation": {"artifactLocation": self._artifact(path), "region": _region(extent)}}

    def _step(self, step: TraceStep) -> dict[str, Any]:
        return {**self._location(step.path, step.extent), "message": _message(f"{step.role}: {step.note}")}

    def _related(self, finding: Finding) -> list[dict[str, Any]]:
        """Give the other places of a finding, each once: those of its trace, and the write of another task."""
        steps = [*finding.trace, *([finding.rival] if finding.rival is not None else [])]
        places = {(step.path, step.extent): step for step in reversed(steps)}
        places.pop((finding.path, finding.extent), None)
        return [{"id": number, **self._step(step)} for number, step in enumerate(reversed(places.values()), 1)]

    def _flows(self, finding: Finding) -> list[dict[str, Any]]:
        """Give the trace as a flow; where two tasks take part, as a flow of each, numbered in the order of events."""
        timeline = build_timeline(finding, self._sources)
        if timeline is None:
            steps = [{"location": self._step(step), "kinds": [str(step.role)]} for step in finding.trace]
            return [{"threadFlows": [{"locations": steps}]}] if steps else []
        flows = [self._task(timeline, task) for task in sorted({row.task for row in timeline.rows})]
        return [{"message": _message(f"{timeline.title}: {timeline.outcome}"), "threadFlows": flows}]

    def _task(self, timeline: Timeline, task: str) -> dict[str, Any]:
        steps = [
            {
                "location": self._step(row.step),
                "kinds": [str(row.role)],
                "nestingLevel": row.depth,
                "executionOrder": order,
            }
            for order, row in enumerate(timeline.rows, 1)
            if row.task == task
        ]
        return {"id": f"task {task}", "locations": steps}

    def _fixes(self, fix: Fix | None) -> list[dict[str, Any]]:
        """Give a fix that may be applied as it is; one that is only to be looked at is in the properties alone."""
        if fix is None or fix.applicability is Applicability.DISPLAY or not fix.edits:
            return []
        reasons = f": {'; '.join(fix.because)}" if fix.because else ""
        return [
            {
                "description": _message(f"{fix.title} ({fix.applicability}{reasons})"),
                "artifactChanges": [self._change(edit) for edit in fix.edits],
                "properties": {"strategy": fix.strategy, "applicability": str(fix.applicability)},
            }
        ]

    def _change(self, edit: FileEdit) -> dict[str, Any]:
        replacements = [
            {"deletedRegion": _region(each.extent), "insertedContent": {"text": each.text}}
            for each in edit.replacements
        ]
        return {"artifactLocation": self._artifact(edit.path), "replacements": replacements}


def _region(extent: Extent) -> dict[str, int]:
    return {
        "startLine": extent.line,
        "startColumn": extent.column,
        "endLine": extent.end_line,
        "endColumn": extent.end_column,
    }


def _message(text: str) -> dict[str, str]:
    """Give a plain text message, in which code is neither a link (``[key](value)``) nor a placeholder (``{0}``).

    Sections 3.11.5 and 3.11.6; other brackets and braces are left alone, since not all viewers know the escapes.
    """
    escaped = _PLACEHOLDER.sub(r"{{\1}}", _LINK.sub(r"\\[", text))
    return {"text": "\n".join(visible(line) for line in escaped.split("\n"))}
