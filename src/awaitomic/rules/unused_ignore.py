"""AWA001: a comment that suppresses nothing any more, so that it would hide the next bug in its place.

What the other rules have found is asked, at every confidence and before precedence; so this is no query of a program,
and what is reported here counts for nothing when a fix is judged: a comment that a fix has made idle goes after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.knowledge.codes import UNUSED
from awaitomic.rules import references
from awaitomic.rules.about_comments import comment_finding
from awaitomic.rules.rule import Repair, Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from awaitomic.model.finding import Finding
    from awaitomic.program import Program
    from awaitomic.source.comments import IgnoreComment

EVERY_RULE = "every rule"
"""The state of the finding of a comment that names no code."""


def unused(program: Program, comment: IgnoreComment, codes: Sequence[str]) -> Finding:
    """Make the finding of a comment.

    Parameters: `codes` are those of which nothing was found there; none for a comment without codes.
    """
    if not codes:
        message = "this comment suppresses nothing: no rule finds anything here"
    else:
        is_not = f"{', '.join(codes)} {'is' if len(codes) == 1 else 'are'} not found here"
        some = len(codes) < len(set(comment.codes or ()))
        can_go = f"the {'code' if len(codes) == 1 else 'codes'} can go from the comment"
        message = f"{is_not}: {can_go if some else 'the comment suppresses nothing'}"
    return comment_finding(program, RULE, comment.extent, ", ".join(codes) or EVERY_RULE, message)


RULE = Rule(
    code=UNUSED,
    name="unused-ignore",
    summary="a suppression suppresses nothing",
    what="""
        A comment `# awaitomic: ignore[CODES]` in whose place none of its rules finds anything, at whatever confidence;
        of several codes, the ones that are not needed. An entry of a baseline that no longer occurs is the same, and is
        reported in its line of the baseline.

        Only what was looked for counts: a code whose rule is not selected or is ignored in the file is left alone, and
        so is all of standard input, since a text that stands alone does not show who else writes the state.
    """,
    why="""
        The bug that was suppressed is gone, and the suppression stays: it hides the next one that comes into the same
        line, and tells everybody who reads the code of a danger that is not there.
    """,
    example_before="""\
import asyncio


class Account:
    def __init__(self) -> None:
        self.balance = 0

    async def credit(self, amount: int) -> None:
        bonus = await fetch_bonus()
        self.balance += amount + bonus  # awaitomic: ignore[AWA101] only one task does this


async def fetch_bonus() -> int:
    await asyncio.sleep(0.1)
    return 2
""",
    example_after="""\
import asyncio


class Account:
    def __init__(self) -> None:
        self.balance = 0

    async def credit(self, amount: int) -> None:
        bonus = await fetch_bonus()
        self.balance += amount + bonus


async def fetch_bonus() -> int:
    await asyncio.sleep(0.1)
    return 2
""",
    example_repair=Repair.SAFE,
    fix_safety="""
        Always: the comment goes with its reason, or only the code that is not needed; no code is touched. Other
        comments in the same line stay.
    """,
    silent="""
        A comment that names AWA001 itself, as one does for a finding that comes and goes with the version of Python or
        of a library: `# awaitomic: ignore[AWA101, AWA001]`. A comment that names a rule which does not exist is AWA002.
    """,
    find=None,
    references=(references.UNUSED_NOQA, references.UNUSED_TYPE_IGNORE),
)
