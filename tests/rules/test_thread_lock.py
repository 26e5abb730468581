"""AWA205: reported where a second task can come to a lock of threads that a first one holds while it waits."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of

POSSIBLE, LIKELY, CERTAIN = Confidence.POSSIBLE, Confidence.LIKELY, Confidence.CERTAIN

DOOR = """
import contextlib
import multiprocessing
import threading
import filelock
from filelock import AsyncFileLock, FileLock
from threading import Lock

GATE = Lock()

class Base:
    gate = threading.Lock()

class Door(Base):
    def __init__(self, given: threading.Lock):
        self.lock = threading.Lock()
        self.again = threading.RLock()
        self.one = threading.Semaphore()
        self.three = threading.Semaphore(3)
        self.changed = threading.Condition()
        self.between = multiprocessing.Lock()
        self.given = given
        self.made: threading.Lock = self.make()
        self.tasks = asyncio.Lock()
        self.file = FileLock("door.lock")
        self.n = 0

    def make(self) -> threading.Lock:
        return threading.Lock()

    @contextlib.contextmanager
    def turn(self):
        with self.lock:
            yield

    @contextlib.contextmanager
    def looked_at(self):
        with self.lock:
            self.n += 1
        yield

    async def io(self):
        await asyncio.sleep(0)

    async def never_waits(self):
        self.n = 1

    async def f(self, key, other: threading.Lock):
        {body}

async def main(door: Door):
    await asyncio.gather(*(door.f(key, door.lock) for key in range(3)))
"""

REPORTED = [
    ("a lock", CERTAIN, ["with self.lock: await self.io()"]),
    ("of the class", CERTAIN, ["with self.gate: await self.io()"]),
    ("of the module", CERTAIN, ["with GATE: await self.io()"]),
    ("annotated", CERTAIN, ["with self.made: await self.io()"]),
    ("handed to the constructor", CERTAIN, ["with self.given: await self.io()"]),
    ("by another name", CERTAIN, ["lock = self.lock", "with lock: await self.io()"]),
    ("a semaphore of one", CERTAIN, ["with self.one: await self.io()"]),
    ("of several processes", CERTAIN, ["with self.between: await self.io()"]),
    ("a suspension that does not look like one", CERTAIN, ["with self.lock:", "    async for row in key: print(row)"]),
    ("entered with something else", CERTAIN, ["with open(key), self.lock: await self.io()"]),
    ("by a context manager", CERTAIN, ["with self.turn(): await self.io()"]),
    ("acquired by hand", CERTAIN, ["self.lock.acquire()", "await self.io()", "self.lock.release()"]),
    (
        "acquired by hand, with a try",
        CERTAIN,
        ["self.lock.acquire()", "try: await self.io()", "finally: self.lock.release()"],
    ),
    ("in a handler inside", CERTAIN, ["with self.lock:", "    try: key()", "    except KeyError: await self.io()"]),
    ("on one of two ways", CERTAIN, ["with self.lock:", "    if key: return", "    await self.io()"]),
    (
        "a reentrant lock around a change",
        LIKELY,
        ["with self.again:", "    n = self.n", "    await self.io()", "    self.n = n + 1"],
    ),
    ("a reentrant lock around nothing", POSSIBLE, ["with self.again: await self.io()"]),
    ("a lock of a file that is kept lets the thread in", POSSIBLE, ["with self.file: await self.io()"]),
    ("a lock of a file that is made on the spot", POSSIBLE, ["with filelock.FileLock('x'): await self.io()"]),
    ("held while a consumer has its turn", POSSIBLE, ["with self.lock: yield 1"]),
]

SILENT = [
    ("no wait inside", ["with self.lock: self.n += 1", "await self.io()"]),
    ("what is waited for where it fails", ["try:", "    with self.lock: key()", "except KeyError: await self.io()"]),
    ("what is waited for at the end", ["try:", "    with self.again: self.n = key", "finally: await self.io()"]),
    (
        "what is waited for where a handler ends",
        [
            "try: await self.io()",
            "except ValueError:",
            "    with self.lock: key()",
            "    raise",
            "finally: await self.io()",
        ],
    ),
    ("an await that cannot wait", ["with self.lock: await self.never_waits()", "await self.io()"]),
    ("a lock of tasks", ["async with self.tasks: await self.io()"]),
    ("given back before the body", ["with self.looked_at(): await self.io()"]),
    ("several may come in", ["with self.three: await self.io()"]),
    ("the asynchronous lock of a file", ["async with AsyncFileLock('x'): await self.io()"]),
    ("a file lock that does not wait", ["with FileLock('x', timeout=0): await self.io()"]),
    (
        "acquired without waiting",
        ["if self.lock.acquire(blocking=False):", "    await self.io()", "    self.lock.release()"],
    ),
    ("acquired with a limit", ["if self.lock.acquire(timeout=1):", "    await self.io()", "    self.lock.release()"]),
    ("acquired in a thread", ["await asyncio.to_thread(self.lock.acquire)", "await self.io()", "self.lock.release()"]),
    ("released before the wait", ["self.lock.acquire()", "self.n += 1", "self.lock.release()", "await self.io()"]),
    ("a lock of this call alone", ["lock = threading.Lock()", "with lock: await self.io()"]),
    ("a lock that is only called so", ["with key.lock: await self.io()"]),
]


def found_in(source: str) -> list[tuple[str, Confidence]]:
    return [(each.function, each.confidence) for each in find(program_of(source)) if each.rule == "AWA205"]


def door(lines: list[str]) -> str:
    return DOOR.format(body="\n        ".join(lines))


@pytest.mark.parametrize(("sure", "lines"), [case[1:] for case in REPORTED], ids=[case[0] for case in REPORTED])
def test_reported(sure: Confidence, lines: list[str]) -> None:
    assert found_in(door(lines)) == [("Door.f", sure)]


@pytest.mark.parametrize("lines", [case[1] for case in SILENT], ids=[case[0] for case in SILENT])
def test_silent(lines: list[str]) -> None:
    assert found_in(door(lines)) == []


ALONE = """
import threading

class Worker:
    def __init__(self):
        self.lock = threading.Lock()
        self.n = 0

    async def _run(self):
        while True:
            with self.lock:
                await asyncio.sleep(1)

    {other}

async def main():
    worker = Worker()
    task = asyncio.create_task(worker._run())
    {use}
"""


@pytest.mark.parametrize(
    ("other", "use", "found"),
    [
        ("pass", "await task", []),
        ("def look(self):\n        with self.lock: return self.n", "await asyncio.to_thread(worker.look)", []),
        ("def look(self):\n        with self.lock: return self.n", "worker.look()", [("Worker._run", POSSIBLE)]),
        (
            "async def look(self):\n        with self.lock: return self.n",
            "await worker.look()",
            [("Worker._run", POSSIBLE)],
        ),
    ],
)
def test_it_takes_a_second_one_in_the_same_loop(other: str, use: str, found: list[tuple[str, Confidence]]) -> None:
    assert found_in(ALONE.format(other=other, use=use)) == found
