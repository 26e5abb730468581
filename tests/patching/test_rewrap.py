"""What gets too wide because it moves to the right is wrapped as its file wraps; nothing else is."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

import pytest

from awaitomic.patching.rewrap import rewrap

HANGING = "\n\nf(\n    a,\n    b,\n)\n"
NO_COMMAS = "\n\nf(\n    a,\n    b\n)\n"
ALIGNED = "\n\nf(a,\n  b)\n"

WRAPPED = {
    "a call": (
        "self.ready = await self.connection.open(host, port)",
        "self.ready = await self.connection.open(\n    host, port\n)",
    ),
    "each argument for itself": (
        "op(self.connection_to_host, self.port + 1234)",
        "op(\n    self.connection_to_host,\n    self.port + 1234,\n)",
    ),
    "what a comma keeps apart": (
        "self.ready = await op(self.connection, self.port,)",
        "self.ready = await op(\n    self.connection,\n    self.port,\n)",
    ),
    "a condition": (
        "if self.ready and self.connection is not None and a:\n    pass",
        "if (\n    self.ready\n    and self.connection is not None\n    and a\n):\n    pass",
    ),
    "alternatives": (
        "if self.ready and self.connection is None or self.broken:\n    pass",
        "if (\n    self.ready and self.connection is None\n    or self.broken\n):\n    pass",
    ),
    "a list": (
        "self.rows = [row.name for row in self.rows if row.name]",
        "self.rows = [\n    row.name for row in self.rows if row.name\n]",
    ),
    "a comprehension of pairs": (
        "a=[name for name, row in list(self.rows.items()) if name != 'x']",
        "a=[\n    name\n    for name, row in list(self.rows.items())\n    if name != 'x'\n]",
    ),
    "a choice in a comprehension": (
        "a=[row if row.name else None async for row in list(self.rows)]",
        "a=[\n    row if row.name else None\n    async for row in list(self.rows)\n]",
    ),
    "one in another": (
        "self.rows.update({'name': self.name, 'sum': sum(self.values)})",
        "self.rows.update(\n    {'name': self.name, 'sum': sum(self.values)}\n)",
    ),
    "a generator": (
        "self.total = sum(row.value_of_it_all for row in self.rows_of_it)",
        "self.total = sum(\n    row.value_of_it_all for row in self.rows_of_it\n)",
    ),
    "a part of a larger call": (
        "f(\n    self.connection.open(self.host_name, self.port_number),\n    1,\n)",
        "f(\n    self.connection.open(\n        self.host_name, self.port_number\n    ),\n    1,\n)",
    ),
    "a session": (
        "async with self.session.get(self.url, self.params) as r:\n    pass",
        "async with self.session.get(\n    self.url, self.params\n) as r:\n    pass",
    ),
}
STAYS = {
    "a string": "self.text = 'a long string with (brackets, and more) in it'",
    "a comment": "self.ready = await self.connection.open(host, port)  # now",
    "a key": "self.rows_by_the_name_of_their_owner[self.owner_of_it] = 1",
    "what has no brackets": "self.ready = self.connection_of_mine + self.other_of_mine",
    "a line that goes on": "self.ready = open(self.connection, self.port_nr) + \\\n    1",
    "a string over several lines": "f('''\n{'a' * 40}{open(self.connection, self.port)}\n''')",
    "parameters of a lambda": "f(lambda first, second_one: first + second_one, self.rows_of_all)",
    "no arguments": "self.connection_to_the_host = self.open_a_connection()",
}


def texts(body: str, more: str) -> tuple[str, str]:
    """Give a program, and what it is with a lock around its body."""
    old = "async def g():\n" + textwrap.indent(body, "    ") + more
    return old, "async def g():\n    async with lock:\n" + textwrap.indent(body, " " * 8) + more


def wrapped(body: str, more: str) -> str:
    old, new = texts(body, more)
    width = max(map(len, old.split("\n")))
    made = rewrap(old, new, width + 1)
    assert ast.dump(ast.parse(made)) == ast.dump(ast.parse(new))
    assert made.endswith(more)
    return textwrap.dedent(made.removesuffix(more).partition("lock:\n")[2])


@pytest.mark.parametrize("name", WRAPPED)
def test_wrapped_is(name: str) -> None:
    body, made = WRAPPED[name]
    assert wrapped(body, HANGING) == made


@pytest.mark.parametrize("name", STAYS)
def test_as_wide_as_it_is_stays(name: str) -> None:
    assert wrapped(STAYS[name], HANGING) == STAYS[name]


def test_a_file_without_last_commas_gets_none() -> None:
    body, made = WRAPPED["each argument for itself"]
    assert wrapped(body, NO_COMMAS) == made.replace("1234,", "1234")


def test_arguments_stand_below_each_other_where_they_do_so_elsewhere() -> None:
    body = "self.ready = await self.connection.open(host, port, 1)"
    assert wrapped(body, ALIGNED) == (
        "self.ready = await self.connection.open(host, port,\n                                        1)"
    )
    condition = WRAPPED["a condition"][0]
    assert wrapped(condition, ALIGNED) == condition


def test_what_was_too_wide_before_is_left_to_its_author() -> None:
    old, new = texts(WRAPPED["a call"][0], HANGING)
    assert rewrap(old, new, 40) == new


def test_line_ends_stay() -> None:
    old, new = (text.replace("\n", "\r\n") for text in texts(WRAPPED["a call"][0], HANGING))
    assert "open(\r\n            host, port\r\n        )\r\n" in rewrap(old, new, 58)


@pytest.mark.parametrize(
    "path", sorted(Path(__file__).parents[2].glob("src/awaitomic/p*/*.py"))[::9], ids=lambda p: p.name
)
def test_all_that_is_wrapped_means_the_same(path: Path) -> None:
    old = path.read_text(encoding="utf-8")
    new = "if True:\n" + textwrap.indent(old, "    ")
    made = rewrap(old, new, max(map(len, old.split("\n"))))
    assert ast.dump(ast.parse(made)) == ast.dump(ast.parse(new))
