"""General causes of false alarms that real code has shown, each in its smallest form beside a twin that is reported."""

from __future__ import annotations

from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of


def reported(text: str, least: Confidence = Confidence.POSSIBLE) -> set[str]:
    return {finding.function for finding in find(program_of(text)) if finding.confidence >= least}


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
"""


def test_testing_the_answer_is_no_test_of_the_question() -> None:
    assert reported(FEED.format(test="answer.ok"), Confidence.LIKELY) == set()


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
