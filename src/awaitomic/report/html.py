"""One page for a browser: the findings of a run as people review them together, to be kept or sent.

The page is one file without scripts, and asks for nothing from anywhere. What it says is what the text report says, in
the same words; what it adds is a table of what there is, and the two tasks of a timeline side by side however long the
lines are.
"""

from __future__ import annotations

import re
from collections import Counter
from importlib import resources
from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from awaitomic import __version__
from awaitomic.model.finding import Confidence
from awaitomic.report.cells import visible
from awaitomic.report.html_paint import HtmlPaint, painted
from awaitomic.report.summary import check_summary
from awaitomic.report.text import diff_rows, frames
from awaitomic.report.timeline import VERBS, build_timeline
from awaitomic.report.words import error_title, remedy

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from awaitomic.model.finding import FileError, Finding
    from awaitomic.report.formats import Material
    from awaitomic.report.sources import Sources
    from awaitomic.report.timeline import Row, Timeline

_NOTHING_FROM_ELSEWHERE = "default-src 'none'; style-src 'unsafe-inline'"
"""What the browser is told (Content Security Policy): the page has its styles in itself, and no scripts."""

_QUOTED = re.compile("`([^`]+)`")
_ON_LINES = frozenset("head meta title style h1 h2 h3 p table caption tr ul li nav section article pre".split())
"""Elements after which a line ends, so that the page can be compared with an older one; no space counts there."""


def render_html(material: Material) -> str:
    """Render a page in ASCII that ends with a line end; equal reports give equal pages.

    Raises `FileNotFoundError` if the installation is not whole: the styles are a file of the package.
    """
    report = material.report
    title = f"awaitomic: {check_summary(report, unsafe=material.unsafe, offer=False)}"
    root = ET.Element("html", lang="en")
    _head(root, title)
    body = ET.SubElement(root, "body")
    _text(body, "h1", title)
    _table(body, report.findings)
    _errors(body, report.errors)
    by_path = [(path, list(found)) for path, found in groupby(report.findings, key=lambda each: each.path)]
    _contents(body, by_path)
    names = _Names()
    for number, (path, found) in enumerate(by_path, 1):
        section = ET.SubElement(body, "section")
        _text(section, "h2", path, id=f"file-{number}")
        for finding in found:
            _finding(section, finding, material.sources, names)
    _text(body, "footer", f"awaitomic {__version__}")
    for element in root.iter():
        if element.tag in _ON_LINES and not element.tail:
            element.tail = "\n"
    return f"<!DOCTYPE html>\n{ET.tostring(root, encoding='us-ascii', method='html').decode('ascii')}\n"


class _Names:
    """Names of findings to link to: their fingerprints, which are the same in the next report."""

    def __init__(self) -> None:
        self._given: Counter[str] = Counter()

    def of(self, finding: Finding) -> str:
        base = "".join(char if char.isalnum() else "-" for char in finding.fingerprint or finding.rule)
        self._given[base] += 1
        return base if self._given[base] == 1 else f"{base}-{self._given[base]}"


def _head(root: ET.Element, title: str) -> None:
    head = ET.SubElement(root, "head")
    ET.SubElement(head, "meta", charset="utf-8")
    ET.SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": _NOTHING_FROM_ELSEWHERE})
    ET.SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    _text(head, "title", title)
    ET.SubElement(head, "style").text = resources.files("awaitomic.report").joinpath("page.css").read_text("ascii")


def _text(parent: ET.Element, tag: str, text: str, /, **attributes: str) -> ET.Element:
    """Add an element that holds text. `cls` stands for ``class``."""
    named = {"class" if name == "cls" else name: value for name, value in attributes.items()}
    element = ET.SubElement(parent, tag, named)
    element.text = visible(text)
    return element


def _prose(parent: ET.Element, tag: str, text: str, /, **attributes: str) -> None:
    """Add an element that holds a sentence, with what stands between backticks as code."""
    before, *pairs = _QUOTED.split(visible(text))
    element = _text(parent, tag, before, **attributes)
    for code, after in zip(pairs[::2], pairs[1::2], strict=True):
        _text(element, "code", code).tail = after


def _table(body: ET.Element, findings: Sequence[Finding]) -> None:
    """Add the table of how many there are of each rule, how sure they are, and what can be done."""
    if not findings:
        return
    counts: dict[tuple[str, str], Counter[str]] = {}
    for finding in findings:
        done = "no fix" if finding.fix is None else f"{finding.fix.applicability} fix"
        counts.setdefault((finding.rule, finding.name), Counter()).update([str(finding.confidence), done])
    columns = [*(str(each) for each in reversed(Confidence)), "safe fix", "unsafe fix", "display fix", "no fix"]
    table = ET.SubElement(body, "table", {"class": "counts"})
    _text(table, "caption", "Findings by rule, by how sure they are, and by what can be done")
    head = ET.SubElement(ET.SubElement(table, "thead"), "tr")
    for name in ("rule", *columns):
        _text(head, "th", name, scope="col")
    rows = ET.SubElement(table, "tbody")
    for (rule, name), count in sorted(counts.items()):
        row = ET.SubElement(rows, "tr")
        _text(row, "th", f"{rule} {name}", scope="row")
        for column in columns:
            _text(row, "td", str(count[column] or ""))


def _errors(body: ET.Element, errors: Iterable[FileError]) -> None:
    for error in errors:
        place = f"{error.path}:{error.line}:{error.column}"
        _text(body, "p", f"{place}: {error_title(error)}: {error.message}", cls="error")


def _contents(body: ET.Element, by_path: Sequence[tuple[str, list[Finding]]]) -> None:
    """Add links to the files, if there are several."""
    if len(by_path) < 2:
        return
    listed = ET.SubElement(ET.SubElement(body, "nav"), "ul")
    for number, (path, found) in enumerate(by_path, 1):
        item = ET.SubElement(listed, "li")
        _text(item, "a", path, href=f"#file-{number}").tail = f" {len(found)}"


def _finding(section: ET.Element, finding: Finding, sources: Sources, names: _Names) -> None:
    extent, name = finding.extent, names.of(finding)
    article = ET.SubElement(section, "article", id=name)
    heading = ET.SubElement(article, "h3")
    _text(heading, "a", finding.rule, href=f"#{name}")
    where = f" in {finding.function}" if finding.function else ""
    heading[0].tail = visible(f" {finding.name}, line {extent.line}{where} ")
    _text(heading, "span", str(finding.confidence), cls=f"confidence {finding.confidence}")
    _prose(article, "p", finding.message, cls="message")
    _code(article, frames(finding, sources, HtmlPaint()))
    timeline = build_timeline(finding, sources)
    if timeline is not None:
        _timeline(article, timeline)
    if finding.evidence:
        listed = ET.SubElement(article, "ul", {"class": "evidence"})
        for each in finding.evidence:
            _prose(listed, "li", f"why: {each}")
    _remedy(article, finding)


def _timeline(article: ET.Element, timeline: Timeline) -> None:
    tasks = "AB"[: timeline.tasks]
    table = ET.SubElement(article, "table", {"class": "timeline"})
    _text(table, "caption", timeline.title)
    if timeline.tasks > 1:
        head = ET.SubElement(ET.SubElement(table, "thead"), "tr")
        for task in tasks:
            _text(head, "th", f"task {task}", scope="col")
    rows = ET.SubElement(table, "tbody")
    for row in timeline.rows:
        line = ET.SubElement(rows, "tr")
        for task in tasks:
            _step(ET.SubElement(line, "td"), row if row.task == task else None)
    _prose(article, "p", timeline.outcome, cls="outcome")


def _step(cell: ET.Element, row: Row | None) -> None:
    if row is not None:
        _text(cell, "span", row.place, cls="gutter").tail = " "
        _text(cell, "span", VERBS[row.role], cls=row.role.value).tail = " "
        _text(cell, "code", f"{'  ' * row.depth}{row.text}")


def _remedy(article: ET.Element, finding: Finding) -> None:
    said = remedy(finding)
    if said is None:
        return
    fix = finding.fix
    _prose(article, "p", ": ".join(said), cls="remedy" if fix is None else f"remedy {fix.applicability}")
    if fix is not None and fix.diff:
        _code(article, diff_rows(fix.diff, HtmlPaint()))


def _code(article: ET.Element, rows: Iterable[str]) -> None:
    """Add rows of code, as `HtmlPaint` has painted them."""
    block = ET.SubElement(article, "pre")
    last: ET.Element | None = None
    for kind, text in painted("\n".join(rows)):
        if kind:
            last = ET.SubElement(block, "span", {"class": kind})
            last.text = text
        elif last is None:
            block.text = (block.text or "") + text
        else:
            last.tail = (last.tail or "") + text
