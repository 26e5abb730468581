"""Why there is no lock for each key, no table of locks is changed, and no copy is made; and whose names may change."""

from __future__ import annotations

from .case import Refused

BANK = """
import asyncio
from collections import defaultdict


class Bank:
    def __init__(self):
        self.rows = {}

    async def add(self, key, amount):
        row = self.rows.get(key, 0)
        await asyncio.sleep(1)
        self.rows[key] = row + amount

    async def open(self, key):
        if len(self.rows) < 1:
            await asyncio.sleep(1)
            self.rows[key] = 1

    async def forget(self):
        self.rows.clear()


bank = Bank()
"""
WHOLE = BANK.replace(BANK[BANK.index("    async def open") : BANK.index("    async def forget")], "")
SEVERAL = BANK.replace(BANK[BANK.index("    async def forget") : BANK.index("\nbank =")], "")
TABLE = """
import asyncio


class Bank:
    def __init__(self):
        self.locks = {{}}
        self.rows = {{}}

    async def add(self, key):
        async with self.locks.setdefault(key, asyncio.Lock()):
            row = self.rows.get(key, 0)
            await asyncio.sleep(1)
            self.rows[key] = row + 1
        self.locks.pop(key, None)

    async def other(self, key):
        {other}


bank = Bank()
"""
DESK = """
import asyncio


class Session:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.n = 0


class Desk:
    def __init__(self):
        self.a = asyncio.Lock()
        self.session = Session()
        self.sessions = [self.session]

    async def use(self):
        async with self.a, self.session.lock:
            session = self.session
            n = session.n
            await asyncio.sleep(1)
            session.n = n + 1

    async def renew(self):
        async with self.a:
            await asyncio.sleep(1)
            self.session = Session()
            self.sessions.append(self.session)

    async def bump(self):
        session = self.session
        async with session.lock:
            n = session.n
            await asyncio.sleep(1)
            session.n = n + 10

    async def back(self):
        async with self.session.lock:
            async with self.a:
                await asyncio.sleep(1)


desk = Desk()
"""
USE = "async with self.a, self.session.lock:"
ROOM = """
import asyncio

told = []


class Room:
    def __init__(self):
        self.guests = ["a", "b"]

    async def join(self, guest):
        self.guests.append(guest)

    async def leave(self, guest):
        self.guests.remove(guest)

    async def tell(self, guest):
        told.append(guest)
        await asyncio.sleep(1)

    async def call(self, other=()):
{body}

room = Room()
"""


def _by_key(rows: str, *spans: str) -> tuple[tuple[str, str], ...]:
    """Give a lock for each key, which is made behind the table, and held over spans."""
    made = (f"self.rows = {rows}\n", f"self.rows = {rows}\n        self.locks = defaultdict(asyncio.Lock)\n")
    held = (
        (span, "        async with self.locks[key]:\n" + "".join(f"    {line}\n" for line in span.split("\n")[:-1]))
        for span in spans
    )
    return (made, *held)


ADD = "        row = self.rows.get(key, 0)\n        await asyncio.sleep(1)\n        self.rows[key] = row + amount\n"
OPEN = "        if len(self.rows) < 1:\n            await asyncio.sleep(1)\n            self.rows[key] = 1\n"


def _room(body: str, *instead: tuple[str, str]) -> Refused:
    text = ROOM.format(body="".join(f"        {line}\n" for line in body.split("\n")))
    return Refused(
        text=text,
        tasks=("room.call()", "room.leave('a')"),
        state="room.guests, told",
        instead=instead,
        harm="alone" if instead else None,
    )


def _table(other: str) -> Refused:
    return Refused(
        text=TABLE.format(other=other),
        tasks=("bank.add('a')",),
        state="bank.rows",
    )


CASES = {
    "changes-itself": Refused(
        fixture="unstable_iteration/crawl.py",
        instead=(("in self.pages:\n            fetched", "in list(self.pages):\n            fetched"),),
        harm="alone",
    ),
    "held-iterator": _room(
        "guests = iter(self.guests)\nawait self.tell(next(guests))\nfor guest in guests:\n    await self.tell(guest)",
        ("for guest in guests:", "for guest in list(self.guests):"),
    ),
    "snapshot-shape": _room("for guest in self.guests or other:\n    await self.tell(guest)"),
    "names-change": Refused(
        text=DESK,
        tasks=("desk.use()", "desk.back()"),
        tasks_then=("desk.renew()", "desk.use()", "desk.bump()"),
        state="[session.n for session in desk.sessions]",
        instead=((USE, "async with self.session.lock, self.a:"),),
        harm="schedule",
    ),
    "whole-container": Refused(
        text=WHOLE.replace("self.rows = {}", "self.rows = dict(a=5)"),
        tasks=("bank.add('a', 1)", "bank.forget()"),
        state="bank.rows",
        only="lock",
        by_key=True,
        instead=_by_key("dict(a=5)", ADD),
        harm="schedule",
    ),
    "several-keys": Refused(
        text=SEVERAL,
        tasks=("bank.open('a')", "bank.open('b')"),
        state="bank.rows",
        only="lock",
        by_key=True,
        instead=_by_key("{}", ADD, OPEN),
        harm="schedule",
    ),
    "table-made": _table("self.locks = {}"),
    "table-used": Refused(fixture="private_lock/dropped_and_counted.py"),
    "lookup-form": _table("return self.locks[key].locked()"),
    "removal-form": Refused(fixture="traps/lock_dropped_by_another.py"),
}
