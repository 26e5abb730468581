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

    def _ended(self, task):
        self._lock.release()
        {more}

async def main():
    jobs = Jobs()
    await asyncio.gather(jobs.start(), jobs.start())
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
    ("round after round", "asyncio.Lock()", f"while True: {TAKEN}", GIVEN, ""),
]
NOT_LEFT = [
    ("given back by who starts it", "asyncio.Lock()", f"{TAKEN}; {GIVEN}", "pass", ""),
    ("held by a block", "asyncio.Lock()", f"async with self._lock: {TAKEN.partition('; ')[2]}", "pass", ""),
    ("several at once", "asyncio.Semaphore(3)", TAKEN, GIVEN, ""),
    ("another one starts it, too", "asyncio.Lock()", TAKEN, GIVEN, "asyncio.create_task(self._work())"),
    ("taken behind it", "asyncio.Lock()", "; ".join(reversed(TAKEN.split("; "))), GIVEN, ""),
]


def _rules(lock: str, start: str, end: str, more: str) -> set[str]:
    source = JOBS.format(lock=lock, start=start, end=end, more=more)
    return {finding.rule for finding in find(program_of(source))} & {"AWA101", "AWA204"}


@pytest.mark.parametrize("case", [each[1:] for each in LEFT], ids=[each[0] for each in LEFT])
def test_the_task_has_the_lock(case: tuple[str, str, str, str]) -> None:
    assert not _rules(*case)


@pytest.mark.parametrize("case", [each[1:] for each in NOT_LEFT], ids=[each[0] for each in NOT_LEFT])
def test_the_task_has_no_lock(case: tuple[str, str, str, str]) -> None:
    assert _rules(*case)
