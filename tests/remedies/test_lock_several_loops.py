"""No lock is safe for an object that lives longer than the event loop in which a task first waits for it."""

from __future__ import annotations

import asyncio

import pytest

from awaitomic import fix_source

JOB = """
import asyncio


class Job:
    def __init__(self):
        self.n = 0

    async def rate(self, n):
        await asyncio.sleep(0)
        return n and 1

    async def run(self):
        n = self.n
        self.n = n + await self.rate(n)

    async def many(self):
        await asyncio.gather(self.run(), self.run())


async def both(job: Job):
    await asyncio.gather(job.run(), job.run())


"""
STANDING = JOB.replace(
    "    async def rate",
    "        self._lock = asyncio.Lock()\n\n    async def reset(self):\n        async with self._lock:\n"
    "            n = self.n\n            self.n = n * await self.rate(n)\n\n    async def rate",
)

SEVERAL = {
    "in a method, for whoever calls it": "class Sync(Job):\n    def wait(self):\n        asyncio.run(self.many())\n",
    "in a function that is handed the object": "def run_sync(job: Job):\n    asyncio.run(both(job))\n",
    "of what is gathered first": (
        "class Sync:\n    def __init__(self):\n        self.job = Job()\n\n    def wait(self):\n"
        "        loop = asyncio.new_event_loop()\n"
        "        loop.run_until_complete(asyncio.gather(self.job.run(), self.job.run()))\n"
    ),
    "one after the other": "job = Job()\nasyncio.run(both(job))\nasyncio.run(both(job))\n",
    "in a method that is called twice": (
        "class Sync(Job):\n    def run_sync(self):\n        asyncio.run(self.many())\n\n\n"
        "def main():\n    job = Sync()\n    job.run_sync()\n    job.run_sync()\n"
    ),
}
ONE = {
    "of the module": "job = Job()\nasyncio.run(both(job))\n",
    "with the object made before": "def main():\n    job = Job()\n    asyncio.run(both(job))\n",
    "with the object made inside": "async def main():\n    await both(Job())\n\n\ndef go():\n    asyncio.run(main())\n",
    "in a method that is called once": (
        "class App(Job):\n    def start(self):\n        asyncio.run(self.many())\n\n\ndef main():\n    App().start()\n"
    ),
}


@pytest.mark.parametrize("made", ["new", "there"])
@pytest.mark.parametrize("loops", SEVERAL)
def test_a_lock_for_several_loops_is_not_safe(loops: str, made: str) -> None:
    result = fix_source((JOB if made == "new" else STANDING) + SEVERAL[loops], confidence="possible")
    assert not [each for each in result.applied if each.function == "Job.run"]
    (left,) = [each for each in result.remaining if each.function == "Job.run"]
    assert left.fix is not None
    assert any("more than one event loop" in reason for reason in left.fix.because)


@pytest.mark.parametrize("loop", ONE)
def test_a_lock_for_one_loop_is_safe(loop: str) -> None:
    result = fix_source(JOB + ONE[loop], confidence="possible")
    assert [each.function for each in result.applied] == ["Job.run"]
    assert "async with self._lock" in result.text


def test_the_lock_would_fail_in_the_second_loop() -> None:
    source = JOB + SEVERAL["in a method, for whoever calls it"]
    space: dict[str, type] = {}
    exec(compile(source, "job.py", "exec"), space)
    job = space["Sync"]()
    job.wait()
    job.wait()
    locked = fix_source(source, confidence="possible", unsafe_fixes=True).text
    exec(compile(locked, "job.py", "exec"), space)
    job = space["Sync"]()
    job.wait()
    with pytest.raises(RuntimeError, match="different event loop"):
        job.wait()
    asyncio.set_event_loop(None)
