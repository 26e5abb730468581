"""AWA206: reported where a lock stays with who has gone, silent where somebody gives it back or is meant to."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of

POSSIBLE, LIKELY, CERTAIN = Confidence.POSSIBLE, Confidence.LIKELY, Confidence.CERTAIN

DOOR = """
import contextlib
from contextlib import asynccontextmanager

class Door:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.turns = asyncio.Semaphore(3)
        self.changed = asyncio.Condition()
        self.signal = asyncio.Lock()
        self.locks = {{}}
        self.rows = []

    async def io(self):
        await asyncio.sleep(0)

    async def never_waits(self):
        self.rows.append(1)

    def answer(self):
        self.signal.release()

    async def f(self, key, other: asyncio.Lock):
        {body}
"""

LEAKS = [
    ("an early return", CERTAIN, ["await self.lock.acquire()", "if key: return", "self.lock.release()"]),
    ("an error that is raised", CERTAIN, ["await self.lock.acquire()", "if key: raise E", "self.lock.release()"]),
    (
        "the way out of a loop",
        CERTAIN,
        ["while key:", "    await self.lock.acquire()", "    if key(): break", "    self.lock.release()"],
    ),
    ("data is returned", LIKELY, ["await self.lock.acquire()", "if key: return self.rows", "self.lock.release()"]),
    ("a wait between", LIKELY, ["await self.lock.acquire()", "await self.io()", "self.lock.release()"]),
    ("a permit of several", LIKELY, ["await self.turns.acquire()", "await self.io()", "self.turns.release()"]),
    ("a condition", LIKELY, ["await self.changed.acquire()", "await self.io()", "self.changed.release()"]),
    ("a lock that is handed in", LIKELY, ["await other.acquire()", "await self.io()", "other.release()"]),
    ("by another name", LIKELY, ["lock = self.lock", "await lock.acquire()", "await self.io()", "lock.release()"]),
    (
        "a wait before the try",
        LIKELY,
        ["await self.lock.acquire()", "await self.io()", "try: await self.io()", "finally: self.lock.release()"],
    ),
    (
        "a cancellation is no Exception",
        LIKELY,
        [
            "await self.lock.acquire()",
            "try: await self.io()",
            "except Exception:",
            "    self.lock.release()",
            "    raise",
            "self.lock.release()",
        ],
    ),
    (
        "a failure that goes past the handler",
        LIKELY,
        [
            "await self.lock.acquire()",
            "try: await self.io()",
            "except asyncio.CancelledError:",
            "    self.lock.release()",
            "    raise",
            "self.lock.release()",
        ],
    ),
    (
        "a handler that returns",
        LIKELY,
        ["await self.lock.acquire()", "try: await self.io()", "except E: return", "self.lock.release()"],
    ),
    ("a call that may fail", POSSIBLE, ["await self.lock.acquire()", "key.load()", "self.lock.release()"]),
    (
        "an await that cannot wait is a call",
        POSSIBLE,
        ["await self.lock.acquire()", "await self.never_waits()", "self.lock.release()"],
    ),
    (
        "a wait in the finally, before the release",
        POSSIBLE,
        [
            "await self.lock.acquire()",
            "try: key()",
            "finally:",
            "    await self.io()",
            "    self.lock.release()",
        ],
    ),
    ("a lock that nothing gives back", POSSIBLE, ["await self.lock.acquire()", "await self.io()"]),
    (
        "the release of another task's lock",
        LIKELY,
        ["try:", "    await self.lock.acquire()", "    await self.io()", "finally: self.lock.release()"],
    ),
    (
        "that it is locked says nothing of who holds it",
        LIKELY,
        [
            "try:",
            "    await self.lock.acquire()",
            "    await self.io()",
            "finally:",
            "    if self.lock.locked(): self.lock.release()",
        ],
    ),
]

SILENT = [
    ("released in a finally", ["await self.lock.acquire()", "try: await self.io()", "finally: self.lock.release()"]),
    ("nothing that waits or fails", ["await self.lock.acquire()", "self.rows = [key]", "self.lock.release()"]),
    ("a log line", ["await self.lock.acquire()", "print(key)", "self.lock.release()"]),
    ("released by another method", ["await self.signal.acquire()", "await self.io()", "self.signal.release()"]),
    (
        "the release is handed out",
        ["await self.lock.acquire()", "key(self.lock.release)", "if key: self.lock.release()"],
    ),
    (
        "the lock is handed out",
        ["await self.lock.acquire()", "if key: return key(self.lock)", "self.lock.release()"],
    ),
    (
        "a task gives it back",
        [
            "await self.turns.acquire()",
            "async def work():",
            "    try: await self.io()",
            "    finally: self.turns.release()",
            "if not key:",
            "    self.turns.release()",
            "    return",
            "asyncio.create_task(work())",
        ],
    ),
    (
        "what acquire gives is tested",
        ["if await self.lock.acquire():", "    await self.io()", "    self.lock.release()"],
    ),
    (
        "the caller is told that it is held",
        ["await self.lock.acquire()", "if key:", "    self.lock.release()", "    return False", "return True"],
    ),
    (
        "a flag tells if it was taken",
        [
            "taken = False",
            "if key:",
            "    await self.lock.acquire()",
            "    taken = True",
            "self.rows = []",
            "if taken: self.lock.release()",
        ],
    ),
    (
        "a flag in the finally",
        [
            "taken = False",
            "try:",
            "    await self.lock.acquire()",
            "    taken = True",
            "    await self.io()",
            "finally:",
            "    if taken: self.lock.release()",
        ],
    ),
    (
        "a cancellation is none of the errors after which the wait is tried again",
        [
            "while key:",
            "    try:",
            "        await self.lock.acquire()",
            "        self.rows = []",
            "        self.lock.release()",
            "    except ValueError: continue",
        ],
    ),
    (
        "every error is caught",
        [
            "await self.lock.acquire()",
            "try: await self.io()",
            "except BaseException:",
            "    self.lock.release()",
            "    raise",
            "self.lock.release()",
        ],
    ),
    (
        "failures and cancellations are caught",
        [
            "await self.lock.acquire()",
            "try: await self.io()",
            "except (Exception, asyncio.CancelledError):",
            "    self.lock.release()",
            "    raise",
            "self.lock.release()",
        ],
    ),
    (
        "given back for a while, and taken again",
        [
            "await self.lock.acquire()",
            "try:",
            "    self.lock.release()",
            "    try: await self.io()",
            "    finally: await self.lock.acquire()",
            "finally: self.lock.release()",
        ],
    ),
    (
        "a lock of this call alone",
        ["lock = asyncio.Lock()", "await lock.acquire()", "await self.io()", "lock.release()"],
    ),
    (
        "a stack releases it",
        [
            "stack = contextlib.AsyncExitStack()",
            "await self.lock.acquire()",
            "stack.callback(self.lock.release)",
            "if key: self.lock.release()",
        ],
    ),
    (
        "a timeout, which may have run out",
        ["await asyncio.wait_for(self.lock.acquire(), 1)", "await self.io()", "self.lock.release()"],
    ),
    ("a reject if it is locked", ["if self.lock.locked(): return", "async with self.lock: await self.io()"]),
]


def leaks(source: str) -> list[tuple[str, Confidence]]:
    found = find(program_of(source))
    return [(finding.function, finding.confidence) for finding in found if finding.rule == "AWA206"]


def door(lines: list[str]) -> str:
    return DOOR.format(body="\n        ".join(lines))


@pytest.mark.parametrize(("sure", "lines"), [case[1:] for case in LEAKS], ids=[case[0] for case in LEAKS])
def test_reported(sure: Confidence, lines: list[str]) -> None:
    assert leaks(door(lines)) == [("Door.f", sure)]


@pytest.mark.parametrize("lines", [case[1] for case in SILENT], ids=[case[0] for case in SILENT])
def test_silent(lines: list[str]) -> None:
    assert leaks(door(lines)) == []


MANAGER = """
import contextlib

class Turn:
    def __init__(self):
        self.lock = {lock}

    async def acquire(self): ...
    async def release(self): ...

    {decorator}
    async def turn(self):
        {body}
"""
BY_HAND = "await self.lock.acquire()\n        yield\n        self.lock.release()"
WITH_FINALLY = "await self.lock.acquire()\n        try: yield\n        finally: self.lock.release()"
ITSELF = (
    "if await self.acquire():\n            yield\n            await self.release()\n        else:\n            raise E"
)


@pytest.mark.parametrize(
    ("body", "decorator", "found"),
    [
        (BY_HAND, "@contextlib.asynccontextmanager", [LIKELY]),
        (BY_HAND, "", [POSSIBLE]),
        (WITH_FINALLY, "@contextlib.asynccontextmanager", []),
        (ITSELF, "@contextlib.asynccontextmanager", [LIKELY]),
        (ITSELF, "", []),
    ],
)
def test_what_fails_in_the_body_of_a_context_manager_is_raised_at_its_yield(
    body: str, decorator: str, found: list[Confidence]
) -> None:
    source = MANAGER.format(lock="asyncio.Lock()", body=body, decorator=decorator)
    assert leaks(source) == [("Turn.turn", sure) for sure in found]


@pytest.mark.parametrize("library", ["anyio", "trio"])
def test_locks_of_other_libraries_leak_too(library: str) -> None:
    source = MANAGER.format(lock=f"{library}.Lock()", body=BY_HAND, decorator="@contextlib.asynccontextmanager")
    assert leaks(f"import {library}\n" + source) == [("Turn.turn", LIKELY)]


@pytest.mark.parametrize("lock", ["threading.Lock()", "Turn()", "make_lock()"])
def test_of_locks_that_are_not_known_to_be_waited_for_by_tasks_nothing_is_said(lock: str) -> None:
    source = MANAGER.format(
        lock=lock,
        body="await self.lock.acquire()\n        await asyncio.sleep(1)\n        self.lock.release()",
        decorator="",
    )
    assert leaks(source) == []


ENTERED = """
class Session:
    def __init__(self):
        self.lock = asyncio.Lock()

    async def __aenter__(self):
        await self.lock.acquire()
        {body}
        return self

    async def __aexit__(self, *_):
        {leaving}
"""


@pytest.mark.parametrize(
    ("body", "leaving", "found"),
    [
        ("await asyncio.sleep(1)", "self.lock.release()", [LIKELY]),
        ("if self.closed: raise E", "self.lock.release()", [CERTAIN]),
        ("self.open = True", "self.lock.release()", []),
        ("try: await asyncio.sleep(1)\n        except E: raise F", "self.lock.release()", [LIKELY]),
        ("await asyncio.sleep(1)", "pass", [POSSIBLE]),
        (
            "try: await asyncio.sleep(1)\n        except BaseException: self.lock.release(); raise",
            "self.lock.release()",
            [],
        ),
        (
            "try: await asyncio.sleep(1)\n        except BaseException: await self.__aexit__(); raise",
            "self.lock.release()",
            [],
        ),
        (
            "try: await asyncio.sleep(1)\n        except ValueError: await self.__aexit__(); raise",
            "self.lock.release()",
            [LIKELY],
        ),
    ],
)
def test_nobody_leaves_what_could_not_be_entered(body: str, leaving: str, found: list[Confidence]) -> None:
    assert leaks(ENTERED.format(body=body, leaving=leaving)) == [("Session.__aenter__", sure) for sure in found]


def test_a_wait_that_failed_has_not_taken_the_lock() -> None:
    source = """
    class Session:
        def __init__(self):
            self.lock = asyncio.Lock()

        async def __aenter__(self):
            try:
                async with asyncio.timeout(1):
                    await self.lock.acquire()
            except TimeoutError:
                raise Busy

        async def __aexit__(self, *_):
            self.lock.release()
    """
    assert leaks(source) == []
