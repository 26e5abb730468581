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


class Row:
    def __init__(self, key):
        self.key = key
        self.size = int(key)


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

    def checked(self, key):
        if key in self.rows:
            raise KeyError(key)
        return key

    def moves(self, key):
        self.count -= 1
        self.rows[key] = self.checked(key)

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
        "who is cancelled on line 62, behind line 58,",
    ),
    "a change": ("self.count -= 1\nawait asyncio.sleep(1)\nself.count += 1", "on line 59, behind line 58,"),
    "an entry": ("self.rows[key] = None\nawait self.pause()", "on line 59, behind line 58,"),
    "a change by a helper": ("self.note()\nawait self.pause()", "on line 59, behind line 58,"),
    "a change of the turn before": (
        "for row in key:\n    await self.pause()\n    self.count += 1",
        "on line 59, behind line 60,",
    ),
    "what is not known": ("await self.device.open()", "on line 58 "),
    "what is not known in time": ("await asyncio.wait_for(self.device.open(), 1)", "on line 58 "),
    "another file": ("await db.store(key)", "on line 58 "),
    "what is handed in": ("await done(key)", "on line 58 "),
    "a callee that changes first": ("await self.changes_first()", "on line 58 "),
    "a callee that changes last": ("await self.changes_last()\nawait self.pause()", "on line 59, behind line 58,"),
    "a callee that sends": ("await self.sends(key)", "on line 58 "),
    "a session": ("async with self.device.open():\n    pass", "on line 58 "),
    "a task": ("asyncio.create_task(self.pause())\nawait self.pause()", "on line 59, behind line 58,"),
    "what was taken out": ("key = await self.answers.get()\nawait self.pause()", "on line 59, behind line 58,"),
    "a plain call": ("self.device.start()\nawait self.pause()", "on line 59, behind line 58,"),
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


LEFT = {
    "a return between two changes": (
        "self.count += 1\nif key:\n    return\nself.rows[key] = done",
        "who returns on line {2}, behind line {0},",
    ),
    "a return between two changes, told by two tests": (
        "self.count += 1\nif key:\n    if done:\n        print()\n    return\nself.rows[key] = done",
        "who returns on line {4}, behind line {0},",
    ),
    "a return where the other way changes more": (
        "self.count += 1\nif not key:\n    self.rows[key] = done\nelse:\n    return",
        "who returns on line {4}, behind line {0},",
    ),
    "a return in a later turn": (
        "for row in key:\n    if row is None:\n        return\n    self.rows[row] = done",
        "who returns on line {2}, behind line {3},",
    ),
    "an error between two changes": (
        "self.count += 1\nif not key:\n    raise KeyError(key)\nself.rows[key] = done",
        "who raises an error on line {2}, behind line {0},",
    ),
    "an error that is handed on": (
        "try:\n    self.count += 1\n    self.rows[key] = int(done)\nexcept Exception:\n    raise",
        "who fails on line {2}, behind line {1},",
    ),
    "an error of another kind": (
        "self.count += 1\ntry:\n    done = done.get(key)\nexcept Exception:\n    raise KeyError(key)\n"
        "self.rows[key] = done",
        "who raises an error on line {4}, behind line {0},",
    ),
    "a call that fails": ("self.count += 1\nself.rows[key] = int(done)", "who fails on line {1}, behind line {0},"),
    "a test that fails": (
        "self.count += 1\nassert key\nself.rows[key] = done",
        "who fails on line {1}, behind line {0},",
    ),
    "a change that fails": ("self.count += 1\nself.device.start()", "who fails on line {1}, behind line {0},"),
    "a helper that fails": (
        "self.count += 1\nself.rows[key] = self.checked(key)",
        "who fails on line {1}, behind line {0},",
    ),
    "a helper that fails in between": ("self.moves(key)", "who fails on line {0} "),
}

LEFT_WHOLE = {
    "a return before the first change": "if key:\n    return\nself.count += 1\nself.rows[key] = done",
    "a return behind the last change": "self.count += 1\nself.rows[key] = done\nif key:\n    return\nprint(done)",
    "a return on a way of its own": "if key:\n    self.count -= 1\n    return\nself.count += 1",
    "an error before the first change": "if not key:\n    raise KeyError(key)\nself.count += 1\nself.rows[key] = done",
    "a call that fails before the first change": "done = int(done)\nself.count += 1\nself.rows[key] = done",
    "a call that fails behind the last change": "self.rows[key] = done\nself.count += 1\nint(done)",
    "one change": "self.count += int(key)",
    "a helper that does not fail": "self.count += 1\nself.note()\nself.rows[key] = done\nint(done)",
    "what is only made": "row = Row(key)\nself.checked(key)\nself.rows[key] = row",
    "what adds to what is there": "self.count += 1\nself.rows.setdefault(key, set()).add(done)\nint(done)",
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


@pytest.mark.parametrize("name", LEFT)
def test_unsafe_where_it_is_left_with(name: str) -> None:
    body, where = LEFT[name]
    found = proposed(body)
    assert found.verdict == "unsafe"
    (because,) = found.because
    first = DOOR[: DOOR.index("{body}")].count("\n") + 2
    assert because.startswith(where.format(*range(first, first + 9)))
    assert because.endswith("lets the next one in, on work that is half done, where before all waited for ever")


@pytest.mark.parametrize("name", LEFT_WHOLE)
def test_safe_where_it_is_left_with(name: str) -> None:
    assert proposed(LEFT_WHOLE[name]).verdict == "safe"


@pytest.mark.parametrize("name", WHOLE)
def test_safe_with(name: str) -> None:
    assert proposed(WHOLE[name]).verdict == "safe"


def test_safe_where_the_lock_was_given_back_before() -> None:
    body = "await self.lock.acquire()\n    self.tx.put(key)\n    await self.device.open()"
    assert made_of(f"try:\n    {body}\nfinally:\n    self.lock.release()").verdict == "safe"
