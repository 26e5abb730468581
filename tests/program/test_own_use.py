"""How the project itself uses its objects: from one task, locked, or first of all."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence
from awaitomic.rules import find

from .reading import program_of, strongest

CERTAIN, LIKELY, POSSIBLE = Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE


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
    assert strongest(DEVICE.format(first="self.task.cancel()", then=writer), "AWA102") == POSSIBLE
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


FLAGS = """
class FlagManager:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.groups = {{}}

    def follow(self, group):
        self.groups[group] = None

    def _drop(self, group):
        self.groups.pop(group, None)

    async def read_all(self, read):
        for group in self.groups:
            await read(group)

class Device:
    def __init__(self):
        self.flags = FlagManager()
        self._set_up()

    def _set_up(self):
        self.flags.follow(1)

    def later(self):
        {later}

    def again(self):
        {later}
"""


def test_what_is_only_called_while_an_object_is_made_is_not_expected_later() -> None:
    assert strongest(FLAGS.format(later="pass"), "AWA104") == POSSIBLE
    assert strongest(FLAGS.format(later="self.flags.follow(2)"), "AWA104") == LIKELY
    assert strongest(FLAGS.format(later="self._set_up()"), "AWA104") == LIKELY
