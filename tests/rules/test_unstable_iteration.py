"""AWA104 in the few lines that decide it; whole programs stand in ``fixtures/unstable_iteration/``."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence, Finding
from awaitomic.rules import find
from program.reading import program_of

HALL = """
import collections
import itertools

class Pool:
    def __init__(self):
        self.workers = set()

    def ended(self, worker):
        self.workers.discard(worker)

class Hall:
    def __init__(self, pool: Pool):
        self.pool = pool
        self.lock = asyncio.Lock()
        self.seats = {{}}
        self.guests = []
        self.members = set()
        self.queue = collections.deque()
        self.topics = collections.defaultdict(set)
        self.fixed = {{}}
        self.grown = []
        self.filled = {{}}
        self.replaced = []
        self.emptied = []
        self.counted = {{"n": 0}}

    def change(self, key):
        self.seats.pop(key, None)
        self.guests.remove(key)
        self.members.discard(key)
        self.queue.append(key)
        self.topics[key].discard(key)
        self.grown.append(key)
        self.replaced = [*self.replaced, key]
        self.emptied.clear()
        self.counted["n"] = key

    def fill(self, key):
        self.filled[key] = key

    async def f(self, key):
        {body}
"""


def findings(*lines: str) -> list[Finding]:
    program = program_of(HALL.format(body="\n        ".join(lines)))
    return [finding for finding in find(program) if finding.rule == "AWA104" and finding.function == "Hall.f"]


REPORTED = [
    ("a dict by its keys", ["for k in self.seats:", "    await k.tell()"], "self.seats"),
    ("a view of a dict", ["for k in self.seats.values():", "    await k.tell()"], "self.seats"),
    ("pairs that are taken apart", ["for k, v in self.seats.items():", "    await v.tell()"], "self.seats"),
    ("a list from which others remove", ["for k in self.guests:", "    await k.tell()"], "self.guests"),
    ("a set", ["for k in self.members:", "    await k.tell()"], "self.members"),
    ("a deque that others append to", ["for k in self.queue:", "    await k.tell()"], "self.queue"),
    ("sets in a table", ["for k in self.topics[key]:", "    await k.tell()"], "self.topics[key]"),
    ("the container of another object", ["for k in self.pool.workers:", "    await k.tell()"], "self.pool.workers"),
    ("an alias", ["seats = self.seats", "for k in seats:", "    await k.tell()"], "self.seats"),
    ("an alias of a view", ["seats = self.seats.values()", "for k in seats:", "    await k.tell()"], "self.seats"),
    ("enumerate", ["for i, k in enumerate(self.guests):", "    await k.tell(i)"], "self.guests"),
    ("a chain", ["for k in itertools.chain([1], self.guests):", "    await k.tell()"], "self.guests"),
    ("a generator", ["for k in (g for g in self.guests if g):", "    await k.tell()"], "self.guests"),
    ("one of two", ["for k in self.guests or []:", "    await k.tell()"], "self.guests"),
    ("a comprehension", ["return [await k.tell() for k in self.members]"], "self.members"),
    ("a loop in a loop", ["for k in self.seats:", "    for n in k:", "        await n.tell()"], "self.seats"),
    ("an async loop in a loop", ["for k in self.seats:", "    async for n in k:", "        print(n)"], "self.seats"),
    ("an async with", ["for k in self.seats:", "    async with k:", "        print(k)"], "self.seats"),
    ("out of the loop on one way", ["for k in self.seats:", "    if await k.tell():", "        break"], "self.seats"),
    (
        "out only if it goes well",
        ["for k in self.seats:", "    try:", "        return await k()", "    except OSError:", "        pass"],
        "self.seats",
    ),
    (
        "a lock that others do not take",
        ["async with self.lock:", "    for k in self.seats:", "        await k.tell()"],
        "self.seats",
    ),
]


@pytest.mark.parametrize(("lines", "state"), [case[1:] for case in REPORTED], ids=[case[0] for case in REPORTED])
def test_reported(lines: list[str], state: str) -> None:
    assert [(finding.state, finding.confidence) for finding in findings(*lines)] == [(state, Confidence.LIKELY)]


POSSIBLE = [
    ("a list that is only emptied", ["for k in self.emptied:", "    await k.tell()"]),
    ("a table that plain functions fill", ["for k in self.filled:", "    await k.tell()"]),
]


@pytest.mark.parametrize("lines", [case[1] for case in POSSIBLE], ids=[case[0] for case in POSSIBLE])
def test_possible(lines: list[str]) -> None:
    assert [finding.confidence for finding in findings(*lines)] == [Confidence.POSSIBLE]


SILENT = [
    ("a copy as a list", ["for k in list(self.seats):", "    await k.tell()"]),
    ("a copy as a tuple", ["for k in tuple(self.members):", "    await k.tell()"]),
    ("a copy by its method", ["for k in self.seats.copy():", "    await k.tell()"]),
    ("sorted", ["for k in sorted(self.members):", "    await k.tell()"]),
    ("a comprehension that is a copy", ["for k in [g for g in self.guests if g]:", "    await k.tell()"]),
    ("a slice", ["for k in self.guests[:]:", "    await k.tell()"]),
    ("nobody changes it", ["for k in self.fixed:", "    await k.tell()"]),
    ("a list that only grows", ["for k in self.grown:", "    await k.tell()"]),
    ("a list that is replaced", ["for k in self.replaced:", "    await k.tell()"]),
    ("an entry that is there already", ["for k in self.counted:", "    await k.tell()"]),
    ("no suspension in the loop", ["for k in self.seats:", "    print(k)", "await key()"]),
    ("left as soon as it has waited", ["for k in self.seats:", "    if k:", "        await k.tell()", "        break"]),
    ("returned from", ["for k in self.seats:", "    return await k.tell()"]),
    (
        "a loop over the copy, in each round",
        ["while True:", "    for k in list(self.seats):", "        await k.tell()"],
    ),
    (
        "one round of a loop around it",
        ["while True:", "    for k in self.seats:", "        print(k)", "    await key()"],
    ),
    ("swapped out", ["guests, self.guests = self.guests, []", "for k in guests:", "    await k.tell()"]),
    ("made in this call", ["guests = [key]", "for k in guests:", "    await k.tell()", "    guests.remove(k)"]),
    ("tasks that run beside each other", ["await asyncio.gather(*(k.tell() for k in self.members))"]),
    ("asynchronous iteration", ["async for k in self.seats:", "    await k.tell()"]),
]


@pytest.mark.parametrize("lines", [case[1] for case in SILENT], ids=[case[0] for case in SILENT])
def test_silent(lines: list[str]) -> None:
    assert findings(*lines) == []


def found(source: str) -> list[tuple[str, str]]:
    return [
        (finding.state, finding.confidence.name) for finding in find(program_of(source)) if finding.rule == "AWA104"
    ]


LOCKED = """
class Room:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.clients = set()

    async def leave(self, client):
        async with self.lock:
            self.clients.discard(client)

    async def work(self):
        async with {lock}:
            await self.broadcast()

    async def broadcast(self):
        for client in self.clients:
            await client.send()
"""


def test_what_all_callers_hold_counts_as_held() -> None:
    assert found(LOCKED.format(lock="self.lock")) == []
    assert found(LOCKED.format(lock="self.session")) == [("self.clients", "LIKELY")]


def test_a_callback_holds_no_lock_whatever_was_held_when_it_was_handed_over() -> None:
    source = """
    class Jobs:
        def __init__(self):
            self.lock = asyncio.Lock()
            self.running = set()

        async def submit(self, work):
            async with self.lock:
                job = asyncio.ensure_future(work)
                self.running.add(job)
                job.add_done_callback(self.running.discard)

        async def join_all(self):
            async with self.lock:
                for job in self.running:
                    await job
    """
    assert found(source) == [("self.running", "LIKELY")]
    assert found(source.replace("job.add_done_callback(self.running.discard)", "pass")) == []


def test_what_is_closed_gets_no_new_members_as_a_rule() -> None:
    source = """
    class Pool:
        def __init__(self):
            self.open = {}
            self.lock = asyncio.Lock()

        async def connect(self, key):
            self.open[key] = await dial(key)

        async def close(self):
            for one in self.open.values():
                await one.close()
    """
    assert found(source) == [("self.open", "POSSIBLE")]
    going = source.replace("self.open[key] = await dial(key)", "del self.open[await key.close()]")
    going = going.replace("def connect", "def drop")
    assert found(going) == [("self.open", "POSSIBLE")]
    assert found(source.replace("one.close()", "self.connect(one)")) == [("self.open", "POSSIBLE")]
    assert found(going.replace("one.close()", "self.drop(one)")) == [("self.open", "LIKELY")], "the loop does it"
    check = source.replace("def close", "def check")
    assert found(check) == [("self.open", "POSSIBLE")], "who connects a shared pool seldom does so beside its use"
    assert found(check.replace("def connect", "def lease")) == [("self.open", "LIKELY")]
    assert found(source.replace("def close", "def setup_all")) == [("self.open", "POSSIBLE")]


def test_a_helper_of_the_iterating_calls_needs_two_of_them_at_once() -> None:
    source = """
    class Device:
        def __init__(self):
            self.children = {}

        async def update(self):
            await self._renew()
            for child in self.children.values():
                await child.update()

        async def _renew(self):
            await ask()
            self.children.pop(1)
    """
    assert found(source) == [("self.children", "POSSIBLE")]
    more = (
        source
        + """
        async def reset(self):
            await self._renew()
    """
    )
    assert found(more) == [("self.children", "LIKELY")]


def test_the_element_that_takes_itself_out() -> None:
    source = """
    class DeviceManager:
        def __init__(self):
            self.events = []
            self.lock = asyncio.Lock()

        async def unsubscribe(self, event):
            await self.send(event)
            self.events.remove(event)

        async def disconnect(self):
            for event in self.events:
                await self.unsubscribe(event)
    """
    assert found(source) == [("self.events", "LIKELY")]


def test_queues_without_a_bound_make_nobody_wait() -> None:
    source = """
    class Fan:
        def __init__(self):
            self.outlets = set()

        def leave(self, outlet):
            self.outlets.discard(outlet)

        async def publish(self, text):
            for outlet in self.outlets:
                await outlet.queue.put(text)
    """
    assert found(source) == [("self.outlets", "POSSIBLE")]
    assert found(source.replace("queue.put(", "socket.send(")) == [("self.outlets", "LIKELY")]


def test_what_is_emptied_at_the_end_is_not_emptied_meanwhile() -> None:
    source = """
    class Checks:
        def __init__(self):
            self.pairs = {}

        def nominate(self, key):
            self.pairs[key] = key

        def close(self):
            self.pairs.clear()

        async def ask_all(self):
            for pair in self.pairs.values():
                await pair.ask()
    """
    assert found(source) == [("self.pairs", "POSSIBLE")]
    assert found(source.replace("def close", "def forget")) == [("self.pairs", "LIKELY")]


def test_a_list_of_callbacks_is_set_up_once_as_a_rule() -> None:
    source = """
    class Bus:
        def __init__(self):
            self.hooks = []

        def remove_hook(self, hook):
            self.hooks.remove(hook)

        async def run_all(self):
            for hook in self.hooks:
                await hook()
    """
    assert found(source) == [("self.hooks", "POSSIBLE")]
    assert found(source.replace("remove_hook", "leave")) == [("self.hooks", "LIKELY")]


FEED = """
class FeedManager:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.feeds = {}

    async def leave(self, name):
        self.feeds.pop(name)

    async def names(self):
        for name in self.feeds:
            BODY
"""


def test_a_generator_that_only_hands_out_what_it_goes_over() -> None:
    assert found(FEED.replace("BODY", "yield name")) == [("self.feeds", "POSSIBLE")]
    assert found(FEED.replace("BODY", "yield await ask(name)")) == [("self.feeds", "LIKELY")]


LISTENER = """
class LinkManager:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.links = {}

    async def handle(self):
        while True:
            frame = await receive()
            if frame.closes:
                self._drop(frame)
            else:
                await self._tell(frame)

    def _drop(self, frame):
        self.links.pop(frame.name)

    async def _tell(self, frame):
        for link in self.links.values():
            await link.send(frame)
"""


def test_a_loop_that_listens_is_no_rival_of_itself() -> None:
    assert found(LISTENER) == [("self.links", "POSSIBLE")]
    other = LISTENER + "\n    async def take(self, frame):\n        self._drop(frame)\n"
    assert found(other) == [("self.links", "LIKELY")]
