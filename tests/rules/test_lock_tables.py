"""Tables of locks from which locks are taken out: a lock that is thrown away while others wait protects nothing."""

from __future__ import annotations

import pytest

from awaitomic.findings.precedence import resolve
from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of

PAGES = """
import contextlib
from collections import defaultdict

class Pages:
    def __init__(self):
        self._locks = {table}
        self._pages = {{}}
        self._users = {{}}
        self.loads = {{}}

    def lock_for(self, key):
        if key not in self._locks:
            self._locks[key] = asyncio.Lock()
        return self._locks[key]

    @contextlib.asynccontextmanager
    async def held(self, key):
        async with self.lock_for(key):
            yield

    @contextlib.asynccontextmanager
    async def held_once(self, key):
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            yield
        {once}

    async def page(self, key):
        {body}

    def {name}(self, key):
        {other}

pages = Pages()
"""

COUNT = ["    n = self.loads.get(key, 0)", "    await io(key)", "    self.loads[key] = n + 1"]
FILL = ["    if key not in self._pages:", "        self._pages[key] = await io(key)"]
POP = "self._locks.pop(key, None)"
TAKE = "async with self._locks.setdefault(key, asyncio.Lock()):"


def found(
    *body: str, table: str = "{}", once: str = "pass", name: str = "forget", other: str = "pass"
) -> set[tuple[str, str, Confidence]]:
    text = PAGES.format(table=table, body="\n        ".join(body), once=once, name=name, other=other)
    return {(finding.rule, finding.state, finding.confidence) for finding in resolve(find(program_of(text)))}


LOST = {("AWA203", "self.loads[key]", Confidence.LIKELY)}
FILLED_TWICE = {("AWA203", "self._pages[key]", Confidence.POSSIBLE)}

CARELESS = [
    ("after the region", [TAKE, *COUNT, POP]),
    ("at the end of the region", [TAKE, *COUNT, f"    {POP}"]),
    ("deleted", [TAKE, *COUNT, "del self._locks[key]"]),
    ("in any case", ["try:", f"    {TAKE}", *(f"    {line}" for line in COUNT), "finally:", f"    {POP}"]),
    ("if it is there", [TAKE, *COUNT, "if key in self._locks:", f"    {POP}"]),
    ("if nobody holds it", [TAKE, *COUNT, "if not self._locks[key].locked():", f"    {POP}"]),
    ("behind a test of something else", ["if key in self._pages: return", TAKE, *COUNT, POP]),
    (
        "taken by hand",
        ["lock = self.lock_for(key)", "await lock.acquire()", "try:", *COUNT, "finally:", "    lock.release()", POP],
    ),
]


@pytest.mark.parametrize("body", [case[1] for case in CARELESS], ids=[case[0] for case in CARELESS])
def test_a_lock_that_is_thrown_away_while_others_may_wait_protects_nothing(body: list[str]) -> None:
    assert found(*body) == LOST


CAREFUL = [
    ("never", [TAKE, *COUNT]),
    (
        "if nobody waits",
        [
            "lock = self.lock_for(key)",
            "async with lock:",
            *COUNT,
            "if not lock.locked() and not lock._waiters:",
            "    " + POP,
        ],
    ),
    (
        "by the last of all users",
        [
            "self._users[key] = self._users.get(key, 0) + 1",
            TAKE,
            *COUNT,
            "self._users[key] -= 1",
            "if self._users[key] == 0:",
            f"    {POP}",
        ],
    ),
    (
        "unless there are others",
        [
            "self._users[key] = self._users.get(key, 0) + 1",
            TAKE,
            *COUNT,
            "self._users[key] -= 1",
            "if self._users[key] > 0:",
            "    return",
            POP,
        ],
    ),
    ("put into another place", [TAKE, *COUNT, f"self._users[key] = {POP}"]),
]


@pytest.mark.parametrize("body", [case[1] for case in CAREFUL], ids=[case[0] for case in CAREFUL])
def test_a_lock_that_stays_while_others_wait_protects(body: list[str]) -> None:
    assert found(*body) == set()


def test_who_forgets_the_key_throws_away_the_lock_of_those_who_use_it() -> None:
    assert found("async with self.lock_for(key):", *COUNT, other=POP) == LOST
    assert found("async with self.held(key):", *COUNT, other=POP) == LOST
    assert found("async with self._locks[key]:", *COUNT, table="defaultdict(asyncio.Lock)", other=POP) == LOST
    assert found("async with self.held_once(key):", *COUNT, once=POP) == LOST
    assert found("async with self.held_once(key):", *COUNT) == set()


def test_an_owner_who_closes_the_object_throws_away_no_lock_that_is_waited_for() -> None:
    assert found(TAKE, *COUNT, name="close", other=POP) == set()


def test_a_lock_of_a_table_that_is_only_cleared_as_a_whole_stays() -> None:
    assert found(TAKE, *COUNT, other="self._locks.clear()") == set()


MADE_BEFORE = """
class Devices:
    def __init__(self):
        self._locks = {}
        self.reads = {}

    def add(self, key):
        self._locks[key] = asyncio.Lock()

    def remove(self, key):
        del self._locks[key]

    async def read(self, key):
        async with self._locks[key]:
            n = self.reads.get(key, 0)
            await io(key)
            self.reads[key] = n + 1

devices = Devices()
"""


def test_a_lock_that_nobody_makes_anew_is_not_replaced_by_another() -> None:
    assert list(find(program_of(MADE_BEFORE))) == []
    on_demand = MADE_BEFORE.replace("self._locks[key]:", "self._locks.setdefault(key, asyncio.Lock()):")
    assert [finding.rule for finding in resolve(find(program_of(on_demand)))] == ["AWA203"]


def test_a_lock_may_go_once_what_it_is_for_has_been_filled() -> None:
    assert found(TAKE, *FILL, POP) == set()
    assert found("async with self.held_once(key):", *FILL, once=POP) == set()
    anyway = ["try:", f"    {TAKE}", *(f"    {line}" for line in FILL), "finally:", f"    {POP}"]
    assert found(*anyway) == FILLED_TWICE  # if it fails for one, two who are left may fill it side by side
    assert found(TAKE, *FILL, other=POP) == FILLED_TWICE


def test_the_finding_says_why_the_lock_does_not_help() -> None:
    text = PAGES.format(
        table="{}", body="\n        ".join([TAKE, *COUNT, POP]), once="pass", name="forget", other="pass"
    )
    (finding,) = resolve(find(program_of(text)))
    assert "throws it away while others may wait for it" in finding.evidence[-1]


HANDED = """
class Hub:
    def __init__(self):
        self.locks = {}
        self.loads = {}

    def forget(self, key):
        self.locks.pop(key, None)

async def load(hub: Hub, key):
    async with hub.locks.setdefault(key, asyncio.Lock()):
        n = hub.loads.get(key, 0)
        await io(key)
        hub.loads[key] = n + 1
    hub.forget(key)

async def main():
    hub = Hub()
    await asyncio.gather(*(load(hub, "a") for _ in range(3)))
"""


def test_the_table_may_be_that_of_an_object_that_is_handed_over() -> None:
    found = [(each.rule, each.state) for each in resolve(find(program_of(HANDED)))]
    assert found == [("AWA203", "hub.loads[key]")]
    assert list(find(program_of(HANDED.replace("self.locks.pop(key, None)", "pass")))) == []
