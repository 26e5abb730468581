"""What is said of a finding beside its code frames, line by line: the same words in every format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from awaitomic.knowledge.codes import RULE_NAMES, UNUSED
from awaitomic.model.finding import Confidence
from awaitomic.report.cells import visible

if TYPE_CHECKING:
    from awaitomic.model.finding import FileError, Finding

FAULT: Final = "internal-fault"
FILE_ERROR: Final = "file-error"


def remedy(finding: Finding) -> tuple[str, str] | None:
    """Give what can be done: a label and a sentence, or None if nothing was planned."""
    fix = finding.fix
    if fix is not None:
        reasons = "; ".join(fix.because)
        how = f"{fix.applicability}: because {reasons}" if reasons else str(fix.applicability)
        return "fix", f"{fix.title} ({how})"
    if finding.refusal is not None:
        return "no fix", f"{finding.refusal.message} [{finding.refusal.code}]"
    return None


def weight(finding: Finding) -> Confidence:
    """Give how much a finding weighs, for formats with levels: as sure as it is; what is only untidy weighs least."""
    return Confidence.POSSIBLE if finding.rule == UNUSED else finding.confidence


def details(finding: Finding) -> list[str]:
    """Give all that is said of a finding behind its message: where, why others can come in, what can be done."""
    lines = [f"in {finding.function}"] if finding.function else []
    lines.extend(f"why: {evidence}" for evidence in finding.evidence)
    done = remedy(finding)
    if done is not None:
        lines.append(": ".join(done))
    return [visible(line) for line in lines]


def error_title(error: FileError) -> str:
    """Give code and name of an error, or its name where it has no code."""
    return f"{error.rule} {RULE_NAMES[error.rule]}" if error.rule else error_id(error)


def error_id(error: FileError) -> str:
    """Give the code of an error, or a name of its kind where it is no rule's."""
    return error.rule or (FAULT if error.fault else FILE_ERROR)
