"""AWA003: a file that does not parse or decode. It is no finding in a program, but an error of the report."""

from __future__ import annotations

from awaitomic.knowledge.codes import UNREADABLE
from awaitomic.rules import references
from awaitomic.rules.rule import Repair, Rule

RULE = Rule(
    code=UNREADABLE,
    name="unreadable-file",
    summary="a file does not parse, or its bytes are not what its encoding says",
    what="""
        A file that Python cannot parse, with the place and Python's own words; one with bytes that its declared
        encoding does not allow; one that cannot be opened. If the syntax is that of a newer Python than the one that
        runs awaitomic, the message names it; if it is that of Python 2, too.

        It stands among the errors of the report, not among the findings, and makes the exit code 1.
    """,
    why="""
        Nothing is known of the file, so nothing in it is reported; and who writes the state of other files in it is
        not known either. A run that said nothing of this would look like one that found nothing.
    """,
    example_before="""\
class Account:
    def __init__(self) -> None:
        self.balance = 0

    async def credit(self, amount: int) -> None:
        print "credit", amount
        self.balance += amount
""",
    example_after="""\
class Account:
    def __init__(self) -> None:
        self.balance = 0

    async def credit(self, amount: int) -> None:
        print("credit", amount)
        self.balance += amount
""",
    example_repair=Repair.BY_HAND,
    fix_safety="Nothing is changed: what was meant, only the author knows.",
    silent="""
        A file that is left out (`exclude`, `.gitignore`), and one whose bytes show that it has no coroutine and no
        comment for awaitomic: it is not parsed at all. A file of another project that is imported. The rule counts as
        selected whatever `select` says, so that a run of one rule does not pass over half of the files in silence; only
        `ignore` and `per-file-ignores` silence it.
    """,
    find=None,
    by_comment=False,
    references=(references.SOURCE_ENCODING,),
)
