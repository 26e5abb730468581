"""AWA303: reported where a wait under a lock can only be ended by who needs it, silent where others can end it."""

from __future__ import annotations

import pytest

from awaitomic.findings.precedence import resolve
from awaitomic.model.finding import Confidence, Finding
from awaitomic.rules import find
from program.reading import program_of

HEAD = """
class Worker:
    def __init__(self, given=None):
        self.lock = asyncio.Lock()
        self.ready = asyncio.Event()
        self.other = asyncio.Event()
        self.given = given
        self.queue = asyncio.Queue()
        self.changed = asyncio.Condition(self.lock)
        self.future = asyncio.get_running_loop().create_future()
        self.slots = asyncio.Semaphore(2)
        self.slot_task = None
        self.task = None
        self.free_task = None
        self.running = True

    def start(self):
        self.task = asyncio.create_task(self._run())
        self.free_task = asyncio.create_task(self._idle())
        self.slot_task = asyncio.create_task(self._slot())

    async def _run(self):
        while self.running:
            async with self.lock: await asyncio.sleep(1)

    async def _slot(self):
        async with self.slots: await asyncio.sleep(1)

    async def _idle(self):
        await asyncio.sleep(1)

    async def become_ready(self):
        async with self.lock:
            await asyncio.sleep(1)
            self.ready.set()
            self.future.set_result(1)
            self.other.set()
            self.given.set()
            self.changed.notify_all()

    def halt(self):
        self.task.cancel()

    def skip(self):
        self.other.set()

    async def work(self):
        while True:
            await self.queue.get()
            async with self.lock: await asyncio.sleep(1)
            self.queue.task_done()

    async def add(self, item):
        await self.queue.put(item)

    async def _ready(self):
        await self.ready.wait()

    async def f(self):
{body}
"""


def joins(body: str, more: str = "") -> list[Finding]:
    indented = "\n".join(f"        {line}" for line in body.split("\n"))
    found = find(program_of(HEAD.format(body=indented) + more))
    return [finding for finding in found if finding.rule == "AWA303"]


REPORTED = [
    ("a task that takes the lock", "async with self.lock: await self.task"),
    ("through a shield", "async with self.lock: await asyncio.shield(self.task)"),
    ("one of several", "async with self.lock: await asyncio.gather(self.task, self.free_task)"),
    ("a set of tasks", "async with self.lock: await asyncio.wait({self.task})"),
    ("a local that is the task", "async with self.lock:\n    task = self.task\n    await task"),
    ("an event that is set under the lock", "async with self.lock: await self.ready.wait()"),
    ("in a loop", "async with self.lock:\n    while not self.ready.is_set(): await self.ready.wait()"),
    ("through a call", "async with self.lock: await self._ready()"),
    ("a future", "async with self.lock: await self.future"),
    ("a queue that is joined", "async with self.lock: await self.queue.join()"),
    ("acquired by hand", "await self.lock.acquire()\ntry: await self.ready.wait()\nfinally: self.lock.release()"),
]


@pytest.mark.parametrize("body", [case[1] for case in REPORTED], ids=[case[0] for case in REPORTED])
def test_only_who_needs_the_lock_can_end_the_wait(body: str) -> None:
    (found,) = joins(body)
    assert (found.function, found.confidence) == ("Worker.f", Confidence.LIKELY)


SILENT = [
    ("behind the lock", "async with self.lock: ...\nawait self.task"),
    ("released before the join", "await self.lock.acquire()\nself.lock.release()\nawait self.task"),
    ("a task that needs no lock", "async with self.lock: await self.free_task"),
    ("a task that is cancelled", "async with self.lock:\n    self.task.cancel()\n    await asyncio.wait({self.task})"),
    ("cancelled by a helper first", "async with self.lock:\n    self.halt()\n    await asyncio.wait({self.task})"),
    ("a task that is over", "async with self.lock:\n    if self.task and self.task.done(): await self.task"),
    ("an event that a plain method sets, too", "async with self.lock: await self.other.wait()"),
    ("an event that somebody has given", "async with self.lock: await self.given.wait()"),
    ("a queue that is filled without the lock", "async with self.lock: await self.queue.get()"),
    ("a condition of this very lock", "async with self.lock: await self.changed.wait()"),
    ("set by itself before", "async with self.lock:\n    self.ready.set()\n    await self.ready.wait()"),
    ("a semaphore that lets the other one in", "async with self.slots: await self.slot_task"),
    ("another lock", "async with asyncio.Lock(): await self.ready.wait()"),
]


@pytest.mark.parametrize("body", [case[1] for case in SILENT], ids=[case[0] for case in SILENT])
def test_somebody_else_can_end_the_wait(body: str) -> None:
    assert joins(body) == []


POSSIBLE = [
    ("the wait gives up", "async with self.lock: await asyncio.wait_for(self.ready.wait(), 1)"),
    ("the block gives up", "async with self.lock, asyncio.timeout(1): await self.task"),
]


@pytest.mark.parametrize("body", [case[1] for case in POSSIBLE], ids=[case[0] for case in POSSIBLE])
def test_a_wait_with_a_limit_is_possible(body: str) -> None:
    (found,) = joins(body)
    assert found.confidence is Confidence.POSSIBLE


@pytest.mark.parametrize(
    "more",
    [
        "\ndef stop(worker: Worker):\n    worker.ready.set()\n",
        "\ndef later(worker: Worker, loop):\n    loop.call_later(1, worker.ready.set)\n",
        "\ndef hand(worker: Worker, register):\n    register(worker.ready)\n",
    ],
)
def test_an_event_that_others_have_may_be_set_by_them(more: str) -> None:
    assert joins("async with self.lock: await self.ready.wait()", more) == []


def test_a_test_that_decides_about_the_lock_makes_it_only_possible() -> None:
    source = HEAD.replace("async with self.lock: await asyncio.sleep(1)", "if self.given: await self._locked()", 1)
    source += "\n    async def _locked(self):\n        async with self.lock: await asyncio.sleep(1)\n"
    body = "        async with self.lock: await self.task"
    (found,) = [finding for finding in find(program_of(source.format(body=body))) if finding.rule == "AWA303"]
    assert found.confidence is Confidence.POSSIBLE


def test_a_task_that_takes_the_lock_once_and_at_once_has_had_it_as_a_rule() -> None:
    body = "        async with self.lock: await self.task"
    once = HEAD.replace("        while self.running:\n            async with", "        async with", 1)
    (found,) = [finding for finding in find(program_of(once.format(body=body))) if finding.rule == "AWA303"]
    assert found.confidence is Confidence.POSSIBLE


ITSELF = [
    (
        "left with its group",
        "async with asyncio.TaskGroup() as tg:\n    self.task = tg.create_task(self._run())\n    {}",
    ),
    ("by a function that also takes the lock", "await self._both()"),
    ("awaited where it is made", "await asyncio.create_task(self._run())"),
    ("gathered with what takes the lock", "await asyncio.gather(self._run(), self.task)"),
]


@pytest.mark.parametrize("wait", [case[1] for case in ITSELF], ids=[case[0] for case in ITSELF])
def test_what_hangs_by_itself_is_reported_as_that_alone(wait: str) -> None:
    more = "\n    async def _both(self):\n        await self.task\n        async with self.lock: ...\n"
    lines = wait.format("await self.task").split("\n")
    body = "\n".join(["        async with self.lock:", *(f"            {line}" for line in lines)])
    found = [each for each in find(program_of(HEAD.format(body=body) + more)) if each.function == "Worker.f"]
    assert [each.rule for each in resolve(found)] == ["AWA301"]


def test_the_lock_of_another_object_is_another_lock() -> None:
    more = """
class Pool:
    def __init__(self):
        self.lock = asyncio.Lock()

    async def stop(self, worker: Worker):
        async with self.lock: await worker.task
"""
    assert joins("...", more) == []


MEETING = """
ALONE = 1

class Mill:
    def __init__(self, size):
        self.lock = asyncio.Lock()
        self.sacks = asyncio.Queue({size})
        self.meet = asyncio.Barrier({parties})

    async def bring(self, sack):
        async with self.lock:
            {wait}

    async def grind(self):
        {grind}

mill = Mill()
"""
NOWAIT = "async with self.lock: self.sacks.get_nowait()"
PUT, MEET = "await self.sacks.put(sack)", "await self.meet.wait()"


def of_mill(wait: str, grind: str = "pass", *, size: str = "1", parties: str = "2") -> list[tuple[str, str]]:
    found = find(program_of(MEETING.format(size=size, parties=parties, wait=wait, grind=grind)))
    return [(each.function, str(each.confidence)) for each in found if each.rule == "AWA303"]


IN_A_LOOP = "while True:\n            async with self.lock: await asyncio.sleep(0)\n            await self.sacks.get()"
ONCE = "async with self.lock: await asyncio.sleep(0)\n        while True: await self.sacks.get()"


@pytest.mark.parametrize("grind", [NOWAIT, IN_A_LOOP])
def test_room_in_a_queue_that_is_full_is_made_by_who_needs_the_lock(grind: str) -> None:
    assert of_mill(PUT, grind) == [("Mill.bring", "likely")]
    assert of_mill(PUT, grind, size="size") == [("Mill.bring", "possible")]


@pytest.mark.parametrize(
    ("grind", "size"),
    [
        (NOWAIT, ""),
        (NOWAIT, "0"),
        (NOWAIT, "-1"),
        ("self.sacks.get_nowait()", "1"),
        (ONCE, "1"),
        ("pass", "1"),
        (f"await self.sacks.get()\n        {NOWAIT}", "1"),
    ],
    ids=[
        "no bound",
        "a bound of none",
        "a bound below",
        "without the lock",
        "with the lock before",
        "nobody",
        "some without",
    ],
)
def test_there_is_room_or_somebody_makes_some_without_the_lock(grind: str, size: str) -> None:
    assert of_mill(PUT, grind, size=size) == []


ADD = f"{NOWAIT}\n\n    async def add(self, sack): {PUT}"
FOUND = [
    "if not self.sacks.full(): {put}",
    "if self.sacks.empty(): {put}",
    "if self.sacks.qsize() < 1: {put}",
    "if 1 > self.sacks.qsize(): {put}",
    "if not self.sacks.qsize() >= self.most: {put}",
    "if sack and not self.sacks.full(): {put}",
    "if self.sacks.full(): return\n            {put}",
    "if self.sacks.full(): print(sack)\n            else: {put}",
    "while not self.sacks.full(): {put}",
    "if self.sacks.empty():\n                await asyncio.sleep(0)\n                {put}",
]


@pytest.mark.parametrize("body", FOUND)
def test_room_that_has_just_been_found_is_not_waited_for(body: str) -> None:
    assert of_mill(body.format(put=PUT), NOWAIT) == []


NOT_FOUND = [
    "if self.sacks.full(): {put}",
    "if not self.sacks.empty(): {put}",
    "if self.sacks.qsize() < 2: {put}",
    "if self.sacks.qsize() > 0: {put}",
    "if sack or not self.sacks.full(): {put}",
    "if not self.others.full(): {put}",
    "if not self.sacks.full(): print(sack)\n            {put}",
    "if not self.sacks.full():\n                {put}\n                {put}",
    "if not self.sacks.full():\n                for each in sack: {put}",
]


@pytest.mark.parametrize("body", NOT_FOUND)
def test_room_that_is_not_found_or_taken_since_is_waited_for(body: str) -> None:
    assert set(of_mill(body.format(put=PUT), NOWAIT)) == {("Mill.bring", "likely")}


def test_who_holds_the_lock_may_have_found_room_for_what_he_awaits() -> None:
    assert of_mill("if self.sacks.empty(): await self.add(sack)", ADD) == []
    waits = [("Mill.bring", "likely")]
    assert of_mill("if self.sacks.full(): await self.add(sack)", ADD) == waits
    twice = ADD.replace(PUT, f"\n        {PUT}\n        {PUT}")
    assert set(of_mill("if self.sacks.empty(): await self.add(sack)", twice)) == set(waits)


def test_room_may_be_taken_by_others_while_something_else_is_awaited() -> None:
    body = FOUND[-1].format(put=PUT)
    assert of_mill(body, f"{NOWAIT}\n        async with self.lock: self.sacks.put_nowait(1)") == []
    assert of_mill(body, f"{NOWAIT}\n        self.sacks.put_nowait(1)") == [("Mill.bring", "likely")]


def test_who_has_had_the_lock_once_may_end_the_wait_again_without() -> None:
    once = ONCE.replace("self.sacks.get()", "self.sacks.put(1)")
    assert of_mill("await self.sacks.get()", once, size="") == []
    anew = IN_A_LOOP.replace("self.sacks.get()", "self.sacks.put(1)")
    assert of_mill("await self.sacks.get()", anew, size="") == [("Mill.bring", "likely")]


def test_who_waits_for_another_at_a_barrier_keeps_him_away_from_it() -> None:
    assert of_mill(MEET) == [("Mill.bring", "likely")]
    assert of_mill(MEET, f"async with self.lock: ...\n        {MEET}") == [("Mill.bring", "likely")]
    assert of_mill(MEET, parties="parties=2") == [("Mill.bring", "likely")]


def test_of_a_barrier_that_may_be_for_one_it_is_only_possible() -> None:
    assert of_mill(MEET, parties="size") == [("Mill.bring", "possible")]
    assert of_mill(MEET, parties="**size") == [("Mill.bring", "possible")]


@pytest.mark.parametrize(
    ("grind", "parties"),
    [(MEET, "2"), ("pass", "1"), ("pass", "parties=1"), ("pass", "ALONE"), ("self.meet.abort()", "2")],
    ids=["another comes without", "one alone", "one alone, by name", "one, as the module says", "it is broken up"],
)
def test_somebody_comes_to_the_barrier_without_the_lock(grind: str, parties: str) -> None:
    assert of_mill(MEET, grind, parties=parties) == []


@pytest.mark.parametrize("library", ["asyncio", "anyio", "trio"])
def test_a_task_of_which_the_lock_is_of_another_library(library: str) -> None:
    made = HEAD.replace("self.lock = asyncio.Lock()", f"self.lock = {library}.Lock()")
    text = f"\nimport {library}\n" + made.format(body="        async with self.lock: await self.task")
    found = [finding for finding in find(program_of(text)) if finding.rule == "AWA303"]
    assert [finding.function for finding in found] == ["Worker.f"]
