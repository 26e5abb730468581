"""Lock for locks of threads: what becomes a lock of the event loop, and every reason why not."""

from __future__ import annotations

import pytest

from awaitomic.remedies.async_lock import propose
from remedies.outcome import outcome

HEAD = "import asyncio\nimport threading\n"
PRICES = """

class Prices:
    def __init__(self):
        # one at a time
        self._lock = {make}  # ours
        self.prices = {{}}

    async def refresh(self, item):
        with self._lock:  # held
            self.prices[item] = await self.fetch(item)

    async def fetch(self, item):
        await asyncio.sleep(0)
        return 1
{more}

async def main(prices: Prices):
    await asyncio.gather(*(prices.refresh(item) for item in "ab"))
"""


def prices(more: str = "", make: str = "threading.Lock()", head: str = HEAD) -> str:
    return head + PRICES.format(make=make, more=more)


def made(text: str) -> str:
    found = outcome(propose, "AWA205", text)
    assert found.verdict == "unsafe"
    assert found.text is not None
    return found.text


def verdict(text: str) -> str:
    return outcome(propose, "AWA205", text).verdict


def test_the_lock_is_made_taken_and_imported_otherwise() -> None:
    wanted = prices(make="asyncio.Lock()", head="import asyncio\n").replace(
        "        with self", "        async with self"
    )
    assert made(prices()) == wanted


def test_all_who_take_it_wait_for_it() -> None:
    more = """
    async def known(self):
        with self._lock: return sorted(self.prices)

    async def forget(self):
        self._lock.acquire()
        try:
            self.prices.clear()
        finally:
            self._lock.release()

    def is_busy(self):
        return bool(self.prices)
"""
    text = made(prices(more))
    assert "async with self._lock: return sorted" in text
    assert "        await self._lock.acquire()\n" in text


@pytest.mark.parametrize(
    ("head", "make", "said"),
    [
        ("import asyncio\nfrom threading import Lock\n", "Lock()", "asyncio.Lock()"),
        ("import asyncio\nimport threading as t\n", "t.RLock()", "asyncio.Lock()"),
        ("import asyncio, threading\n", "threading.Lock()", "asyncio.Lock()"),
        ("import threading\nimport asyncio as aio\n", "threading.Lock()", "aio.Lock()"),
        ("import anyio\nimport threading\n", "threading.Lock()", "anyio.Lock()"),
    ],
)
def test_it_is_made_as_the_file_imports(head: str, make: str, said: str) -> None:
    library = head.partition("import ")[2].partition("\n")[0] if "anyio" in head else "asyncio"
    text = made(
        prices(make=make, head=head).replace("asyncio", library) if library == "anyio" else prices(make=make, head=head)
    )
    assert f"self._lock = {said}  # ours" in text


def test_the_import_stays_where_it_is_needed() -> None:
    assert made(prices("\nlocal = threading.local()\n")).startswith(HEAD)


def test_a_field_of_a_dataclass_and_its_annotation() -> None:
    text = """\
import asyncio
import threading
from dataclasses import dataclass, field


@dataclass
class Count:
    lock: threading.Lock = field(default_factory=threading.Lock)
    n: int = 0

    async def step(self):
        with self.lock:
            await asyncio.sleep(0)


async def main(count: Count):
    await asyncio.gather(*(count.step() for _ in range(2)))
"""
    assert "    lock: asyncio.Lock = field(default_factory=asyncio.Lock)\n" in made(text)


REFUSED = [
    ("sync-user", "    def look(self):\n        with self._lock: return self.prices"),
    ("sync-user", "    async def look(self):\n        return (lambda: self._lock.locked())()"),
    ("lock-passed-on", "    async def look(self):\n        return self._lock"),
    ("lock-passed-on", "    async def look(self):\n        await asyncio.to_thread(self._lock.acquire)"),
    ("lock-passed-on", "    async def look(self):\n        if self._lock.acquire(timeout=1): self._lock.release()"),
    ("lock-passed-on", "    async def look(self, other):\n        with other._lock: ..."),
    ("lock-passed-on", "    async def look(self):\n        return getattr(self, '_lock')"),
    ("lock-passed-on", "    async def look(self):\n        self._lock = threading.Lock()"),
    ("with-several", "    async def look(self):\n        with open('x'), self._lock: ..."),
    (
        "used-in-threads",
        "    def run(self):\n        threading.Thread(target=asyncio.run, args=[self.fetch(1)]).start()",
    ),
]


@pytest.mark.parametrize(("code", "more"), REFUSED)
def test_refused(code: str, more: str) -> None:
    assert verdict(prices(f"\n{more}\n")) == code


@pytest.mark.parametrize("make", ["threading.Semaphore()", "multiprocessing.Lock()"])
def test_of_another_kind(make: str) -> None:
    assert verdict(prices(make=make, head=f"{HEAD}import multiprocessing\n")) == "other-kind"


AGAIN = """
    async def both(self):
        with self._lock:
            {body}

    async def plain(self):
        with self._lock: self.prices.clear()
"""


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("await self.fetch(1)\n            await self.plain()", "taken-again"),
        ("await self.fetch(1)\n            with self._lock: ...", "taken-again"),
        ("await self.fetch(1)", "unsafe"),
    ],
)
def test_a_reentrant_lock_that_is_taken_again_stays(body: str, code: str) -> None:
    text = prices(AGAIN.format(body=body), make="threading.RLock()").replace("with self._lock:  # held", "if item:")
    assert verdict(text.replace("prices.refresh(item)", "prices.both()")) == code


def test_a_lock_that_is_handed_in() -> None:
    text = """\
import asyncio
import threading


async def step(lock: threading.Lock):
    with lock:
        await asyncio.sleep(0)


async def main(lock: threading.Lock):
    await asyncio.gather(*(step(lock) for _ in range(2)))
"""
    assert verdict(text) == "lock-passed-on"
