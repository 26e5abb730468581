"""General causes of false alarms that real code has shown, each in its smallest form beside a twin that is reported."""

from __future__ import annotations

import pytest

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

feed = Feed()

async def main():
    await asyncio.gather(feed.read(), feed.read())
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


CONNECT = """
class Link:
    def __init__(self):
        self.connected = False
        self.connecting = False

    async def connect(self):
        if self.connected or self.connecting:
            return
        {claim}
        await self.handshake()
        self.connected = True
        self.connecting = False

    async def handshake(self):
        await asyncio.sleep(1)
"""


def test_a_claim_covers_all_that_was_tested_with_it() -> None:
    assert reported(CONNECT.format(claim="self.connecting = True")) == set()


def test_without_the_claim_the_test_is_old() -> None:
    assert reported(CONNECT.format(claim="pass")) == {"Link.connect"}


RELEASED = """
class Link:
    def __init__(self):
        self.connected = False
        self.connecting = False

    async def connect(self):
        if self.connected or self.connecting:
            return
        self.connecting = True
        await asyncio.sleep(1)
        {released}
        await asyncio.sleep(1)
        self.connected = True

link = Link()
"""


def test_a_claim_that_was_taken_down_covers_nothing_any_more() -> None:
    assert reported(RELEASED.format(released="self.connecting = False"), Confidence.LIKELY) == {"Link.connect"}
    assert reported(RELEASED.format(released="pass")) == set()


FETCHERS = """
class Replies:
    def __init__(self):
        self.fetchers = {{}}

    async def start(self, topic):
        if {test}:
            return
        self.fetchers[topic] = None
        await asyncio.sleep(1)
        self.fetchers[topic] = asyncio.create_task(fetch(topic))

    async def add(self, topic):
        await self.start(topic)
"""


def test_none_under_a_key_is_a_claim_for_a_test_that_asks_for_the_key() -> None:
    text = FETCHERS.format(test="topic in self.fetchers")
    assert reported(text) == set()


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


REQUEST = """
class Session:
    def __init__(self):
        self.answers = {{}}

    def expect(self, number):
        self.answers[number] = Answer()

    async def send(self, request):
        number = request.number
        {made}
        await transmit(request)
        await self.answers[number].arrived()
        await self.answers[number].value()
        self.answers.pop(number)

session = Session()

async def main():
    await asyncio.gather(session.send(1), answer(1))

async def answer(number):
    session.expect(number)
"""


def test_an_entry_that_the_call_has_made_itself_is_its_own() -> None:
    assert reported(REQUEST.format(made="self.answers[number] = Answer()"), Confidence.LIKELY) == set()


def test_an_entry_that_others_have_made_is_not() -> None:
    assert reported(REQUEST.format(made="pass"), Confidence.LIKELY) == {"Session.send"}


KNOWN = """
class Known:
    def __init__(self):
        self.names = {kind}()

    async def learn(self, wanted):
        if wanted - self.names:
            self.names {change}

known = Known()

async def main():
    await asyncio.gather(known.learn({{1}}), known.learn({{1}}))
"""


def test_a_union_that_is_made_twice_does_no_harm() -> None:
    assert reported(KNOWN.format(kind="set", change="|= await ask(wanted)"), Confidence.LIKELY) == set()


def test_a_new_set_that_is_stored_twice_does() -> None:
    assert reported(KNOWN.format(kind="set", change="= await ask(wanted)"), Confidence.LIKELY) == {"Known.learn"}


PREDICATES = """
class SpendingManager:
    def __init__(self, wallet):
        self.wallet = wallet
        self.lock = asyncio.Lock()
        self.spent: list[int] = []
        self.limit = 100

    def allows(self, amount):
        {test}
            return False
        return {last}

    async def pay(self, amount):
        if not self.allows(amount):
            return
        await self.wallet.pay(amount)
        self.spent.append(amount)
"""


@pytest.mark.parametrize(
    ("test", "last", "expected"),
    [
        ("if sum(self.spent) + amount > self.limit:", "True", {"SpendingManager.pay"}),
        ("if self.limit < amount:", "True", set()),
        ("if sum(self.spent) + amount > self.limit:", "False", set()),
    ],
    ids=["a test of the state decides", "a test of something else does", "it always says the same"],
)
def test_a_predicate_tells_what_it_has_tested(test: str, last: str, expected: set[str]) -> None:
    assert reported(PREDICATES.format(test=test, last=last), Confidence.LIKELY) == expected


UNKNOWN = """
class LineManager:
    def __init__(self, lines, send):
        self.lines = lines
        self.send = send
        self.lock = asyncio.Lock()

    def put(self, line):
        self.lines.{method}(line)

    def look(self):
        {use}

    async def flush(self):
        await self.send(self.lines)
        self.lines = None
"""


@pytest.mark.parametrize(
    ("method", "use", "expected"),
    [
        ("append", "pass", {"LineManager.flush"}),
        ("add", "pass", set()),
        ("add", "return len(self.lines)", {"LineManager.flush"}),
        ("add", "return 'x' in self.lines", {"LineManager.flush"}),
        ("write", "return len(self.lines)", set()),
    ],
)
def test_what_only_containers_do_or_what_is_used_like_one(method: str, use: str, expected: set[str]) -> None:
    assert reported(UNKNOWN.format(method=method, use=use), Confidence.LIKELY) == expected


def test_an_object_of_a_library_class_is_no_container_whatever_its_methods_are_called() -> None:
    text = "from library import Form\n" + UNKNOWN.format(method="append", use="pass").replace("= lines", "= Form()")
    assert reported(text, Confidence.LIKELY) == set()


ENTRIES = """
class Room:
    def __init__(self):
        self.members = []

    def add(self, who):
        self.members.append(who)

class Hall:
    def __init__(self, archive):
        self.archive = archive
        self.rooms = {{}}
        {made}

    def open(self, key):
        room = Room()
        self.rooms[key] = room

    async def empty(self, key):
        await self.archive(self.rooms[key].members)
        self.rooms[key].members = []

hall = Hall(print)

async def main():
    await asyncio.gather(hall.empty(1), hall.empty(1))
"""


def test_what_an_entry_is_is_known_from_what_is_stored() -> None:
    assert reported(ENTRIES.format(made="pass"), Confidence.LIKELY) == {"Hall.empty"}


def test_but_not_if_something_else_is_stored_too() -> None:
    assert reported(ENTRIES.format(made="self.rooms[0] = archive.room"), Confidence.LIKELY) == set()


QUEUED = """
class Waiting:
    def __init__(self):
        self.line = None

    def assign(self, line):
        self.line = line

    def clear(self):
        self.line = None

class LineManager:
    def __init__(self, work):
        self.work = work
        self.waiting: list[Waiting] = []
        self.lock = asyncio.Lock()

    async def handle(self, work, number):
        waiting = {made}
        self.waiting.append(waiting)
        await work(waiting.line)
        waiting.clear()

    def give(self, number, line):
        self.waiting[number].assign(line)
"""


def test_a_request_that_the_call_has_put_in_line_itself_is_its_own() -> None:
    assert reported(QUEUED.format(made="Waiting()"), Confidence.LIKELY) == set()


def test_one_that_stood_there_before_is_not() -> None:
    assert reported(QUEUED.format(made="self.waiting[number]"), Confidence.LIKELY) == {"LineManager.handle"}


REMOVED = """
class KernelManager:
    def __init__(self, unknown, kernels: "{kind}"):
        self.kernels = kernels
        self.lock = asyncio.Lock()

    def launch(self, name, kernel):
        self.kernels[name] = kernel

    async def stop(self, name):
        await self.kernels[name].shutdown(self.kernels[name])
        self.kernels.pop(name, None)
"""


@pytest.mark.parametrize(("kind", "expected"), [("dict[str, object]", Confidence.LIKELY), ("Any", Confidence.POSSIBLE)])
def test_a_removal_that_only_a_common_name_speaks_for_is_possible_at_most(kind: str, expected: Confidence) -> None:
    found = [f for f in find(program_of(REMOVED.format(kind=kind))) if f.function == "KernelManager.stop"]
    assert [(f.rule, f.confidence) for f in found] == [("AWA103", expected)]
