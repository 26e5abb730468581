"""What containers, their entries and their unknown types tell, each cause in its smallest form."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of, reported

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


SEEN = """
async def run(manager: KernelManager, name):
    manager.launch(name, object())
    await manager.stop(name)

async def main(manager: KernelManager, name):
    await asyncio.gather(*(run(manager, name) for _ in range(2)))
"""


@pytest.mark.parametrize(
    ("kind", "seen", "expected"),
    [
        ("dict[str, object]", SEEN, Confidence.LIKELY),
        ("dict[str, object]", "", Confidence.POSSIBLE),
        ("Any", SEEN, Confidence.POSSIBLE),
    ],
    ids=["seen_in_tasks", "nobody_is_seen_to_store_it_anew", "a_common_name_alone"],
)
def test_a_removal_is_likely_where_tasks_are_seen_and_the_container_is_known(
    kind: str, seen: str, expected: Confidence
) -> None:
    found = [f for f in find(program_of(REMOVED.format(kind=kind) + seen)) if f.function == "KernelManager.stop"]
    assert [(f.rule, min(f.confidence, Confidence.LIKELY)) for f in found] == [("AWA103", expected)]
