"""The last lines of a run: how much was found, and what the user can do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.model.finding import Applicability, Confidence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from awaitomic.model.finding import Finding, Report


def count(number: int, one: str, several: str = "") -> str:
    """Give ``1 finding``, ``2 findings`` and so on; `several` is the plural where it does not end in ``s`` alone."""
    return f"{number} {one}" if number == 1 else f"{number} {several or one + 's'}"


def fixable(findings: Iterable[Finding], *, unsafe: bool) -> int:
    """Count the findings that ``fix`` would repair, with or without ``--unsafe-fixes``."""
    allowed = {Applicability.SAFE, Applicability.UNSAFE} if unsafe else {Applicability.SAFE}
    return sum(finding.fix is not None and finding.fix.applicability in allowed for finding in findings)


def check_summary(report: Report, *, unsafe: bool, offer: bool = True) -> str:
    """Give the summary of a check, in one line.

    Parameters: `unsafe` tells that the user has already asked for unsafe fixes; `offer`, whether to say what ``fix``
    could do.
    """
    text = _found(report) + _unread(report)
    if not offer:
        return text
    offers = []
    now, later = fixable(report.findings, unsafe=unsafe), fixable(report.findings, unsafe=True)
    if now:
        command = "awaitomic fix --unsafe-fixes" if unsafe else "awaitomic fix"
        offers.append(f'{now} can be fixed with "{command}"')
    if later > now:
        hint = f'{later - now} more with "--unsafe-fixes"'
        offers.append(hint if now else f'{later} can be fixed with "awaitomic fix --unsafe-fixes"')
    return text + (f" ({', '.join(offers)})" if offers else "")


def fix_summary(report: Report, applied: int, changed: int, *, unsafe: bool, dry: bool, offer: bool = True) -> str:
    """Give the summary of a fix run, in one line: `applied` fixes in `changed` files; `dry`: nothing was written.

    Parameters: `unsafe` and `offer` as for `check_summary`.
    """
    verb = "would be applied" if dry else "applied"
    done = f"{count(applied, 'fix', 'fixes')} {verb} in {count(changed, 'file')}"
    if not report.findings:
        return f"{done if applied else 'nothing to fix'}; nothing is left{_unread(report)}"
    more = fixable(report.findings, unsafe=True) - fixable(report.findings, unsafe=False) if offer and not unsafe else 0
    hint = f' ({more} can be fixed with "--unsafe-fixes")' if more else ""
    return f"{done if applied else 'nothing fixed'}; {_found(report)} left{hint}{_unread(report)}"


def suppressed_summary(report: Report, suppressed: int, changed: int) -> str:
    """Give the summary of a run that has added comments: for so many findings, in so many files."""
    done = f"{count(suppressed, 'finding')} suppressed in {count(changed, 'file')}"
    return f"{done}; {f'{_found(report)} left' if report.findings else 'nothing is left'}{_unread(report)}"


def first_hint(report: Report, lowest: Confidence) -> str:
    """Say what else could be looked at where nothing was found, or "" where there is no more.

    Parameters: `lowest` is the lowest confidence that was reported.
    """
    if report.findings or lowest is Confidence.POSSIBLE:
        return ""
    return 'what rests on less evidence is shown with "--confidence possible"'


def _found(report: Report) -> str:
    if not report.findings:
        return f"no findings in {count(report.files, 'file')}"
    files = len({finding.path for finding in report.findings})
    return f"{count(len(report.findings), 'finding')} in {count(files, 'file')}"


def _unread(report: Report) -> str:
    if not report.errors:
        return ""
    files = len({error.path for error in report.errors})
    return f", {count(files, 'file')} could not be analysed"
