"""Rechecking: a reset happens only if the state still is what was used."""

from __future__ import annotations

import pytest

from awaitomic.remedies import recheck

from .outcome import outcome

PROGRAM = """\
import asyncio

class Client:
    def __init__(self):
        self.ws = None
        self.name = "none"
        self.buf = []
        self.conns = {{}}
        self.codec = Codec()

    def connect(self, ws, name):
        self.ws = ws
        self.name = name
        self.buf = [ws]
        self.conns[name] = ws

    async def reopen(self):
        self.ws = await open_ws()

    def ping(self):
        self.ws.ping()
        self.conns["first"].ping()
{more}
    async def close(self, key):
{body}
"""


def _indented(body: str) -> str:
    return "\n".join(" " * 8 + line if line else line for line in body.strip("\n").split("\n"))


def program(body: str, more: str = "") -> str:
    return PROGRAM.format(body=_indented(body), more=more)


SAFE = {
    "what is closed gets a local, and the None must not hit a replacement": (
        "if self.ws:\n    await self.ws.close()\n    self.ws = None",
        "if self.ws:\n    ws = self.ws\n    await ws.close()\n    if self.ws is ws:\n        self.ws = None",
    ),
    "a local that is there already is used": (
        "ws = self.ws\nif ws is None:\n    return\nawait ws.close()\nself.ws = None",
        "ws = self.ws\nif ws is None:\n    return\nawait ws.close()\nif self.ws is ws:\n    self.ws = None",
    ),
    "so is one that the condition binds": (
        "if (ws := self.ws) is not None:\n    await ws.close()\n    self.ws = None",
        "if (ws := self.ws) is not None:\n    await ws.close()\n    if self.ws is ws:\n        self.ws = None",
    ),
    "a reset in finally": (
        "try:\n    await self.ws.close()\nfinally:\n    self.ws = None",
        "ws = self.ws\ntry:\n    await ws.close()\nfinally:\n    if self.ws is ws:\n        self.ws = None",
    ),
    "what it was set to has a name before anything can fail": (
        "ws = Codec()\ntry:\n    self.ws = ws\n    await ws.run()\nfinally:\n    self.ws = None",
        "ws = Codec()\ntry:\n    self.ws = ws\n    await ws.run()\nfinally:\n"
        "    if self.ws is ws:\n        self.ws = None",
    ),
    "so has it in the block of the manager that gives it": (
        "async with open(key) as ws:\n    try:\n        self.ws = ws\n        await ws.run()\n    finally:\n"
        "        self.ws = None",
        "async with open(key) as ws:\n    try:\n        self.ws = ws\n        await ws.run()\n    finally:\n"
        "        if self.ws is ws:\n            self.ws = None",
    ),
    "comments stay where they are": (
        "# say goodbye\nawait self.ws.close()\n# and forget\nself.ws = None  # now",
        "ws = self.ws\n# say goodbye\nawait ws.close()\nif self.ws is ws:\n    # and forget\n    self.ws = None  # now",
    ),
    "a comment over a larger statement is its heading": (
        "# say goodbye\ntry:\n    await self.ws.close()\nfinally:\n    self.ws = None",
        "# say goodbye\nws = self.ws\ntry:\n    await ws.close()\nfinally:\n    if self.ws is ws:\n"
        "        self.ws = None",
    ),
    "what is done with it right before is done with the same": (
        "print(key)\nself.ws.cancel()\nawait self.ws\nself.ws = None",
        "print(key)\nws = self.ws\nws.cancel()\nawait ws\nif self.ws is ws:\n    self.ws = None",
    ),
    "but not what may put another one there": (
        "self.connect(self.ws, key)\nawait self.ws.close()\nself.ws = None",
        "self.connect(self.ws, key)\nws = self.ws\nawait ws.close()\nif self.ws is ws:\n    self.ws = None",
    ),
    "an entry that is deleted": (
        "conn = self.conns[key]\nawait conn.close()\ndel self.conns[key]",
        "conn = self.conns[key]\nawait conn.close()\nif self.conns.get(key) is conn:\n    del self.conns[key]",
    ),
    "an entry that is popped": (
        "conn = self.conns.get(key)\nawait conn.close()\nself.conns.pop(key)",
        "conn = self.conns.get(key)\nawait conn.close()\nif self.conns.get(key) is conn:\n    self.conns.pop(key)",
    ),
    "a local that gets a new entry together with the table": (
        "try:\n    conn = self.conns[key]\nexcept KeyError:\n    conn = self.conns[key] = Codec()\n"
        "await conn.close()\nself.conns.pop(key)",
        "try:\n    conn = self.conns[key]\nexcept KeyError:\n    conn = self.conns[key] = Codec()\n"
        "await conn.close()\nif self.conns.get(key) is conn:\n    self.conns.pop(key)",
    ),
    "so does one that is made where there was none": (
        "conn = self.conns.get(key)\nif conn is None:\n    conn = self.conns[key] = Codec()\n"
        "await conn.close()\nself.conns.pop(key)",
        "conn = self.conns.get(key)\nif conn is None:\n    conn = self.conns[key] = Codec()\n"
        "await conn.close()\nif self.conns.get(key) is conn:\n    self.conns.pop(key)",
    ),
}


@pytest.mark.parametrize(("body", "after"), SAFE.values(), ids=SAFE)
def test_rechecking_is_safe(body: str, after: str) -> None:
    found = outcome(recheck.propose, "AWA103", program(body))
    assert (found.verdict, found.text) == ("safe", program(after))


def test_code_that_gets_the_object_may_replace_what_it_holds() -> None:
    found = outcome(recheck.propose, "AWA103", program("await self.ws.close(self)\nself.ws = None"))
    assert (found.verdict, found.because) == (
        "unsafe",
        ("`self.ws.close` gets the object, and what it does to it is not known",),
    )


def test_a_name_that_is_taken_gets_a_prefix() -> None:
    found = outcome(recheck.propose, "AWA103", program("ws = key\nawait self.ws.close(ws)\nself.ws = None"))
    after = "ws = key\nold_ws = self.ws\nawait old_ws.close(ws)\nif self.ws is old_ws:\n    self.ws = None"
    assert (found.verdict, found.text) == ("safe", program(after))


REFUSED = {
    "what the task itself opens on the way is used behind that": (
        "if key:\n    if self.ws is None:\n        await self.reopen()\n    await self.ws.close()\nself.ws = None",
        "written-between",
    ),
    "a string has no identity": ("await self.codec.drop(self.name)\nself.name = None", "no-identity"),
    "an empty list does not tell who has filled it": (
        "await self.codec.write(self.buf)\nself.buf = []",
        "no-identity",
    ),
    "an advance carries news": ("await self.codec.write(self.name)\nself.name += 'x'", "carries-news"),
    "the local is bound twice": (
        "ws = self.ws\nawait ws.close()\nself.ws = None\nws = key",
        "recheck-shape",
    ),
    "the local may hold something else than the table": (
        "try:\n    conn = self.conns[key]\nexcept KeyError:\n    conn = self.codec\n"
        "await conn.close()\nself.conns.pop(key, None)",
        "recheck-shape",
    ),
    "the local holds a part of what the table gets": (
        "try:\n    conn = self.conns[key]\nexcept KeyError:\n    conn, _ = self.conns[key] = make(key)\n"
        "await conn.close()\nself.conns.pop(key, None)",
        "recheck-shape",
    ),
    "the local gets what is there after the wait": (
        "conn = self.conns.get(key)\nawait conn.close()\nconn = self.conns.get(key)\nself.conns.pop(key, None)",
        "recheck-shape",
    ),
    "what it was set to may not be there if that has failed": (
        "try:\n    async with open(key) as ws:\n        self.ws = ws\n        await ws.run()\n"
        "finally:\n    self.ws = None",
        "recheck-shape",
    ),
    "the key is not known yet where the local would have to be made": (
        "try:\n    found = await lookup(key)\n    await self.conns[found].close()\nfinally:\n    del self.conns[found]",
        "recheck-shape",
    ),
    "the entry may be missing where the local would have to be made": (
        "if key in self.conns:\n    await self.conns[key].close()\ndel self.conns[key]",
        "recheck-shape",
    ),
    "each round of a loop may close another": (
        "for _ in range(2):\n    await self.ws.ping()\nself.ws = None",
        "recheck-shape",
    ),
}


@pytest.mark.parametrize(("body", "code"), REFUSED.values(), ids=REFUSED)
def test_no_recheck(body: str, code: str) -> None:
    assert outcome(recheck.propose, "AWA103", program(body)).verdict == code


MODE = """\
import asyncio
import enum

class Mode(enum.IntEnum):
    PUBLIC = 0
    RANDOM = 1

class Device:
    def __init__(self):
        self.mode: Mode | None = None

    async def connect(self, mode: Mode, radio):
        self.mode = mode
        try:
            await radio.connect(mode)
        finally:
            self.mode = None
"""


def test_the_member_of_an_enumeration_does_not_tell_who_has_stored_it() -> None:
    assert outcome(recheck.propose, "AWA103", MODE).verdict == "no-identity"
    other = MODE.replace("(enum.IntEnum)", "").replace("PUBLIC", "public")
    assert outcome(recheck.propose, "AWA103", other).verdict == "safe"


LAZY = """\
class Client:
    def __init__(self):
        self.pool = None
        self.since = None
        self.rows = {{}}

    async def get(self, key):
{body}
"""


def lazy(body: str) -> str:
    return LAZY.format(body=_indented(body))


FILLS = {
    "the result is stored only if there is none yet": (
        "if self.pool is None:\n    self.pool = await connect()\nreturn self.pool",
        "if self.pool is None:\n    pool = await connect()\n    if self.pool is None:\n        self.pool = pool\n"
        "return self.pool",
    ),
    "an early return tells the opposite test": (
        "if self.pool is not None:\n    return self.pool\nself.pool = await connect()\nreturn self.pool",
        "if self.pool is not None:\n    return self.pool\npool = await connect()\nif self.pool is None:\n"
        "    self.pool = pool\nreturn self.pool",
    ),
    "what is there already is left alone in the other branch": (
        "if self.pool is None:\n    self.pool = await connect()\nelse:\n    log(key)\nreturn self.pool",
        "if self.pool is None:\n    pool = await connect()\n    if self.pool is None:\n        self.pool = pool\n"
        "else:\n    log(key)\nreturn self.pool",
    ),
    "a result that has a name already": (
        "if not self.pool:\n    pool = await connect()\n    self.pool = pool\nreturn self.pool",
        "if not self.pool:\n    pool = await connect()\n    if not self.pool:\n        self.pool = pool\n"
        "return self.pool",
    ),
    "a condition that what is stored cannot pass": (
        "if self.pool is None and key:\n    self.pool = await connect()\nreturn self.pool",
        "if self.pool is None and key:\n    pool = await connect()\n    if self.pool is None:\n"
        "        self.pool = pool\nreturn self.pool",
    ),
    "an early return that what is stored cannot miss": (
        "if self.pool or key:\n    return self.pool\nself.pool = await connect()\nreturn self.pool",
        "if self.pool or key:\n    return self.pool\npool = await connect()\nif not self.pool:\n"
        "    self.pool = pool\nreturn self.pool",
    ),
    "the second part of a condition": (
        "if key and self.pool is None:\n    self.pool = await connect()\nreturn self.pool",
        "if key and self.pool is None:\n    pool = await connect()\n    if self.pool is None:\n"
        "        self.pool = pool\nreturn self.pool",
    ),
    "a loop until there is one": (
        "while self.pool is None:\n    self.pool = await connect()\nreturn self.pool",
        "while self.pool is None:\n    pool = await connect()\n    if self.pool is None:\n        self.pool = pool\n"
        "return self.pool",
    ),
    "a test in a test": (
        "if key:\n    if self.pool is None:\n        self.pool = await connect()\nreturn self.pool",
        "if key:\n    if self.pool is None:\n        pool = await connect()\n        if self.pool is None:\n"
        "            self.pool = pool\nreturn self.pool",
    ),
}


@pytest.mark.parametrize(("body", "after"), FILLS.values(), ids=FILLS)
def test_a_second_test_before_the_store_is_unsafe_because_the_loser_is_leaked(body: str, after: str) -> None:
    found = outcome(recheck.propose, "AWA102", lazy(body))
    assert (found.verdict, found.text) == ("unsafe", lazy(after))


NOT_FILLED = {
    "a turn that is waited for": (
        "while self.pool is not None:\n    await pause(key)\nawait connect()\nself.pool = key",
        "recheck-shape",
    ),
    "a test in a test says that it has expired": (
        "if self.pool:\n    if not self.pool.closed():\n        return self.pool\nself.pool = await connect()",
        "recheck-shape",
    ),
    "an entry of a mapping": (
        "if key not in self.rows:\n    self.rows[key] = await connect()\nreturn self.rows[key]",
        "keyed-fill",
    ),
    "what has expired is replaced": (
        "if self.pool and not self.pool.closed():\n    return self.pool\nself.pool = await connect()\nreturn self.pool",
        "recheck-shape",
    ),
    "on demand it is replaced": (
        "if self.pool is None or key:\n    self.pool = await connect()\nreturn self.pool",
        "recheck-shape",
    ),
    "a flag, which is the same whoever sets it": (
        "if not self.pool:\n    await connect()\n    self.pool = True",
        "stores-constant",
    ),
    "what is there already is changed": (
        "if self.pool is None:\n    self.pool = await count() + key\nelse:\n    self.pool += key",
        "carries-news",
    ),
    "what ends what was begun": (
        "if self.pool is None:\n    self.pool = await connect(key)\n\ndef close(self):\n    self.pool()",
        "goes-on",
    ),
    "what goes on by itself": ("if self.pool is None:\n    self.pool = Adapter(await pull_subscribe(key))", "goes-on"),
    "what does, in a local": (
        "if self.pool is None:\n    listener = await create_listener(key)\n    self.pool = listener",
        "goes-on",
    ),
    "a counter": ("if self.pool is None:\n    await connect()\n    self.pool += 1", "carries-news"),
    "what is closed at the end of this call": (
        "if self.pool is None:\n    async with opened(key) as response:\n        self.pool = stream_of(response)\n"
        "        await self.pool.drain()",
        "ends-here",
    ),
}


@pytest.mark.parametrize(("body", "code"), NOT_FILLED.values(), ids=NOT_FILLED)
def test_no_second_test(body: str, code: str) -> None:
    text = lazy(body).replace("        def close(self):\n        ", "    def close(self):\n    ")
    assert outcome(recheck.propose, "AWA102", text).verdict == code
