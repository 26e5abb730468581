"""AWA303 for what is kept in tables: silent as soon as somebody may have an entry, or go over all of them."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of


def _waits(source: str) -> list[Confidence]:
    return [each.confidence for each in find(program_of(source)) if each.rule == "AWA303"]


LIKELY = [Confidence.LIKELY]

EVENTS = """
class Rooms:
    def __init__(self):
        self._lock = asyncio.Lock()
        self._free = asyncio.Lock()
        self._events = {{}}

    async def ask(self, key):
        async with self._lock:
            {ask}

    async def answer(self, key):
        async with self._lock:
            self._events[key].set()

    {other}

    async def run(self):
        await asyncio.gather(self.ask(1), self.answer(1), self.wake(1))
"""
ASKS = [
    ("stored and looked up", "self._events[key] = asyncio.Event(); await self._events[key].wait()"),
    ("made, stored, waited for", "event = asyncio.Event(); self._events[key] = event; await event.wait()"),
    ("bound twice at once", "event = self._events[key] = asyncio.Event(); await event.wait()"),
    ("setdefault", "event = self._events.setdefault(key, asyncio.Event()); await event.wait()"),
    (
        "looked up, or else made and stored",
        "event = self._events.get(key)\n            if event is None:\n                event = asyncio.Event()\n"
        "                self._events[key] = event\n            await event.wait()",
    ),
]
WAKES = [
    ("values", "for e in self._events.values(): e.set()"),
    ("a copy of the values", "for e in list(self._events.values()): e.set()"),
    ("items", "for k, e in self._events.items(): e.set()"),
    ("popitem", "k, e = self._events.popitem(); e.set()"),
    ("pop", "e = self._events.pop(key, None); e.set()"),
    ("pop, and at once", "self._events.pop(key).set()"),
    ("get", "e = self._events.get(key); e.set()"),
    ("another name", "events = self._events; events[key].set()"),
    ("swapped out", "events, self._events = self._events, {}; [e.set() for e in events.values()]"),
    ("the table is handed on", "wake_all(self._events)"),
    ("an entry is handed on", "wake_one(self._events[key])"),
    ("an entry that is taken out is handed on", "e = self._events.pop(key); wake_one(e)"),
    ("a comprehension", "[e.set() for e in self._events.values()]"),
    ("key by key", "for k in self._events: self._events[k].set()"),
    ("copied", "for e in dict(self._events).values(): e.set()"),
    ("mapped", "list(map(asyncio.Event.set, self._events.values()))"),
    ("later", "asyncio.get_running_loop().call_later(1, self._events[key].set)"),
    ("returned", "return self._events"),
    ("filled from elsewhere", "self._events.update(key)"),
    ("replaced", "self._events = key"),
    ("with another lock", "async with self._free: self._events[key].set()"),
]
HARMLESS = [
    ("nobody", "pass"),
    ("counted", "return key in self._events or len(self._events) > 3"),
    ("thrown away", "self._events.pop(key, None); self._events.clear()"),
    ("all of them, with the lock", "async with self._lock:\n            for e in self._events.values(): e.set()"),
    ("with their keys", "async with self._lock:\n            for k, e in self._events.items(): e.set()"),
    ("a copy", "async with self._lock:\n            for k, e in list(self._events.items()): e.set()"),
]


@pytest.mark.parametrize("ask", [case[1] for case in ASKS], ids=[case[0] for case in ASKS])
@pytest.mark.parametrize("wake", [case[1] for case in HARMLESS], ids=[case[0] for case in HARMLESS])
def test_an_event_that_only_holders_can_set(ask: str, wake: str) -> None:
    assert _waits(EVENTS.format(ask=ask, other=f"async def wake(self, key):\n        {wake}")) == LIKELY


@pytest.mark.parametrize("ask", [case[1] for case in ASKS], ids=[case[0] for case in ASKS])
@pytest.mark.parametrize("wake", [case[1] for case in WAKES], ids=[case[0] for case in WAKES])
def test_an_event_that_others_may_set(ask: str, wake: str) -> None:
    assert not _waits(EVENTS.format(ask=ask, other=f"async def wake(self, key):\n        {wake}"))


ANSWERS = """
class Wire:
    def __init__(self):
        self._lock = asyncio.Lock()
        self._waiting = {{}}

    async def ask(self, key):
        async with self._lock:
            {ask}

    async def answer(self, key):
        async with self._lock:
            {answer}

    def lost(self, key):
        {lost}

    async def run(self):
        await asyncio.gather(self.ask(1), self.answer(1))
"""
MADE = "answer = asyncio.get_running_loop().create_future(); self._waiting[key] = answer; "


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (MADE + "return await answer", "self._waiting.pop(key).set_result(1)"),
        (MADE + "return await asyncio.shield(answer)", "answer = self._waiting.pop(key); answer.set_result(1)"),
        (MADE + "return await answer", "self._waiting[key].set_result(1)"),
        ("self._waiting[key] = asyncio.Future(); await self._waiting[key]", "self._waiting.get(key).cancel()"),
    ],
)
@pytest.mark.parametrize(
    ("lost", "found"),
    [
        ("pass", LIKELY),
        ("answer = self._waiting.pop(key, None); answer.set_result(1)", []),
        ("for answer in self._waiting.values(): answer.set_exception(OSError())", []),
        ("for key, answer in list(self._waiting.items()): answer.cancel()", []),
        ("fail(self._waiting)", []),
    ],
)
def test_an_answer_that_only_holders_can_bring(ask: str, answer: str, lost: str, found: list[Confidence]) -> None:
    assert _waits(ANSWERS.format(ask=ask, answer=answer, lost=lost)) == found


TASKS = """
def cancel_all(tasks):
    for task in tasks: task.cancel()

class Jobs:
    def __init__(self):
        self._lock = asyncio.Lock()
        self._tasks = {table}

    async def start(self, key):
        task = asyncio.create_task(self._run())
        {keep}

    async def _other(self): ...

    async def _run(self):
        while True:
            await asyncio.sleep(0)
            async with self._lock: await asyncio.sleep(0)

    def drop(self):
        for task in self._tasks: task.cancel()

    async def stop(self, key):
        {stop}
"""
IN_DICT, IN_SET = ("{}", "self._tasks[key] = task"), ("set()", "self._tasks.add(task)")
STOPS = [
    ("taken out and awaited", IN_DICT, "async with self._lock: await self._tasks.pop(key)", LIKELY),
    ("looked up and awaited", IN_DICT, "async with self._lock: await self._tasks[key]", LIKELY),
    ("all of a set", IN_SET, "async with self._lock: await asyncio.gather(*self._tasks)", LIKELY),
    ("all of a set, by wait", IN_SET, "async with self._lock: await asyncio.wait(self._tasks)", LIKELY),
    (
        "with a limit",
        IN_SET,
        "async with self._lock: await asyncio.wait(self._tasks, timeout=3)",
        [Confidence.POSSIBLE],
    ),
    (
        "the first of all",
        IN_SET,
        "async with self._lock: await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)",
        [],
    ),
    (
        "cancelled before",
        IN_DICT,
        "async with self._lock:\n            task = self._tasks.pop(key, None)\n            task.cancel(); await task",
        [],
    ),
    (
        "all cancelled before",
        IN_SET,
        "async with self._lock:\n            for task in list(self._tasks): task.cancel()\n"
        "            await asyncio.gather(*self._tasks)",
        [],
    ),
    ("cancelled by a helper", IN_SET, "async with self._lock: self.drop(); await asyncio.gather(*self._tasks)", []),
    (
        "cancelled by who is handed the table",
        IN_SET,
        "async with self._lock: cancel_all(self._tasks); await asyncio.gather(*self._tasks)",
        [],
    ),
    (
        "those that are done",
        ("[]", "self._tasks.append(task)"),
        "async with self._lock:\n            while self._tasks[0].done(): await self._tasks.pop(0)",
        [],
    ),
    (
        "each of a dict",
        IN_DICT,
        "async with self._lock:\n            for task in self._tasks.values(): await task",
        LIKELY,
    ),
    ("each of a set", IN_SET, "async with self._lock:\n            for task in self._tasks: await task", LIKELY),
    (
        "each of a set, when all were cancelled",
        IN_SET,
        "async with self._lock:\n            for task in self._tasks: task.cancel()\n"
        "            for task in self._tasks: await task",
        [],
    ),
    ("all of a dict", IN_DICT, "async with self._lock: await asyncio.gather(*self._tasks.values())", LIKELY),
    (
        "looked up, or else started",
        IN_DICT,
        "async with self._lock:\n            task = self._tasks.get(key)\n            if task is None:\n"
        "                task = self._tasks[key] = asyncio.create_task(self._run())\n            await task",
        LIKELY,
    ),
    (
        "looked up, or else started, and awaited behind the lock",
        IN_DICT,
        "async with self._lock:\n            task = self._tasks.get(key)\n            if task is None:\n"
        "                task = self._tasks[key] = asyncio.create_task(self._run())\n        await task",
        [],
    ),
    ("behind the lock", IN_DICT, "async with self._lock: task = self._tasks.pop(key)\n        await task", []),
    (
        "of two kinds",
        ("{}", "self._tasks[key] = task; self._tasks[1] = asyncio.create_task(self._other())"),
        "async with self._lock: await self._tasks.pop(key)",
        [Confidence.POSSIBLE],
    ),
]


@pytest.mark.parametrize(("made", "stop", "found"), [case[1:] for case in STOPS], ids=[case[0] for case in STOPS])
def test_tasks_in_tables(made: tuple[str, str], stop: str, found: list[Confidence]) -> None:
    assert _waits(TASKS.format(table=made[0], keep=made[1], stop=stop)) == found


LISTS = """
class Wire:
    def __init__(self):
        self._lock = asyncio.Lock()
        self._waiting = {table}

    async def ask(self):
        async with self._lock:
            answer = asyncio.get_running_loop().create_future()
            {keep}
            return await answer

    async def answer(self):
        async with self._lock:
            {answer}

    def lost(self):
        {lost}

    async def run(self):
        await asyncio.gather(self.ask(), self.answer())
"""
KEEP = "self._waiting.append(answer)"
GIVE = "for answer in self._waiting: answer.set_result(1)"


@pytest.mark.parametrize(
    ("table", "keep", "answer", "lost", "found"),
    [
        ("[]", KEEP, GIVE, "pass", LIKELY),
        ("[]", KEEP, "for answer in list(self._waiting): answer.set_result(1)", "pass", LIKELY),
        ("[]", KEEP, "while self._waiting: self._waiting.pop(0).set_result(1)", "pass", LIKELY),
        ("[]", KEEP, "self._waiting[0].set_result(1)", "self._waiting.clear()", LIKELY),
        ("set()", "self._waiting.add(answer)", GIVE, "return len(self._waiting)", LIKELY),
        ("[]", KEEP, GIVE, "for answer in self._waiting: answer.cancel()", []),
        ("[]", KEEP, GIVE, "[answer.cancel() for answer in self._waiting]", []),
        ("[]", KEEP, GIVE, "waiting, self._waiting = self._waiting, []; cancel_all(waiting)", []),
        ("[]", KEEP, GIVE, "return self._waiting", []),
        ("[]", KEEP, GIVE, "others.extend(self._waiting)", []),
        ("[]", KEEP, GIVE, "self._waiting.extend(others)", []),
        ("[]", KEEP, GIVE, "self._waiting.sort(key=call)", []),
        ("[]", KEEP + "; call_later(answer.cancel)", GIVE, "pass", []),
        ("[]", KEEP + "; others.append(answer)", GIVE, "pass", []),
        ("[]", "self._waiting.append((1, answer))", GIVE, "pass", []),
    ],
)
def test_answers_in_a_list(table: str, keep: str, answer: str, lost: str, found: list[Confidence]) -> None:
    assert _waits(LISTS.format(table=table, keep=keep, answer=answer, lost=lost)) == found


@pytest.mark.parametrize(
    ("made", "wake", "found"),
    [
        ("asyncio.Event", "async with self._lock: self._events[key].set()", LIKELY),
        ("asyncio.Event", "self._events[key].set()", []),
        ("make", "async with self._lock: self._events[key].set()", []),
    ],
)
def test_a_table_that_makes_its_events(made: str, wake: str, found: list[Confidence]) -> None:
    source = f"""
import collections

class Rooms:
    def __init__(self):
        self._lock = asyncio.Lock()
        self._events = collections.defaultdict({made})

    async def ask(self, key):
        async with self._lock:
            await self._events[key].wait()

    async def answer(self, key):
        {wake}

    async def run(self):
        await asyncio.gather(self.ask(1), self.answer(1))
"""
    assert _waits(source) == found


@pytest.mark.parametrize(
    ("opening", "found"), [("async with self._lock, self._changed:", LIKELY), ("async with self._changed:", [])]
)
def test_a_condition_that_is_waited_for_with_a_test(opening: str, found: list[Confidence]) -> None:
    source = f"""
class Gate:
    def __init__(self):
        self._lock = asyncio.Lock()
        self._changed = asyncio.Condition()
        self.is_open = False

    async def wait(self):
        async with self._lock, self._changed:
            await self._changed.wait_for(lambda: self.is_open)

    async def open(self):
        {opening}
            self.is_open = True
            self._changed.notify_all()

    async def run(self):
        await asyncio.gather(self.wait(), self.open())
"""
    assert _waits(source) == found
