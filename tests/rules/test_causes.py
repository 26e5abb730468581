"""General causes of false alarms that real code has shown, each in its smallest form beside a twin that is reported."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of, reported

WAITERS = """
from collections import defaultdict

class Flows:
    def __init__(self):
        self.waiting = defaultdict(set)

    async def wait(self, key, future):
        waiters = self.waiting[key]
        waiters.add(future)
        {test}
        await future
        {late}
        del self.waiting[key]
"""


def test_asking_a_container_whether_it_is_empty_is_a_fresh_test_however_old_the_local_is() -> None:
    assert reported(WAITERS.format(test="pass", late="if waiters: return")) == set()


def test_having_asked_before_the_await_is_not() -> None:
    assert reported(WAITERS.format(test="if not waiters: return", late="pass")) == {"Flows.wait"}


SIBLINGS = """
class Base:
    def __init__(self):
        self.socket = None

class Slow(Base):
    async def close(self):
        await self.socket.close()
        self.socket = None

class Fast({base}):
    def open(self, socket):
        self.socket = socket
"""


def test_methods_of_sibling_classes_never_meet_on_one_object() -> None:
    assert reported(SIBLINGS.format(base="Base")) == set()


def test_those_of_a_subclass_do() -> None:
    assert reported(SIBLINGS.format(base="Slow")) == {"Slow.close"}


ENDED = """
class Pool:
    idle = []

    def __init__(self):
        self.free = []

    async def drain(self):
        while {state}:
            last = {state}[-1]
            await last.close()
            {state}.pop()

    def {name}(self):
        {state}.append(self)
"""


def test_nobody_waits_in_a_method_of_an_object_that_nobody_has_any_more() -> None:
    assert reported(ENDED.format(state="self.free", name="__del__")) == set()


@pytest.mark.parametrize(("state", "name"), [("self.free", "give_back"), ("Pool.idle", "__del__")])
def test_what_others_have_is_changed_by_the_end_of_one_too(state: str, name: str) -> None:
    assert "Pool.drain" in reported(ENDED.format(state=state, name=name))


TABLE = """
class Images:
    def __init__(self):
        self.cache = {{}}

    async def fetch(self, url):
        async with self.cache[url]["{name}"]:
            n = self.cache[url]["n"]
            await load(url)
            self.cache[url]["n"] = n + 1
"""


def test_an_entry_that_is_called_a_lock_protects() -> None:
    assert reported(TABLE.format(name="lock")) == set()


def test_an_entry_of_another_name_does_not() -> None:
    assert reported(TABLE.format(name="client")) == {"Images.fetch"}


FEED = """
class Feed:
    def __init__(self):
        self.state = 0
        self.error = None

    async def read(self):
        answer = await ask(self.state)
        if {test}:
            self.state = 7

feed = Feed()

async def main():
    await asyncio.gather(feed.read(), feed.read())
"""


def test_testing_the_answer_is_no_test_of_the_question() -> None:
    assert reported(FEED.format(test="answer.ok"), Confidence.LIKELY) == set()


def test_nor_is_testing_what_is_asked_with_async_with() -> None:
    entered = FEED.replace("answer = await ask(self.state)", "async with ask(self.state) as answer:\n            pass")
    assert reported(entered.format(test="answer.ok"), Confidence.POSSIBLE) == set()
    late = entered.replace("        async with", "        if self.state: return\n        async with")
    assert reported(late.format(test="answer.ok"), Confidence.LIKELY) == {"Feed.read"}


def test_testing_the_state_before_asking_is() -> None:
    text = FEED.format(test="answer.ok").replace("        answer =", "        if self.state: return\n        answer =")
    assert reported(text, Confidence.LIKELY) == {"Feed.read"}


PAUSE = """
class Limit:
    def __init__(self):
        self.delay = 1

    def note(self, delay):
        self.delay = delay

    async def pause(self):
        await {call}(self.delay)
        self.delay = None
"""


def test_a_duration_is_not_consumed() -> None:
    assert reported("import asyncio\n" + PAUSE.format(call="asyncio.sleep")) == set()


def test_what_is_sent_is() -> None:
    assert reported("import asyncio\n" + PAUSE.format(call="send")) == {"Limit.pause"}


FORGET = """
class Shared:
    def __init__(self):
        self.tasks = {{}}

    def start(self, key, task):
        self.tasks[key] = task

    async def result(self, key):
        task = self.tasks.get(key)
        if task is None:
            return None
        return await self.wait_for(task, key)

    async def wait_for(self, task, key):
        await asyncio.wait([task])
        {forget}
"""


def test_a_forgiving_removal_forgives_in_a_callee_too() -> None:
    assert "Shared.result" not in reported(FORGET.format(forget="self.tasks.pop(key, None)"))
    assert "Shared.result" in reported(FORGET.format(forget="self.tasks.pop(key)"))


SENDER = """
class Sender:
    def __init__(self):
        self.connection = None

    async def connect(self):
        self.connection = await dial()

    async def reconnect(self):
        if self.connection is not None:
            await self.connection.flush()
        await self.hang_up()

    async def hang_up(self):
        {use}
        self.connection = None
"""


def test_the_test_and_the_use_next_to_the_write_are_reported_and_not_those_of_the_caller_too() -> None:
    assert reported(SENDER.format(use="await self.connection.close()")) == {"Sender.hang_up"}
    tested = SENDER.format(use="if self.connection: await self.connection.close()")
    assert reported(tested) == {"Sender.hang_up"}
    assert reported(SENDER.format(use="await asyncio.sleep(1)")) == {"Sender.reconnect"}


TOPICS = """
class Topics:
    def __init__(self):
        self.topics = {{}}

    async def restore(self):
        if {test}:
            await self.subscribe(dict(self.topics))

    async def subscribe(self, topics):
        await send(topics)
        self.topics.update(topics)

topics = Topics()

async def main():
    await asyncio.gather(topics.restore(), topics.restore())
"""


def test_adding_to_what_is_there_anyway_is_possible_at_most() -> None:
    assert reported(TOPICS.format(test="self.topics"), Confidence.LIKELY) == set()
    assert reported(TOPICS.format(test="not self.topics"), Confidence.LIKELY) == {"Topics.restore"}


PIPE = """
class Pipe:
    def __init__(self, sink):
        self.ready = asyncio.Event()
        self.queue = []
        self.sink = sink
        self.task = asyncio.create_task(self.pump())

    def write(self, packet):
        self.queue.append(packet)
        self.ready.set()

    def check(self):
        {check}

    async def pump(self):
        while True:
            await self.ready.wait()
            await self.sink(self.queue.pop())
            self.check()
"""


def test_an_event_that_only_tells_what_other_state_is_loses_nothing() -> None:
    told = "if self.queue:\n            self.ready.set()\n        else:\n            self.ready.clear()"
    assert reported(PIPE.format(check=told)) == set()


def test_one_that_is_cleared_whatever_there_is_does() -> None:
    assert reported(PIPE.format(check="self.ready.clear()")) == {"Pipe.pump"}


EXPORTER = """
class Exporter:
    def __init__(self, send):
        self.wake = asyncio.Event()
        self.queue = []
        self.send = send
        self.task = asyncio.create_task(self.run())

    def put(self, record):
        self.queue.append(record)
        self.wake.set()

    async def run(self):
        while True:
            {clear}
            await self.wake.wait()
            await self.send(self.queue.pop())
            {again}
"""


def test_an_event_that_is_cleared_because_there_is_nothing_to_do_loses_nothing() -> None:
    assert (
        reported(EXPORTER.format(clear="pass", again="if not self.queue:\n                self.wake.clear()")) == set()
    )


def test_one_that_is_cleared_after_an_older_look_does() -> None:
    lines = ("empty = not self.queue", "await self.send(None)", "if empty:", "    self.wake.clear()")
    looked = "\n            ".join(lines)
    assert reported(EXPORTER.format(clear="pass", again=looked)) == {"Exporter.run"}


SET_BY_CALL = """
class AuthManager:
    def __init__(self, fetch):
        self.turn = asyncio.Lock()
        self.token = None
        self.fetch = fetch

    async def get(self):
        async with self.turn:
            self.token = await self.fetch()

    async def renew(self, run):
        await self.get()
        await run()
        self.token = None

async def main(auth: AuthManager, run):
    await asyncio.gather(auth.renew(run), auth.renew(run), auth.get())
"""


def test_the_trace_of_what_a_callee_has_set_names_the_call() -> None:
    (finding,) = (each for each in find(program_of(SET_BY_CALL)) if each.rule == "AWA103")
    lines = SET_BY_CALL.strip("\n").split("\n")
    first = program_of(SET_BY_CALL).source.text.split("\n").index(lines[0]) + 1
    assert [lines[step.extent.line - first].strip() for step in finding.trace] == [
        "await self.get()",
        "await run()",
        "self.token = None",
    ]


LINES = """
class Line:
    def __init__(self):
        self.items = []

    def {method}(self, other):
        self.items.extend(other)
        return self

class LineManager:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.line = Line()

    async def fill(self, load):
        self.line += await load()
"""


@pytest.mark.parametrize(("method", "expected"), [("__iadd__", set()), ("__add__", {"LineManager.fill"})])
def test_an_object_that_adds_to_itself_loses_nothing(method: str, expected: set[str]) -> None:
    assert reported(LINES.format(method=method)) == expected


AGED = """
class RegionManager:
    def __init__(self):
        self.regions = None
        self.fetched = 0

    async def look(self, name):
        now = time.monotonic()
        if {test}:
            self.{state} = await {made}()
        return self.{state}

regions = RegionManager()
"""


@pytest.mark.parametrize(
    ("test", "state", "made", "expected"),
    [
        ("now - self.fetched > 60 or not self.regions", "regions", "fetch_regions", set()),
        ("self.regions is None or self.regions.at + 60 < time.time()", "regions", "fetch_regions", set()),
        ("self.token is None or self.token.at + 60 < now", "token", "refresh_token", {"RegionManager.look"}),
        ("self.link is None or self.link.at + 60 < now", "link", "connect", {"RegionManager.look"}),
    ],
)
def test_what_is_out_of_date_and_fetched_twice_harms_nobody(
    test: str, state: str, made: str, expected: set[str]
) -> None:
    assert reported(AGED.format(test=test, state=state, made=made), Confidence.LIKELY) == expected
