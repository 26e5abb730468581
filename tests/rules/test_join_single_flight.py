"""AWA303 and who ends the wait for what it has made itself, under the lock: by then it is past the lock."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of
from rules.running import hangs

LIKELY = Confidence.LIKELY

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


LATER = """
class Answers:
    def __init__(self):
        self._lock = asyncio.Lock()
        self._future = None

    async def ask(self):
        async with self._lock:
            future = asyncio.get_running_loop().create_future()
            self._future = future
            {later}
            return await future

    async def answer(self):
        async with self._lock:
            self._future.set_result(1)

    async def run(self):
        await asyncio.gather(self.ask(), self.answer())
"""
LOOP = "asyncio.get_running_loop()"


@pytest.mark.parametrize(
    ("later", "both_hang"),
    [
        ("pass", True),
        (f"{LOOP}.call_later(0.01, lambda: None)", True),
        (f"{LOOP}.call_later(0.01, lambda: future.done() or future.set_result(0))", False),
        (f"{LOOP}.call_later(0.01, lambda: [future.set_result(0) for _ in [1] if not future.done()])", False),
    ],
)
def test_a_nested_function_may_end_what_it_has_by_a_local(later: str, *, both_hang: bool) -> None:
    source = LATER.format(later=later)
    assert any(each.rule == "AWA303" for each in find(program_of(source))) is both_hang
    assert hangs(source, "Answers", "run") is both_hang


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

    async def reap(self):
        async with self._lock:
            done, pending = await asyncio.wait(self._tasks, timeout=0)
            for task in {which}:
                await asyncio.gather(task)

    async def run(self):
        self.start()
        await self.{ends}()
"""


@pytest.mark.parametrize(("before", "both_hang"), [("task.cancel()", False), ("assert task", True)])
def test_a_coroutine_may_have_cancelled_the_tasks(before: str, both_hang: bool) -> None:
    source = TASKS.format(before=before, which="done", ends="stop")
    found = {each.function for each in find(program_of(source)) if each.rule == "AWA303"}
    assert ("Jobs.stop" in found) is both_hang
    assert hangs(source, "Jobs", "run") is both_hang


@pytest.mark.parametrize(("which", "both_hang"), [("done", False), ("self._tasks", True)])
def test_what_a_wait_has_given_back_as_done_is_over(which: str, *, both_hang: bool) -> None:
    source = TASKS.format(before="task.cancel()", which=which, ends="reap")
    held = [each for each in find(program_of(source)) if each.rule == "AWA303" and each.confidence is LIKELY]
    assert bool(held) is both_hang
    assert hangs(source, "Jobs", "run") is both_hang
