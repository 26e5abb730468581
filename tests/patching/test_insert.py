"""New statements in bodies of functions, classes and modules, and statements that take the place of others."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from awaitomic.model.plan import DeleteStatement, InsertStatements, ReplaceStatement
from awaitomic.patching.execute import execute
from patching.plans import Case, difference, plan_of

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

INIT = "def __init__(self):\n    self._lock = asyncio.Lock()"

CASES: list[Case] = [
    (
        "first in a constructor is behind the docstring and in the order of the plan",
        '''\
        class A:
            def __init__(self, n):
                """Make one."""
                # count
                self.n = n
        ''',
        lambda p: [
            InsertStatements(p.at("def"), "first", "self._lock = asyncio.Lock()"),
            InsertStatements(p.at("def"), "first", "self._other = asyncio.Lock()"),
        ],
    ),
    (
        "first in a constructor with a blank line behind its docstring",
        '''\
        class A:
            def __init__(self, n):
                """Make one."""

                self.n = n
        ''',
        lambda p: [InsertStatements(p.at("def"), "first", "self._lock = asyncio.Lock()")],
    ),
    (
        "last in a constructor",
        """\
        class A:
            def __init__(self, n):
                if n:
                    self.n = n
                # done

            def f(self): ...
        """,
        lambda p: [InsertStatements(p.at("def"), "last", "self._lock = asyncio.Lock()")],
    ),
    (
        "a constructor before the methods of a class with a docstring",
        '''\
        class A:
            """An A."""

            # fine
            def f(self):
                ...
        ''',
        lambda p: [InsertStatements(p.at("class"), "first", INIT)],
    ),
    (
        "a constructor in a class that begins with a method",
        """\
        class A:
            @deco
            def f(self):
                ...
        """,
        lambda p: [InsertStatements(p.at("class"), "first", INIT)],
    ),
    (
        "a method behind the fields",
        """\
        class A:
            x = 1
            y = 2
            # end
        """,
        lambda p: [InsertStatements(p.at("class"), "last", INIT)],
    ),
    (
        "a class on one line",
        """\
        class A: pass
        a = A()
        """,
        lambda p: [InsertStatements(p.at("class"), "last", INIT)],
    ),
    (
        "a field behind the last field of a dataclass with tabs and CRLF",
        "@dataclass\r\nclass A:\r\n\tx: int = 0  # x\r\n\r\n\tdef f(self): ...\r\n",
        lambda p: [
            InsertStatements(p.at("x"), "after", "_lock: asyncio.Lock = field(\n    default_factory=asyncio.Lock)")
        ],
    ),
    (
        "a definition between definitions of a module gets the blank lines that are usual there",
        """\
        import os


        def f():
            pass


        # about g
        def g():
            pass
        """,
        lambda p: [InsertStatements(p.at("def g"), "before", 'def h():\n    """Doc.\n\n    More.\n    """')],
    ),
    (
        "a definition behind the last line without a final newline",
        "x = 1",
        lambda p: [InsertStatements(p.at("x"), "after", "def h():\n    pass")],
    ),
    (
        "a lock of the module behind its imports",
        '''\
        """Doc."""

        from __future__ import annotations

        import os
        try:
            import fast
        except ImportError:
            import slow


        # the balance
        balance = 1000


        def f(): ...
        ''',
        lambda p: [InsertStatements((), "first", "_lock = asyncio.Lock()")],
    ),
    (
        "a lock of a module whose next statement is a definition",
        """\
        import os


        def f(): ...
        """,
        lambda p: [InsertStatements((), "first", "_lock = asyncio.Lock()")],
    ),
    (
        "a lock of a module whose next statement is another assignment",
        """\
        import os

        balance = 1000
        """,
        lambda p: [InsertStatements((), "first", "_lock = asyncio.Lock()")],
    ),
    (
        "first in a module without imports",
        """\
        # Licence: none

        balance = 1000
        """,
        lambda p: [InsertStatements((), "first", "_lock = asyncio.Lock()")],
    ),
    (
        "last in a module",
        """\
        balance = 1000
        # end
        """,
        lambda p: [InsertStatements((), "last", "_lock = asyncio.Lock()", 1)],
    ),
    (
        "before a statement is below the comments about it",
        """\
        async def f(self):
            begin()

            # add the price
            self.total += await price(item)
        """,
        lambda p: [
            InsertStatements(p.at("self.total"), "before", "value = await price(item)"),
            p.replacing("self.total", "await price(item)", "value"),
        ],
    ),
    (
        "after a statement, with a blank line, in the order of the plan",
        """\
        async def f(self):
            a()
            b()
        """,
        lambda p: [
            InsertStatements(p.at("a()"), "after", "one()", 1),
            InsertStatements(p.at("a()"), "after", "if x:\n    two()"),
        ],
    ),
    (
        "before an elif",
        """\
        async def f(self):
            if x: a()
            elif y: b()
        """,
        lambda p: [InsertStatements(p.at("elif"), "before", "one()")],
    ),
    (
        "replaced by several statements, comments above and beside kept",
        """\
        async def f(self):
            # send
            await sink.write(self._buf)  # noqa: X
            self._buf = []
        """,
        lambda p: [
            ReplaceStatement(p.at("await"), "batch, self._buf = self._buf, []\nawait sink.write(batch)"),
            DeleteStatement(p.at("self._buf")),
        ],
    ),
    (
        "replaced by a compound statement",
        """\
        async def f(self):
            self.ws = None  # free
            return
        """,
        lambda p: [ReplaceStatement(p.at("self.ws"), "if self.ws is ws:\n    self.ws = None")],
    ),
    (
        "a compound statement replaced by a simple one",
        """\
        async def f(self):
            # why
            if x:
                a()
                # end of if
            b()
        """,
        lambda p: [ReplaceStatement(p.at("if"), "a()")],
    ),
    (
        "deleted statements leave what is above them and one blank line",
        """\
        async def f(self):
            a()

            # about n
            n = self.n  # n

            b(); c(); d()  # d
        """,
        lambda p: [DeleteStatement(p.at("n =")), DeleteStatement(p.at("d()"))],
    ),
    (
        "a deleted body becomes pass",
        """\
        async def f(self):
            if x:
                a()
            else: b()
        """,
        lambda p: [DeleteStatement(p.at("a()")), DeleteStatement(p.at("b()"))],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_insert(case: Case, snapshot: SnapshotAssertion) -> None:
    text = dedent(case[1])
    assert difference(text, execute(text, plan_of(text, case[2]))) == snapshot
