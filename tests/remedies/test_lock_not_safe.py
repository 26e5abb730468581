"""What makes a lock, or a split, unsafe that looks right in its own lines: each was called safe once, and has a twin.

A class in whose objects the lock cannot stay, pauses that are no short ones, threads that come back for the lock, and
what stands in the place of a method: its caller, who now calls the variant, would go past it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitomic.model.finding import Applicability
from awaitomic.remedies import lock, split
from awaitomic.remedies.lock import weak_table
from awaitomic.remedies.remedy import Case, Proposal, Remedy
from awaitomic.rules import find
from program.across import lay_out, program_at
from remedies.verdicts import verdict

COUNTER = """\
import asyncio
import attr
import copy
import dataclasses
from dataclasses import asdict, dataclass

LONG = 30
SHORT = 0.5
TWICE = 0.5


{decorator}
class Counter:
    {head}

    async def add(self):
        total = self.total
        await {wait}
        self.total = await self.next(total)

    async def next(self, total):
        await asyncio.sleep(0)
        return total + 1

    def set_twice(self):
        global TWICE
        TWICE = 60

    def work(self):
        return asyncio.run_coroutine_threadsafe(self.add(), self.loop).result()

    {more}
"""
PLAIN = "def __init__(self):\n        self.total = 0"


def _counter(wait: str = "asyncio.sleep(1)", more: str = "", decorator: str = "", head: str = PLAIN) -> str:
    return COUNTER.format(wait=wait, more=more.replace("\n", "\n    "), decorator=decorator, head=head)


@pytest.mark.parametrize(
    ("wait", "reason"),
    [
        ("asyncio.sleep(1)", "safe"),
        ("asyncio.sleep(SHORT)", "safe"),
        ("asyncio.sleep(delay=0.1)", "safe"),
        ("asyncio.sleep(30)", "the lock is held for a pause of `30` seconds (line 19)"),
        ("asyncio.sleep(delay=30)", "the lock is held for a pause of `30` seconds (line 19)"),
        ("asyncio.sleep(LONG)", "the lock is held for a pause of `LONG` seconds (line 19)"),
        ("asyncio.sleep(TWICE)", "the lock is held for a pause of `TWICE` seconds (line 19)"),
        ("asyncio.sleep(self.delay)", "the lock is held for a pause of `self.delay` seconds (line 19)"),
        (
            "asyncio.to_thread(print, total)",
            "the lock is held over the wait for `asyncio.to_thread(…)` (line 19), however long that takes",
        ),
        (
            "asyncio.to_thread(self.work)",
            "`asyncio.to_thread(…)` (line 19) may run code that is not in this project: "
            "if that needs the lock, it hangs",
        ),
    ],
)
def test_a_pause_is_short_if_it_is_seen_to_be_and_a_thread_never_is(wait: str, reason: str) -> None:
    assert verdict(_counter(wait)) == reason


FIELDS = "total: int = 0"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(_counter(decorator="@dataclass", head=FIELDS), "safe", id="a dataclass"),
        pytest.param(
            _counter(decorator="@dataclass", head=FIELDS, more="def names(self):\n    return dataclasses.fields(self)"),
            "line 33 goes through the fields of objects, and will meet the new one",
            id="one that lists its fields",
        ),
        pytest.param(
            _counter(more="def copied(self, rows):\n    return list(map(vars, rows))"),
            "line 34 hands on `vars` to copy objects: a lock once contended does not survive that",
            id="a function that copies is handed on",
        ),
        pytest.param(
            _counter(more="def names(self):\n    return self.__slots__", head=f"__slots__ = ('total',)\n    {PLAIN}"),
            "line 35 looks at `__slots__`, which will have the new attribute",
            id="slots that are gone through",
        ),
        pytest.param(
            _counter(more="async def reset(self):\n    await asyncio.sleep(1)\n    self.__init__()"),
            "line 35 runs `__init__` again, which would replace the new attribute while it is in use",
            id="a constructor that runs again",
        ),
        pytest.param(
            _counter(
                more="class Base:\n    pass\n\nclass Other(Base):\n    def __init__(self):\n        Base.__init__(self)"
            ),
            "safe",
            id="a constructor that runs that of its base",
        ),
    ],
)
def test_an_object_that_is_looked_through_or_begun_again_is_no_place_for_a_lock(text: str, reason: str) -> None:
    assert verdict(text) == reason


STORE = """\
import asyncio
import unittest.mock


class Store:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.rows = []
        {init}

    async def put(self, row):
        async with self._lock:
            await asyncio.sleep(1)
            self.rows.append(row)

    async def put_all(self, rows):
        async with self._lock:
            for row in rows:
                await self.put(row)

    async def ignore(self, row):
        pass

{more}
"""
SPOOL = """\
import asyncio


class Store:
    def __init__(self):
        self.size = 0
        self.rows = []
        {init}

    async def put_all(self):
        size = self.size
        await asyncio.sleep(1)
        self.size = await self.grown(size)
        if self.size:
            await self.put(size)

    async def put(self, row):
        self.size = 0
        await asyncio.sleep(1)
        self.rows.append(row)

    async def grown(self, size):
        await asyncio.sleep(0)
        return size + 1

    async def ignore(self, row):
        pass

{more}
"""
NOBODY = "def other(store):\n    setattr(store, 'rows', [])\n    store.put_nothing = None"
STAND_INS = {
    "nothing": ("pass", NOBODY, "safe"),
    "an attribute": ("self.put = self.ignore", "", "an attribute `put` is stored on objects, in place of the method"),
    "set by its name": (
        "pass",
        "def mute(store):\n    setattr(store, 'put', store.ignore)",
        "an attribute `put` is stored on objects, in place of the method",
    ),
    "the body of a class below": (
        "pass",
        "class Mute(Store):\n    put = Store.ignore",
        "`Mute` binds `put` in its body, in place of the method",
    ),
    "mixed in before": (
        "pass",
        "class Quiet:\n    async def put(self, row):\n        pass\n\nclass Mute(Quiet, Store):\n    pass",
        "`Mute` has the `put` of `Quiet`, in place of the method",
    ),
    "mixed in behind": (
        "pass",
        "class Quiet:\n    async def put(self, row):\n        pass\n\nclass Mute(Store, Quiet):\n    pass",
        "safe",
    ),
}


def _proposed(remedy: Remedy, rule: str, root: Path, files: dict[str, str]) -> str:
    lay_out(root, files)
    program = program_at(root, "store.py")
    found = find(program)
    finding = next(each for each in found if each.rule == rule)
    proposal = remedy.propose(Case(program, finding, found=lambda _: found))
    assert isinstance(proposal, Proposal)
    return "safe" if proposal.applicability is Applicability.SAFE else "; ".join(proposal.because)


@pytest.mark.parametrize(("init", "more", "reason"), STAND_INS.values(), ids=STAND_INS)
@pytest.mark.parametrize(
    ("remedy", "rule", "text"), [(split.REMEDY, "AWA301", STORE), (lock.REMEDY, "AWA101", SPOOL)], ids=["split", "lock"]
)
def test_what_stands_in_the_place_of_a_method_is_called_no_more(
    remedy: Remedy, rule: str, text: str, init: str, more: str, reason: str, tmp_path: Path
) -> None:
    assert _proposed(remedy, rule, tmp_path, {"store.py": text.format(init=init, more=more)}) == reason


MOCKS = {
    "by its object and name": "async def test_all(store):\n    with patch.object(store, 'put', AsyncMock()): pass\n",
    "by its path": "@patch('store.Store.put')\nasync def test_all(put):\n    pass\n",
    "by pytest": "async def test_all(store, monkeypatch):\n    monkeypatch.setattr(store, 'put', AsyncMock())\n",
    "by an attribute": "async def test_all(store):\n\n    store.put = AsyncMock()\n",
    "with others": "async def test_all(store):\n    with patch.multiple(store, put=AsyncMock(), rows=[]): pass\n",
}
IMPORTS = "from unittest.mock import AsyncMock, patch\n\n"


@pytest.mark.parametrize("test", MOCKS.values(), ids=MOCKS)
@pytest.mark.parametrize(
    ("remedy", "rule", "text"), [(split.REMEDY, "AWA301", STORE), (lock.REMEDY, "AWA101", SPOOL)], ids=["split", "lock"]
)
def test_who_calls_the_variant_goes_past_the_mock_of_a_test(
    remedy: Remedy, rule: str, text: str, test: str, tmp_path: Path
) -> None:
    files = {"store.py": text.format(init="pass", more=""), "tests/test_store.py": IMPORTS + test}
    said = _proposed(remedy, rule, tmp_path, files)
    assert said.startswith("a test replaces `put` (line ")
    assert said.endswith("of tests/test_store.py), and who calls its variant goes past that")
    other = IMPORTS + test.replace("put", "get")
    assert _proposed(remedy, rule, tmp_path / "other", {**files, "tests/test_store.py": other}) == "safe"


@pytest.mark.parametrize(
    ("test", "safe"),
    [
        ("store = Store.__new__(Store)", False),
        ("store = object.__new__(Store)", False),
        ("store = object.__new__(Shop)", True),
        ("asyncio.run(Store.put_all(fake))", False),
        ("asyncio.run(Store.grown(fake, 1))", True),
        ("asyncio.run(Store().put_all())", True),
        ("def test_it(:", True),
    ],
)
def test_what_a_test_makes_without_the_constructor_has_no_lock(test: str, safe: bool, tmp_path: Path) -> None:
    files = {"store.py": SPOOL.format(init="pass", more=""), "tests/test_store.py": f"import asyncio\n\n{test}\n"}
    said = _proposed(lock.REMEDY, "AWA101", tmp_path, files)
    made = "a test has a `Store` without its constructor (line 3 of tests/test_store.py)"
    assert said == ("safe" if safe else made)


PARTLY = """\
import asyncio


class Store:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.size = 0
        self.name = "store"

    async def put(self, row):
        {before}
        await asyncio.sleep(1)
        async with self._lock:
            {under}
            await asyncio.sleep(0)

    async def put_all(self, rows):
        async with self._lock:
            for row in rows:
                await self.put(row)
"""


@pytest.mark.parametrize(
    ("before", "under", "reason"),
    [
        ("size = self.size", "self.size = size + row", "`size` is taken from `self.size`"),
        ("size = self.size; new = size + row", "self.size = new", "`new` is taken from `self.size`"),
        ("size = self.size", "if self.size == size: self.size += row", "safe"),
        ("name = self.name", "self.size += len(name)", "safe"),
        ("size = len(row)", "self.size += size", "safe"),
        ("print(self.size)", "self.size += row", "safe"),
    ],
)
def test_what_was_read_before_the_lock_hides_in_no_parameter_of_a_part(
    before: str, under: str, reason: str, tmp_path: Path
) -> None:
    """Else the race that it is would no longer be found, and the split would look like its cure."""
    files = {"store.py": PARTLY.format(before=before, under=under)}
    said = _proposed(split.REMEDY, "AWA301", tmp_path, files)
    rest = " before the lock is there, and would be handed to what holds it"
    assert said == (reason if reason == "safe" else reason + rest)


TABLE = """\
import asyncio


class Store:
    def __init__(self):
        self._locks = {}
        self.rows = {}

    async def put(self, key):
        async with self._locks.setdefault(key, asyncio.Lock()):
            row = self.rows.get(key, 0)
            await asyncio.sleep(1)
            self.rows[key] = row + 1
        self._locks.pop(key, None)
"""


@pytest.mark.parametrize(
    ("test", "reason"),
    [
        ("assert store.rows == {}", "safe"),
        ("assert store._locks == {}", "a test looks at `_locks` (line 1 of tests/test_store.py)"),
    ],
)
def test_a_table_that_a_test_looks_into_forgets_nothing_by_itself(test: str, reason: str, tmp_path: Path) -> None:
    files = {"store.py": TABLE, "tests/test_store.py": test}
    assert _proposed(weak_table.REMEDY, "AWA203", tmp_path, files) == reason
