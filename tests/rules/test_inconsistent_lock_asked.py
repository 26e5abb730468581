"""AWA202 leaves out whom no finding of the file can be about: what is left out must never have told anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.finding import Finding
from awaitomic.program import Program
from awaitomic.rules import inconsistent_lock
from program.across import lay_out, program_at, told

BOX = """
import asyncio

class Box:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.n = 0

    async def span(self):
        async with self.lock:
            n = self.n
            self.n = n + await io()

    async def put(self, n):
        async with self.lock:
            self.step1(n)
"""
STEP = """
    def step{number}(self, n):
        {does}
"""
MAIN = """
from box import Box

class Page:
    def __init__(self, box: Box):
        self.box = box

    async def reset(self):
        self.box.step1(0)
"""


def _everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the rule look at every holder of a lock that it comes to."""
    monkeypatch.setattr(inconsistent_lock, "MayWrite", lambda _program, _words: lambda _function: True)


def _steps(count: int) -> str:
    """Give methods of which each calls the next, and the last writes."""
    calls = [f"self.step{number + 1}(n)" for number in range(1, count)]
    return "".join(STEP.format(number=at, does=does) for at, does in enumerate([*calls, "self.n = n"], start=1))


def _found(root: Path, steps: int) -> list[Finding]:
    lay_out(root, {"box.py": BOX + _steps(steps), "page.py": MAIN})
    return list(inconsistent_lock.find(program_at(root, "page.py")))


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_call_over_so_many_steps_is_found_where_it_is_made(tmp_path: Path, steps: int) -> None:
    assert told(_found(tmp_path, steps)) == [("AWA202", "Page.reset", "self.box.n")]


def test_a_call_over_more_steps_is_none_of_the_callers_business(tmp_path: Path) -> None:
    assert _found(tmp_path, 4) == []


@pytest.mark.parametrize("steps", [1, 3, 4])
def test_who_is_left_out_of_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    asked = _found(tmp_path, steps)
    _everybody(monkeypatch)
    monkeypatch.setattr(inconsistent_lock, "blamed_on", _all_functions)
    assert asked == _found(tmp_path, steps)


def _all_functions(program: Program) -> dict[int, FunctionGraph]:
    units = [program.project.unit(name) for name in sorted(program.project.tree.files)]
    found = (resolver.function for unit in units if unit is not None for resolver in unit.resolvers)
    return {id(function): function for function in found}
