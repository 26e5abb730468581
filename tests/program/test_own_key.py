"""Tasks that are made for each of several things do not meet at the entry that is each one's own."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of

TALLY = """
class Tally:
    def __init__(self):
        self.lines = {{}}

    async def _count(self, page, times=1):
        before = self.lines.get(page, 0)
        self.lines[page] = before + times * await lines_of(page)

    async def _visit(self, number, page):
        await self._count(page)

    async def run(self, pages, page):
        {run}

async def main(pages):
    tally = Tally()
    await tally.run(pages, pages[0])
"""


def confidences(run: str) -> list[Confidence]:
    return [finding.confidence for finding in find(program_of(TALLY.format(run=run)))]


@pytest.mark.parametrize(
    "run",
    [
        "await asyncio.gather(*(self._count(each) for each in pages))",
        "await asyncio.gather(*[self._count(page=each.strip()) for each in pages])",
        "async with asyncio.TaskGroup() as group:\n            for each in pages:\n"
        "                group.create_task(self._count(each))",
    ],
)
def test_each_has_a_key_of_its_own_unless_the_same_thing_comes_twice(run: str) -> None:
    assert confidences(run) == [Confidence.POSSIBLE]


@pytest.mark.parametrize(
    "run",
    [
        "await asyncio.gather(*(self._count(page) for each in pages))",
        "await asyncio.gather(*(self._count(page, times) for times in (1, 2)))",
        "await asyncio.gather(*(self._count('all') for each in pages))",
        "await asyncio.gather(*(self._visit(each, page) for each in pages))",
        "for each in pages:\n            await asyncio.gather(*(self._count(each, times) for times in (1, 2)))",
        "async with asyncio.TaskGroup() as group:\n            for each in pages:\n"
        "                for times in (1, 2):\n                    group.create_task(self._count(each, times))",
    ],
)
def test_the_same_key_for_all(run: str) -> None:
    assert [sure > Confidence.POSSIBLE for sure in confidences(run)] == [True]
