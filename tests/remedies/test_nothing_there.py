"""Where nothing is there, a task alone fails as early as before: None has no attributes, and a late attribute is late.

Each program is repaired and run in every schedule before and after: what may fail is not moved behind an await, nor up
to where it was not looked up. Its near twin, of which the same is known to be there, keeps its fix.
"""

from __future__ import annotations

from types import ModuleType

import pytest

from awaitomic import fix_source
from explorer import Scenario, World, check_alone
from explorer.search import explore, serial_outcomes

HEAD = """\
import asyncio

log = []


async def price():
    log.append("price")
    await asyncio.sleep(1)
    return 1


class Socket:
    ready = True

    async def close(self):
        log.append("close")
        await asyncio.sleep(1)


class Peer:
    def __init__(self):
        self.total = 0
        self.ws = Socket()


class Subject:
"""
NONE_AT_FIRST = """\
    def __init__(self):
        self.peer = None

    async def attach(self):
        self.peer = Peer()
        await asyncio.sleep(1)
        self.peer.ws = Socket()

"""
BY_KEY = """\
    def __init__(self):
        self.peers = {}

    async def attach(self):
        self.peers["a"] = Peer()
        await asyncio.sleep(1)
        self.peers.pop("a", None)

"""
SOCKETS = """\
    def __init__(self):
        self.peers = {}

    async def attach(self):
        await asyncio.sleep(1)
        self.peers["a"] = Socket()

"""


def _act(body: str, more: str = "", parameters: str = "self") -> str:
    lines = "".join(f"        {line}\n" for line in body.split("\n"))
    return f"    async def act({parameters}):\n{lines}{more}"


CLOSED = "{}\n    await self.peer.ws.close()\nif self.peer:\n    self.peer.ws = None"
PROGRAMS = {
    "an object that may be None": (NONE_AT_FIRST + _act("self.peer.total += await price()"), None),
    "an object that has just been tested": (
        NONE_AT_FIRST + _act("if self.peer is None:\n    return\nself.peer.total += await price()"),
        "hoist",
    ),
    "an object that has been tested before a wait": (
        NONE_AT_FIRST + _act("if self.peer is None:\n    return\nawait price()\nself.peer.total += await price()"),
        None,
    ),
    "a local that has been tested": (
        NONE_AT_FIRST + _act("peer = self.peer\nif not peer:\n    return\nawait price()\npeer.total += await price()"),
        "hoist",
    ),
    "an object that this function has just made": (
        NONE_AT_FIRST + _act("self.peer = Peer()\nself.peer.total += await price()"),
        None,
    ),
    "an optional parameter": (_act("peer.total += await price()", parameters="self, peer: Peer | None = None"), None),
    "a mapping that may be None": (
        "    def __init__(self):\n        self.counts: dict[str, int] | None = None\n\n    async def attach(self):\n"
        "        self.counts = {}\n\n"
        + _act('count = self.counts.get("a", 0)\nawait price()\nself.counts["a"] = count + 1'),
        None,
    ),
    "an attribute that is only made late": (
        "    def start(self):\n        self.total = 0\n\n" + _act("self.total += await price()"),
        None,
    ),
    "an attribute that is only declared": ("    total: int\n\n" + _act("self.total += await price()"), None),
    "an attribute that the class has": ("    total: int = 0\n\n" + _act("self.total += await price()"), "hoist"),
    "an attribute that is now and then made": (
        "    def __init__(self, counted=False):\n        if counted:\n            self.total = 0\n\n"
        + _act("self.total += await price()"),
        None,
    ),
    "an attribute that is made on both ways": (
        "    def __init__(self, start=None):\n        if start is None:\n            self.total = 0\n        else:\n"
        "            self.total = start\n\n" + _act("self.total += await price()"),
        "hoist",
    ),
    "an entry that others take out": (
        BY_KEY + _act('if "a" in self.peers:\n    self.peers["a"].total += await price()'),
        None,
    ),
    "an entry that a local holds": (
        BY_KEY + _act('if "a" in self.peers:\n    peer = self.peers["a"]\n    peer.total += await price()'),
        "hoist",
    ),
    "what is closed only if there is something": (NONE_AT_FIRST + _act(CLOSED.format("if self.peer:")), None),
    "what is closed in a try": (
        NONE_AT_FIRST
        + _act("try:\n    await self.peer.ws.close()\nexcept AttributeError:\n    return\nself.peer.ws = None"),
        None,
    ),
    "what is closed by the second part of a test": (
        NONE_AT_FIRST
        + _act(
            "if self.peer and self.peer.ws:\n    await self.peer.ws.close()\nif self.peer:\n    self.peer.ws = None"
        ),
        None,
    ),
    "what is closed where it is there": (
        NONE_AT_FIRST + _act("if self.peer:\n    await self.peer.ws.close()\n    self.peer.ws = None"),
        "recheck",
    ),
    "an entry that is asked for by the second part of a test": (
        SOCKETS
        + _act('if "a" in self.peers and self.peers["a"].ready:\n    await self.peers["a"].close()')
        + '        self.peers.pop("a", None)\n',
        None,
    ),
    "an entry of a conditional expression": (
        SOCKETS + _act('await (self.peers["a"].close() if "a" in self.peers else price())\nself.peers.pop("a", None)'),
        None,
    ),
    "an entry that is there": (
        SOCKETS + _act('if "a" in self.peers:\n    await self.peers["a"].close()\n    self.peers.pop("a", None)'),
        "recheck",
    ),
}


def _scenario(tasks: tuple[str, ...]) -> Scenario:
    def setup(module: ModuleType, count: int) -> World:
        subject = module.Subject()
        made = [getattr(subject, tasks[index % len(tasks)]) for index in range(count)]
        return World(made, observe=lambda: {**vars(subject), "_lock": None}, calls=lambda: list(module.log))

    return Scenario(" and ".join(tasks), setup)


@pytest.mark.parametrize(("methods", "strategy"), PROGRAMS.values(), ids=PROGRAMS)
def test_what_may_not_be_there_is_looked_up_where_it_was(methods: str, strategy: str | None) -> None:
    before = HEAD + methods
    result = fix_source(before, confidence="possible")
    assert {finding.fix.strategy for finding in result.applied if finding.fix} - {"lock"} == {strategy} - {None}
    assert result.applied or result.remaining
    assert check_alone(before, result.text, _scenario(("act",))) == []
    other = "attach" if "attach" in methods else "act"
    for case in (_scenario(("act", "act")), _scenario(("act", other))):
        known = {
            ending.verdict_key()
            for outcome in (explore(before, case, 2, "any_ready"), serial_outcomes(before, case, 2))
            for ending in outcome.endings
        }
        new = explore(result.text, case, 2, "any_ready").endings
        assert [ending for ending in new if ending.verdict_key() not in known] == []


@pytest.mark.parametrize("body", ['if hasattr(self, "ws"):\n    await self.ws.close()\nself.ws = None'])
def test_not_even_on_request_is_something_taken_where_it_may_not_be(body: str) -> None:
    before = HEAD + "    async def attach(self):\n        self.ws = Socket()\n\n" + _act(body)
    after = fix_source(before, confidence="possible", unsafe_fixes=True).text
    assert "ws = self.ws\n" not in after
    assert "ws, self.ws = self.ws, None" not in after
