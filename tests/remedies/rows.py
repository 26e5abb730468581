"""A class with containers of several kinds, one of which a method fills over an await."""

from __future__ import annotations

from awaitomic.remedies import setdefault

from .outcome import outcome

PROGRAM = """\
import asyncio
import collections
import weakref

class Rows:
    def __init__(self, given):
        self.rows = {{}}
        self.lru = collections.OrderedDict()
        self.made = collections.defaultdict(list)
        self.weak = weakref.WeakValueDictionary()
        self.cache = {{}}
        self.clients = {{}}
        self.given = given
        self.count = 0
        self.key = None
        self.locks = {{}}

    async def get(self, key, other=None):
{body}
{more}"""

FILL = "if key not in self.rows:\n    self.rows[key] = await load(key)\nreturn self.rows[key]"


def _indented(body: str) -> str:
    return "\n".join(" " * 8 + line if line else line for line in body.strip("\n").split("\n"))


def program(body: str, more: str = "") -> str:
    return PROGRAM.format(body=_indented(body), more=more)


def asked(body: str, more: str = "") -> tuple[str, tuple[str, ...]]:
    found = outcome(setdefault.propose, "AWA102", program(body, more))
    return found.verdict, found.because
