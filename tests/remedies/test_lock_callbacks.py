"""A lock over a call of what the maker of an object has handed in: refused if that comes back for the lock."""

from __future__ import annotations

import pytest

from awaitomic.remedies.lock import REMEDY
from remedies.carried_out import carried, refusal

STREAM = """
import asyncio

class Stream:
    def __init__(self, write, name=""):
        self.send = write
        self.closed = False

    async def handle(self, event):
        if not self.closed:
            await self.send(event)
            self.closed = event == "bye"

class Protocol:
    def __init__(self):
        self.sent = []
        self.stream = Stream(self.stream_send)

    async def stream_send(self, event):
        await asyncio.sleep(0)
        self.sent.append(event)
        if event == "bye":
            await self.stream.handle("end")

async def main():
    protocol = Protocol()
    await asyncio.gather(protocol.stream.handle("bye"), protocol.stream.handle("data"))
"""

OTHER = """
class Other:
    async def handle(self, event):
        pass
"""

COMES_BACK = {
    "handed to the constructor": STREAM,
    "handed in by keyword": STREAM.replace("Stream(self.stream_send)", "Stream(name='a', write=self.stream_send)"),
    "handed to a subclass": STREAM.replace("= Stream(", "= Quick(") + "\nclass Quick(Stream):\n    pass\n",
    "stored in the attribute": STREAM.replace(
        "Stream(self.stream_send)", "Stream(None)\n        self.stream.send = self.stream_send"
    ),
    "which goes on to a helper": STREAM.replace(
        'await self.stream.handle("end")',
        'await self._end()\n\n    async def _end(self):\n        await self.stream.handle("end")',
    ),
    "to an object that is one of two": OTHER
    + STREAM.replace(
        "self.stream = ", "self.stream: Stream | Other\n        self.stream = Other()\n        self.stream = "
    ),
    "to an object of unknown class": STREAM.replace("def __init__(self):", "def __init__(self, find):").replace(
        "await self.stream.handle", "await self.find().handle"
    ),
}

GOES_ON = {
    "handed in, and back to another method": STREAM.replace('stream.handle("end")', 'stream.ended("end")')
    + "\n    async def ended(self, event):\n        pass\n",
    "handed in, and back to another class": OTHER
    + STREAM.replace("self.sent = []", "self.sent = []\n        self.other = Other()").replace(
        'self.stream.handle("end")', 'self.other.handle("end")'
    ),
    "handed in for another parameter": STREAM.replace("Stream(self.stream_send)", "Stream(print, self.stream_send)"),
    "handed to another class": STREAM.replace(
        "Stream(self.stream_send)", "Stream(print)\n        Task(self.stream_send)"
    )
    + "\nclass Task:\n    def __init__(self, write):\n        self.write = write\n",
}


@pytest.mark.parametrize("program", COMES_BACK.values(), ids=COMES_BACK)
def test_what_comes_back_for_the_lock_is_refused(program: str) -> None:
    refused = refusal(REMEDY, "AWA102", program)
    assert (refused.code, "`Protocol.stream_send`" in refused.message) == ("self-deadlock", True), refused


@pytest.mark.parametrize("program", GOES_ON.values(), ids=GOES_ON)
def test_what_does_not_is_a_matter_of_time(program: str) -> None:
    assert "async with self._lock:\n            if not self.closed:" in carried(REMEDY, "AWA102", program).text


MIDDLEWARE = """
import asyncio

class Digest:
    def __init__(self):
        self.challenge = None

    async def __call__(self, request, handler):
        if self.challenge is None:
            {run}
            self.challenge = "nonce"
            {then}
        {last}

async def main(handler):
    digest = Digest()
    await asyncio.gather(digest(1, handler), digest(2, handler))
"""


@pytest.mark.parametrize(
    ("run", "then", "last"),
    [
        ("response = await handler(request)", "pass", "return response"),
        ("response = await handler(request)", "return response", "pass"),
        ("response = None\n            response = await handler(request)", "return response", "return None"),
    ],
)
def test_no_lock_over_the_rest_of_the_work(run: str, then: str, last: str) -> None:
    text = MIDDLEWARE.format(run=run, then=then, last=last)
    assert refusal(REMEDY, "AWA102", text).code == "rest-of-work"


@pytest.mark.parametrize(
    ("run", "last"),
    [("await handler(request)", "return self.challenge"), ("answer = await handler(request)", "return answer.text")],
)
def test_what_only_gives_a_part_is_unsafe(run: str, last: str) -> None:
    assert carried(REMEDY, "AWA102", MIDDLEWARE.format(run=run, then="pass", last=last)).verdict == "unsafe"
