"""A lock that a task takes twice, where the forms of AWA301 lie in several files."""

from __future__ import annotations

from pathlib import Path

import pytest

from program.across import findings_at, lay_out

BASE = """
import asyncio
from contextlib import asynccontextmanager

class Base:
    def __init__(self):
        self.lock = asyncio.Lock()

    @asynccontextmanager
    async def session(self):
        async with self.lock:
            yield

    async def put(self, row):
        async with self.lock:
            await asyncio.sleep(0)

    async def close(self):
        async with self.lock:
            await self.save()

    async def save(self): ...
"""

TOOLS = """
import asyncio
import functools

def locked(method):
    @functools.wraps(method)
    async def alone(self, *args):
        async with self.lock:
            return await method(self, *args)
    return alone

async def retry(operation, *args):
    for _ in range(3):
        try:
            return await operation(*args)
        except OSError:
            await asyncio.sleep(1)

class Turn:
    def __init__(self, lock):
        self._lock = lock

    async def __aenter__(self):
        await self._lock.acquire()

    async def __aexit__(self, *exc):
        self._lock.release()
"""

USER = """
import asyncio
from base import Base
from tools import Turn, locked, retry

class User(Base):
    def __init__(self, base):
        super().__init__()
        self.base: Base = base

    {method}
"""

HANGS = [
    (
        "a manager of the base class holds it",
        "async def f(self):\n        async with self.session(): await self.put(1)",
    ),
    (
        "a manager of another object",
        "async def f(self):\n        async with self.base.lock:\n            async with self.base.session(): ...",
    ),
    (
        "a method of another object",
        "async def f(self):\n        async with self.base.session(): await self.base.put(1)",
    ),
    ("a decorator of another file", "@locked\n    async def f(self): await self.put(1)"),
    (
        "a decorated method calls another",
        "@locked\n    async def f(self): await self.g()\n\n    @locked\n    async def g(self): ...",
    ),
    (
        "a function of another file awaits it",
        "async def f(self):\n        async with self.lock: await retry(self.put, 1)",
    ),
    (
        "an object of a class of another file",
        "async def f(self):\n        async with Turn(self.lock): await self.put(1)",
    ),
    ("the base through super", "async def f(self):\n        async with self.lock: await super().put(1)"),
    (
        "an override takes it",
        "async def put(self, row):\n        async with self.lock: await super().put(row)\n\n"
        "    async def f(self):\n        async with self.session(): await self.put(1)",
    ),
]

GOES_ON = [
    (
        "its own manager and the lock of another",
        "async def f(self):\n        async with self.session(): await self.base.put(1)",
    ),
    ("a decorator and another object", "@locked\n    async def f(self): await self.base.put(1)"),
    (
        "a function that is handed something else",
        "async def f(self):\n        async with self.lock: await retry(self.base.put, 1)",
    ),
    ("an object with another lock", "async def f(self):\n        async with Turn(self.base.lock): await self.put(1)"),
    (
        "an override without it",
        "async def put(self, row): ...\n\n    async def f(self):\n        async with self.session(): await self.put(1)",
    ),
]


def _of(root: Path, method: str) -> list[str]:
    lay_out(root, {"base.py": BASE, "tools.py": TOOLS, "user.py": USER.format(method=method)})
    return [finding.rule for finding in findings_at(root, "user.py") if finding.function == "User.f"]


@pytest.mark.parametrize("method", [case[1] for case in HANGS], ids=[case[0] for case in HANGS])
def test_the_task_waits_for_itself(tmp_path: Path, method: str) -> None:
    assert _of(tmp_path, method) == ["AWA301"]


@pytest.mark.parametrize("method", [case[1] for case in GOES_ON], ids=[case[0] for case in GOES_ON])
def test_nobody_waits_for_himself(tmp_path: Path, method: str) -> None:
    assert _of(tmp_path, method) == []


def test_an_override_in_another_file_takes_what_the_base_holds(tmp_path: Path) -> None:
    method = "async def save(self):\n        async with self.lock: ..."
    lay_out(tmp_path, {"base.py": BASE, "tools.py": TOOLS, "user.py": USER.format(method=method)})
    (finding,) = [each for each in findings_at(tmp_path, "base.py") if each.rule == "AWA301"]
    assert finding.function == "Base.close"
    assert [step.path.rpartition("/")[2] for step in finding.trace] == ["base.py", "base.py", "user.py"]
