"""A lock that somebody asks about is held no more often unasked: who finds it held skips what he came for."""

from __future__ import annotations

from types import ModuleType

import pytest

from awaitomic import fix_source
from explorer import Scenario, World
from explorer.search import explore

JOB = """
import asyncio


class Job:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.n = 0

    async def rate(self, n):
        await asyncio.sleep(1)
        return n and 1

    {question}

    async def run(self):
        {asked}
        async with self._lock:
            n = self.n
            self.n = n + await self.rate(n) + 1
        return "done"

    async def other(self):
        {body}


async def main():
    job = Job()
    await asyncio.gather(job.run(), job.other(), job.other())
"""
SPAN = "n = self.n\n        self.n = n * await self.rate(n)"
LATE = "n = self.n\n        async with self._lock:\n            self.n = n * await self.rate(n)"
SKIPS = "if self._lock.locked():\n            return 'busy'"
ASKED = {
    "and skips": ("pass", SKIPS),
    "by a property": (
        "@property\n    def busy(self):\n        return self._lock.locked()",
        "if self.busy:\n            return 'busy'",
    ),
}
NOT_ASKED = {
    "nobody": ("pass", "pass"),
    "but insists": (
        "async def under(self):\n        assert self._lock.locked()\n        await self.rate(1)",
        "pass",
    ),
    "but raises if it is not": (
        "async def under(self):\n        if not self._lock.locked():\n            raise RuntimeError\n"
        "        await self.rate(1)",
        "pass",
    ),
}


def job(asks: tuple[str, str], body: str) -> str:
    return JOB.format(question=asks[0], asked=asks[1], body=body)


@pytest.mark.parametrize("asks", ASKED)
def test_who_asks_about_a_lock_makes_it_unsafe_to_hold_it_elsewhere(asks: str) -> None:
    result = fix_source(job(ASKED[asks], SPAN), confidence="possible")
    assert result.applied == ()
    (left,) = result.remaining
    assert left.fix is not None
    assert any("whether the lock is held" in reason for reason in left.fix.because)


@pytest.mark.parametrize("asks", NOT_ASKED)
def test_who_does_not_go_by_it_leaves_the_lock_safe(asks: str) -> None:
    result = fix_source(job(NOT_ASKED[asks], SPAN), confidence="possible")
    assert [each.function for each in result.applied] == ["Job.other"]


def test_a_region_that_grows_over_no_wait_is_held_no_longer_than_before() -> None:
    result = fix_source(job(ASKED["and skips"], LATE), confidence="possible")
    assert [each.rule for each in result.applied] == ["AWA201"]


def test_a_region_that_takes_in_what_stood_between_two_is_held_where_it_was_not() -> None:
    body = (
        "async with self._lock:\n            n = self.n\n        self.tell()\n"
        "        async with self._lock:\n            self.n = n * await self.rate(n)"
    )
    told = ("def tell(self):\n        self.told = self._lock.locked()", "pass")
    result = fix_source(job(told, body), confidence="possible")
    assert result.applied == ()
    assert fix_source(job(("def tell(self):\n        self.told = True", "pass"), body), confidence="possible").applied


def test_what_is_skipped_is_lost() -> None:
    def setup(module: ModuleType, count: int) -> World:
        subject = module.Job()
        return World([subject.other, subject.run][:count], observe=lambda: subject.n)

    before = job(ASKED["and skips"], SPAN)
    after = fix_source(before, confidence="possible", unsafe_fixes=True).text
    skipped = [
        any("busy" in str(ending.results) for ending in explore(text, Scenario("both", setup), 2, "any_ready").endings)
        for text in (before, after)
    ]
    assert skipped == [False, True]
