"""Why no lock is held over a stay: it would end only when somebody else gets the lock, or keep out who may come in."""

from __future__ import annotations

from explorer import Ending

from .case import Refused


def _all_return(ending: Ending) -> bool:
    return all(result[0] == "returns" for result in ending.results)


def _ends_once(ending: Ending) -> bool:
    return _all_return(ending) and ending.state <= 1


def _all_see_it(ending: Ending) -> bool:
    return _all_return(ending) and "off" not in ending.state


DIGEST = """
import asyncio

asked = []


class Digest:
    def __init__(self):
        self.challenge = None

    async def __call__(self, request, handler):
        if self.challenge is None:
            response = await handler(request)
            self.challenge = [request]
            return response
        return await handler(request)


digest = Digest()


async def answer(request):
    asked.append(request)
    await asyncio.sleep(1)
    return request


async def redirected(request):
    return await digest(request, answer)


async def main():
    await asyncio.gather(digest(1, answer), digest(2, answer))
"""
SESSION = """
import asyncio


class Events:
    def __init__(self):
        self.ended = asyncio.Event()

    def __aiter__(self):
        return self

    async def __anext__(self):
        await self.ended.wait()
        raise StopAsyncIteration

    async def close(self):
        self.ended.set()
        await asyncio.sleep(1)


class Session:
    def __init__(self, events):
        self.terminated = False
        self.events = events
        self.times = 0

    async def handle(self, request):
        if self.terminated:
            return 404
        if request == "stream":
            await self.stream()
        elif request == "end":
            await self.end()
        return 200

    async def stream(self):
        async for _ in self.events:
            pass

    async def end(self):
        await self.events.close()
        self.terminated = True
        self.times += 1


session = Session(Events())
"""
CHOICE = """\
        if self.terminated:
            return 404
        if request == "stream":
            await self.stream()
        elif request == "end":
            await self.end()
"""
LINK = """
import asyncio

seen = []


class Link:
    def __init__(self):
        self.running = False
        self.here = 0
        self.both = asyncio.Event()

    async def run(self):
        self.running = True
        try:
            await self.meet()
        finally:
            self.running = False

    async def meet(self):
        self.here += 1
        if self.here == 2:
            self.both.set()
        await self.both.wait()
        await asyncio.sleep(1)
        seen.append(self.show())

    def show(self):
        return "on" if self.running else "off"


link = Link()


async def main():
    await asyncio.gather(link.run(), link.run())
"""
ROOMS = """
import asyncio
import collections


class Rooms:
    def __init__(self):
        self._rooms = {}
        self._locks = collections.defaultdict(asyncio.Lock)
        self.opened = 0

    async def enter(self, name):
        try:
            room = self._rooms.get(name)
            if room is None:
                async with self._locks[name]:
                    room = await self.open(name)
                self._rooms[name] = room
            return room
        except OSError:
            self._rooms.pop(name, None)

    async def open(self, name):
        await asyncio.sleep(1)
        self.opened += 1
        return [self.opened]


rooms = Rooms()
"""
PAGES = """
import asyncio


class Pages:
    def __init__(self):
        self.number = 1

    async def pages(self):
        number = self.number
        yield number
        await asyncio.sleep(1)
        self.number = number + 1

    async def start_again(self):
        await asyncio.sleep(1)
        self.number = 0


pages = Pages()


async def read():
    seen = []
    async for page in pages.pages():
        seen.append(page)
    return seen


async def read_first():
    async for page in pages.pages():
        await pages.start_again()
"""
WORK = """
import asyncio


async def fetch(ask=asyncio.sleep):
    await ask(1)


class Bank:
    def __init__(self):
        self.total = 0
        self.jobs = asyncio.Queue()
        self.jobs.put_nowait(1)

    async def work(self):
        total = self.total
        while True:
            amount = await self.jobs.get()
            await asyncio.sleep(1)
            self.total = total + amount
            total = self.total

    async def sum_up(self, steps):
        total = self.total
        while steps:
            steps -= 1
            await fetch()
            self.total = total + 1
            await asyncio.sleep(1)
            total = self.total

    async def add(self):
        total = self.total
        await asyncio.sleep(1)
        self.total = total + 1


bank = Bank()
"""
CLIENT = """
import asyncio


class Client:
    def __init__(self):
        self.conn = None
        self.made = 0
        self.gate = asyncio.Semaphore(5)

    async def get(self):
        if self.conn is None:
            async with self.gate:
                self.conn = await self.open()
        return self.conn

    async def open(self):
        await asyncio.sleep(1)
        self.made += 1
        return [self.made]


client = Client()
"""


def _locked(init: str, *spans: str) -> tuple[tuple[str, str], ...]:
    """Give a lock that is made behind a line of the constructor, and held over spans."""
    held = []
    for span in spans:
        margin = " " * (len(span) - len(span.lstrip(" ")))
        inside = "".join(f"    {line}\n" for line in span.split("\n")[:-1])
        held.append((span, f"{margin}async with self._lock:\n{inside}"))
    return ((init, f"{init}        self._lock = asyncio.Lock()\n"), *held)


CASES = {
    "rest-of-work": Refused(
        text=DIGEST,
        tasks=("digest(1, redirected)", "digest(2, answer)"),
        state="digest.challenge, asked",
        only="lock",
        instead=_locked(
            "        self.challenge = None\n",
            "        if self.challenge is None:\n            response = await handler(request)\n"
            "            self.challenge = [request]\n            return response\n",
        ),
        harm="schedule",
    ),
    "other-work": Refused(
        text=SESSION,
        tasks=("session.handle('stream')", "session.handle('end')", "session.handle('end')"),
        state="session.times",
        only="lock",
        instead=_locked("        self.times = 0\n", CHOICE),
        harm="schedule",
        invariant=_ends_once,
    ),
    "mode-flag": Refused(
        text=LINK,
        tasks=("link.run()", "link.run()"),
        state="seen",
        only="lock",
        instead=_locked(
            "        self.here = 0\n",
            "        self.running = True\n        try:\n            await self.meet()\n        finally:\n"
            "            self.running = False\n",
        ),
        harm="schedule",
        invariant=_all_see_it,
    ),
    "locked-by-key": Refused(text=ROOMS, tasks=("rooms.enter('a')",), state="rooms.opened", only="lock"),
    "yield-inside": Refused(
        text=PAGES,
        tasks=("read()", "read_first()"),
        state="pages.number",
        only="lock",
        instead=_locked(
            "        self.number = 1\n\n",
            "        number = self.number\n        yield number\n        await asyncio.sleep(1)\n"
            "        self.number = number + 1\n",
            "        await asyncio.sleep(1)\n        self.number = 0\n",
        ),
        harm="schedule",
    ),
    "endless-loop": Refused(text=WORK, tasks=("bank.work()", "bank.add()"), state="bank.total", only="lock"),
    "long-loop": Refused(
        text=WORK.replace("while True:", "while False:"),
        tasks=("bank.sum_up(2)", "bank.add()"),
        state="bank.total",
        only="lock",
    ),
    "serialises": Refused(text=CLIENT, tasks=("client.get()",), state="client.made", only="lock", ignore="AWA204"),
}
