"""Programs for the tests of single flight, and what that remedy makes of them."""

from __future__ import annotations

from awaitomic.remedies import single_flight

from .outcome import Outcome, outcome

PROGRAM = """\
import asyncio
import contextvars
import functools

from services import connect, load, log

user = contextvars.ContextVar("user")

class Store:
    def __init__(self, dsn):
        self._dsn = dsn
        self._pool = None
        self._rows = {{}}
        self._count = 0
        self._token = None
        self._lock = asyncio.Lock()

{body}

async def main():
    store = Store("dsn")
    await asyncio.gather(store.get(1), store.get(1))
"""


def _indented(body: str) -> str:
    return "\n".join(" " * 4 + line if line else line for line in body.strip("\n").split("\n"))


def program(body: str) -> str:
    return PROGRAM.format(body=_indented(body))


def asked(body: str) -> Outcome:
    return outcome(single_flight.propose, "AWA102", program(body))


def made(body: str) -> str:
    """Give the methods that are made of one, at the margin."""
    found = asked(body)
    assert found.verdict == "unsafe", found
    assert found.text is not None
    start = found.text.index("    async def get")
    end = found.text.index("\nasync def main")
    return "\n".join(line[4:] for line in found.text[start:end].strip("\n").split("\n")) + "\n"


ATTRIBUTE = (
    "async def get(self, x):\n    if self._pool is None:\n        self._pool = await {made}\n    return self._pool\n"
)
ENTRY = "async def get(self, key{more}):\n    if {test}:\n        {work}\n    return {given}\n"


def attribute(made: str = "connect(self._dsn)", more: str = "") -> str:
    return ATTRIBUTE.format(made=made) + more


def entry(
    more: str = "",
    test: str = "key not in self._rows",
    work: str = "self._rows[key] = await load(key)",
    given: str = "self._rows[key]",
) -> str:
    return ENTRY.format(more=more, test=test, work=work, given=given)


CLOSING = """
async def close(self):
    if self._pool is not None:
        await self._pool.close()
        self._pool = None
"""
