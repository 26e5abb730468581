"""AWA301 with a lock that its class keeps under two names: one lock where that is sure, and silent where it is not."""

from __future__ import annotations

import pytest

from awaitomic.rules import find
from program.reading import program_of

POOL = """
class Pool:
    def __init__(self, other=None):
        {made}

    async def recover(self):
        async with self.again:
            await asyncio.sleep(0)

    async def f(self):
        async with self.lock:
            await self.recover()
{more}
"""

ONE_LOCK = [
    ("the second name is set to the first", "self.lock = asyncio.Lock(); self.again = self.lock", ""),
    ("the first is read through an annotation", "self.lock: asyncio.Lock = asyncio.Lock(); self.again = self.lock", ""),
    ("a condition has two names", "self.lock = asyncio.Condition(); self.again = self.lock", ""),
    ("two names are set at once", "self.lock = asyncio.Lock(); self.again = self.third = self.lock", ""),
]
NOT_SURE = [
    (
        "the second name is set anew",
        "self.lock = asyncio.Lock(); self.again = self.lock; self.again = asyncio.Lock()",
        "",
    ),
    (
        "the first name is set anew by another method",
        "self.lock = asyncio.Lock(); self.again = self.lock",
        "    def reset(self): self.lock = asyncio.Lock()",
    ),
    (
        "the second name is only set now and then",
        "self.lock = asyncio.Lock(); self.again = other\n        if other is None: self.again = self.lock",
        "",
    ),
    ("the other lock is that of another object", "self.lock = asyncio.Lock(); self.again = other.lock", ""),
    ("both are locks of their own", "self.lock = asyncio.Lock(); self.again = asyncio.Lock()", ""),
    ("it lets several in", "self.lock = asyncio.Semaphore(3); self.again = self.lock", ""),
    (
        "it is another method that names it again",
        "self.lock = asyncio.Lock()",
        "    def share(self): self.again = self.lock",
    ),
]


def _found(made: str, more: str) -> list[tuple[str, str, str]]:
    found = find(program_of(POOL.format(made=made, more=more)))
    return [(each.rule, each.function, each.state) for each in found if each.rule == "AWA301"]


@pytest.mark.parametrize(("made", "more"), [case[1:] for case in ONE_LOCK], ids=[case[0] for case in ONE_LOCK])
def test_two_names_are_one_lock(made: str, more: str) -> None:
    assert _found(made, more) == [("AWA301", "Pool.f", "self.lock")]


@pytest.mark.parametrize(("made", "more"), [case[1:] for case in NOT_SURE], ids=[case[0] for case in NOT_SURE])
def test_two_names_may_be_two_locks(made: str, more: str) -> None:
    assert _found(made, more) == []


def test_the_state_is_guarded_by_either_name() -> None:
    source = """
    class Pool:
        def __init__(self):
            self.lock = asyncio.Lock()
            self.again = self.lock
            self.size = 0

        async def grow(self):
            async with self.again:
                size = self.size
                await asyncio.sleep(0)
                self.size = size + 1

        async def shrink(self):
            async with self.lock:
                size = self.size
                await asyncio.sleep(0)
                self.size = size - 1
    """
    assert find(program_of(source)) == []
