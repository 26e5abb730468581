"""A lock that is given back now lets the next one in: on work that is half done, if who was cancelled had begun any."""

from __future__ import annotations

import textwrap

import pytest

from awaitomic.remedies.managed import propose
from remedies.outcome import Outcome, outcome

DOOR = """\
import asyncio
import logging

import db

log = logging.getLogger(__name__)


class Door:
    def __init__(self, device, tx):
        self.lock = asyncio.Lock()
        self.other = asyncio.Lock()
        self.opened = asyncio.Event()
        self.answers = asyncio.Queue()
        self.device = device
        self.tx = tx
        self.count = 0
        self.rows = {{}}

    async def pause(self):
        await asyncio.sleep(0)

    async def changes_last(self):
        await asyncio.sleep(0)
        self.count += 1

    async def changes_first(self):
        self.count += 1
        await asyncio.sleep(0)

    async def sends(self, what):
        self.tx.put_nowait(what)
        await self.pause()

    def note(self):
        self.count += 1

    def look(self):
        return self.count

    async def f(self, key, done):
{body}


async def main(door: Door):
    await asyncio.gather(door.f(1, 2), door.f(1, 2))
"""

HALF = {
    "a request and its answer": (
        "self.tx.put_nowait(key)\nwhile True:\n    if self.device.has_answer():\n        break\n"
        "    await asyncio.sleep(0.1)",
        "who is cancelled on line 47, behind line 43,",
    ),
    "a change": ("self.count -= 1\nawait asyncio.sleep(1)\nself.count += 1", "on line 44, behind line 43,"),
    "an entry": ("self.rows[key] = None\nawait self.pause()", "on line 44, behind line 43,"),
    "a change by a helper": ("self.note()\nawait self.pause()", "on line 44, behind line 43,"),
    "a change of the turn before": (
        "for row in key:\n    await self.pause()\n    self.count += 1",
        "on line 44, behind line 45,",
    ),
    "what is not known": ("await self.device.open()", "on line 43 "),
    "what is not known in time": ("await asyncio.wait_for(self.device.open(), 1)", "on line 43 "),
    "another file": ("await db.store(key)", "on line 43 "),
    "what is handed in": ("await done(key)", "on line 43 "),
    "a callee that changes first": ("await self.changes_first()", "on line 43 "),
    "a callee that changes last": ("await self.changes_last()\nawait self.pause()", "on line 44, behind line 43,"),
    "a callee that sends": ("await self.sends(key)", "on line 43 "),
    "a session": ("async with self.device.open():\n    pass", "on line 43 "),
    "a task": ("asyncio.create_task(self.pause())\nawait self.pause()", "on line 44, behind line 43,"),
    "what was taken out": ("key = await self.answers.get()\nawait self.pause()", "on line 44, behind line 43,"),
    "a plain call": ("self.device.start()\nawait self.pause()", "on line 44, behind line 43,"),
}

WHOLE = {
    "a wait": "await asyncio.sleep(1)",
    "a helper that waits": "await self.pause()",
    "a change behind the wait": "await self.pause()\nself.count += 1",
    "a callee that changes last": "await self.changes_last()",
    "a test": "if self.look():\n    return\nawait self.pause()",
    "a look": "self.device.is_open()\nlen(self.rows)\nself.rows.get(key)\nawait self.pause()",
    "a log": "log.info('here')\nprint(key)\nawait self.pause()",
    "what is its own": "own = []\nown.append(key)\nawait self.pause()",
    "an event": "await self.opened.wait()",
    "a queue": "await self.answers.get()",
    "another lock": "async with self.other:\n    await self.pause()",
    "a change after which the lock is given back anyway": (
        "await self.pause()\ntry:\n    self.count += 1\n    await self.device.open()\nfinally:\n    self.lock.release()"
    ),
}


def made_of(body: str) -> Outcome:
    return outcome(propose, "AWA206", DOOR.format(body=textwrap.indent(body, " " * 8)))


def proposed(body: str) -> Outcome:
    ends = "" if "release" in body else "\nself.lock.release()"
    return made_of(f"await self.lock.acquire()\n{body}{ends}")


@pytest.mark.parametrize("name", HALF)
def test_unsafe_with(name: str) -> None:
    body, where = HALF[name]
    found = proposed(body)
    assert found.verdict == "unsafe"
    (because,) = found.because
    assert because.startswith("who is cancelled ")
    assert where in because
    assert because.endswith("lets the next one in, on work that is half done, where before all waited for ever")


@pytest.mark.parametrize("name", WHOLE)
def test_safe_with(name: str) -> None:
    assert proposed(WHOLE[name]).verdict == "safe"


def test_safe_where_the_lock_was_given_back_before() -> None:
    body = "await self.lock.acquire()\n    self.tx.put(key)\n    await self.device.open()"
    assert made_of(f"try:\n    {body}\nfinally:\n    self.lock.release()").verdict == "safe"
