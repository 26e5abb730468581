"""What a call has claimed, or made itself, and so has to itself: each cause in its smallest form."""

from __future__ import annotations

from awaitomic.model.finding import Confidence
from program.reading import reported

CONNECT = """
class Link:
    def __init__(self):
        self.connected = False
        self.connecting = False

    async def connect(self):
        if self.connected or self.connecting:
            return
        {claim}
        await self.handshake()
        self.connected = True
        self.connecting = False

    async def handshake(self):
        await asyncio.sleep(1)
"""


def test_a_claim_covers_all_that_was_tested_with_it() -> None:
    assert reported(CONNECT.format(claim="self.connecting = True")) == set()


def test_without_the_claim_the_test_is_old() -> None:
    assert reported(CONNECT.format(claim="pass")) == {"Link.connect"}


RELEASED = """
class Link:
    def __init__(self):
        self.connected = False
        self.connecting = False

    async def connect(self):
        if self.connected or self.connecting:
            return
        self.connecting = True
        await asyncio.sleep(1)
        {released}
        await asyncio.sleep(1)
        self.connected = True

link = Link()
"""


def test_a_claim_that_was_taken_down_covers_nothing_any_more() -> None:
    assert reported(RELEASED.format(released="self.connecting = False"), Confidence.LIKELY) == {"Link.connect"}
    assert reported(RELEASED.format(released="pass")) == set()


FETCHERS = """
class Replies:
    def __init__(self):
        self.fetchers = {{}}

    async def start(self, topic):
        if {test}:
            return
        self.fetchers[topic] = None
        await asyncio.sleep(1)
        self.fetchers[topic] = asyncio.create_task(fetch(topic))

    async def add(self, topic):
        await self.start(topic)
"""


def test_none_under_a_key_is_a_claim_for_a_test_that_asks_for_the_key() -> None:
    text = FETCHERS.format(test="topic in self.fetchers")
    assert reported(text) == set()


REQUEST = """
class Session:
    def __init__(self):
        self.answers = {{}}

    def expect(self, number):
        self.answers[number] = Answer()

    async def send(self, request):
        number = request.number
        {made}
        await transmit(request)
        await self.answers[number].arrived()
        await self.answers[number].value()
        self.answers.pop(number)

session = Session()

async def main():
    await asyncio.gather(session.send(1), answer(1))

async def answer(number):
    session.expect(number)
"""


def test_an_entry_that_the_call_has_made_itself_is_its_own() -> None:
    assert reported(REQUEST.format(made="self.answers[number] = Answer()"), Confidence.LIKELY) == set()


def test_an_entry_that_others_have_made_is_not() -> None:
    assert reported(REQUEST.format(made="pass"), Confidence.LIKELY) == {"Session.send"}
