"""Where a lock is refused: it would hang, protect nothing, or serve nobody; each with its code and what it names."""

from __future__ import annotations

import pytest

from awaitomic.remedies.lock import REMEDY
from remedies.carried_out import refusal
from remedies.programs import ENSURE, LOOP, SHORT, WRITERS

SENDER = """
import asyncio

class Sender:
    def __init__(self, wire):
        self.turn = asyncio.Lock()
        self.answers = asyncio.Queue()
        self.tries = 0
        self.wire = wire

    async def send(self, text):
        async with self.turn:
            self.tries = 3
            self.wire.write(text)
            self.tries += 1
            return await self.answers.get()

    async def end(self):
        async with self.turn:
            self.tries = 0

    async def on_refused(self):
        {first}
        tries = self.tries
        await asyncio.sleep(tries)
        self.tries = tries - 1
        {last}

async def main(wires):
    sender = Sender(wires)
    await asyncio.gather(*(sender.send(text) for text in "abc"), *(sender.on_refused() for _ in "abc"))
"""

REFUSED = {
    "a handler that asks whether the lock is held": (
        "AWA101",
        "waits-for-holder",
        "`Sender.on_refused` asks on line 23 whether the lock is held",
        SENDER.format(first="if not self.turn.locked():\n            return", last="pass"),
    ),
    "a handler that ends the wait of who holds the lock": (
        "AWA101",
        "waits-for-holder",
        "line 16 waits for `self.answers` with the lock held",
        SENDER.format(first="pass", last="self.answers.put_nowait(None)"),
    ),
    "a plain function that adds can lose and be lost": (
        "AWA101",
        "sync-writer",
        "line 18",
        WRITERS + "\n    def add_now(self, amount):\n        self.total += amount\n",
    ),
    "a plain helper that a plain public function calls": (
        "AWA101",
        "sync-writer",
        "`Bank.add_now`",
        WRITERS
        + "\n    def add_now(self, amount):\n        self._add(amount)\n"
        + "\n    def _add(self, amount):\n        self.total += amount\n",
    ),
    "a caller that relies on the writer never giving way": (
        "AWA101",
        "new-suspension",
        "`Bank.use`",
        WRITERS.replace("        await asyncio.sleep(0)\n        self.total = amount", "        self.total = amount")
        + "\n    async def use(self):\n        n = self.n\n        await self.set(1)\n        self.n = n + 1\n",
    ),
    "a generator that yields between read and write": (
        "AWA101",
        "yield-inside",
        "line 10",
        WRITERS.replace(
            "await asyncio.sleep(0)\n        self.total = total", "yield total\n        self.total = total"
        ),
    ),
    "a loop that waits until somebody else has changed the state": (
        "AWA101",
        "waits-for-holder",
        "the loop on line 18 of `Bank.emptied` waits until somebody else",
        WRITERS
        + "\n    async def emptied(self):\n        while self.total:\n            await asyncio.sleep(0)\n"
        + "        self.total = 1\n",
    ),
    "room in a queue that only a taker of the lock makes": (
        "AWA101",
        "waits-for-holder",
        "waits for `self.sent`, which only `Bench.take`",
        """
import asyncio

class Bench:
    def __init__(self):
        self.count = 0
        self.sent = asyncio.Queue(1)

    async def take(self):
        count = self.count
        await asyncio.sleep(0)
        self.sent.get_nowait()
        self.count = count - 1

    async def give(self, thing):
        count = self.count
        await self.sent.put(thing)
        self.count = count + 1

bench = Bench()
""",
    ),
    "a wait that only a taker of the lock can end": (
        "AWA102",
        "waits-for-holder",
        "`Source.give`",
        """
import asyncio

class Source:
    def __init__(self):
        self.ready = asyncio.Event()
        self.item = None

    async def get(self):
        if self.item is None:
            await self.ready.wait()
            self.item = await self.make()

    async def make(self):
        await asyncio.sleep(0)

    async def give(self, item):
        self.item = item
        self.ready.set()
""",
    ),
    "a recursion through an override that cannot be split": (
        "AWA102",
        "self-deadlock",
        "overridden",
        ENSURE
        + "\nclass Sub(Client):\n    async def connect(self, timeout, *, retry=False):\n"
        + "        await super().connect(1)\n",
    ),
    "a shielded call of a sibling that would take the lock": (
        "AWA102",
        "outlives-lock",
        "`Client.connect`",
        ENSURE.replace("await self.connect(3)", "await asyncio.shield(self.connect(3))"),
    ),
    "a gathered call of a sibling that would take the lock": (
        "AWA102",
        "runs-beside",
        "`Client.connect`",
        ENSURE.replace("await self.connect(3)", "await asyncio.gather(self.connect(3), asyncio.sleep(1))"),
    ),
    "a future that somebody else completes": (
        "AWA102",
        "waits-for-holder",
        "line 15",
        SHORT.replace("        await asyncio.sleep(1)\n", "        made = asyncio.Future()\n        await made\n"),
    ),
    "a class that is a lock itself": (
        "AWA102",
        "is-a-lock",
        "`Client`",
        SHORT + "\n    async def acquire(self):\n        pass\n\n    def release(self):\n        pass\n",
    ),
    "another writer's loop that waits for others in each turn": (
        "AWA101",
        "long-loop",
        "line 16",
        WRITERS.replace("        self.total = amount", LOOP.format(test="amount", wait="fetch()")),
    ),
    "another writer's loop over what others send": (
        "AWA101",
        "long-loop",
        "line 16",
        WRITERS.replace(
            "        self.total = amount",
            LOOP.format(test="x", wait="fetch()").replace("while x", "async for _ in amount"),
        ),
    ),
    "another writer's loop that never ends": (
        "AWA101",
        "endless-loop",
        "line 16",
        WRITERS.replace("        self.total = amount", LOOP.format(test="True", wait="asyncio.sleep(0)")),
    ),
    "two libraries of event loops": (
        "AWA102",
        "foreign-loop",
        "trio",
        "import trio\n" + SHORT.replace("asyncio.sleep(1)\n", "asyncio.sleep(1)\n        await trio.sleep(1)\n"),
    ),
    "an event loop whose locks are not known": (
        "AWA102",
        "foreign-loop",
        "curio",
        SHORT.replace("asyncio", "curio"),
    ),
    "state of an object that a parameter brings in": (
        "AWA101",
        "foreign-state",
        "account.balance",
        """
import asyncio

async def add(account, amount):
    balance = account.balance
    await asyncio.sleep(0)
    account.balance = balance + amount
""",
    ),
    "a throttle that would let in one task only": (
        "AWA102",
        "serialises",
        "several",
        SHORT.replace(
            "self._pool = None\n\n", "self._pool = None\n        self.gate = asyncio.Semaphore(5)\n\n"
        ).replace(
            "            self._pool = await self._connect()\n",
            "            async with self.gate:\n                self._pool = await self._connect()\n",
        ),
    ),
    "a lock order that another method takes the other way round": (
        "AWA101",
        "lock-order",
        "holders wait",
        """
import asyncio

class Bank:
    def __init__(self):
        self.a_lock = asyncio.Lock()
        self.b_lock = asyncio.Lock()
        self.a = 0

    async def one(self):
        async with self.a_lock:
            self.a = 1
            async with self.b_lock:
                await asyncio.sleep(0)

    async def two(self):
        async with self.b_lock:
            await self.bump()

    async def bump(self):
        a = self.a
        await asyncio.sleep(0)
        self.a = a + 1
""",
    ),
    "a span that takes the lock of a key": (
        "AWA102",
        "locked-by-key",
        "`Rooms.enter` has the lock `self._locks[name]` of one key on line 14",
        """
import asyncio
import collections

class Rooms:
    def __init__(self):
        self._rooms = {}
        self._locks = collections.defaultdict(asyncio.Lock)

    async def enter(self, name):
        try:
            room = self._rooms.get(name)
            if room is None:
                async with self._locks[name]:
                    room = await self.open(name)
                self._rooms[name] = room
        except OSError:
            self._rooms.pop(name, None)

    async def open(self, name):
        await asyncio.sleep(1)
        return object()

async def main(rooms: Rooms):
    await asyncio.gather(*(rooms.enter(name) for name in "abc"))
""",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_is(name: str) -> None:
    rule, code, words, text = REFUSED[name]
    found = refusal(REMEDY, rule, text)
    assert (found.code, words in found.message) == (code, True), found


def test_no_lock_is_put_around_what_gives_back_a_lock_that_it_has_not_taken() -> None:
    text = WRITERS.replace(
        "        total = self.total\n", "        self.turn.acquire()\n        total = self.total\n", 1
    )
    text = text.replace("        self.total = total", "        self.turn.release()\n        self.total = total", 1)
    text = text.replace("self.total = 0", "self.total = 0\n        self.turn = asyncio.Lock()", 1)
    assert "self.turn.acquire()" in text
    assert refusal(REMEDY, "AWA101", text).code == "explicit-acquire"
