"""Decorators that only say something of a function, against those that hand it to somebody."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitomic.model.finding import Finding
from awaitomic.rules import find
from program.across import lay_out, program_at

NOTES = "    setattr(function, 'is_callback', True)\n    function.names = 3\n"
TOKEN = """
from marks import callback

class TokenManager:
    def __init__(self):
        self.token = None

    @callback
    def forget(self):
        self.token = None

    async def get(self):
        if self.token is None:
            self.token = await fetch()
        return self.token
"""
UNDER_LOCK = """
import asyncio
from marks import callback

class JobPool:
    def __init__(self):
        self._lock = asyncio.Lock()
        self._jobs = 0

    async def take(self):
        async with self._lock:
            await self._add()

    @callback
    async def _add(self):
        jobs = self._jobs
        await start()
        self._jobs = jobs + 1
"""


def _found(root: Path, text: str, marks: str) -> list[Finding]:
    lay_out(root, {"app.py": text, "marks.py": marks})
    return find(program_at(root, "app.py"))


def _decorator(body: str) -> str:
    return f"ALL = []\n\ndef callback(function):\n    '''Say that it is one.'''\n{body}"


@pytest.mark.parametrize("notes", ["", NOTES])
def test_a_decorator_that_only_notes_something_calls_nothing(notes: str, tmp_path: Path) -> None:
    for finding in _found(tmp_path, TOKEN, _decorator(f"{notes}    return function\n")):
        assert not any("handed to" in each for each in finding.evidence)
    assert not _found(tmp_path, UNDER_LOCK, _decorator(f"{notes}    return function\n"))


def test_nor_does_one_that_is_known_by_name(tmp_path: Path) -> None:
    text = UNDER_LOCK.replace("from marks import", "from homeassistant.core import")
    assert not _found(tmp_path, text, "")
    assert _found(tmp_path, UNDER_LOCK, "")


@pytest.mark.parametrize(
    "body",
    [
        "    ALL.append(function)\n    return function\n",
        "    setattr(function, 'all', ALL.append(function))\n    return function\n",
        "    function.all = function\n    return function\n",
        "    return wrap(function)\n",
        "    ALL[0].call = function\n    return function\n",
    ],
)
def test_one_that_hands_it_on_may_have_it_called_at_any_time(body: str, tmp_path: Path) -> None:
    (finding,) = [each for each in _found(tmp_path, TOKEN, _decorator(body)) if each.rule == "AWA102"]
    assert any("handed to `callback`" in each for each in finding.evidence)
    assert _found(tmp_path, UNDER_LOCK, _decorator(body))
