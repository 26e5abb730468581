"""A class with containers of all kinds, which its methods change, and one method that goes over them."""

from __future__ import annotations

PROGRAM = """\
import asyncio
import collections
import itertools
import weakref

class Hall:
    def __init__(self):
        self.seats = {{}}
        self.guests = []
        self.queue = []
        self.members = set()
        self.joined = set()
        self.filled = {{}}
        self.topics = collections.defaultdict(set)
        self.calls = collections.deque()
        self.counts = collections.Counter()
        self.ordered = collections.OrderedDict()
        self.weak = weakref.WeakSet()
        self.once = {{}}

    async def change(self, key):
        self.seats.pop(key, None)
        self.guests.remove(key)
        self.queue.remove(key)
        self.members.discard(key)
        self.joined.add(key)
        self.topics[key].discard(key)
        self.calls.append(key)
        self.counts.pop(key)
        self.ordered.move_to_end(key)
        self.weak.discard(key)
        self.once.setdefault(key, 1)

    async def fill(self, key):
        self.filled[key] = key

    async def enlist(self, key):
        self.guests.append(key)

    async def drop(self, key):
        self.seats.pop(key, None)

    async def f(self, key):
{body}
"""
LEFT = "a member that has left meanwhile is still visited"
"""Why a copy cannot be trusted, mostly."""


def program(body: str) -> str:
    return PROGRAM.format(body="\n".join(" " * 8 + line if line else line for line in body.split("\n")))
