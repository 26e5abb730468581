"""What becomes of an object, who makes it and who starts what: signs against a shared object, with near twins."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitomic.model.finding import Confidence
from awaitomic.rules import find

from .across import findings_at, lay_out
from .reading import program_of

CERTAIN, LIKELY, POSSIBLE = Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE


def strongest(source: str, rule: str = "AWA101") -> Confidence | None:
    return max((finding.confidence for finding in find(program_of(source)) if finding.rule == rule), default=None)


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


DEVICE = """
class Device:
    def __init__(self):
        self.unsubscribe = None
        self.task = None

    def start(self):
        self.task = asyncio.create_task(self._loop())

    async def _loop(self):
        while True:
            await self.connect()
            await asyncio.sleep(1)

    async def connect(self):
        if self.unsubscribe is None:
            self.unsubscribe = await open_channel()

    async def close(self):
        {first}
        {then}

    async def _drop(self):
        self.unsubscribe = None


async def main(devices: list[Device]):
    await asyncio.gather(*(device.close() for device in devices))
"""


@pytest.mark.parametrize("writer", ["self.unsubscribe = None", "await self._drop()"])
def test_a_task_that_is_cancelled_first_does_not_come_back_from_what_it_calls(writer: str) -> None:
    """However many calls are between the task and the store, on both sides."""
    cancelled = strongest(DEVICE.format(first="self.task.cancel()", then=writer), "AWA102")
    assert cancelled in {None, POSSIBLE}
    assert strongest(DEVICE.format(first="pass", then=writer), "AWA102") == LIKELY
    assert strongest(DEVICE.format(first=writer, then="self.task.cancel()"), "AWA102") == LIKELY


BRIDGE = """
class BridgeClient:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.opened = 0

    async def connect(self):
        opened = self.opened
        await open_socket()
        self.opened = opened + 1

    async def request(self, data):
        {call}

    async def drop(self):
        self.opened = 0


async def make():
    client = BridgeClient()
    await client.connect()
    return client
"""


def connects(call: str) -> Confidence | None:
    found = find(program_of(BRIDGE.format(call=call)))
    return max((each.confidence for each in found if each.function.endswith("connect")), default=None)


def test_what_the_project_itself_calls_with_a_lock_held_or_before_anybody_has_the_object() -> None:
    assert connects("async with self.lock:\n            await self.connect()") == POSSIBLE
    assert connects("await self.connect()\n        async with self.lock:\n            pass") == LIKELY


STORE = """
class TokenStoreClient:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.token = None

    def start(self):
        self.task = asyncio.create_task(self._sync())

    async def _sync(self):
        while True:
            await self.get()
            await self.put(1)

    async def get(self):
        if self.token is None:
            self.token = await fetch()
        return self.token

    async def put(self, token):
        self.token = token

    {other}
"""


def test_what_the_project_itself_calls_from_one_task_only() -> None:
    def gets(other: str) -> Confidence | None:
        found = find(program_of(STORE.format(other=other)))
        return max((each.confidence for each in found if each.function.endswith("get")), default=None)

    assert gets("async def ask(self):\n        await self.get()") == LIKELY
    assert gets("") == POSSIBLE


LAZY = """
class Session:
    def __init__(self):
        self.box = None

    @classmethod
    def of(cls, state) -> "Session":
        session = cls()
        session.state = state
        return session

    async def ensure(self):
        if self.box is None:
            self.box = await create_box()

    async def work(self):
        await asyncio.gather(self.ensure(), self.ensure())


async def make(state):
    {made}
    await session.ensure()
    return Wrapped(session)
"""


@pytest.mark.parametrize(
    ("made", "confidence"),
    [
        ("session = Session()", POSSIBLE),
        ("session = Session.of(state)", POSSIBLE),
        ("session = state.session", CERTAIN),
    ],
)
def test_what_the_maker_of_an_object_uses_first_is_there_when_others_come(made: str, confidence: Confidence) -> None:
    assert strongest(LAZY.format(made=made), "AWA102") == confidence


FACTORY = """
class SettingsStore:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.rows = {}

    @classmethod
    async def open(cls, path):
        store = cls()
        store.path = path
        await store.load()
        return store

    async def load(self):
        self.rows = {}
        for key in await names(self.path):
            self.rows[key] = await read(key)

    def get(self, key):
        return self.rows.get(key)
"""


def test_what_only_a_class_method_calls_on_the_object_that_it_makes_runs_before_anybody_has_it() -> None:
    assert strongest(FACTORY, "AWA105") == POSSIBLE
    reloaded = FACTORY + "\n    async def reload(self):\n        await self.load()\n"
    assert strongest(reloaded, "AWA105") == LIKELY


SISTERS = """
class Base:
    def __init__(self):
        self.n = 0

    async def _connect(self):
        n = self.n
        await asyncio.sleep(1)
        self.n = n + 1

    async def _again(self):
        await self._connect()


class Left(Base):
    async def _loop(self):
        await self._connect()


class Right(Base):
    def begin(self):
        for _ in range(2):
            asyncio.create_task(self.{task}())

    async def _poll(self):
        await self._again()

    async def _rest(self):
        pass


class Below(Right):
    async def _connect(self):
        n = self.n
        await asyncio.sleep(2)
        self.n = n + 2


class Beside(Left):
    async def _connect(self):
        n = self.n
        await asyncio.sleep(3)
        self.n = n + 3
"""


def test_what_a_sister_class_starts_runs_on_objects_of_its_own() -> None:
    def confidences(task: str) -> dict[str, Confidence]:
        found = find(program_of(SISTERS.format(task=task)))
        return {finding.function: finding.confidence for finding in found if finding.rule == "AWA101"}

    several = confidences("_poll")
    assert several["Base._connect"] is CERTAIN
    assert several["Below._connect"] is CERTAIN
    assert several["Beside._connect"] is POSSIBLE
    assert set(confidences("_rest").values()) == {POSSIBLE}
