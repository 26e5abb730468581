"""A finding is possible at most if other tasks run in its span only now and then: one wait as a rule is enough."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence, Finding
from awaitomic.rules import find
from program.reading import program_of

LIKELY, POSSIBLE, CERTAIN = Confidence.LIKELY, Confidence.POSSIBLE, Confidence.CERTAIN

SERVICE = """
class Server:
    def __init__(self, given):
        self.lock = asyncio.Lock()
        self.given = given
        self.up = False
        self.n = 0
        self.buf = []
        self.pool = None
        self.rooms = {{}}

    def change(self, key):
        self.up = key
        self.buf.append(key)
        self.rooms.pop(key)

    async def dial(self, *_):
        await asyncio.sleep(0)

    async def ensure(self, *_):
        if self.up:
            return
        await self.dial()

    async def ensured_far_away(self):
        await self.ensure()

    async def late(self, n):
        if self.up:
            return
        await self.dial()
        self.n = n

    async def hardly_late(self, n):
        await self.ensure()
        self.n = n

    async def late_far_away(self, n):
        await self.late(n)

    async def f(self, key):
        {body}


server = Server(1)


async def main():
    await asyncio.gather(server.f(1), server.f(2), asyncio.to_thread(server.change, 1))
    asyncio.get_running_loop().call_soon(server.change, 3)
"""


def found(body: str) -> Finding:
    program = program_of(SERVICE.format(body=body.replace("\n", "\n        ")))
    (finding,) = (finding for finding in find(program) if finding.function == "Server.f")
    return finding


SPANS = [
    ("AWA101", "n = self.n\n{}\nself.n = n + 1"),
    ("AWA102", "if self.pool is None:\n    {}\n    self.pool = object()"),
    ("AWA103", "use(self.buf)\nawait self.ensure(self.buf)\n{}\nself.buf = []"),
    ("AWA104", "for room in self.rooms.values():\n    {}\n    room.n = 1"),
]


@pytest.mark.parametrize(("rule", "span"), SPANS, ids=[rule for rule, _ in SPANS])
def test_a_callee_that_only_makes_sure_of_something_makes_a_finding_possible(rule: str, span: str) -> None:
    rarely, always = found(span.format("await self.ensure()")), found(span.format("await self.dial()"))
    assert (rarely.rule, rarely.confidence) == (rule, POSSIBLE)
    assert rarely.evidence[-1].startswith("`self.ensure()` waits only if `self.up` is false at line ")
    assert (always.rule, always.confidence >= LIKELY) == (rule, True)
    assert not any("waits only" in sentence for sentence in always.evidence)


WAITS = [
    ("two calls away", "await self.ensured_far_away()", POSSIBLE),
    ("in a branch, as a rule", "if key:\n    await self.dial()", CERTAIN),
    (
        "in one branch as a rule, in the other seldom",
        "if key:\n    await self.dial()\nelse:\n    await self.ensure()",
        CERTAIN,
    ),
    ("seldom and then as a rule", "await self.ensure()\nawait key.get()", CERTAIN),
    ("in a loop", "for each in key:\n    await each.get()", CERTAIN),
    ("in a try", "try:\n    await key.get()\nexcept OSError:\n    pass", CERTAIN),
    ("in a handler", "try:\n    key()\nexcept OSError:\n    await key.get()", CERTAIN),
    ("where a session is entered", "async with key.session():\n    pass", CERTAIN),
    ("seldom in a session that is entered", "async with asyncio.timeout(1):\n    await self.ensure()", POSSIBLE),
    ("as a rule, but only under the lock", "async with self.lock:\n    pass\nawait self.ensure()", POSSIBLE),
]


@pytest.mark.parametrize(("wait", "confidence"), [case[1:] for case in WAITS], ids=[case[0] for case in WAITS])
def test_each_wait_on_the_way_from_read_to_write_counts_by_itself(wait: str, confidence: Confidence) -> None:
    assert found(f"n = self.n\n{wait}\nself.n = n + 1").confidence == confidence


@pytest.mark.parametrize(
    "outside",
    [
        "await key.get()\nn = self.n\nawait self.ensure()\nself.n = n + 1",
        "n = self.n\nawait self.ensure()\nself.n = n + 1\nawait key.get()",
        "while True:\n    n = self.n\n    await self.ensure()\n    self.n = n + 1\n    await key.get()",
    ],
)
def test_what_waits_before_the_read_or_after_the_write_does_not_count(outside: str) -> None:
    assert found(outside).confidence == POSSIBLE


@pytest.mark.parametrize(
    ("body", "confidence"),
    [
        ("await self.late(self.n + 1)", CERTAIN),
        ("if self.n < key:\n    await self.late_far_away(key)", CERTAIN),
        ("if self.n < key:\n    await self.hardly_late(key)", POSSIBLE),
        ("await self.hardly_late(self.n + 1)", POSSIBLE),
    ],
)
def test_a_callee_that_writes_is_a_part_of_the_span_itself(body: str, confidence: Confidence) -> None:
    assert found(body).confidence == confidence


def test_a_lazy_initialiser_waits_where_its_test_leads() -> None:
    assert found("if self.pool is None:\n    self.pool = await open_connection()").confidence >= LIKELY
