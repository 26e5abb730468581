"""Swapping: the reset, or the advance, comes before the await; and where it must not."""

from __future__ import annotations

import pytest

from awaitomic.remedies import swap

from .outcome import outcome

PROGRAM = """\
import asyncio
from collections import deque

class Writer:
    def __init__(self, sink):
        self.sink = sink
        self.buf = []
        self.queue = deque()
        self.conns = {{}}
        self.seq = 0
        self.ws = None

    def add(self, line):
        self.buf.append(line)
        self.queue.append(line)
        self.conns[line] = line
        self.ws = line
{more}
    async def flush(self, key):
{body}
"""


def _indented(body: str) -> str:
    return "\n".join(" " * 8 + line if line else line for line in body.strip("\n").split("\n"))


def program(body: str, more: str = "") -> str:
    return PROGRAM.format(body=_indented(body), more=more)


SWAPS = {
    "what was rebound is rebound": (
        "if self.buf:\n    await self.sink.write(self.buf)\n    self.buf = []",
        "if self.buf:\n    buf, self.buf = self.buf, []\n    await self.sink.write(buf)",
    ),
    "what was emptied in place is emptied in place": (
        "await self.sink.write(self.buf)\nself.buf.clear()",
        "buf = list(self.buf)\nself.buf.clear()\nawait self.sink.write(buf)",
    ),
    "what was made from a view is no longer the container": (
        "jobs = [close(conn) for conn in self.conns.values()]\nfor job in jobs:\n    await job\nself.conns.clear()",
        "jobs = [close(conn) for conn in self.conns.values()]\nself.conns.clear()\nfor job in jobs:\n    await job",
    ),
    "comments at the reset stay with it": (
        "await self.sink.write(self.buf)\n# start anew\nself.buf = []  # empty",
        "# start anew\nbuf, self.buf = self.buf, []  # empty\nawait self.sink.write(buf)",
    ),
    "a local that is there already is used": (
        "lines = self.buf\nawait self.sink.write(lines)\nself.buf = []",
        "lines = self.buf\nself.buf = []\nawait self.sink.write(lines)",
    ),
    "a local alias of what is emptied in place becomes a copy": (
        "lines = self.buf\nawait self.sink.write(lines)\nself.buf.clear()",
        "lines = list(self.buf)\nself.buf.clear()\nawait self.sink.write(lines)",
    ),
    "what is emptied by the alias is emptied by its own name, since the alias is a copy now": (
        "lines = self.buf\nawait self.sink.write(lines)\nlines.clear()",
        "lines = list(self.buf)\nself.buf.clear()\nawait self.sink.write(lines)",
    ),
    "so is what goes by a slice": (
        "lines = self.buf\nawait self.sink.write(lines)\ndel lines[:]  # all",
        "lines = list(self.buf)\ndel self.buf[:]  # all\nawait self.sink.write(lines)",
    ),
    "a copy is good enough": (
        "lines = list(self.buf)\nawait self.sink.write(lines)\nself.buf.clear()",
        "lines = list(self.buf)\nself.buf.clear()\nawait self.sink.write(lines)",
    ),
    "a snapshot in the header of a loop is taken as it is": (
        "for conn in list(self.conns.values()):\n    await conn.close()\nself.conns.clear()",
        "conns = list(self.conns.values())\nself.conns.clear()\nfor conn in conns:\n    await conn.close()",
    ),
    "use, then bump": (
        "await self.sink.put((self.seq, key))\nself.seq += 1",
        "seq = self.seq\nself.seq += 1\nawait self.sink.put((seq, key))",
    ),
    "delete after close": (
        "conn = self.conns[key]\nawait conn.close()\ndel self.conns[key]",
        "conn = self.conns.pop(key)\nawait conn.close()",
    ),
    "delete after close, without a local": (
        "await self.conns[key].close()\ndel self.conns[key]",
        "conn = self.conns.pop(key)\nawait conn.close()",
    ),
    "look at the first, then drop it": (
        "while self.queue:\n    await self.sink.send(self.queue[0])\n    self.queue.popleft()",
        "while self.queue:\n    queue_item = self.queue.popleft()\n    await self.sink.send(queue_item)",
    ),
    "null after close": (
        "if self.ws:\n    await self.ws.close()\n    self.ws = None",
        "if self.ws:\n    ws, self.ws = self.ws, None\n    await ws.close()",
    ),
    "every use up to the reset sees what was taken": (
        "await self.sink.write(self.buf)\nprint(len(self.buf))\nself.buf = []",
        "buf, self.buf = self.buf, []\nawait self.sink.write(buf)\nprint(len(buf))",
    ),
}


@pytest.mark.parametrize(("body", "after"), SWAPS.values(), ids=SWAPS)
def test_swapping_is_offered_as_unsafe_because_a_failing_await_loses_what_was_taken(body: str, after: str) -> None:
    found = outcome(swap.propose, "AWA103", program(body))
    assert (found.verdict, found.text) == ("unsafe", program(after))
    assert "if the await fails" in found.because[0]


SHARED = """
    def share(self):
        self.sink.lines = self.buf
"""
FILLED = """
    async def fill(self):
        self.buf.append(await self.sink.read())
"""


@pytest.mark.parametrize("more", [SHARED, FILLED], ids=["held under another name", "filled with what is awaited"])
def test_a_container_that_must_stay_the_same_object_is_emptied_in_place(more: str) -> None:
    text = program("await self.sink.write(self.buf)\nself.buf = []", more)
    after = program("buf = list(self.buf)\nself.buf.clear()\nawait self.sink.write(buf)", more)
    assert outcome(swap.propose, "AWA103", text).text == after


REFUSED = {
    "another element is removed than was used": (
        "item = self.queue[0]\nawait self.sink.write(item)\nself.queue.pop()",
        "swap-shape",
    ),
    "so it is in a loop": (
        "while self.queue:\n    await self.sink.write(self.queue[-1])\n    self.queue.popleft()",
        "swap-shape",
    ),
    "there is a way out before the reset": (
        "if not await self.sink.write(self.buf):\n    return\nself.buf = []",
        "exits-between",
    ),
    "the reset stands in a condition": (
        "await self.sink.write(self.buf)\nif key:\n    self.buf = []",
        "not-siblings",
    ),
    "the loop would never end": (
        "while await self.ws.ping():\n    pass\nself.ws = None",
        "swap-shape",
    ),
    "a nested function reads the state": (
        "await self.sink.write(self.buf, lambda: self.buf)\nself.buf = []",
        "closure-reads",
    ),
    "so does one that was made before, and is called in between": (
        "count = lambda: len(self.buf)\nawait self.sink.write(self.buf)\nprint(count())\nself.buf = []",
        "closure-reads",
    ),
    "the state is read again after the await": (
        "lines = self.buf\nawait self.sink.write(lines)\nprint(self.buf)\nself.buf = []",
        "read-again",
    ),
    "how many there are is asked with the element still among them": (
        "while self.queue:\n    await self.sink.send(self.queue[0], len(self.queue) == 1)\n    self.queue.popleft()",
        "read-again",
    ),
    "the same through a local": (
        "queue = self.queue\nwhile queue:\n    await self.sink.send(queue[0], len(queue) == 1)\n    queue.popleft()",
        "read-again",
    ),
    "others of the table are looked up with the entry still in it": (
        "await self.conns[key].close(list(self.conns))\ndel self.conns[key]",
        "read-again",
    ),
    "the advance depends on what the await gives": (
        "await self.sink.write(self.seq)\nstep = await self.sink.step()\nself.seq += step",
        "depends-on-await",
    ),
}


@pytest.mark.parametrize(("body", "code"), REFUSED.values(), ids=REFUSED)
def test_no_swap(body: str, code: str) -> None:
    assert outcome(swap.propose, "AWA103", program(body)).verdict == code


def test_a_builtin_that_means_something_else_here_is_not_used_for_copying() -> None:
    before = "list = key\nawait self.sink.write(self.buf, list)\nself.buf.clear()"
    found = outcome(swap.propose, "AWA103", program(before))
    after = "list = key\nbuf = self.buf.copy()\nself.buf.clear()\nawait self.sink.write(buf, list)"
    assert found.text == program(after)


def test_what_an_awaited_method_reads_must_not_change_under_it() -> None:
    more = "\n    async def note(self, x):\n        print(self.buf)\n        await asyncio.sleep(0)\n"
    text = program("await self.note(self.buf)\nself.buf = []", more)
    assert outcome(swap.propose, "AWA103", text).verdict == "read-by-callee"


def test_a_write_in_a_helper_is_left_to_other_remedies() -> None:
    more = "\n    def reset(self):\n        self.buf = []\n"
    text = program("await self.sink.write(self.buf)\nself.reset()", more)
    assert outcome(swap.propose, "AWA103", text).verdict == "write-in-callee"


EVENT = """\
import asyncio

class Worker:
    def __init__(self):
        self.wake = asyncio.Event()

    def push(self):
        self.wake.set()

    async def redo(self):
        await asyncio.sleep(0)
        self.wake.set()

    async def look(self):
        await asyncio.sleep(0)
        return self.wake.is_set()

    async def turn(self):
{body}
"""

EVENTS = {
    "clearing right after the wait is unsafe, since a failure used to leave the event set": (
        "await self.wake.wait()\nawait work()\nself.wake.clear()",
        "unsafe",
        "await self.wake.wait()\nself.wake.clear()\nawait work()",
    ),
    "in finally it makes no difference": (
        "await self.wake.wait()\ntry:\n    await work()\nfinally:\n    self.wake.clear()",
        "safe",
        "await self.wake.wait()\nself.wake.clear()\nawait work()",
    ),
    "handlers stay, and what else is in the finally": (
        "await self.wake.wait()\ntry:\n    await work()\nexcept OSError:\n    pass\nfinally:\n"
        '    self.wake.clear()\n    print("done")',
        "safe",
        "await self.wake.wait()\nself.wake.clear()\ntry:\n    await work()\nexcept OSError:\n    pass\nfinally:\n"
        '    print("done")',
    ),
    "a finally that becomes empty goes": (
        "await self.wake.wait()\ntry:\n    await work()\nexcept OSError:\n    pass\nfinally:\n    self.wake.clear()",
        "safe",
        "await self.wake.wait()\nself.wake.clear()\ntry:\n    await work()\nexcept OSError:\n    pass",
    ),
    "work that waits for the event again would wait for the next one": (
        "await self.wake.wait()\ntry:\n    await self.wake.wait()\nfinally:\n    self.wake.clear()",
        "unsafe",
        "await self.wake.wait()\nself.wake.clear()\nawait self.wake.wait()",
    ),
    "work that looks at the event finds it cleared": (
        "await self.wake.wait()\ntry:\n    await self.look()\nfinally:\n    self.wake.clear()",
        "unsafe",
        "await self.wake.wait()\nself.wake.clear()\nawait self.look()",
    ),
    "a wake-up that the work itself sends used to be swallowed": (
        "await self.wake.wait()\ntry:\n    await self.redo()\nfinally:\n    self.wake.clear()",
        "unsafe",
        "await self.wake.wait()\nself.wake.clear()\nawait self.redo()",
    ),
}


@pytest.mark.parametrize(("body", "verdict", "after"), EVENTS.values(), ids=EVENTS)
def test_events(body: str, verdict: str, after: str) -> None:
    found = outcome(swap.propose, "AWA103", EVENT.format(body=_indented(body)))
    assert (found.verdict, found.text) == (verdict, EVENT.format(body=_indented(after)))
