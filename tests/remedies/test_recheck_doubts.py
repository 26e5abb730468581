"""Rechecks that would not leave everything as it was: for who comes second, and for a task by itself."""

from __future__ import annotations

from types import ModuleType

import pytest

from awaitomic.remedies import recheck
from awaitomic.remedies.recheck import settled
from explorer import Ending, Scenario, World, check_alone
from explorer.search import explore

from . import shops
from .carried_out import carried, refusal
from .outcome import outcome


def _scenario(name: str, *methods: str) -> Scenario:
    """Run methods of the class `Subject` of a program, one a task; `seen` says what they have done to it."""

    def setup(module: ModuleType, count: int) -> World:
        subject = module.Subject()
        return World([getattr(subject, method) for method in methods[:count]], observe=subject.seen)

    return Scenario(name, setup)


def _endings(text: str, *methods: str) -> tuple[Ending, ...]:
    return tuple(explore(text, _scenario("together", *methods), len(methods), "any_ready").endings)


# -- behind a future that is settled ----------------------------------------------------------------------------------

HANDED = """\
import asyncio

class Subject:
    def __init__(self):
        self.answer = asyncio.get_running_loop().create_future()
        self.free = [1, 2]

    async def give_up(self):
        self.answer.cancel()

    def seen(self):
        return self.free, self.answer.cancelled()

    async def hand(self):
        if not self.answer.done():
            await asyncio.sleep(1)
{behind}

async def main():
    one = Subject()
    await asyncio.gather(one.hand(), one.hand(), one.give_up())
"""
SETTLED = "self.answer.set_result(self.free[0])"
ASKED = f"if not self.answer.done():\n    {SETTLED}"


def _handed(behind: str) -> str:
    return HANDED.format(behind="\n".join(" " * 12 + line for line in behind.split("\n")))


@pytest.mark.parametrize(
    ("behind", "safe"),
    [
        (f"{SETTLED}\nself.free.pop(0)", False),
        (f"{SETTLED}\nreturn True", False),
        (f"try:\n    {SETTLED}\nfinally:\n    pass\nself.free.pop(0)", False),
        (f"try:\n    {SETTLED}\nexcept OSError:\n    raise\nelse:\n    self.free.pop(0)", False),
        (f"while self.free:\n    {SETTLED}\n    break\nself.free.pop(0)", False),
        (SETTLED, True),
        (f"{SETTLED}\nreturn", True),
        (f"{SETTLED}\nprint('done')", True),
    ],
)
def test_a_future_is_asked_again_unasked_only_where_nothing_follows(behind: str, safe: bool) -> None:
    found = outcome(settled.propose, "AWA102", _handed(behind))
    assert found.verdict == ("safe" if safe else "unsafe")
    assert safe or "is now reached, too, by who comes second" in found.because[0]


@pytest.mark.parametrize(("loop", "safe"), [("while True", True), ("for _ in range(2)", False)])
def test_the_next_turn_of_a_loop_is_nothing_that_follows(loop: str, safe: bool) -> None:
    lines = f"{loop}:\n    if not self.answer.done():\n        await asyncio.sleep(1)\n        {SETTLED}\nself.seen()"
    text = _handed("pass").replace("            pass\n", "".join(f"            {line}\n" for line in lines.split("\n")))
    text = text.replace(
        "        if not self.answer.done():\n            await asyncio.sleep(1)\n", "        if self.free:\n", 1
    )
    assert outcome(settled.propose, "AWA102", text).verdict == ("safe" if safe else "unsafe")


def test_what_follows_would_be_done_although_nobody_got_the_answer() -> None:
    before = _handed(f"{SETTLED}\nself.free.pop(0)")
    lost = ((2,), True)
    assert lost not in {ending.state for ending in _endings(before, "hand", "give_up")}
    assert lost in {
        ending.state
        for ending in _endings(before.replace(SETTLED, ASKED.replace("\n", "\n" + " " * 12)), "hand", "give_up")
    }


# -- entries, and what is read above a wait ---------------------------------------------------------------------------

SOCKETS = """\
import asyncio

class Socket:
    async def close(self):
        await asyncio.sleep(1)

class Subject:
    def __init__(self):
        self.conns = {{}}
        self.ws = None
        self.ready = asyncio.Event()

    async def open(self):
        await asyncio.sleep(1)
        self.conns["a"] = self.ws = Socket()
        self.ready.set()

    def seen(self):
        return list(self.conns), self.ws is None

    async def close(self, key="a"):
{body}

async def main():
    one = Subject()
    await asyncio.gather(one.open(), one.close(), one.close())
"""


def _sockets(body: str) -> str:
    return SOCKETS.format(body="\n".join(" " * 8 + line for line in body.split("\n")))


def test_an_entry_that_may_be_missing_is_asked_for_without_an_error() -> None:
    before = _sockets("conn = self.conns.get(key)\nif conn:\n    await conn.close()\nself.conns[key] = None")
    found = outcome(recheck.propose, "AWA103", before)
    assert found.verdict == "safe"
    assert found.text is not None
    assert "if self.conns.get(key) is conn:" in found.text
    assert check_alone(before, found.text, _scenario("close", "close")) == []
    wrong = found.text.replace("self.conns.get(key) is", "self.conns[key] is")
    assert check_alone(before, wrong, _scenario("close", "close")) != []


CLOSED = "self.ws.close()\nfinally:\n    self.ws = None"


@pytest.mark.parametrize(
    ("body", "safe"),
    [
        (f"try:\n    await self.ready.wait()\n    await {CLOSED}", False),
        (f"try:\n    async with asyncio.Lock():\n        pass\n    await {CLOSED}", False),
        (
            "async with asyncio.timeout(9):\n    await self.ready.wait()\n    await self.ws.close()\nself.ws = None",
            False,
        ),
        (
            "if key:\n    await self.ws.close()\nelse:\n    await self.ready.wait()\n"
            "await self.ws.close()\nself.ws = None",
            False,
        ),
        (f"try:\n    await {CLOSED}", True),
        (f"await self.ready.wait()\ntry:\n    await {CLOSED}", True),
        ("async with asyncio.timeout(9):\n    await self.ws.close()\nself.ws = None", True),
    ],
)
def test_nothing_is_read_above_a_wait_that_came_first(body: str, safe: bool) -> None:
    found = outcome(recheck.propose, "AWA103", _sockets(body))
    assert found.verdict == ("safe" if safe else "unsafe")
    assert safe or "is read above the wait on line " in found.because[0]


def test_who_waits_until_it_is_open_would_find_nothing() -> None:
    before = _sockets(f"try:\n    await self.ready.wait()\n    await {CLOSED}")
    after = outcome(recheck.propose, "AWA103", before).text
    assert after is not None
    assert not any("AttributeError" in str(ending) for ending in _endings(before, "close", "open"))
    assert any("AttributeError" in str(ending) for ending in _endings(after, "close", "open"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('print(f"closing {self.ws=}")', "recheck-shape"),
        ('print(f"closing {self.ws}")', "safe"),
        ('print(f"{key=}", self.ws)', "safe"),
    ],
)
def test_a_text_that_shows_the_words_keeps_them(text: str, code: str) -> None:
    body = f"await self.ready.wait()\n{text}\nawait self.ws.close()\nself.ws = None"
    assert outcome(recheck.propose, "AWA103", _sockets(body)).verdict == code


# -- a second test under the lock -------------------------------------------------------------------------------------

FILL = [
    "    if len(self.rows) < 3:",
    "        async with self._lock:",
    "            await self.io()",
    "            self.rows[key] = 1",
]


@pytest.mark.parametrize(
    ("behind", "after", "again"),
    [
        (["        return True"], ["    return False"], False),
        (["        return True"], [], False),
        (["        return"], ["    log(key)"], False),
        (["        return"], [], True),
        (["        return"], ["    return"], True),
        (["        return self.one"], ["    return self.one"], True),
        (["        return True"], ["    else:", "        return False"], True),
    ],
)
def test_who_finds_it_done_does_not_say_that_he_has_done_it(behind: list[str], after: list[str], again: bool) -> None:
    text = shops.program("async def f(self, key):", *FILL, *behind, *after)
    if again:
        assert carried(recheck.REMEDY, "AWA201", text).verdict in {"safe", "unsafe"}
    else:
        assert refusal(recheck.REMEDY, "AWA201", text).code == "no-second-test"
