"""Objects that a call has made: nobody else's until it gives them away, and everybody's from then on."""

from __future__ import annotations

import pytest

from awaitomic.rules import find
from program.reading import program_of

POOL = """
class Job:
    def __init__(self):
        self.done = 0

    async def step(self):
        await io()
        self.done += 1

class Registry:
    def __init__(self):
        self.jobs = {{}}
        self.all = []
        self.names = []
        self.last = None

    def add(self, key, job: Job):
        self.jobs[key] = job

    def append(self, job: Job):
        self.all.append(job)

    async def slow_add(self, job: Job):
        await io()
        self.last = job

    def note(self, key, job: Job):
        self.names.append(key)
        print(job)

    def replace(self, job: Job):
        job = Job()
        self.last = job

class Pool:
    def __init__(self):
        self.queue = asyncio.Queue()
        self.bounded: asyncio.Queue[Job] = asyncio.Queue(5)
        self.things = Registry()
        self.tasks = set()

    async def run(self, job):
        job.done += 1

    async def run_both(self, job, other):
        job.done += 1
        other.done += 1

    async def look(self, job):
        print(job.done)

    async def submit(self, key):
        job = Job()
        {body}

pool = Pool()
"""

COUNT = ["n = job.done", "await io()", "job.done = n + 1"]


def reported(*lines: str) -> set[tuple[str, str]]:
    program = program_of(POOL.format(body="\n        ".join(lines)))
    return {(finding.rule, finding.state) for finding in find(program) if finding.function == "Pool.submit"}


GIVEN_AWAY = [
    ("put into a queue", "self.queue[job].done", "self.queue.put_nowait(job)"),
    ("put into a queue that can be full", "self.bounded[job].done", "await self.bounded.put(job)"),
    ("handed to a task", "job.done", "asyncio.create_task(self.run(job))"),
    ("handed to a task by name", "job.done", "asyncio.create_task(self.run(job=job))"),
    ("handed to a task that is kept", "job.done", "self.tasks.add(asyncio.create_task(self.run(job)))"),
    ("handed to a task that is awaited later", "job.done", "task = asyncio.ensure_future(self.run(job))"),
    ("a task runs on it", "job.done", "asyncio.create_task(job.step())"),
    ("kept by a method", "self.things.jobs[job].done", "self.things.add(key, job)"),
    ("kept by a method, given by name", "self.things.jobs[job].done", "self.things.add(job=job, key=key)"),
    ("kept by a method with the name of a list's", "self.things.all[job].done", "self.things.append(job)"),
    ("kept by a coroutine", "self.things.last.done", "await self.things.slow_add(job)"),
]


@pytest.mark.parametrize(("state", "way"), [case[1:] for case in GIVEN_AWAY], ids=[case[0] for case in GIVEN_AWAY])
def test_what_is_given_away_is_shared_from_then_on(state: str, way: str) -> None:
    assert reported(way, *COUNT) == {("AWA101", state)}
    assert reported(*COUNT, way) == set(), "it is written before"
    assert reported(way, "await io()", "n = job.done", "job.done = n + 1") == set(), "it is read again"


def test_a_test_is_out_of_date_after_the_object_has_been_given_away() -> None:
    lines = ["if job.done == 0:", "    self.things.add(key, job)", "    await io()", "    job.done = 5"]
    assert reported(*lines) == {("AWA102", "self.things.jobs[job].done")}


KEPT = [
    ("a task that is awaited on the spot", "await asyncio.create_task(self.run(job))"),
    ("a coroutine that is awaited", "await self.run(job)"),
    ("a method that keeps something else", "self.things.note(key, job)"),
    ("a method that keeps an object of its own", "self.things.replace(job)"),
    ("another object is put into the queue", "self.queue.put_nowait(Job())"),
]


@pytest.mark.parametrize("way", [case[1] for case in KEPT], ids=[case[0] for case in KEPT])
def test_what_is_only_shown_stays_the_call_s_own(way: str) -> None:
    assert reported(way, *COUNT) == set()


def test_tasks_that_are_each_handed_an_object_of_their_own_do_not_meet() -> None:
    assert reported("for _ in range(3):", "    job = Job()", "    asyncio.create_task(self.run(job))") == set()
    assert reported("for _ in range(3):", "    job = Job()", "    asyncio.create_task(job.step())") == set()


def test_an_object_that_nobody_else_writes_may_be_given_away() -> None:
    assert (
        reported("asyncio.create_task(self.look(job))", "name = job.name", "await io()", "job.name = name + '!'")
        == set()
    )


OVER = [
    ("awaited", "task = asyncio.create_task(self.run(job))", "await task"),
    ("awaited for a while", "task = asyncio.create_task(self.run(job))", "await asyncio.wait_for(task, 3)"),
    ("gathered", "task = asyncio.create_task(self.run(job))", "await asyncio.gather(task)"),
    ("gathered with others", "tasks = [asyncio.create_task(self.run(job))]", "await asyncio.gather(*tasks)"),
    ("cancelled", "task = asyncio.create_task(self.run(job))", "task.cancel()"),
    ("kept in an attribute", "job.task = asyncio.create_task(self.run(job))", "await job.task"),
    (
        "cancelled one by one",
        "tasks = [asyncio.create_task(self.run(job))]",
        "for task in tasks:\n            task.cancel()",
    ),
    (
        "awaited one by one",
        "tasks = [asyncio.create_task(self.run(job))]",
        "for task in tasks:\n            await task",
    ),
]


@pytest.mark.parametrize(("spawn", "end"), [case[1:] for case in OVER], ids=[case[0] for case in OVER])
def test_what_a_task_was_handed_is_the_call_s_own_again_when_the_task_is_over(spawn: str, end: str) -> None:
    assert reported(spawn, end, *COUNT) == set()
    assert reported(spawn, *COUNT, end) == {("AWA101", "job.done")}


def test_what_a_group_of_tasks_was_handed_is_the_call_s_own_again_when_the_group_ends() -> None:
    group = ["async with asyncio.TaskGroup() as group:", "    group.create_task(self.run(job))"]
    assert reported(*group, *COUNT) == set()
    assert reported(*group, *(f"    {line}" for line in COUNT)) == {("AWA101", "job.done")}


def test_an_object_that_is_kept_elsewhere_too_stays_shared_when_the_task_is_over() -> None:
    lines = ["self.things.add(key, job)", "await asyncio.create_task(self.run(job))", *COUNT]
    assert reported(*lines) == {("AWA101", "self.things.jobs[job].done")}


def test_two_objects_that_one_task_is_handed_are_both_shared() -> None:
    both = ["other = Job()", "asyncio.create_task(self.run_both(job, other))"]
    assert reported(*both, *COUNT) == {("AWA101", "job.done")}
    assert reported(*both, "n = other.done", "await io()", "other.done = n + 1") == {("AWA101", "other.done")}
