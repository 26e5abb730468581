"""Statements under a new header: indentation, comments, strings, continuation lines, suites of every kind."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from awaitomic.model.plan import (
    DeleteStatement,
    InsertStatements,
    MoveStatement,
    ReplaceStatement,
    UnwrapStatement,
    WrapStatements,
)
from awaitomic.patching.execute import execute
from patching.plans import Case, difference, plan_of

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

LOCK = "async with self._lock"

CASES: list[Case] = [
    (
        "comments above go inside, blank lines stay above the header, the rest of the block below",
        """\
        async def f(self):
            begin()

            # about the span

            # what we have
            n = self.n  # noqa: X

            # between
            await g()  # type: ignore[y]
            self.n = n + 1
            # after

            end()
        """,
        lambda p: [WrapStatements(p.at("n ="), 3, LOCK)],
    ),
    (
        "comments at the end of the block stay where they were",
        """\
        class A:
            async def f(self):
                self.n = await g()
                # end of f

            # before h
            def h(self): ...
        """,
        lambda p: [WrapStatements(p.at("self.n"), 1, LOCK)],
    ),
    (
        "comments that stand further left stay there",
        """\
        async def f(self):
            n = self.n
        #   await old()
          # odd
            self.n = await g(n)
        """,
        lambda p: [WrapStatements(p.at("n ="), 2, LOCK)],
    ),
    (
        "strings over several lines keep their lines, brackets and backslashes are indented",
        '''\
        async def f(self):
            n = (
                self.n,

                # comment
                2,
            )
            s = """a
            b

            {c}
            """
            t = f"""{
                self.n
            }"""
            u = self.n + \\
                2
            self.n = await g(n,
                             s)
        ''',
        lambda p: [WrapStatements(p.at("n ="), 5, LOCK)],
    ),
    (
        "tabs stay tabs",
        "async def f(self):\n\tif x:\n\t\tawait g(\n\t\t\t1)\n\t# end\n",
        lambda p: [WrapStatements(p.at("if x"), 1, LOCK)],
    ),
    (
        "a block with another indentation than the module's is continued in its own",
        "def g():\n    pass\n\n\nasync def f(self):\n  if x:\n    await g()\n",
        lambda p: [WrapStatements(p.at("await"), 1, LOCK)],
    ),
    (
        "new lines have the line end of their neighbours",
        "import os\nasync def f(self):\r\n    await g()\r\n    await h()\r\n",
        lambda p: [WrapStatements(p.at("await g"), 2, LOCK)],
    ),
    (
        "a suite on one line, with its comment, in every kind of block",
        """\
        async def f(self):
            try: await a()  # a
            except* E: await b()
            else: await c()
            finally: await d()
            match x:
                case 1: await e()
            for y in z: await g()
            else: await h()
            with w: i(); await j()
            while v: await k()
        """,
        lambda p: [WrapStatements(p.at(f"await {name}"), 1, LOCK) for name in "abcdeghjk"],
    ),
    (
        "a branch of elif becomes an else with the if inside",
        """\
        async def f(self):
            if x:
                pass
            # or
            elif y:  # y
                await g()
            else:
                await h()
        """,
        lambda p: [WrapStatements(p.at("elif"), 1, LOCK)],
    ),
    (
        "what is written over several lines in one-line suites and in elif",
        """\
        async def f(self):
            if x: n = await g(
                1) + \\
                2
            elif (
                y
            ): s = f'''{
                self.n = }'''
        """,
        lambda p: [WrapStatements(p.at("n ="), 1, LOCK), InsertStatements(p.at("elif"), "before", "begin()")],
    ),
    (
        "the body of an elif leaves the elif alone",
        """\
        async def f(self):
            if x:
                pass
            # or
            elif y: await g()
            elif z:
                await h()
        """,
        lambda p: [WrapStatements(p.at("await g"), 1, LOCK), WrapStatements(p.at("await h"), 1, LOCK)],
    ),
    (
        "one of several statements on a line",
        """\
        async def f(self):
            a(); await g(); b()  # all
        """,
        lambda p: [WrapStatements(p.at("await"), 1, LOCK)],
    ),
    (
        "nested runs are wrapped from the inside, equal runs in the order of the plan",
        """\
        async def f(self):
            a()
            await g()
            b()
        """,
        lambda p: [
            WrapStatements(p.at("await"), 1, "async with inner"),
            WrapStatements(p.at("a()"), 3, "async with first"),
            WrapStatements(p.at("a()"), 3, "async with second"),
        ],
    ),
    (
        "statements of the module, functions and classes too",
        """\
        # file


        x = f(

            1)


        @decorated
        def g():

            '''Doc.

            More.
            '''
        """,
        lambda p: [WrapStatements(p.at("x ="), 2, "if ready")],
    ),
    (
        "moves within the run stay inside, insertions at its ends stay outside",
        """\
        async def f(self):
            n = self.n
            await g()
            self.n = n + 1
        """,
        lambda p: [
            WrapStatements(p.at("n ="), 3, LOCK),
            MoveStatement(p.at("n ="), p.at("await")),
            InsertStatements(p.at("await"), "before", "before()"),
            InsertStatements(p.at("self.n ="), "after", "after()"),
            p.replacing("self.n =", "n + 1", "n + 2"),
        ],
    ),
    (
        "replaced and deleted statements at the ends of the run",
        """\
        async def f(self):
            # gone
            a()
            # kept
            n = self.n  # beside
            await g(n)
        """,
        lambda p: [
            WrapStatements(p.at("a()"), 3, LOCK),
            DeleteStatement(p.at("a()")),
            ReplaceStatement(p.at("await"), "if n:\n    await g(n)\nawait h()"),
        ],
    ),
    (
        "taking a header away",
        """\
        async def f(self):
            a()

            # take it
            async with self._lock:  # our lock
                # first
                n = self.n + \\
                    1

                await g(n,
                        '''
                text''')
                # last
            b()
        """,
        lambda p: [UnwrapStatement(p.at("async with"))],
    ),
    (
        "taking a header away where it was the whole block",
        """\
        async def f(self):
            async with self._lock:  # noqa: Z
                await g()
                # last
        """,
        lambda p: [UnwrapStatement(p.at("async with"))],
    ),
    (
        "the lines of a long with, of an f-string with its own quotes, of a walrus and of a lambda",
        """\
        async def f(self):
            while (n := await g(
                f"{d["a"]}" if False else '',
            )):
                async with (
                    a as b,
                    c,
                ):
                    h = lambda: (
                        n)
        """.replace('{d["a"]}', "{d['a']}"),
        lambda p: [WrapStatements(p.at("while"), 1, LOCK)],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_wrap(case: Case, snapshot: SnapshotAssertion) -> None:
    text = dedent(case[1])
    assert difference(text, execute(text, plan_of(text, case[2]))) == snapshot


def test_an_expression_that_prints_its_own_text_is_not_indented() -> None:
    text = 'async def f(self):\n    s = f"""{\n    self.n = }"""\n    await g(s)\n'
    expected = 'async def f(self):\n    with a:\n        s = f"""{\n    self.n = }"""\n        await g(s)\n'
    assert execute(text, plan_of(text, lambda p: [WrapStatements(p.at("s ="), 2, "with a")])) == expected


def test_but_the_parentheses_around_one_are_indented() -> None:
    text = 'async def f(self):\n    s = (\n        f"""{\n    self.n = }"""\n    )\n    await g(s)\n'
    expected = (
        'async def f(self):\n    with a:\n        s = (\n            f"""{\n    self.n = }"""\n        )\n'
        "        await g(s)\n"
    )
    assert execute(text, plan_of(text, lambda p: [WrapStatements(p.at("s ="), 2, "with a")])) == expected


def test_nor_is_one_in_the_case_of_a_match_which_indents_its_cases_itself() -> None:
    text = 'match a:\n  case 1:\n    s = f"""{\n      x = }"""\n'
    expected = 'if b:\n  match a:\n    case 1:\n      s = f"""{\n      x = }"""\n'
    assert execute(text, plan_of(text, lambda p: [WrapStatements(p.at("match"), 1, "if b")])) == expected


def test_nor_is_one_that_is_wrapped_inside_a_case() -> None:
    text = 'match a:\n  case 1:\n    s = f"""{\n      x = }"""\n'
    expected = 'match a:\n  case 1:\n    if b:\n      s = f"""{\n      x = }"""\n'
    assert execute(text, plan_of(text, lambda p: [WrapStatements(p.at("s ="), 1, "if b")])) == expected


def test_the_inside_of_a_string_stays_when_the_last_of_several_elifs_is_indented() -> None:
    chain = 'if a:\n    b\nelif c:\n    d\n{elif_}e:\n{i}    s = f"""{{\n  x = }}"""\n'
    text = chain.format(elif_="elif ", i="")
    expected = chain.format(elif_="else:\n    with q:\n        if ", i="        ")
    assert execute(text, plan_of(text, lambda p: [WrapStatements(p.at("elif e"), 1, "with q")])) == expected
