"""AWA201: reported where a lock covers one end of a span, silent where it covers all, or the state is asked again."""

from __future__ import annotations

import pytest

from awaitomic.findings.precedence import resolve
from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of

SHOP = """
import anyio

class Shop:
    def __init__(self):
        self._lock = asyncio.Lock()
        self._other = asyncio.Lock()
        self._of_anyio = anyio.Lock()
        self._brief = asyncio.Lock()
        self.n = 0
        self.refs = 0
        self.one = None
        self.buf = []
        self.rows = {{}}
        self.closed = False
        self.seen = 0.0
        self.woken = asyncio.Event()

    async def set(self, key):
        async with self._lock:
            await self.io()
            self.n, self.one = key, key
            self.rows[key] = key
            self.buf.append(key)
            self.refs += 1

    async def close(self):
        async with self._lock:
            await self.io()
            self.one = None

    async def touch(self, key):
        async with self._brief:
            self.n = key

    async def wake(self):
        async with self._lock:
            await self.io()
            self.seen = self.clock()
            self.woken.set()

    async def io(self): await asyncio.sleep(0)

    async def store(self, value):
        async with self._lock:
            self.n = value

    async def store_anew(self, key):
        async with self._lock:
            if key not in self.rows:
                self.rows[key] = await self.load(key)

    async def fill(self, key):
        async with self._lock:
            self.rows[key] = await self.load(key)

    async def load(self, key):
        await self.io()
        return object(key)

    async def use_one(self):
        await self.io()
        return self.one

    async def f(self, key):
        {body}

async def main(shop: Shop):
    for key in range(5):
        asyncio.create_task(shop.f(key))
        asyncio.create_task(shop.set(key))
        asyncio.create_task(shop.close())
        asyncio.create_task(shop.touch(key))
"""


def _found(body: str) -> list[tuple[str, str]]:
    lines = body.replace("\n", "\n        ")
    program = program_of(SHOP.format(body=lines))
    return [(finding.rule, finding.state) for finding in find(program) if finding.function == "Shop.f"]


N, ONE, ROW, BUF = "self.n", "self.one", "self.rows[key]", "self.buf"

REPORTED = [
    ("read above the lock", "n = self.n\nasync with self._lock:\n    await self.io()\n    self.n = n + 1", N),
    ("read above a lock that others hold long", "n = self.n\nasync with self._lock: self.n = n + 1", N),
    ("only the write is under the lock", "n = self.n\nawait self.io()\nasync with self._lock: self.n = n + 1", N),
    (
        "the lock is given back in between",
        "async with self._lock: n = self.n\nawait self.io()\nasync with self._lock: self.n = n + 1",
        N,
    ),
    ("the lock is given back too early", "async with self._lock: n = self.n\nawait self.io()\nself.n = n + 1", N),
    ("a callee takes the lock for the write", "n = self.n\nawait self.io()\nawait self.store(n + 1)", N),
    ("test above the lock", "if self.one is None:\n    async with self._lock: self.one = await self.load(key)", ONE),
    (
        "early return above the lock",
        "if self.one is not None: return\nasync with self._lock: self.one = await self.load(key)",
        ONE,
    ),
    ("test of a key above the lock", "if key not in self.rows:\n    async with self._lock: self.rows[key] = 1", ROW),
    ("the callee takes the lock and does not ask again", "if key not in self.rows: await self.fill(key)", ROW),
    (
        "tested under the lock, filled under the lock, free in between",
        "async with self._lock: known = key in self.rows\nrow = await self.load(key)\n"
        "if not known:\n    async with self._lock: self.rows[key] = row",
        ROW,
    ),
    (
        "used before the lock is taken for the reset",
        "await asyncio.wait_for(self.one.close(), 1)\nasync with self._lock: self.one = None",
        ONE,
    ),
    ("sent, and emptied under the lock", "await self.send(self.buf)\nasync with self._lock: self.buf.clear()", BUF),
    (
        "a reference is tested before the lock is waited for",
        "if self.one is None: return\nasync with self._lock: await self.one.send(key)",
        ONE,
    ),
    (
        "a reference is taken before the lock is waited for",
        "one = self.one\nasync with self._lock: await one.send(key)",
        ONE,
    ),
    (
        "counted out above the lock, cleared away under it",
        "self.refs -= 1\nif self.refs == 0:\n    async with self._lock: self.rows.clear()",
        "self.rows",
    ),
    (
        "what was there is ended, and then waited for again",
        "if self.one is None:\n    async with self._lock:\n        if self.one is not None: self.one.cancel()\n"
        "        await self.io()\n        self.one = await self.load(key)",
        ONE,
    ),
    (
        "what was there is only looked at",
        "if self.one is None:\n    async with self._lock:\n        if self.one is not None: self.log()\n"
        "        self.one = self.make()",
        ONE,
    ),
    ("taken by a call", "n = self.n\nawait self._lock.acquire()\nself.n = n + 1\nself._lock.release()", N),
    ("anyio gives way whenever a lock is taken", "n = self.n\nasync with self._of_anyio: self.n = n + 1", N),
]


@pytest.mark.parametrize(("body", "state"), [case[1:] for case in REPORTED], ids=[case[0] for case in REPORTED])
def test_the_lock_covers_only_a_part(body: str, state: str) -> None:
    assert ("AWA201", state) in _found(body)


SILENT = [
    (
        "counted out under the lock",
        "async with self._lock:\n    self.refs -= 1\n    if self.refs == 0: self.rows.clear()",
    ),
    (
        "what is cleared away is asked for again under the lock",
        "self.refs -= 1\nif self.refs == 0:\n    async with self._lock:\n"
        "        if self.refs == 0 and self.rows: self.rows.clear()",
    ),
    ("a count that nobody counts up", "self.n -= 1\nif self.n == 0:\n    async with self._other: self.rows.clear()"),
    (
        "a reference is compared with what is there now",
        "one = self.one\nasync with self._lock:\n    if one is not self.one: return\n    await one.send(key)",
    ),
    ("a reference is taken under the lock", "async with self._lock:\n    one = self.one\n    await one.send(key)"),
    (
        "a reference is taken before a lock that nobody holds when he replaces it",
        "one = self.one\nasync with self._other: await one.send(key)",
    ),
    ("a reference is only handed on", "one = self.one\nasync with self._lock: key.append(one)"),
    (
        "an event that is cleared under the lock",
        "await self.woken.wait()\nasync with self._lock:\n    if key.full(): self.woken.clear()",
    ),
    (
        "the whole span is under the lock",
        "async with self._lock:\n    n = self.n\n    await self.io()\n    self.n = n + 1",
    ),
    (
        "double-checked",
        "if self.one is None:\n    async with self._lock:\n"
        "        if self.one is None: self.one = await self.load(key)",
    ),
    (
        "double-checked by key",
        "if key not in self.rows:\n    async with self._lock:\n"
        "        if key not in self.rows: self.rows[key] = await self.load(key)",
    ),
    ("the callee asks again under the lock", "if key not in self.rows: await self.store_anew(key)"),
    (
        "read again in the second region",
        "async with self._lock: n = self.n\nawait self.io()\n"
        "async with self._lock:\n    n = self.n\n    self.n = n + 1",
    ),
    ("a lock that nobody holds over an await", "n = self.n\nasync with self._brief: self.n = n + 1"),
    (
        "refused while the lock is held",
        "if self._lock.locked(): return\nif self.one is not None: return\n"
        "async with self._lock: self.one = await self.load(key)",
    ),
    (
        "refused while the lock is held, and the read is older",
        "if self.one is not None: return\nif self._lock.locked(): return\n"
        "async with self._lock: self.one = await self.load(key)",
    ),
    (
        "claimed before the lock is waited for",
        "if key in self.rows: return\nself.rows[key] = None\n"
        "async with self._lock: self.rows[key] = await self.load(key)",
    ),
    ("what merely sounds like a lock", "n = self.n\nasync with key.lock: self.n = n + 1"),
    (
        "one lock over the span, another over the write",
        "async with self._lock:\n    n = self.n\n    await self.io()\n    async with self._other: self.n = n + 1",
    ),
    (
        "nothing is left of the first region",
        "async with self._lock: n = self.n\nawait self.io()\nasync with self._lock: self.n = 7",
    ),
    (
        "what is there by now is ended first",
        "if self.one is None:\n    async with self._lock:\n        if self.one is not None: self.one.cancel()\n"
        "        self.one = self.make()",
    ),
    (
        "what is there by now is called to end it",
        "if self.one is None:\n    async with self._lock:\n        if self.one: self.one()\n"
        "        self.one = self.make()",
    ),
    (
        "what was written before the test, and is written again where the function begins again",
        "async with self._lock: pass\nself.n = key\nif self.n > 7: return\nawait self.io()\nreturn await self.f(key)",
    ),
    (
        "a task is found among others, and tells nothing of what it will do",
        "task = asyncio.create_task(self.use_one())\ndone, _ = await asyncio.wait({task, key})\n"
        "if task in done: await self.set(1)",
    ),
    (
        "compared with what is there now",
        "one = self.one\nawait self.io()\nasync with self._lock:\n    if self.one is one: self.one = None",
    ),
]


@pytest.mark.parametrize("body", [case[1] for case in SILENT], ids=[case[0] for case in SILENT])
def test_nothing_is_said_of_the_lock(body: str) -> None:
    assert not _found(body)


def test_who_only_notes_the_time_does_little_harm() -> None:
    body = "if self.seen < key:\n    async with self._lock: self.seen = self.loop.time()"
    program = program_of(SHOP.format(body=body.replace("\n", "\n        ")))
    (found,) = [finding for finding in find(program) if finding.function == "Shop.f"]
    assert (found.rule, found.confidence) == ("AWA201", Confidence.POSSIBLE)


def test_the_trace_says_where_the_lock_is_taken_and_that_it_is_taken_again() -> None:
    body = "async with self._lock: n = self.n\nawait self.io()\nasync with self._lock: self.n = n + 1"
    program = program_of(SHOP.format(body=body.replace("\n", "\n        ")))
    (found,) = [finding for finding in find(program) if finding.rule == "AWA201"]
    assert [str(step.role) for step in found.trace] == ["acquire", "read", "suspend", "acquire", "write"]
    assert found.trace[3].note == "`self._lock` is taken again"


def test_one_span_is_reported_once() -> None:
    body = "async with self._lock: n = self.n\nawait self.io()\nself.n = n + 1"
    program = program_of(SHOP.format(body=body.replace("\n", "\n        ")))
    found = [finding for finding in find(program) if finding.function == "Shop.f"]
    assert {finding.rule for finding in found} == {"AWA101", "AWA201"}
    assert [finding.rule for finding in resolve(found)] == ["AWA201"]


ANSWERING = """
class Device:
    def __init__(self):
        self._lock = asyncio.Lock()
        self._answer = None
        for _ in range(2):
            asyncio.create_task(self.info())

    async def _send(self):
        async with self._lock:
            self._answer = asyncio.get_running_loop().create_future()
            answer = {answer}
            return answer

    async def info(self):
        if not await self._send():
            return
        await self._send()
"""


@pytest.mark.parametrize(("answer", "reported"), [("await self._answer", False), ("self._answer", True)])
def test_what_a_future_gives_says_nothing_of_where_it_is_kept(answer: str, reported: bool) -> None:
    text = ANSWERING.format(answer=answer if not reported else f"{answer}; await asyncio.sleep(0)")
    found = [finding.state for finding in find(program_of(text)) if finding.function == "Device.info"]
    assert found == ["self._answer"] * reported


COUNTED = """
lock = asyncio.Lock()
lines = {}
users = {}

async def leave(key):
    users[key] -= 1
    if users[key] <= 0:
        async with lock:
            lines.pop(key)

async def enter(key):
    async with lock:
        users[key] = users.get(key, 0) + 1
        await asyncio.sleep(0)
        lines[key] = key
"""


def test_who_counts_the_users_of_a_thing_of_the_module_means_several_at_once() -> None:
    (finding,) = resolve(find(program_of(COUNTED)))
    assert (finding.rule, finding.state, finding.confidence) == ("AWA201", "lines[key]", Confidence.LIKELY)
    assert any("counts how many use it" in each for each in finding.evidence)
    without = COUNTED.replace("users[key] = users.get(key, 0) + 1", "pass")
    assert list(resolve(find(program_of(without)))) == []
