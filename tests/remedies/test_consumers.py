"""What happens at a ``yield``, in the same task: no safe fix may make a difference to who goes through a generator."""

from __future__ import annotations

from types import ModuleType

import pytest

from awaitomic import fix_source
from explorer import Scenario, World, check_alone

HEAD = """\
import asyncio
import contextlib

log = []


class Socket:
    async def close(self):
        await asyncio.sleep(1)


class Subject:
    def __init__(self):
        self.total = 0
        self.ws = Socket()
        self.rooms = {"a": 1, "b": 2}
        self.woken = asyncio.Event()

    async def others(self):
        await asyncio.sleep(1)
        self.ws = Socket()
        self.rooms["c"] = 3
        await asyncio.sleep(1)
        self.rooms.pop("b", None)
        self.woken.set()

"""
ENTRIES = "for name in self.rooms:\n    {}\n    await asyncio.sleep(self.rooms[name])"
PROGRAMS = {
    "a read moves past it": ("total = self.total\n{}\nawait asyncio.sleep(1)\nself.total = total + 1", "hoist"),
    "a reset is only made if nothing has changed": ("ws = self.ws\n{}\nawait ws.close()\nself.ws = None", "recheck"),
    "a loop goes over a copy": (ENTRIES, "snapshot"),
    "an event is cleared before it": (
        "await self.woken.wait()\ntry:\n    {}\n    await asyncio.sleep(1)\nfinally:\n    self.woken.clear()",
        "swap",
    ),
}
USE = """

def change(subject):
    log.append((subject.total, len(subject.rooms), subject.woken.is_set()))
    subject.total = 7
    subject.ws = Socket()
    subject.rooms.pop("b", None)
    subject.woken.set()


async def use(subject):
    async for _ in subject.act():
        change(subject)


async def enter(subject):
    async with subject.act():
        change(subject)
"""


def _program(body: str, here: str, decorator: str = "") -> str:
    lines = "".join(f"        {line}\n" for line in body.format(here).split("\n"))
    return f"{HEAD}{decorator}    async def act(self):\n{lines}"


@pytest.mark.parametrize(("body", "strategy"), PROGRAMS.values(), ids=PROGRAMS)
def test_where_nothing_is_handed_out_the_fix_is_safe(body: str, strategy: str) -> None:
    applied = fix_source(_program(body, "log.append(1)"), confidence="possible").applied
    assert [finding.fix.strategy for finding in applied if finding.fix] == [strategy]


@pytest.mark.parametrize("manager", [False, True])
@pytest.mark.parametrize(("body", "strategy"), PROGRAMS.values(), ids=PROGRAMS)
def test_who_uses_it_alone_sees_no_difference(body: str, strategy: str, manager: bool) -> None:
    def setup(module: ModuleType, count: int) -> World:
        subject = module.Subject()
        subject.woken.set()
        user = module.enter if manager else module.use
        return World([lambda: user(subject)] * count, observe=lambda: vars(subject), calls=lambda: list(module.log))

    before = _program(body, "yield", "    @contextlib.asynccontextmanager\n" if manager else "")
    result = fix_source(before, confidence="possible")
    assert strategy not in {finding.fix.strategy for finding in result.applied if finding.fix}
    assert check_alone(before + USE, result.text + USE, Scenario("use", setup)) == []
    unsafe = [finding.fix for finding in result.remaining if finding.fix and finding.fix.strategy == strategy]
    assert any("at the `yield`, in the same task" in reason for fix in unsafe for reason in fix.because)
