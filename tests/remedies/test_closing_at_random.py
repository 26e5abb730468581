"""Ways to close and forget something, put together at random: a task alone sees nothing of what a safe fix makes of it.

What is closed may not be there, may be looked up by the second part of a test, in a `try`, in a loop or in a branch,
and may be reset elsewhere than it is used.
"""

from __future__ import annotations

import random
import textwrap
from types import ModuleType

import pytest

from awaitomic import fix_source
from explorer import Scenario, World, check_alone

PROGRAM = """\
import asyncio
import contextlib

log = []


class Conn:
    ready = True

    def stop(self):
        log.append("stop")

    async def close(self):
        log.append("close")
        await asyncio.sleep(1)


class Peer:
    def __init__(self):
        self.conn = Conn()


class Subject:
    def __init__(self):
        self.conn = {conn}
        self.peer = {peer}
        self.conns = {{}}
        self.flag = True

    async def open(self, key):
        await asyncio.sleep(1)
        {state} = Conn()

    async def act(self, key):
{act}
"""
STATES = ("self.conn", "self.peer.conn", "self.conns[key]")
AROUND = (
    "{0}",
    "if {s}:\n    {0}",
    "if {s} is None:\n    return 0\n{0}",
    "if self.flag and {s} is not None and {s}.ready:\n    {0}",
    "if self.peer and self.flag:\n    {0}",
    "if key in self.conns:\n    {0}",
    "if key not in self.conns:\n    return 1\n{0}",
    "try:\n    {0}\nexcept (AttributeError, KeyError):\n    log.append('nothing')",
    "try:\n    {0}\nfinally:\n    log.append('done')",
    "with contextlib.suppress(AttributeError, KeyError):\n    {0}",
    "for _ in range(2):\n    {0}",
    "match key:\n    case 'a':\n        {0}",
)
USES = (
    "await {s}.close()",
    "{s}.stop()\nawait {s}.close()",
    "c = {s}\nawait c.close()",
    "if {s}.ready:\n    await {s}.close()",
    "await asyncio.gather({s}.close(), asyncio.sleep(1))",
    "await ({s}.close() if self.flag else asyncio.sleep(1))",
    "x = {s} and await {s}.close()",
)
RESETS = {
    "self.conn": ("{s} = None", "self.flag, {s} = False, None", "if {s}:\n    {s} = None"),
    "self.peer.conn": ("{s} = None", "if self.peer:\n    {s} = None"),
    "self.conns[key]": ("self.conns.pop(key, None)", "del {s}", "if key in self.conns:\n    del {s}"),
}


def _put(around: str, inner: str) -> str:
    lines = []
    for line in around.split("\n"):
        margin = line[: len(line) - len(line.lstrip())]
        lines.append(textwrap.indent(inner, margin) if line.strip() == "{0}" else line)
    return "\n".join(lines)


def _program(seed: int) -> str:
    chance = random.Random(seed)
    state = chance.choice(STATES)
    use, reset = chance.choice(USES), chance.choice(RESETS[state])
    shape = chance.choice(("together", "together", "behind", "finally"))
    if shape == "together":
        act = _put(chance.choice(AROUND), f"{use}\n{reset}")
    elif shape == "behind":
        act = f"{_put(chance.choice(AROUND), use)}\n{reset}"
    else:
        tried = textwrap.indent(_put(chance.choice(AROUND), use), "    ")
        act = f"try:\n{tried}\nfinally:\n{textwrap.indent(reset, '    ')}"
    made = {"conn": chance.choice(("None", "Conn()")), "peer": chance.choice(("None", "Peer()"))}
    return PROGRAM.format(act=textwrap.indent(act.replace("{s}", state), " " * 8), state=state, **made)


def _scenario(*, filled: bool) -> Scenario:
    def setup(module: ModuleType, count: int) -> World:
        subject = module.Subject()
        if filled:
            subject.conns["a"] = module.Conn()
        return World([lambda: subject.act("a")] * count, observe=lambda: vars(subject), calls=lambda: list(module.log))

    return Scenario("act", setup)


@pytest.mark.parametrize("group", range(4))
def test_a_task_alone_sees_no_difference(group: int) -> None:
    changed = 0
    for seed in range(group, 120, 4):
        before = _program(seed)
        after = fix_source(before, confidence="possible", strategy=("no-lock",)).text
        if after == before:
            continue
        changed += 1
        for filled in (False, True):
            found = check_alone(before, after, _scenario(filled=filled))
            assert found == [], f"program {seed}:\n{before}\nbecame\n{after}"
    assert changed > 0
