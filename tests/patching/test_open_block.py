"""A statement that becomes the header of a block, and a ``try`` that loses its ``finally``."""

from __future__ import annotations

from textwrap import dedent

import pytest

from awaitomic.model.plan import DeleteStatement, DropFinally, OpenBlock
from awaitomic.patching.execute import execute
from awaitomic.patching.refusal import PatchRefused
from patching.plans import Edits, plan_of

LOCK = "async with lock"

CASES: list[tuple[str, str, Edits, str]] = [
    (
        "comments stay above and beside, blank lines behind go",
        """\
        async def f():
            # take
            take()  # now

            # first
            a()

            b()
            c()
        """,
        lambda p: [OpenBlock(p.at("take"), 2, LOCK)],
        """\
        async def f():
            # take
            async with lock:  # now
                # first
                a()

                b()
            c()
        """,
    ),
    (
        "with what ends the block taken away",
        """\
        async def f():
            take(); a(); give()
            # after
            b()
        """,
        lambda p: [OpenBlock(p.at("take"), 1, LOCK), DeleteStatement(p.at("give"))],
        """\
        async def f():
            async with lock:
                a()
            # after
            b()
        """,
    ),
    (
        "a try in the block, in a file with tabs",
        "async def f():\n\ttake()\n\ttry:\n\t\ta('''\n\tx''')\n\t\t# last\n\tfinally:\n\t\tgive()  # back\n\tb()\n",
        lambda p: [OpenBlock(p.at("take"), 1, LOCK), DropFinally(p.at("try"))],
        "async def f():\n\tasync with lock:\n\t\ta('''\n\tx''')\n\t\t# last\n\tb()\n",
    ),
    (
        "a try keeps its handlers",
        """\
        try:
            a()
        except E:
            b()
        finally:
            give()
        """,
        lambda p: [DropFinally(p.at("try"))],
        """\
        try:
            a()
        except E:
            b()
        """,
    ),
    (
        "a try whose body is a block of the plan",
        """\
        async def f():
            try:
                before()
                take()
                a()
            finally:
                # always
                give()
            b()
        """,
        lambda p: [OpenBlock(p.at("take"), 1, LOCK), DropFinally(p.at("try"))],
        """\
        async def f():
            before()
            async with lock:
                a()
            # always
            b()
        """,
    ),
]


@pytest.mark.parametrize(("text", "edits", "new"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_carried_out(text: str, edits: Edits, new: str) -> None:
    old = dedent(text)
    assert execute(old, plan_of(old, edits)) == dedent(new)


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_line_ends_stay(newline: str) -> None:
    text = "async def f():\n    take()\n    try:\n        a()\n    finally:\n        give()\n".replace("\n", newline)
    edits: Edits = lambda p: [OpenBlock(p.at("take"), 1, LOCK), DropFinally(p.at("try"))]  # noqa: E731 - in one line
    wanted = "async def f():\n    async with lock:\n        a()\n".replace("\n", newline)
    assert execute(text, plan_of(text, edits)) == wanted


@pytest.mark.parametrize(
    ("text", "edits", "code"),
    [
        ("a()\n", lambda p: [OpenBlock(p.at("a"), 1, "with lock")], "position-mismatch"),
        ("a()\nb()\n", lambda p: [OpenBlock(p.at("a"), 1, "lock")], "gate-parse"),
        (
            "a()\nb()\n",
            lambda p: [OpenBlock(p.at("a"), 1, "with lock"), DeleteStatement(p.at("b"))],
            "overlapping-edits",
        ),
        ("a()\nb()\n", lambda p: [OpenBlock(p.at("a"), 1, "with l"), DeleteStatement(p.at("a"))], "overlapping-edits"),
        ("try:\n    a()\nexcept E:\n    b()\n", lambda p: [DropFinally(p.at("try"))], "position-mismatch"),
        ("if a:\n    b()\n", lambda p: [DropFinally(p.at("if"))], "position-mismatch"),
    ],
)
def test_refused(text: str, edits: Edits, code: str) -> None:
    with pytest.raises(PatchRefused) as refused:
        execute(text, plan_of(text, edits))
    assert refused.value.code == code
