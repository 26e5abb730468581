"""AWA301 with a lock that its class keeps under two names: one lock where that is sure, and silent where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from awaitomic.cli import main
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
    (
        "a subclass leaves both as they are",
        "self.lock = asyncio.Lock(); self.again = self.lock",
        "class Own(Pool):\n    def __init__(self):\n        super().__init__()\n        self.name = ''",
    ),
    (
        "a class that has nothing to do with it has attributes of those names",
        "self.lock = asyncio.Lock(); self.again = self.lock",
        "class Other:\n    def __init__(self):\n        self.lock = asyncio.Lock(); self.again = asyncio.Lock()",
    ),
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
        "a subclass sets the second name anew when it is made",
        "self.lock = asyncio.Lock(); self.again = self.lock",
        "class Own(Pool):\n    def __init__(self):\n        super().__init__()\n        self.again = asyncio.Lock()",
    ),
    (
        "a method of a subclass sets the first name anew",
        "self.lock = asyncio.Lock(); self.again = self.lock",
        "class Own(Pool):\n    def renew(self):\n        self.lock = asyncio.Lock()",
    ),
    (
        "another base of a subclass sets the second name",
        "self.lock = asyncio.Lock(); self.again = self.lock",
        "class Other:\n    def renew(self):\n        self.again = asyncio.Lock()\n\nclass Own(Pool, Other): pass",
    ),
    (
        "a subclass makes a property of the second name",
        "self.lock = asyncio.Lock(); self.again = self.lock",
        "class Own(Pool):\n    @property\n    def again(self): return asyncio.Lock()",
    ),
    (
        "a function beside it sets the second name anew",
        "self.lock = asyncio.Lock(); self.again = self.lock",
        "def spare(pool):\n    pool.again = asyncio.Lock()\n    return pool",
    ),
    (
        "a function beside it sets the first name anew by its name",
        "self.lock = asyncio.Lock(); self.again = self.lock",
        "def spare(pool):\n    setattr(pool, 'lock', asyncio.Lock())",
    ),
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


def test_another_module_can_set_the_second_name_anew(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    base = POOL.format(made="self.lock = asyncio.Lock(); self.again = self.lock", more="")
    (tmp_path / "base.py").write_text(f"import asyncio\n{base}")
    own = "import asyncio\nfrom base import Pool\n\n"
    own += "class Own(Pool):\n    def __init__(self):\n        super().__init__()\n"
    seen = {}
    for name, last in [("keeps", "self.name = ''"), ("renews", "self.again = asyncio.Lock()")]:
        (tmp_path / "own.py").write_text(f"{own}        {last}\n")
        outcome = CliRunner().invoke(main, ["check", "--isolated", "--no-cache", str(tmp_path)])
        seen[name] = "AWA301" in outcome.output
    assert seen == {"keeps": True, "renews": False}
