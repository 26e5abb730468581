"""Functions and methods with a lost update, around the lines that decide how it is hoisted."""

from __future__ import annotations

PRELUDE = """\
import asyncio
from collections import Counter, defaultdict

balance = 1000
counts = {}
hits = Counter()
seen = defaultdict(int)

async def check(amount): await asyncio.sleep(0)
async def size(key): await asyncio.sleep(0)
async def price(item): await asyncio.sleep(0)
async def fetch_price(item): await asyncio.sleep(0)
def announce(): print("now")

"""

SINK = """\
async def credit(amount):
    global balance
{body}
"""

METHOD = """\
class Till:
    def __init__(self, scales):
        self.total = 0
        self.token = None
        self.scales = scales
        self.prices = {{}}

    async def add(self, item, flag):
{body}
"""


def _indented(body: str, margin: int) -> str:
    return "\n".join(" " * margin + line if line else line for line in body.strip("\n").split("\n"))


def in_function(body: str) -> str:
    return PRELUDE + SINK.format(body=_indented(body, 4))


def in_method(body: str) -> str:
    return PRELUDE + METHOD.format(body=_indented(body, 8))
