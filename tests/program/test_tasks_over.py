"""What a function does when its own task is over, or not there yet, and what it does beside it."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of, reported

TILL = """
class Till:
    def __init__(self):
        self.n = 0

    async def add(self):
        n = self.n
        await asyncio.sleep(0)
        self.n = n + 1

    async def day(self):
        {body}

async def main():
    await Till().day()

asyncio.run(main())
"""
COUNT = ["n = self.n", "await asyncio.sleep(0)", "self.n = n + 1"]
MADE = "task = asyncio.create_task(self.add())"


def told(*lines: str) -> set[str]:
    return reported(TILL.format(body="\n        ".join(lines)), Confidence.LIKELY)


OVER = [
    ("awaited before", [MADE, "await task", *COUNT]),
    ("awaited with a timeout", [MADE, "await asyncio.wait_for(task, 5)", *COUNT]),
    ("gathered before", [MADE, "await asyncio.gather(task, asyncio.sleep(1))", "self.n = 5"]),
    ("its group is left", ["async with asyncio.TaskGroup() as group:", "    group.create_task(self.add())", *COUNT]),
    ("not made yet", [*COUNT, MADE, "await task"]),
]


@pytest.mark.parametrize("lines", [case[1] for case in OVER], ids=[case[0] for case in OVER])
def test_a_task_that_is_over_spoils_nothing(lines: list[str]) -> None:
    assert told(*lines) == set()


BESIDE = [
    ("awaited inside the span", [MADE, "n = self.n", "await task", "self.n = n + 1"], {"Till.day"}),
    ("made and awaited inside the span", ["n = self.n", MADE, "await task", "self.n = n + 1"], {"Till.day"}),
    ("never awaited", [MADE, *COUNT], {"Till.add", "Till.day"}),
    ("awaited on one way only", [MADE, "if self:", "    await task", *COUNT], {"Till.add", "Till.day"}),
]


@pytest.mark.parametrize(("lines", "functions"), [c[1:] for c in BESIDE], ids=[c[0] for c in BESIDE])
def test_one_that_is_there_does(lines: list[str], functions: set[str]) -> None:
    assert told(*lines) == functions


def test_another_run_of_what_has_made_it_comes_beside_it() -> None:
    text = TILL.format(body=f"{MADE}\n        await task\n        self.n = 5").replace(
        "await Till().day()", "till = Till()\n    await asyncio.gather(till.day(), till.day())"
    )
    assert reported(text, Confidence.LIKELY) == {"Till.add"}


SENT = """
class Till:
    def __init__(self):
        self.n = 0

    async def _add(self):
        n = self.n
        await asyncio.sleep(0)
        self.n = n + 1

    def feed(self, loop, items):
        for _ in items:
            sent = asyncio.run_coroutine_threadsafe(self._add(), loop)
            {then}
"""


def test_a_thread_that_takes_the_result_waits_for_the_task() -> None:
    assert reported(SENT.format(then="sent.result()")) == set()
    assert reported(SENT.format(then="print(sent.done())")) == {"Till._add"}


def test_who_is_seen_to_call_is_not_denied() -> None:
    text = TILL.format(body=f"{MADE}\n        await task\n        self.n = 5")
    said = [sentence for finding in find(program_of(text)) for sentence in finding.evidence]
    assert "`Till.day` may be called by others than those that are seen" in said
    assert not any("nothing in the project is seen to call it" in sentence for sentence in said)


LOOPS = [
    ("the last of a loop", ["for _ in 'ab':", f"    {MADE}", "await task", *COUNT], {"Till.add", "Till.day"}),
    ("each of a loop", ["for _ in 'ab':", f"    {MADE}", "    await task", *COUNT], set()),
    (
        "a group around a loop",
        [
            "async with asyncio.TaskGroup() as group:",
            "    for _ in 'a':",
            "        group.create_task(self.add())",
            *COUNT,
        ],
        {"Till.add"},
    ),
]


@pytest.mark.parametrize(("lines", "functions"), [c[1:] for c in LOOPS], ids=[c[0] for c in LOOPS])
def test_of_several_only_the_last_is_over(lines: list[str], functions: set[str]) -> None:
    assert told(*lines) == functions
