"""What becomes of an object, who makes it and who starts what: signs against a shared object, with near twins."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitomic.model.finding import Confidence

from .across import findings_at, lay_out
from .reading import strongest

CERTAIN, LIKELY, POSSIBLE = Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE


COUNTER = """
class Counter:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.n = 0

    async def add(self):
        n = self.n
        await asyncio.sleep(1)
        self.n = n + 1

class Shop:
    def __init__(self):
        self.counter = None

    def counting(self):
        {makes}
"""


@pytest.mark.parametrize(
    ("makes", "confidence"),
    [
        ("return Counter()", POSSIBLE),
        ("counter = Counter()\n        return counter", POSSIBLE),
        ("self.counter = Counter()\n        return self.counter", LIKELY),
        ("self.counter = counter = Counter()\n        return counter", LIKELY),
        ("return keep(Counter())", LIKELY),
        ("Counter()", POSSIBLE),
    ],
)
def test_an_object_that_a_method_gives_for_each_use_is_its_users_own_unless_it_is_kept(
    makes: str, confidence: Confidence
) -> None:
    assert strongest(COUNTER.format(makes=makes)) == confidence


def test_what_a_factory_of_the_module_gives_is_kept_by_whoever_asks() -> None:
    factory = "def counting():\n    return Counter()\n"
    assert strongest(COUNTER.format(makes="pass") + factory) == LIKELY


INSIDE = """
class _Depot:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.n = 0

    async def take(self):
        n = self.n
        await asyncio.sleep(1)
        self.n = n + 1

class Line:
    def __init__(self):
        self._depot = _Depot()

    def begin(self):
        self._task = asyncio.create_task(self._work())

    async def _work(self):
        while True:
            await self._depot.take()
{more}
"""


def test_a_class_that_only_the_project_makes_is_called_by_those_that_are_seen() -> None:
    second = "\n    async def take_one(self):\n        await self._depot.take()\n"
    assert strongest(INSIDE.format(more="")) == POSSIBLE
    assert strongest(INSIDE.format(more=second)) == LIKELY


OVERRIDDEN = """
class Base:
    def __init__(self):
        self.n = 0

    def begin(self):
        {starts}

    async def _work(self):
        n = self.n
        await asyncio.sleep(1)
        self.n = n + 1

    async def _other(self):
        n = self.n
        await asyncio.sleep(1)
        self.n = n + 2

class Special(Base):
    async def _work(self):
        n = self.n
        await asyncio.sleep(2)
        self.n = n + 3
"""


def test_a_method_and_what_overrides_it_are_one_task_if_they_are_started_at_one_place() -> None:
    one = "self.task = asyncio.create_task(self._work())"
    two = f"{one}\n        self.second = asyncio.create_task(self._other())"
    assert strongest(OVERRIDDEN.format(starts=one).replace("self.n = n + 2", "self.m = n")) is None
    assert strongest(OVERRIDDEN.format(starts=two)) == CERTAIN


def test_tasks_in_branches_that_exclude_each_other_hardly_meet() -> None:
    first, second = ("asyncio.create_task(self._work())", "asyncio.create_task(self._other())")
    choice = f"if self.fast:\n            self.task = {first}\n        else:\n            self.task = {second}"
    both = f"if self.fast:\n            self.task = {first}\n        self.second = {second}"
    assert strongest(OVERRIDDEN.format(starts=choice)) == POSSIBLE
    assert strongest(OVERRIDDEN.format(starts=both)) == CERTAIN


CALLED = """
class Link:
    def __init__(self):
        self.n = 0
        {first}

    async def _poll(self):
        n = self.n
        await asyncio.sleep(1)
        self.n = n + 1

    def set(self):
        self._set()

    def _set(self):
        self.n = 5

    def begin(self):
        self.task = asyncio.create_task(self._poll())
"""


def test_what_a_constructor_calls_runs_before_anybody_else_has_the_object() -> None:
    only = CALLED.format(first="self._set()").replace("    def set(self):\n        self._set()\n", "")
    assert strongest(only) is None
    assert strongest(CALLED.format(first="self._set()")) == POSSIBLE
    other = "\nclass Owner:\n    def __init__(self, link: Link):\n        link._set()\n"
    assert strongest(only.replace("self._set()", "pass") + other) == POSSIBLE, "another's constructor can come later"


SHARED = """
    import asyncio

    class TallyManager:
        def __init__(self):
            self.n = 0

        async def add(self):
            n = self.n
            await asyncio.sleep(1)
            self.n = n + 1
"""


@pytest.mark.parametrize(
    ("name", "confidence"),
    [("tally.py", LIKELY), ("tests/tally.py", POSSIBLE), ("test_tally.py", POSSIBLE), ("contest/tally.py", LIKELY)],
)
def test_in_a_test_suite_nobody_is_to_be_expected_who_is_not_seen(
    tmp_path: Path, name: str, confidence: Confidence
) -> None:
    lay_out(tmp_path, {name: SHARED})
    assert [finding.confidence for finding in findings_at(tmp_path, name)] == [confidence]


def test_a_test_suite_that_is_seen_to_start_several_tasks_is_believed(tmp_path: Path) -> None:
    test = """
    async def test_it():
        tally = TallyManager()
        await asyncio.gather(tally.add(), tally.add())
    """
    lay_out(tmp_path, {"tests/test_tally.py": SHARED + test})
    assert [finding.confidence for finding in findings_at(tmp_path, "tests/test_tally.py")] == [CERTAIN]


TASK = """
class Meter:
    def __init__(self):
        self.n = 0

    async def begin(self):
        {start}

    async def _poll(self):
        n = self.n
        await asyncio.sleep(1)
        self.n = n + 1

    def put(self, n):
        self.n = n
"""


def test_a_task_of_the_objects_own_goes_with_its_only_user() -> None:
    """Who has the object may write beside its task, but nothing says that he does: a handler is another matter."""
    assert strongest(TASK.format(start="self.task = asyncio.create_task(self._poll())")) == POSSIBLE
    assert strongest(TASK.format(start="await asyncio.start_server(self._poll, port=1)")) == LIKELY


HELD = """
class Agent:
    def __init__(self):
        self.items = []

    async def add(self):
        await asyncio.sleep(1)
        self.items.append(1)

class ForceManager:
    def __init__(self, agent: Agent):
        self.agent = {agent}
        self.lock = asyncio.Lock()

    async def work(self, send):
        await send(self.agent.items)
        self.agent.items = []

async def other(agent: Agent):
    {made}

async def main(agents: list[Agent]):
    await asyncio.gather(*(agent.add() for agent in agents))
"""


@pytest.mark.parametrize(
    ("agent", "made", "expected"),
    [("agent", "pass", POSSIBLE), ("Agent()", "pass", LIKELY), ("Agent()", "return Agent()", POSSIBLE)],
)
def test_an_object_that_is_only_held_is_not_taken_for_any_of_its_class_unless_only_the_holder_makes_it(
    agent: str, made: str, expected: Confidence
) -> None:
    assert strongest(HELD.format(agent=agent, made=made), "AWA103") == expected
