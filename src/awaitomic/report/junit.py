"""A JUnit report, for services that show tests and nothing else: a file is a suite, a finding a failed test."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from awaitomic.model.finding import Finding
from awaitomic.report.cells import visible
from awaitomic.report.paint import Paint
from awaitomic.report.text import render_finding
from awaitomic.report.words import error_title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from awaitomic.model.finding import FileError, Report
    from awaitomic.report.formats import Material
    from awaitomic.report.sources import Sources

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even as a character reference (production 2, ``Char``)."""
_NO_LINE = str.maketrans("\t\n\r", "   ")


def render_junit(material: Material) -> str:
    """Render a document in ASCII; what XML cannot hold is replaced by characters that stand for it.

    Findings are failures, with the whole text that people get of them; what could not be analysed is an error. A run
    without either has one test that passes, since most services take a report without tests for a failure.
    """
    report = material.report
    root = ET.Element("testsuites", _named("awaitomic", len(report.findings), len(report.errors)))
    if not report.findings and not report.errors:
        suite = ET.SubElement(root, "testsuite", _named("awaitomic", 0, 0))
        ET.SubElement(suite, "testcase", name="no findings", classname="awaitomic")
    for path, entries in groupby(_by_path(report), key=lambda entry: entry.path):
        _suite(root, path, list(entries), material.sources)
    ET.indent(root)
    body = ET.tostring(root, encoding="us-ascii", xml_declaration=False).decode("ascii")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _by_path(report: Report) -> list[Finding | FileError]:
    """Give findings and errors file by file, errors last in each."""
    return sorted([*report.findings, *report.errors], key=lambda entry: entry.path)


def _named(name: str, failures: int, errors: int) -> dict[str, str]:
    return {"name": name, "tests": str(failures + errors or 1), "failures": str(failures), "errors": str(errors)}


def _suite(root: ET.Element, path: str, entries: Sequence[Finding | FileError], sources: Sources) -> None:
    failures = sum(isinstance(entry, Finding) for entry in entries)
    name = _attribute(path)
    suite = ET.SubElement(root, "testsuite", _named(name, failures, len(entries) - failures))
    for entry in entries:
        if isinstance(entry, Finding):
            _failure(suite, name, entry, sources)
        else:
            _error(suite, name, entry)


def _failure(suite: ET.Element, name: str, finding: Finding, sources: Sources) -> None:
    where = f"{finding.extent.line}:{finding.extent.column}"
    function = f" in {finding.function}" if finding.function else ""
    title = _attribute(f"{finding.rule} {finding.name}{function}")
    case = ET.SubElement(suite, "testcase", name=f"{title} ({where})", classname=name, file=name)
    case.set("line", str(finding.extent.line))
    failure = ET.SubElement(case, "failure", type=finding.rule, message=_attribute(finding.message))
    failure.text = _text(render_finding(finding, sources, Paint()))


def _error(suite: ET.Element, name: str, error: FileError) -> None:
    title = f"{error_title(error)} ({error.line}:{error.column})"
    case = ET.SubElement(suite, "testcase", name=title, classname=name, file=name)
    case.set("line", str(error.line))
    entry = ET.SubElement(case, "error", type=error_title(error), message=_attribute(error.message))
    entry.text = _text(f"{error.path}:{error.line}:{error.column}: {error.message}")


def _attribute(text: str) -> str:
    """Give text for an attribute, where XML would turn line ends into spaces anyway."""
    return _text(text.translate(_NO_LINE))


def _text(text: str) -> str:
    return _NOT_XML.sub(lambda found: _stand_in(found[0]), text)


def _stand_in(char: str) -> str:
    shown = visible(char)
    return "\ufffd" if _NOT_XML.match(shown) else shown
