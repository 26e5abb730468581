"""A group of fixes as a mail that ``git am`` takes: what is wrong, why, how safe the repair is, and the patch.

``git am`` looks for marks at the beginnings of lines, whatever those lines are meant to be: so no line of the message
may look like the beginning of a mail or of a patch. The patch itself is in the bytes of the files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.header import Header
from email.utils import formatdate
from typing import TYPE_CHECKING

from awaitomic import __version__
from awaitomic.model.finding import Applicability
from awaitomic.report.cells import visible, wrap
from awaitomic.report.diff import patch_path, render_patch
from awaitomic.report.paint import Paint
from awaitomic.report.summary import count
from awaitomic.report.timeline import build_timeline, render_timeline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from awaitomic.model.finding import Finding
    from awaitomic.report.sources import Sources
    from awaitomic.source.text import SourceText

ENVELOPE = b"From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001\n"
"""How a mail in a series begins; git writes this date for every patch, too."""
MAILER = f"X-Mailer: awaitomic {__version__}\n"
_SENDER = "awaitomic <awaitomic@awaitomic.invalid>"
_DATE = 1000684800
"""That of the envelope, so that equal findings give equal patches."""
_WIDTH = 76
_TIMELINE = Paint(width=100)
"""Two columns of code need more room than prose."""
_MARKS = re.compile(r"---|diff -|Index: |From |>From |\[PATCH")
"""What begins something else than a line of text, for git, at the beginning of a line."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What one mail tells. `number` of `total` is its place in the series; `date` is in seconds since 1970."""

    findings: Sequence[Finding]
    """As they are in the old texts, with their fixes; the first one gives the mail its name."""
    later: Sequence[Finding]
    """What is found only when those are repaired, in texts that nobody sees."""
    changes: Sequence[tuple[SourceText, SourceText]]
    sources: Sources
    number: int
    total: int
    date: int | None = None


def file_name(letter: Letter) -> str:
    """Give a name that every file system takes, such as ``0001-AWA101-Bank.credit.patch``."""
    first = [*letter.findings, *letter.later][0]
    function = re.sub(r"[^A-Za-z0-9_.]+", "_", first.function)[:60].strip(".") or "module"
    return f"{letter.number:04}-{first.rule}-{function}.patch"


def is_ours(name: str, content: bytes) -> bool:
    """Tell whether a file is a patch that an earlier run has written."""
    head = content.partition(b"\n\n")[0]
    return bool(re.fullmatch(r"\d{4,}-AWA\d{3}-[A-Za-z0-9_.]+\.patch", name)) and b"\nX-Mailer: awaitomic " in head


def render_mail(letter: Letter) -> bytes:
    """Render one mail."""
    body = "".join(f"{_harmless(line)}\n" for line in _message(letter))
    stat = "".join(f" {line}\n" for line in _stat(letter.changes))
    head = ENVELOPE + _headers(letter).encode("ascii")
    text = f"\n{body}---\n{stat}\n".encode("utf-8", "backslashreplace")
    return head + text + render_patch(letter.changes) + f"-- \nawaitomic {__version__}\n\n".encode()


def _headers(letter: Letter) -> str:
    first, *more = [*letter.findings, *letter.later]
    title = visible(first.fix.title if first.fix is not None else first.message)
    others = f" (and {count(len(more), 'more fix', 'more fixes')})" if more else ""
    where = f"{visible(first.function)}: " if first.function else ""
    number = f"[PATCH {letter.number}/{letter.total}]"
    subject = f"{number} {first.rule} {where}{title}{others}"
    charset = "us-ascii" if subject.isascii() else "utf-8"
    folded = Header(subject, charset, maxlinelen=_WIDTH, header_name="Subject").encode()
    return (
        f"From: {_SENDER}\n"
        f"Date: {formatdate(_DATE if letter.date is None else letter.date)}\n"
        f"Subject: {folded}\n"
        f"{MAILER}"
        "MIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=UTF-8\n"
        "Content-Transfer-Encoding: 8bit\n"
    )


def _message(letter: Letter) -> Iterator[str]:
    for number, finding in enumerate(letter.findings):
        if number:
            yield ""
        yield from _finding(finding, letter.sources)
    for finding in letter.later:
        yield ""
        yield from wrap(f"Once this is repaired, something else is found, and repaired, too: {finding.message}", _WIDTH)
        yield from _repair(finding)


def _finding(finding: Finding, sources: Sources) -> Iterator[str]:
    place = f"{patch_path(finding.path)}:{finding.extent.line}"
    yield from wrap(f"In {place}: {finding.message}.", _WIDTH)
    timeline = build_timeline(finding, sources)
    if timeline is not None:
        yield ""
        yield f"    {timeline.title}:"
        yield from render_timeline(timeline, _TIMELINE, 6)
    if finding.evidence:
        yield ""
    for evidence in finding.evidence:
        yield from _item("Why", evidence)
    yield from _repair(finding)


def _repair(finding: Finding) -> Iterator[str]:
    yield ""
    fix = finding.fix
    if fix is not None:
        yield from _item("Fix", f"{fix.title} ({fix.strategy})")
        yield from _item("Safety", f"{fix.applicability}{', because ' if fix.because else ''}{'; '.join(fix.because)}")
        if fix.applicability is Applicability.UNSAFE:
            yield from wrap("This fix changes something that only you can judge: read it before you take it.", _WIDTH)
    yield ""
    yield from _item("Rule", f"{finding.rule} {finding.name} ({finding.confidence})")
    yield from _item("Function", finding.function or "(module)")
    yield f"Fingerprint: {visible(finding.fingerprint)}"


def _item(label: str, text: str) -> Iterator[str]:
    first, *more = wrap(text, _WIDTH - len(label) - 2)
    yield f"{label}: {first}"
    yield from (f"{'':{len(label) + 2}}{row}" for row in more)


def _harmless(line: str) -> str:
    """Give a line of the message so that git takes it for nothing else."""
    line = line.rstrip()
    return f" {line}" if _MARKS.match(line) else line


def _stat(changes: Sequence[tuple[SourceText, SourceText]]) -> Iterator[str]:
    """Give the lines that each file gains and loses, as far as its patch shows."""
    for old, new in changes:
        _, *lines = render_patch([(old, new)]).split(b"\n@@ ", 1)[1].split(b"\n")
        gained, lost = (sum(line.startswith(mark) for line in lines) for mark in (b"+", b"-"))
        yield f"{visible(patch_path(old.path))} | +{gained} -{lost}"
