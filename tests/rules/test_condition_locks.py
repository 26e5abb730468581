"""A condition is the lock that it is made from, by whatever name it was handed that; and no other one."""

from __future__ import annotations

import pytest

from awaitomic.rules import find
from program.reading import program_of
from rules.running import hangs

STORE = """
class Shared:
    def __init__(self):
        self.lock = asyncio.Lock()

    def renew(self):
        {renewed}

class Store:
    {body}
    def __init__(self, shared: Shared = Shared()):
        self.shared = shared
        {made}

    async def put(self):
        async with self.changed:
            await asyncio.sleep(0)

    async def load(self):
        async with self.{held}:
            await self.put()
{more}
"""
PLAIN = "self.lock = asyncio.Lock(); self.changed = asyncio.Condition(self.lock)"
ANEW = """
class Own(Store):
    def __init__(self):
        super().__init__()
        self.lock = asyncio.Lock()
        {more}

Store = Own
"""

ONE_LOCK = [
    ("the attribute", "", PLAIN, "lock", ""),
    (
        "by keyword",
        "",
        "self.lock = asyncio.Lock(); self.changed = asyncio.Condition(lock=self.lock)",
        "lock",
        "",
    ),
    (
        "a local that is kept by the same statement",
        "",
        "self.lock = lock = asyncio.Lock(); self.changed = asyncio.Condition(lock)",
        "lock",
        "",
    ),
    (
        "two conditions of one local",
        "",
        "lock = asyncio.Lock(); self.changed = asyncio.Condition(lock); self.full = asyncio.Condition(lock)",
        "full",
        "",
    ),
    (
        "in the class body",
        "lock = asyncio.Lock(); changed = asyncio.Condition(lock)",
        "",
        "lock",
        "",
    ),
    (
        "the lock of the class, and a condition of each instance",
        "lock = asyncio.Lock()",
        "self.changed = asyncio.Condition(self.lock)",
        "lock",
        "",
    ),
    (
        "that of an object that it keeps",
        "",
        "self.changed = asyncio.Condition(self.shared.lock)",
        "shared.lock",
        "",
    ),
    (
        "both are made anew",
        "def restart(self): self.lock = asyncio.Lock(); self.changed = asyncio.Condition(self.lock)\n",
        "self.restart(); " + PLAIN,
        "lock",
        "",
    ),
    (
        "the lock is made where it is None",
        "",
        "self.lock = None; self.lock = asyncio.Lock(); self.changed = asyncio.Condition(self.lock)",
        "lock",
        "",
    ),
    (
        "a subclass makes both anew",
        "",
        PLAIN,
        "lock",
        ANEW.format(more="self.changed = asyncio.Condition(self.lock)"),
    ),
]
ANOTHER = [
    ("a subclass makes the lock anew", "", PLAIN, "lock", ANEW.format(more="")),
    (
        "that of another object",
        "",
        "self.lock = asyncio.Lock(); self.changed = asyncio.Condition(shared.lock)",
        "lock",
        "",
    ),
    (
        "that of an object that it keeps",
        "",
        "self.lock = asyncio.Lock(); self.changed = asyncio.Condition(self.shared.lock)",
        "lock",
        "",
    ),
    (
        "another local of that name",
        "",
        "lock = asyncio.Lock(); self.lock = lock; lock = asyncio.Lock(); self.changed = asyncio.Condition(lock)",
        "lock",
        "",
    ),
    ("the lock is made anew behind it", "", PLAIN + "; self.lock = asyncio.Lock()", "lock", ""),
    (
        "a method makes the lock anew",
        "def restart(self): self.lock = asyncio.Lock()\n",
        PLAIN + "; self.restart()",
        "lock",
        "",
    ),
    (
        "an attribute on the way is set anew",
        "def move(self): self.shared = Shared()\n",
        "self.changed = asyncio.Condition(self.shared.lock); self.move()",
        "shared.lock",
        "",
    ),
    (
        "the other object gets another one",
        "",
        "self.changed = asyncio.Condition(self.shared.lock); self.shared.renew()",
        "shared.lock",
        "",
    ),
    (
        "an instance has another lock than the class",
        "lock = asyncio.Lock(); changed = asyncio.Condition(lock)",
        "self.lock = asyncio.Lock()",
        "lock",
        "",
    ),
]


def _source(body: str, made: str, held: str, more: str) -> str:
    renewed = "self.lock = asyncio.Lock()" if "renew()" in made else "pass"
    return STORE.format(body=body, made=made, held=held, more=more, renewed=renewed)


def _deadlocks(source: str) -> list[str]:
    return [finding.function for finding in find(program_of(source)) if finding.rule == "AWA301"]


@pytest.mark.parametrize("case", [each[1:] for each in ONE_LOCK], ids=[each[0] for each in ONE_LOCK])
def test_it_is_that_lock(case: tuple[str, str, str, str]) -> None:
    assert _deadlocks(_source(*case)) == ["Store.load"]
    assert hangs(_source(*case), "Store", "load")


@pytest.mark.parametrize("case", [each[1:] for each in ANOTHER], ids=[each[0] for each in ANOTHER])
def test_it_is_another_lock(case: tuple[str, str, str, str]) -> None:
    assert _deadlocks(_source(*case)) == []
    assert not hangs(_source(*case), "Store", "load")


PAIR = """
class Queue:
    def __init__(self, lock):
        {made}
        self.count = 0

    async def put(self):
        async with self.{one}:
            count = self.count
            await asyncio.sleep(0)
            self.count = count + 1

    async def reset(self):
        async with self.{other}:
            self.count = 0
"""


@pytest.mark.parametrize(
    ("made", "one", "other"),
    [
        ("self.full = asyncio.Condition(lock); self.empty = asyncio.Condition(lock)", "full", "empty"),
        ("self.full = asyncio.Condition(lock); self.empty = asyncio.Condition(lock)", "empty", "full"),
        ("self.lock: asyncio.Lock = lock; self.empty = asyncio.Condition(lock)", "empty", "lock"),
    ],
)
def test_who_takes_it_by_another_name_is_kept_out(made: str, one: str, other: str) -> None:
    source = PAIR.format(made=made, one=one, other=other)
    assert [finding.rule for finding in find(program_of(source))] == []
    apart = source.replace("asyncio.Condition(lock)", "asyncio.Condition()")
    assert [finding.rule for finding in find(program_of(apart))] == ["AWA202"]
