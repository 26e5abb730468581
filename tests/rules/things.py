"""A class with state of all kinds, of which one method is the few lines that decide."""

from __future__ import annotations

from awaitomic.rules import find
from program.reading import program_of

STATE = """
class Thing:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.locks = {{}}
        self.n = 0
        self.version = 0
        self.busy = False
        self.one = None
        self.table = {{}}
        self.rows = []
        self.members = set()
        self.changed = asyncio.Event()
        self.stats = {{"n": 0}}
        self.fut = asyncio.Future()
        self.queue = asyncio.Queue(5)

    def change(self, key):
        self.n, self.version, self.busy, self.one = key, key, key, key
        self.table[key] = key
        self.rows.append(key)
        self.changed.set()

    def is_open(self):
        return self.one is not None

    def close(self):
        self.one = None

    def put(self, value):
        self.n = value

    async def slow_put(self, value):
        await self.io(1)
        self.n = value

    async def slow(self):
        n = self.n
        await self.io(1)
        return n

    def pair(self):
        return self.n, self.version

    def feed(self, value):
        if not self.fut.done():
            self.fut.set_result(value)
        if not self.queue.full():
            self.queue.put_nowait(value)

    async def io(self, value):
        await asyncio.sleep(0)
        return value

    async def f(self, key):
        {body}
"""


def verdicts(*lines: str) -> set[str]:
    program = program_of(STATE.format(body="\n        ".join(lines)))
    return {finding.rule for finding in find(program) if finding.function == "Thing.f"}
