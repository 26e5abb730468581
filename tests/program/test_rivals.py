"""Writes of others that can come to the very same state, and near twins that cannot."""

from __future__ import annotations

import pytest

from awaitomic.rules import find

from .reading import program_of

SESSIONS = """
import itertools
import uuid
from uuid import uuid4


class SessionManager:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.sessions = {{}}
        self.ids = itertools.count()
        self.rows = iter([])
        self.next = 1
        self.again = 1

    def reset(self):
        self.again = 1

    async def open(self, name):
        {make}
        self.sessions[{key}] = object()

    async def close(self, key):
        session = self.sessions[key]
        await session.close()
        self.sessions.pop(key, None)
"""


def reported(make: str, key: str) -> bool:
    found = find(program_of(SESSIONS.format(make=make, key=key)))
    return any(finding.rule == "AWA103" and finding.function.endswith("close") for finding in found)


@pytest.mark.parametrize(
    ("make", "key"),
    [
        ("key = uuid4().hex", "key"),
        ("key = str(uuid.uuid4())", "key"),
        ("key = f'{name}-{uuid4()}'", "key"),
        ("pass", "next(self.ids)"),
        ("made = Session(key=uuid4().hex)\n        key = made.key", "key"),
        ("key = uuid4()\n        text = key.hex", "text"),
        ("key = self.next\n        self.next += 1", "key"),
        ("self.next += 1\n        key = f'{name}-{self.next}'", "key"),
        ("self.next += 1", "self.next"),
        ("key = (name, self.next)\n        self.next += 1", "key"),
        ("key = 'a' + str(self.next)\n        self.next += 1", "key"),
        ("made = Session(key=self.next)\n        self.next += 1", "made.key"),
    ],
)
def test_an_entry_does_not_meet_what_is_stored_under_a_key_that_is_always_new(make: str, key: str) -> None:
    assert not reported(make, key)


@pytest.mark.parametrize(
    ("make", "key"),
    [
        ("pass", "name"),
        ("key = name or uuid4().hex\n        key = name", "key"),
        ("key = next(self.rows)", "key"),
        ("key = next(iter(self.sessions))", "key"),
        ("key = uuid.UUID(name)", "key"),
        ("key = self.next\n        await self.log()\n        self.next += 1", "key"),
        ("key = self.next\n        if name:\n            self.next += 1", "key"),
        ("key = self.next\n        self.next = (self.next + 1) % 8", "key"),
        ("key = self.again\n        self.again += 1", "key"),
        ("key = self.next\n        self.next += self.step", "key"),
        ("key = self.next % 8\n        self.next += 1", "key"),
        ("key = self.next & 0xFF\n        self.next += 1", "key"),
        ("key = self.names[self.next % 2]\n        self.next += 1", "key"),
        ("key = name - self.next\n        self.next += 1", "key"),
        ("key = name + self.next\n        self.next += 1", "key"),
        ("self.next += 1", "self.next // 2"),
        ("made = Session(name, self.next)\n        self.next += 1", "made.key"),
        ("made = Session(key=name, number=self.next)\n        self.next += 1", "made.key"),
        ("made = Session(key=name, number=uuid4())", "made.key"),
        ("made = Session(key=name)\n        key = made.key", "key"),
        ("made = Session(key=uuid4().hex)\n        made = self.last\n        key = made.key", "key"),
    ],
)
def test_but_it_meets_what_is_stored_under_a_key_that_may_be_there(make: str, key: str) -> None:
    assert reported(make, key)


NUMBERED = """
class Pool:
    {shared}

    def __init__(self):
        self.lock = asyncio.Lock()
        self.next = 1

    async def open(self):
        number = {counter}
        {counter} += 1
        self.rows[number] = object()

    async def close(self, key):
        row = self.rows[key]
        await row.close()
        self.rows.pop(key, None)
"""


@pytest.mark.parametrize(
    ("shared", "counter", "meets"),
    [
        ("rows = {}", "self.next", True),
        ("rows = {}; last = 0", "Pool.last", False),
        ("rows = {}; last = 0", "self.last", True),
    ],
)
def test_objects_that_count_for_themselves_number_no_table_of_all(shared: str, counter: str, meets: bool) -> None:
    found = find(program_of(NUMBERED.format(shared=shared, counter=counter)))
    assert any(finding.rule == "AWA103" for finding in found) is meets


@pytest.mark.parametrize(
    ("more", "meets"),
    [
        ("number = self.next\n        self.next += 1", False),
        ("number = self.other\n        self.other += 1", True),
    ],
)
def test_two_counters_may_give_the_same_number(more: str, meets: bool) -> None:
    source = (
        NUMBERED.format(shared="last = 0", counter="self.next")
        + f"""
    async def reopen(self):
        {more}
        self.rows[number] = object()
"""
    )
    source = source.replace("self.next = 1", "self.next = 1\n        self.other = 1\n        self.rows = {}")
    assert any(finding.rule == "AWA103" for finding in find(program_of(source))) is meets


COUNTED_BY_CLASS = """
class Pool:
    rows = {}
    last = 0

    @classmethod
    async def open(cls):
        number = cls.last
        cls.last += 1
        Pool.rows[number] = object()

    @classmethod
    async def close(cls, key):
        row = Pool.rows[key]
        await row.close()
        Pool.rows.pop(key, None)
"""


@pytest.mark.parametrize(("below", "meets"), [("", False), ("class Own(Pool):\n    pass\n", True)])
def test_each_class_below_counts_for_itself(below: str, meets: bool) -> None:
    found = find(program_of(COUNTED_BY_CLASS + below))
    assert any(finding.rule == "AWA103" for finding in found) is meets


MOVED = """
class Table:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.rows = {{}}

    def find(self, wanted):
        return self.rows.get(wanted)

    def both(self, wanted):
        key = wanted or self.default()
        return key, self.find(key)

    async def renew(self, wanted, number):
        {read}
        await self.send(row)
        {write}

    async def enter(self, row):
        key = await self.number()
        self.rows[key] = row

    async def send(self, row):
        await asyncio.sleep(1)


table = Table()
"""


def test_some_entry_that_is_read_is_no_other_entry_that_is_written() -> None:
    one = MOVED.format(read="row = self.rows[wanted]", write="self.rows[wanted] = row + 1")
    assert {finding.rule for finding in find(program_of(one))} == {"AWA101"}
    some = MOVED.format(read="key, row = self.both(wanted)", write="await self.enter(row)")
    assert [finding for finding in find(program_of(some)) if finding.rule == "AWA101"] == []


JOB = """
class Job{base}:
    def __init__(self, hub):
        self.n = 0
        {more}

    async def _set_up(self):
        await asyncio.sleep(0)
        self.n = 5

    async def _step(self):
        await self._work()

    async def _work(self):
        n = self.n
        await asyncio.sleep(0)
        self.n = n + 1

    def start(self):
        asyncio.create_task(self._step())

async def make(hub):
    job = Job(hub)
    await job._set_up()
    job.start()
"""


def has_rival(more: str, base: str = "") -> bool:
    return any(finding.function == "Job._work" for finding in find(program_of(JOB.format(more=more, base=base))))


@pytest.mark.parametrize(
    "more",
    ["hub.add(self)", "hub[1] = self", "hub.subscribe(self.start)", "asyncio.create_task(self._step())"],
)
def test_who_is_let_out_by_the_constructor_is_not_only_its_makers(more: str) -> None:
    assert has_rival(more)


@pytest.mark.parametrize(
    "more", ["self.hub = hub", "super().__init__()", "hub.add(self.n)", "self.start_now = hub.start()"]
)
def test_who_is_not_is(more: str) -> None:
    assert not has_rival(more)
