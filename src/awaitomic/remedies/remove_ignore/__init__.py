"""Remove-ignore: a comment that suppresses nothing goes, or the codes in it that are not needed."""

from __future__ import annotations

from awaitomic.knowledge.codes import REMOVE_IGNORE
from awaitomic.model.finding import Applicability, Refusal
from awaitomic.model.plan import EditComment, Plan
from awaitomic.model.position import Extent
from awaitomic.remedies.remedy import Case, Proposal, Remedy
from awaitomic.rules.unused_ignore import EVERY_RULE
from awaitomic.source.comments import IgnoreComment, listed_codes, read_comments
from awaitomic.source.positions import Positions


def propose(case: Case) -> Proposal | Refusal:
    """Take the comment out, or some of its codes. There is no refusal."""
    finding = case.finding
    comments = read_comments(case.program.source.text).ignores
    comment = next(each for each in comments if each.extent == finding.extent)
    idle = () if finding.state == EVERY_RULE else tuple(finding.state.split(", "))
    positions = case.program.positions
    kept = _without(positions.snippet(comment.extent), idle) if idle else ""
    edit = EditComment(comment.extent, positions.snippet(comment.extent), kept) if kept else _whole(comment, positions)
    title = f"Take {finding.state} out of the comment" if kept else "Remove the comment"
    return Proposal(Plan((), comments=(edit,)), Applicability.SAFE, title, ("no code is changed",))


def _without(directive: str, idle: tuple[str, ...]) -> str:
    """Give a comment without some of its codes; "" if none would be left."""
    first, last = listed_codes(directive)
    kept = [piece for piece in directive[first:last].split(",") if piece.strip() not in idle]
    return directive[:first] + ",".join(kept).strip() + directive[last:] if kept else ""


def _whole(comment: IgnoreComment, positions: Positions) -> EditComment:
    """Take out a whole comment: with its line if it has that for itself, else with the blanks before it.

    Other comments in the line stay, as does what separates them from the code.
    """
    extent = comment.extent
    line = positions.line(extent.line)
    before, after = line[: extent.column - 1], line[extent.end_column - 1 :]
    if after.strip():
        gone = Extent(extent.line, extent.column, extent.line, extent.end_column + after.index("#"))
    elif before.strip():
        gone = Extent(extent.line, len(before.rstrip()) + 1, extent.line, len(line) + 1)
    else:
        gone = Extent(extent.line, 1, extent.line + 1, 1)
    return EditComment(gone, positions.snippet(gone), "")


REMEDY = Remedy(
    name=REMOVE_IGNORE,
    summary="take out the comment, or the codes in it that are not needed",
    conditions=(
        "Always. The reason goes with the comment; a line that it had for itself goes whole. Other comments in the "
        "same line stay where they are. A baseline loses the entries that no longer occur."
    ),
    safety="Always safe: no code is changed, and what is found stays the same.",
    propose=propose,
)
