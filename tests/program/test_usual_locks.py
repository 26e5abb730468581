"""A lock that the project takes at each of its own calls, over several public methods, keeps them apart as a rule."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of

SENDER = """
class Sender:
    def __init__(self, http):
        self.http = http
        self.lock = asyncio.Lock()
        self.other = asyncio.Lock()
        self.token = None
        for _ in range(2):
            asyncio.create_task(self.{runs}())

    async def flush(self):
        async with self.lock:
            await self.send()

    async def beat(self):
        async with self.{second}:
            await self.send()

    async def send(self):
        await self.to_api()

    async def to_api(self):
        if self.token is None:
            self.token = await open_session(self.http)
        await self.http.post(self.token)

{more}
"""


@pytest.mark.parametrize(
    ("runs", "second", "more", "confidence"),
    [
        ("flush", "lock", "", Confidence.POSSIBLE),
        ("flush", "other", "", Confidence.CERTAIN),
        ("send", "lock", "", Confidence.CERTAIN),
        ("flush", "lock", "    async def now(self):\n        await self.to_api()", Confidence.CERTAIN),
        ("flush", "lock", "    def later(self):\n        return self.to_api", Confidence.CERTAIN),
    ],
    ids=["every_call", "another_lock", "a_task_of_its_own", "one_call_without", "handed_out"],
)
def test_what_every_call_holds_further_out(runs: str, second: str, more: str, confidence: Confidence) -> None:
    found = find(program_of(SENDER.format(runs=runs, second=second, more=more)))
    assert [each.confidence for each in found if each.rule == "AWA102"] == [confidence]
