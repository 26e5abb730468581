"""The dialogue of ``fix --interactive``: shows one group of fixes at a time and asks what is to be done with it."""

from __future__ import annotations

import io
import os
import stat
import sys
from typing import TYPE_CHECKING

import click

from awaitomic.engine.asking import Answer, MendAsked
from awaitomic.model.finding import Applicability
from awaitomic.report.cells import visible
from awaitomic.report.diff import file_patch
from awaitomic.report.sources import Sources
from awaitomic.report.summary import count
from awaitomic.report.text import render_diff, render_finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from awaitomic.cli.options import Common
    from awaitomic.engine.asking import Offer
    from awaitomic.engine.series import FixGroup
    from awaitomic.model.finding import Finding
    from awaitomic.report.paint import Paint

_KEYS = "y,n,a,d,e,q,?"


def review(options: Common, most: int | None, *, exit_non_zero_on_fix: bool) -> int:
    """Let the user choose among the fixes, and give the exit code.

    Parameters: at most so many groups are taken (None: as many as he likes); with `exit_non_zero_on_fix`, a change of a
    file counts. Raises `click.UsageError` if there is nobody to ask, or the dialogue has no place.
    """
    from awaitomic.cli.fix import tell_fixes  # it imports this
    from awaitomic.cli.outcome import exit_code, report, report_others, tell_problems, with_diffs
    from awaitomic.cli.running import run_engine

    if options.outputs.format != "text" or options.outputs.file is not None:
        advice = "for a report of what is left, give --output-file FORMAT=FILE"
        raise click.UsageError(f"--interactive shows fixes as text, on standard output; {advice}.")
    if not _somebody_answers():
        raise click.UsageError("--interactive needs a terminal, or answers on standard input, one a line.")
    mend = MendAsked(_Dialogue(options), most)
    run = run_engine(options, repair=True, write=True, mend=mend)
    left = with_diffs(run, options)
    if options.statistics:
        report(left, options)
    else:
        report_others(left, options)
    tell_problems(run, options)
    tell_fixes(run, options, _notes(mend), dry=False)
    return exit_code(run, options, changes=exit_non_zero_on_fix and bool(run.changes))


def _notes(mend: MendAsked) -> Iterator[str]:
    if mend.impossible:
        yield f"{count(mend.impossible, 'group')} of fixes not possible any more"
    if mend.left:
        yield f"{count(mend.left, 'group')} of fixes not looked at"


def _somebody_answers() -> bool:
    """Tell whether standard input is a terminal, or something that answers were put into."""
    if sys.stdin is None or sys.stdin.closed:
        return False
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, io.UnsupportedOperation):
        return True  # no file of the system: a program has put its answers there
    return sys.stdin.isatty() or not stat.S_ISCHR(mode)  # a device that is no terminal is the one for nothing


class _Dialogue:
    """Asks about one group after the other, and remembers what was said of all that follow."""

    def __init__(self, options: Common) -> None:
        self._streams = options.streams
        self._echo = not sys.stdin.isatty()
        self._rules: set[tuple[str, Applicability]] = set()
        """Which repairs are taken without a question."""
        self._files: set[str] = set()
        """Where nothing is taken any more."""

    def __call__(self, offer: Offer) -> Answer:
        """Give the user's answer."""
        group, paint = offer.group, self._streams.paint
        first = self._first(group)
        if any(change.old.path in self._files for change in group.changes):
            return Answer.SKIP
        self._say("\n".join(_shown(offer, paint)) + "\n")
        if self._is_wanted(group):
            self._say(f"taken, as all fixes of {first.rule}\n")
            return Answer.TAKE
        while True:
            match self._asked(offer, paint):
                case "y":
                    return Answer.TAKE
                case "n":
                    return Answer.SKIP
                case "a":
                    self._rules |= self._kinds(group)
                    return Answer.TAKE
                case "d":
                    self._files.add(first.path)
                    return Answer.SKIP
                case "q":
                    return Answer.QUIT
                case "e":
                    self._explain(group)
                case _:
                    self._say(_help(first))

    @staticmethod
    def _first(group: FixGroup) -> Finding:
        return [*group.findings, *(fix.finding for fix in group.later)][0]

    @staticmethod
    def _kinds(group: FixGroup) -> set[tuple[str, Applicability]]:
        """Give of which rules the fixes are, and how safe: who takes all safe ones has not taken the unsafe ones."""
        findings = [*group.findings, *(fix.finding for fix in group.later)]
        return {(finding.rule, finding.fix.applicability) for finding in findings if finding.fix is not None}

    def _is_wanted(self, group: FixGroup) -> bool:
        return self._kinds(group) <= self._rules

    def _asked(self, offer: Offer, paint: Paint) -> str:
        """Ask once; no more input, or an interrupt, is the end."""
        fixes = len(offer.group.findings) + len(offer.group.later)
        what = "this fix" if fixes == 1 else f"these {fixes} fixes"
        try:
            self._say(paint.style(f"({offer.number}/{offer.total}) Take {what} [{_KEYS}]? ", "bold"))
            line = sys.stdin.readline()
        except UnicodeDecodeError:
            line = "?\n"
        except KeyboardInterrupt:
            line = ""
        if self._echo or not line:
            self._say(line if line.endswith("\n") else f"{line}\n")
        return line.strip().lower() if line else "q"

    def _explain(self, group: FixGroup) -> None:
        from awaitomic.report.pages import as_text, rule_page
        from awaitomic.rules import RULES

        codes = {rule for rule, _ in self._kinds(group)}
        for rule in RULES:
            if rule.code in codes:
                self._say(f"\n{as_text(rule_page(rule), self._streams.paint.width)}\n")

    def _say(self, text: str) -> None:
        self._streams.report(text)


def _shown(offer: Offer, paint: Paint) -> Iterator[str]:
    """Render a group: what is found, then what would change."""
    group = offer.group
    sources = Sources(group.texts)
    for finding in group.findings:
        yield ""
        yield render_finding(finding, sources, paint).rstrip("\n")
    for fix in group.later:
        found = fix.finding
        yield ""
        yield f"once this is repaired: {visible(found.path)}:{fix.line}: {found.rule} {visible(found.message)}"
        if found.fix is not None:
            yield f"    {visible(found.fix.title)} ({found.fix.applicability}: {'; '.join(found.fix.because)})"
    yield from render_diff("".join(file_patch(change.old, change.new) for change in group.changes), paint)
    yield ""
    fixes = [*(each.fix for each in group.findings), *(each.finding.fix for each in group.later)]
    if any(fix is not None and fix.applicability is Applicability.UNSAFE for fix in fixes):
        yield paint.style("UNSAFE: it changes something that only you can judge; the reason stands above.", "warn")


def _help(first: Finding) -> str:
    fix = first.fix
    safety = f"{fix.applicability} " if fix is not None else ""
    return (
        "y - take it: the files are written at once\n"
        "n - skip it\n"
        f"a - take it, and all {safety}fixes of {first.rule} that follow\n"
        f"d - skip it, and all that would change {visible(first.path)}\n"
        f"e - explain {first.rule}\n"
        "q - quit: what was taken stays, nothing else is changed\n"
        "? - this help\n"
    )
