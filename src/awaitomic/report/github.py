"""Workflow commands of GitHub Actions: each finding becomes an annotation in the diff of a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.model.finding import Confidence
from awaitomic.report.cells import visible
from awaitomic.report.paths import Places
from awaitomic.report.words import details, error_title, weight

if TYPE_CHECKING:
    from awaitomic.model.finding import FileError, Finding
    from awaitomic.report.formats import Material

_COMMANDS = {Confidence.CERTAIN: "error", Confidence.LIKELY: "warning", Confidence.POSSIBLE: "notice"}


def render_github(material: Material) -> str:
    """Render one command a line: an error, a warning or a notice by the confidence; what is unreadable is an error."""
    places = Places()
    commands = [_finding(finding, places) for finding in material.report.findings]
    commands.extend(_error(error, places) for error in material.report.errors)
    return "".join(f"{command}\n" for command in commands)


def _finding(finding: Finding, places: Places) -> str:
    extent = finding.extent
    properties = {
        "title": f"awaitomic: {finding.rule} {finding.name}",
        "file": visible(places.name(finding.path)),
        "line": str(extent.line),
        "endLine": str(extent.end_line),
    }
    if extent.line == extent.end_line:  # columns of several lines are no place for GitHub
        properties |= {"col": str(extent.column), "endColumn": str(extent.end_column)}
    place = f"{visible(finding.path)}:{extent.line}:{extent.column}"
    headline = f"{place}: {finding.rule} [{finding.confidence}] {visible(finding.message)}"
    return _command(_COMMANDS[weight(finding)], properties, "\n".join([headline, *details(finding)]))


def _error(error: FileError, places: Places) -> str:
    properties = {
        "title": f"awaitomic: {error_title(error)}",
        "file": visible(places.name(error.path)),
        "line": str(error.line),
        "col": str(error.column),
    }
    place = f"{visible(error.path)}:{error.line}:{error.column}"
    return _command("error", properties, f"{place}: {error_title(error)}: {visible(error.message)}")


def _command(name: str, properties: dict[str, str], message: str) -> str:
    """Put a command together, escaped as in the toolkit of GitHub Actions (``packages/core/src/command.ts``)."""
    listed = ",".join(
        f"{key}={_data(value).replace(':', '%3A').replace(',', '%2C')}" for key, value in properties.items()
    )
    return f"::{name} {listed}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
