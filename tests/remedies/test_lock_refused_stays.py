"""Where a lock is refused for what would be waited for under it: other work, a stay, what somebody else has to end."""

from __future__ import annotations

import pytest

from awaitomic.remedies.lock import REMEDY
from remedies.carried_out import refusal

REFUSED = {
    "a writer that waits with the lock of a key in hand": (
        "AWA102",
        "locked-by-key",
        "`Producer.end` has the lock `self._locks[name]` of one key on line 24",
        """
import asyncio

class Producer:
    def __init__(self):
        self._transactions = {}
        self._locks = {}

    async def begin(self, name):
        transaction = self._transactions.get(name)
        if transaction is None:
            transaction = self.make(name)
            await transaction.start()
            self._transactions[name] = transaction
            self._locks[name] = asyncio.Lock()
        async with self._locks[name]:
            await self._transactions[name].begin()

    def make(self, name):
        return Transaction(name)

    async def end(self, name):
        async with self._locks[name]:
            await self._transactions[name].commit()
            del self._transactions[name]

class Transaction:
    def __init__(self, name):
        self.name = name

    async def start(self):
        await asyncio.sleep(1)

    async def begin(self):
        await asyncio.sleep(1)

    async def commit(self):
        await asyncio.sleep(1)

async def main(producer: Producer):
    await asyncio.gather(*(producer.begin(name) for name in "abc"), *(producer.end(name) for name in "abc"))
""",
    ),
    "handlers of other requests, for as long as they take": (
        "AWA102",
        "other-work",
        "what `Session.handle` waits for on line 15 has nothing to do with `_terminated`",
        """
import asyncio


class Session:
    def __init__(self, stream):
        self._terminated = False
        self._stream = stream

    async def handle(self, request, send):
        if self._terminated:
            await send(404)
            return
        if request.method == "POST":
            await self._post(request, send)
        elif request.method == "GET":
            await self._get(send)
        elif request.method == "DELETE":
            await self._delete(request, send)
        else:
            await send(405)

    async def _post(self, request, send):
        await send(await request.body())

    async def _get(self, send):
        async for event in self._stream:
            await send(event)

    async def _delete(self, request, send):
        if not await request.allowed():
            return
        await self.terminate()
        await send(200)

    async def terminate(self):
        self._terminated = True
        await self._stream.close()


async def main(session: Session, requests, send):
    await asyncio.gather(*(session.handle(request, send) for request in requests))
""",
    ),
    "a mode for the time of a connection": (
        "AWA103",
        "mode-flag",
        "`self._running` only says that `Link.run` is at work",
        """
import asyncio

class Link:
    def __init__(self):
        self._running = False
        self._closed = asyncio.Event()

    async def run(self):
        self._running = True
        try:
            await self._closed.wait()
        finally:
            self._running = False

    def close(self):
        self._closed.set()

    def show(self):
        return "on" if self._running else "off"

async def main(link: Link):
    await asyncio.gather(link.run(), link.run())
""",
    ),
    "a future that is handed to what waits for it": (
        "AWA102",
        "waits-for-holder",
        "line 19 waits for a future that other code has to complete",
        """
import asyncio

class Scanner:
    def __init__(self, radio):
        self.scanning = False
        self.radio = radio

    async def find(self, name):
        found = asyncio.get_running_loop().create_future()

        def on_peer(peer):
            if peer.name == name and not found.done():
                found.set_result(peer)

        self.radio.on("peer", on_peer)
        if not self.scanning:
            await self.radio.start()
            await self.radio.or_off(found)
            self.scanning = True

async def main(scanner: Scanner):
    await asyncio.gather(scanner.find("a"), scanner.find("b"))
""",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_is(name: str) -> None:
    rule, code, words, text = REFUSED[name]
    found = refusal(REMEDY, rule, text)
    assert (found.code, words in found.message) == (code, True), found
