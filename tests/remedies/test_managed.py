"""Widen for locks that are taken by hand: what becomes an ``async with``, and every reason why not."""

from __future__ import annotations

import textwrap

import pytest

from awaitomic.remedies.managed import propose
from remedies.outcome import outcome

DOOR = """\
import asyncio


class Door:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.locks = {{}}

    async def io(self):
        await asyncio.sleep(0)

    async def f(self, key, other: asyncio.Lock):
{body}
"""


def door(body: str) -> str:
    return DOOR.format(body=textwrap.indent(textwrap.dedent(body).strip("\n"), " " * 8))


MADE = [
    (
        "in one block",
        """
        await self.lock.acquire()
        if key:
            return
        await self.io()
        self.lock.release()
        key()
        """,
        """
        async with self.lock:
            if key:
                return
            await self.io()
        key()
        """,
    ),
    (
        "comments and blank lines",
        """
        # one at a time
        await self.lock.acquire()  # take it

        # look
        await self.io()

        # done
        self.lock.release()  # give it back

        key()
        """,
        """
        # one at a time
        async with self.lock:  # take it
            # look
            await self.io()

        # done

        key()
        """,
    ),
    (
        "the release in a finally behind",
        """
        await self.lock.acquire()
        await self.io()
        try:
            await self.io()
        finally:
            # always
            self.lock.release()
        """,
        """
        async with self.lock:
            await self.io()
            await self.io()
            # always
        """,
    ),
    (
        "the last of what a finally does",
        """
        await self.lock.acquire()
        await self.io()
        try:
            await self.io()
        except ValueError:
            key()
        finally:
            key()
            self.lock.release()
        """,
        """
        async with self.lock:
            await self.io()
            try:
                await self.io()
            except ValueError:
                key()
            finally:
                key()
        """,
    ),
    (
        "handlers stay under the lock",
        """
        await self.lock.acquire()
        await self.io()
        try:
            await self.io()
        except ValueError:
            key()
        finally:
            self.lock.release()
        """,
        """
        async with self.lock:
            await self.io()
            try:
                await self.io()
            except ValueError:
                key()
        """,
    ),
    (
        "the acquire in the try",
        """
        try:
            key()
            await self.lock.acquire()
            await self.io()
        finally:
            self.lock.release()
        """,
        """
        key()
        async with self.lock:
            await self.io()
        """,
    ),
    (
        "a release that asks if the lock is held",
        """
        try:
            await self.lock.acquire()
            await self.io()
        finally:
            if self.lock.locked():
                self.lock.release()
        """,
        """
        async with self.lock:
            await self.io()
        """,
    ),
    (
        "in a loop, with strings of several lines",
        """
        while key:
            await other.acquire()
            if not key():
                break
            await self.io('''
        text''')
            other.release()
        """,
        """
        while key:
            async with other:
                if not key():
                    break
                await self.io('''
        text''')
        """,
    ),
]

REFUSED = [
    (
        "several-releases",
        """
        await self.lock.acquire()
        if key:
            self.lock.release()
            return
        await self.io()
        self.lock.release()
        """,
    ),
    (
        "several-releases",
        """
        await self.lock.acquire()
        await self.io()
        self.lock.release()
        await self.lock.acquire()
        key = 1
        self.lock.release()
        """,
    ),
    (
        "released-elsewhere",
        """
        await self.lock.acquire()
        await self.io()
        if key:
            self.lock.release()
            return
        while True:
            key = 1
        """,
    ),
    (
        "released-elsewhere",
        """
        await self.lock.acquire()
        await self.io()
        return self.lock.release()
        """,
    ),
    (
        "lock-changes",
        """
        await self.lock.acquire()
        await self.io()
        lock = self.lock
        lock.release()
        """,
    ),
    (
        "lock-changes",
        """
        await self.lock.acquire()
        await self.io()
        self.lock = asyncio.Lock()
        self.lock.release()
        """,
    ),
    (
        "handlers-around-wait",
        """
        try:
            await self.lock.acquire()
            await self.io()
        except BaseException:
            key()
        finally:
            self.lock.release()
        """,
    ),
    (
        "handlers-around-wait",
        """
        try:
            await self.lock.acquire()
            await self.io()
        finally:
            self.lock.release()
            key()
        """,
    ),
    (
        "work-after-release",
        """
        await self.lock.acquire()
        await self.io()
        try:
            await self.io()
        finally:
            self.lock.release()
            key()
        """,
    ),
]


@pytest.mark.parametrize(("body", "made"), [case[1:] for case in MADE], ids=[case[0] for case in MADE])
def test_the_lock_is_held_by_a_block(body: str, made: str) -> None:
    found = outcome(propose, "AWA206", door(body))
    assert found.verdict == "safe"
    assert found.text == door(made)


@pytest.mark.parametrize(("code", "body"), REFUSED)
def test_refused(code: str, body: str) -> None:
    assert outcome(propose, "AWA206", door(body)).verdict == code


def test_of_a_lock_that_nothing_gives_back_nobody_knows_how_far_it_is_needed() -> None:
    body = "await self.lock.acquire()\nawait self.io()\n"
    assert outcome(propose, "AWA206", door(body)).verdict == "never-released"


def test_what_is_entered_and_left_by_two_methods_is_left_to_the_author() -> None:
    body = "pass\n\n    async def __aenter__(self):\n        await self.lock.acquire()\n        await self.io()\n"
    leave = "\n    async def __aexit__(self, *_):\n        self.lock.release()\n"
    assert outcome(propose, "AWA206", DOOR.format(body=" " * 8 + body + leave)).verdict == "released-elsewhere"


def test_of_a_lock_that_only_can_be_acquired_and_released_nothing_is_known() -> None:
    text = """\
from contextlib import asynccontextmanager


class Store:
    async def acquire(self): ...

    async def release(self): ...

    @asynccontextmanager
    async def turn(self):
        if await self.acquire():
            yield
            await self.release()
"""
    assert outcome(propose, "AWA206", text).verdict == "unknown-lock"


@pytest.mark.parametrize(
    ("own", "verdict"),
    [
        ("async def __aenter__(self):\n        await asyncio.wait_for(self.acquire(), 1)", "unknown-lock"),
        ("async def __aexit__(self, *error):\n        self.release()\n        print(error)", "unknown-lock"),
        ("name = 'of the door'", "safe"),
    ],
    ids=["enters in its own way", "is left in its own way", "is only named"],
)
def test_a_lock_of_a_class_that_says_itself_what_async_with_does(own: str, verdict: str) -> None:
    text = door("await self.lock.acquire()\nawait self.io()\nself.lock.release()")
    text = text.replace("class Door:", f"class OwnLock(asyncio.Lock):\n    {own}\n\n\nclass Door:")
    text = text.replace("self.lock = asyncio.Lock()", "self.lock = OwnLock()")
    assert outcome(propose, "AWA206", text).verdict == verdict
