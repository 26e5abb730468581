"""Why no block holds a lock that is taken by hand: what would be done elsewhere, or how far it is needed."""

from __future__ import annotations

from .case import Refused

DOOR = """
import asyncio


class Door:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.notes = []

    async def io(self):
        await asyncio.sleep(1)

    def note(self):
        self.notes.append(self.lock.locked())

    async def pass_through(self):
{body}

door = Door()
"""


TURNS = """
import asyncio
from contextlib import asynccontextmanager


class Door:
    def __init__(self):
        self.lock = asyncio.Lock()

    async def acquire(self):
        return await self.lock.acquire()

    async def release(self):
        self.lock.release()

    @asynccontextmanager
    async def turn(self):
        if await self.acquire():
            yield
            await self.release()

    async def pass_through(self):
        async with self.turn():
            await asyncio.sleep(1)


door = Door()
"""


def _door(body: str, *instead: tuple[str, str], alone: bool = True) -> Refused:
    def indented(lines: str) -> str:
        return "".join(f"        {line}\n" for line in lines.split("\n"))

    return Refused(
        text=DOOR.format(body=indented(body)),
        tasks=("door.pass_through()",),
        state="door.notes",
        instead=tuple((indented(old), indented(new)) for old, new in instead),
        harm="alone" if instead else None,
        faults="cancel",
    )


CASES = {
    "several-releases": Refused(fixture="leaked_lock/released_in_handler.py"),
    "never-released": Refused(fixture="leaked_lock/never_given_back.py"),
    "released-elsewhere": Refused(fixture="leaked_lock/entering_fails.py"),
    "lock-changes": _door("await self.lock.acquire()\nawait self.io()\nlock = self.lock\nlock.release()"),
    "handlers-around-wait": _door(
        "try:\n    await self.lock.acquire()\n    await self.io()\nfinally:\n    self.lock.release()\n    self.note()",
        (
            "try:\n    await self.lock.acquire()\n    await self.io()\nfinally:\n"
            "    self.lock.release()\n    self.note()",
            "async with self.lock:\n    await self.io()\nself.note()",
        ),
    ),
    "work-after-release": _door(
        "await self.lock.acquire()\nawait self.io()\ntry:\n    await self.io()\nfinally:\n    self.lock.release()\n"
        "    self.note()",
        (
            "await self.lock.acquire()\nawait self.io()\ntry:\n    await self.io()\nfinally:\n    self.lock.release()\n"
            "    self.note()",
            "async with self.lock:\n    await self.io()\n    try:\n        await self.io()\n"
            "    finally:\n        self.note()",
        ),
    ),
    "unknown-lock": Refused(text=TURNS, tasks=("door.pass_through()",), faults="cancel"),
}
