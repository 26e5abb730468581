"""Constructors that are not the one that makes the lock: defined twice, or put in the place of the first."""

from __future__ import annotations

import asyncio

import pytest

from awaitomic import fix_source

JOB = """
import asyncio
import sys
from typing import overload


class Job:
    {init}

    async def rate(self, n):
        await asyncio.sleep(0)
        return n and 1

    async def run(self):
        n = self.n
        self.n = n + await self.rate(n)


{below}


async def main():
    job = Job()
    await asyncio.gather(job.run(), job.run())
    return job.n
"""
PLAIN = "def __init__(self):\n        self.n = 1"
TWICE = (
    "if sys.platform == 'none':\n        def __init__(self):\n            self.n = 0\n"
    "    else:\n        def __init__(self):\n            self.n = 1"
)
OVERLOADED = (
    "@overload\n    def __init__(self): ...\n    @overload\n    def __init__(self, n: int): ...\n"
    "    def __init__(self, n=1):\n        self.n = n"
)
INSTEAD = "def start(self):\n    self.n = 1\n\n\nJob.__init__ = start"
READING = "def __getattribute__(self, name):\n        if name[0] == '_':\n            raise AttributeError(name)\n"
READING += "        return object.__getattribute__(self, name)\n\n    "


def _ends(source: str) -> int:
    space: dict[str, object] = {}
    exec(compile(source, "job.py", "exec"), space)
    main = space["main"]
    assert callable(main)
    result = asyncio.run(main())
    assert isinstance(result, int)
    return result


@pytest.mark.parametrize(
    ("init", "below"),
    [(TWICE, "pass"), (PLAIN, INSTEAD), (READING + PLAIN, "pass")],
    ids=["defined twice", "replaced", "hides what is private"],
)
def test_no_lock_is_safe_that_may_not_be_there(init: str, below: str) -> None:
    source = JOB.format(init=init, below=below)
    result = fix_source(source, confidence="possible")
    assert result.applied == ()
    assert _ends(source) == 2
    asked_for = fix_source(source, confidence="possible", unsafe_fixes=True).text
    if asked_for != source:
        with pytest.raises(AttributeError):
            _ends(asked_for)


@pytest.mark.parametrize("init", [PLAIN, OVERLOADED], ids=["one", "with overloads"])
def test_a_lock_of_one_constructor_is_safe(init: str) -> None:
    result = fix_source(JOB.format(init=init, below="pass"), confidence="possible")
    assert [each.function for each in result.applied] == ["Job.run"]
    assert _ends(result.text) == 3
