"""A lock that who starts a task leaves to it protects what the task does; one that is given back does not."""

from __future__ import annotations

import pytest

from awaitomic.rules import find
from program.reading import program_of

JOBS = """
class Jobs:
    def __init__(self):
        self._lock = {lock}
        self.count = 0

    async def start(self):
        {start}

    async def _work(self):
        try:
            count = self.count
            await asyncio.sleep(0)
            self.count = count + 1
        finally:
            {end}

{callback}
    {more}

async def main():
    jobs = Jobs()
    await asyncio.gather(jobs.start(), jobs.start())
"""
CALLBACK = """
    def _ended(self, task):
        self._lock.release()
"""
TAKEN = "await self._lock.acquire(); task = asyncio.create_task(self._work())"
GIVEN = "self._lock.release()"

LEFT = [
    ("given back by the task", "asyncio.Lock()", TAKEN, GIVEN, ""),
    ("by a callback", "asyncio.Lock()", TAKEN + "; task.add_done_callback(self._ended)", "pass", ""),
    (
        "by a lambda",
        "asyncio.Lock()",
        TAKEN + "; task.add_done_callback(lambda _: self._lock.release())",
        "pass",
        "",
    ),
    (
        "by a helper of the task",
        "asyncio.Lock()",
        TAKEN,
        "self._free()",
        f"\n    def _free(self):\n        {GIVEN}",
    ),
    (
        "by a partial callback",
        "asyncio.Lock()",
        TAKEN + "; task.add_done_callback(functools.partial(self._ended))",
        "pass",
        "",
    ),
    (
        "others take it by hand and give it back",
        "asyncio.Lock()",
        TAKEN,
        GIVEN,
        f"\n    async def close(self):\n        await self._lock.acquire()\n        {GIVEN}",
    ),
    ("round after round", "asyncio.Lock()", f"while True: {TAKEN}", GIVEN, ""),
]
NOT_LEFT = [
    ("given back by who stops it", "asyncio.Lock()", TAKEN, "pass", f"\n    def stop(self):\n        {GIVEN}"),
    (
        "given back by who calls the starter",
        "asyncio.Lock()",
        TAKEN,
        "pass",
        f"\n    async def once(self):\n        await self.start()\n        {GIVEN}",
    ),
    (
        "given back by a helper that others call, too",
        "asyncio.Lock()",
        TAKEN,
        "self._free()",
        f"\n    def _free(self):\n        {GIVEN}\n\n    def stop(self):\n        self._free()",
    ),
    ("given back by who starts it", "asyncio.Lock()", f"{TAKEN}; {GIVEN}", "pass", ""),
    ("held by a block", "asyncio.Lock()", f"async with self._lock: {TAKEN.partition('; ')[2]}", "pass", ""),
    ("several at once", "asyncio.Semaphore(3)", TAKEN, GIVEN, ""),
    (
        "another one starts it, too",
        "asyncio.Lock()",
        TAKEN,
        GIVEN,
        "\n    def again(self):\n        asyncio.create_task(self._work())",
    ),
    ("taken behind it", "asyncio.Lock()", "; ".join(reversed(TAKEN.split("; "))), GIVEN, ""),
]


def _rules(lock: str, start: str, end: str, more: str) -> set[str]:
    callback = CALLBACK if "_ended" in start else ""
    source = JOBS.format(lock=lock, start=start, end=end, callback=callback, more=more)
    return {finding.rule for finding in find(program_of(source))} & {"AWA101", "AWA204"}


@pytest.mark.parametrize("case", [each[1:] for each in LEFT], ids=[each[0] for each in LEFT])
def test_the_task_has_the_lock(case: tuple[str, str, str, str]) -> None:
    assert not _rules(*case)


@pytest.mark.parametrize("case", [each[1:] for each in NOT_LEFT], ids=[each[0] for each in NOT_LEFT])
def test_the_task_has_no_lock(case: tuple[str, str, str, str]) -> None:
    assert _rules(*case)
