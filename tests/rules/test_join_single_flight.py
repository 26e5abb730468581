"""AWA303 and who ends the wait for what it has made itself, under the lock: by then it is past the lock."""

from __future__ import annotations

import pytest

from awaitomic.rules import find
from program.reading import program_of
from rules.running import hangs

CACHE = """
class Cache:
    def __init__(self):
        self._lock = asyncio.Lock()
        self._futures = {{}}
        self._waiting = []

    async def get(self, key):
        {get}

    async def run(self):
        await asyncio.gather(self.get(1), self.get(1), self.get(1))
"""
FOUND = """async with self._lock:
            future = self._futures.get(key)
            if future is not None:
                return await future
            {made}
        await asyncio.sleep(0)
        {end}"""
NEW = "asyncio.get_running_loop().create_future()"
STORED = f"future = {NEW}; self._futures[key] = future"
CASES = [
    ("behind the lock", FOUND.format(made=STORED, end="future.set_result(1)"), False),
    (
        "bound at once",
        FOUND.format(made=f"future = self._futures[key] = {NEW}", end="future.set_result(1)"),
        False,
    ),
    (
        "and taken out under the lock later",
        FOUND.format(
            made=STORED,
            end="future.set_result(1)\n        async with self._lock:\n            self._futures.pop(key, None)",
        ),
        False,
    ),
    (
        "kept in a list, too",
        FOUND.format(made=STORED + "; self._waiting.append(future)", end="self._waiting.pop().set_result(1)"),
        False,
    ),
    (
        "or failed",
        FOUND.format(
            made=STORED,
            end="try:\n            await asyncio.sleep(0)\n        except ValueError as error:\n"
            "            future.set_exception(error)\n        else:\n            future.set_result(1)",
        ),
        False,
    ),
    (
        "the lock is taken again before that",
        FOUND.format(made=STORED, end="async with self._lock:\n            future.set_result(1)"),
        True,
    ),
    (
        "the lock is had again before that",
        FOUND.format(
            made=STORED,
            end="async with self._lock:\n            await asyncio.sleep(0)\n        future.set_result(1)",
        ),
        True,
    ),
]


@pytest.mark.parametrize(("get", "both_hang"), [each[1:] for each in CASES], ids=[each[0] for each in CASES])
def test_who_has_made_it_is_past_the_lock(get: str, both_hang: bool) -> None:
    source = CACHE.format(get=get)
    assert any(each.rule == "AWA303" for each in find(program_of(source))) is both_hang
    assert hangs(source, "Cache", "run") is both_hang


TASKS = """
class Jobs:
    def __init__(self):
        self._lock = asyncio.Lock()
        self._tasks = []

    def start(self):
        self._tasks.append(asyncio.create_task(self._work()))

    async def _work(self):
        await asyncio.sleep(0.001)
        async with self._lock:
            await asyncio.sleep(0)

    async def _let_go(self):
        for task in self._tasks:
            {before}

    async def stop(self):
        async with self._lock:
            await self._let_go()
            for task in self._tasks:
                await asyncio.gather(task, return_exceptions=True)

    async def run(self):
        self.start()
        await self.stop()
"""


@pytest.mark.parametrize(("before", "both_hang"), [("task.cancel()", False), ("assert task", True)])
def test_a_coroutine_may_have_cancelled_the_tasks(before: str, both_hang: bool) -> None:
    source = TASKS.format(before=before)
    assert any(each.rule == "AWA303" for each in find(program_of(source))) is both_hang
    assert hangs(source, "Jobs", "run") is both_hang
