"""Moving statements: what goes along, what stays, and how small the diff is."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from awaitomic.model.plan import MoveStatement
from awaitomic.patching.execute import execute
from patching.plans import Case, difference, plan_of

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

CASES: list[Case] = [
    (
        "sinking a read below the await is a diff of two lines",
        """\
        balance = 1000


        async def credit(amount):
            global balance
            current = balance
            await bank_check(amount)
            balance = current + amount
        """,
        lambda p: [MoveStatement(p.at("current ="), p.at("await"))],
    ),
    (
        "comments directly above and beside go along, a detached comment stays",
        """\
        async def f(self):
            begin()

            # about the span

            # what we have
            # right now
            n = self.n  # type: ignore[x]
            await g()
            self.n = n + 1
        """,
        lambda p: [MoveStatement(p.at("n ="), p.at("await"))],
    ),
    (
        "a comment beside that goes on below stays in one piece",
        """\
        async def f(self):
            n = self.n  # what there is,
                        # for now
            await g()  # which takes
                       # its time

            # store
            self.n = n + 1  # and
                            # done

        async def h(self):
            n = self.n  # what there is
            # about k
            await k()  # which takes
                       # its time
        """,
        lambda p: [
            MoveStatement(p.at("n = self.n  # what there is,"), p.at("await g()")),
            MoveStatement(p.at("n = self.n  # what there is\n"), p.at("await k()")),
        ],
    ),
    (
        "comments that are about all that stands below stay in their place",
        """\
        async def f(self):
            # type: () -> None
            # what we have
            n = self.n
            # fmt: off
            await g()
            self.n = n+1
            # fmt: on

        async def h(self):
            # fmt: off
            # what we have
            n   =   self.n
            await   g()
            self.n = n + 1
        """,
        lambda p: [
            MoveStatement(p.at("n ="), p.at("await g()")),
            MoveStatement(p.at("n   ="), p.at("await   g()")),
        ],
    ),
    (
        "blank lines around the old place are not doubled",
        """\
        async def f(self):
            begin()

            n = self.n

            await g()

            self.n = n + 1
        """,
        lambda p: [MoveStatement(p.at("n ="), p.at("await"))],
    ),
    (
        "a blank line is not left at the top of a function",
        """\
        async def f(self):
            n = self.n

            await g()
            self.n = n + 1
        """,
        lambda p: [MoveStatement(p.at("n ="), p.at("await"))],
    ),
    (
        "a statement behind a compound statement stands behind its comments too",
        """\
        async def f(self):
            n = self.n
            async with self.session as s:
                await s.get()
                # got it
            # now count
            self.n = n + 1
        """,
        lambda p: [MoveStatement(p.at("n ="), p.at("async with"))],
    ),
    (
        "moving up",
        """\
        async def f(self):
            await g()
            await h()

            # the claim
            self.busy = True
            # done
        """,
        lambda p: [MoveStatement(p.at("self.busy"), p.at("await g"))],
    ),
    (
        "statements on one line are taken apart and keep the comment beside",
        """\
        async def f(self):
            n = self.n; await g(); self.n = n + 1  # count
        """,
        lambda p: [MoveStatement(p.at("n ="), p.at("await"))],
    ),
    (
        "behind the last statement of a joined line leaves the line alone",
        """\
        async def f(self):
            n = self.n
            log(); await g()  # both
            self.n = n + 1
        """,
        lambda p: [MoveStatement(p.at("n ="), p.at("await"))],
    ),
    (
        "a one-line suite becomes a block",
        """\
        async def f(self):
            if self.n: n = self.n; await g()  # why
            return n
        """,
        lambda p: [MoveStatement(p.at("n ="), p.at("await"))],
    ),
    (
        "into another block, with the lines of the statement indented anew",
        """\
        async def f(self):
            n = self.n + \\
                self.m + f(
                    1,
                )
            s = '''a
            b'''
            if x:
                await g()
        """,
        lambda p: [MoveStatement(p.at("n ="), p.at("await")), MoveStatement(p.at("s ="), p.at("n ="))],
    ),
    (
        "out of a block that is empty afterwards",
        """\
        async def f(self):
            if x:
                n = self.n
            await g()
        """,
        lambda p: [MoveStatement(p.at("n ="), p.at("await"))],
    ),
    (
        "two statements behind one keep the order of the plan",
        """\
        async def f(self):
            a = self.a
            b = self.b
            await g()
            self.n = a + b
        """,
        lambda p: [MoveStatement(p.at("a ="), p.at("await")), MoveStatement(p.at("b ="), p.at("await"))],
    ),
    (
        "the last line of a file without a final newline",
        "g()\nn = N",
        lambda p: [MoveStatement(p.at("g()"), p.at("n ="))],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_move(case: Case, snapshot: SnapshotAssertion) -> None:
    text = dedent(case[1])
    assert difference(text, execute(text, plan_of(text, case[2]))) == snapshot


def test_the_hoist_of_a_read_is_one_line_removed_and_one_added() -> None:
    text = dedent(CASES[0][1])
    lines = difference(text, execute(text, plan_of(text, CASES[0][2]))).split("\n")
    assert [line for line in lines if line.startswith(("+", "-"))] == [
        "-    current = balance",
        "+    current = balance",
    ]
