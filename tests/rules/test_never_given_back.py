"""AWA206, for locks that nothing gives back: reported where all that is done with the lock is to take it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from awaitomic.cli import main
from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of

POSSIBLE, LIKELY = Confidence.POSSIBLE, Confidence.LIKELY

ROOM = """
import anyio
import trio

_GATE = asyncio.Lock()

class Room:
    _shared = asyncio.Lock()

    def __init__(self, given=None):
        self._lock = {lock}
        self.rows = []

    async def io(self):
        await asyncio.sleep(0)

    async def {name}(self, key):
        {body}
{more}

class Other:
    def __init__(self):
        self._lock = asyncio.Lock()

    async def g(self):
        await self._lock.acquire()
        try: await asyncio.sleep(0)
        finally: self._lock.release()
"""
TAKES = ["await self._lock.acquire()", "await self.io()"]


def kept(
    *body: str, lock: str = "asyncio.Lock()", name: str = "f", more: str = "", rest: str = ""
) -> list[tuple[str, Confidence]]:
    text = ROOM.format(lock=lock, name=name, body="\n        ".join(body or TAKES), more=more) + rest
    found = [finding for finding in find(program_of(text)) if finding.rule == "AWA206"]
    assert all("nothing in the project gives it back" in finding.message for finding in found)
    return [(finding.function, finding.confidence) for finding in found]


F = [("Room.f", LIKELY)]
MAYBE = [("Room.f", POSSIBLE)]


@pytest.mark.parametrize("lock", ["asyncio.Lock()", "anyio.Lock()", "trio.Lock()", "trio.StrictFIFOLock()"])
def test_a_lock_that_is_only_taken(lock: str) -> None:
    assert kept(lock=lock) == F


def test_another_class_that_calls_its_own_lock_the_same_gives_back_its_own() -> None:
    assert kept() == F


def test_whoever_enters_it_gives_back_only_what_it_has_taken_itself() -> None:
    assert kept(more="    async def g(self):\n        async with self._lock: await self.io()") == F


@pytest.mark.parametrize(
    ("body", "rest", "function"),
    [
        ("await _GATE.acquire()", "", "Room.f"),
        ("await self._shared.acquire()", "", "Room.f"),
        ("pass", "async def visit(room: Room):\n    await room._lock.acquire()", "visit"),
        (
            "pass",
            "async def main():\n    lock = asyncio.Lock()\n    async def work(n): await lock.acquire()\n"
            "    await asyncio.gather(*(work(n) for n in range(3)))",
            "main.work",
        ),
    ],
    ids=["of the module", "of the class", "of another object", "of a function around"],
)
def test_wherever_the_lock_is_kept(body: str, rest: str, function: str) -> None:
    assert kept(body, rest=rest) == [(function, LIKELY)]


def test_a_name_in_slots_gives_nothing_back() -> None:
    assert kept(more='    __slots__ = ("_lock", "rows")') == F


def test_what_is_entered_and_never_left() -> None:
    left = "    async def __aexit__(self, *_):\n        pass"
    assert kept(*TAKES, name="__aenter__", more=left) == [("Room.__aenter__", LIKELY)]
    assert kept(*TAKES, name="__aenter__") == []


def test_others_may_know_what_has_a_public_name() -> None:
    text = ROOM.format(lock="asyncio.Lock()", name="f", body="\n        ".join(TAKES), more="")
    found = find(program_of(text.replace("_lock", "lock")))
    assert [(each.function, each.confidence) for each in found if each.rule == "AWA206"] == MAYBE


def test_a_semaphore_of_one_may_be_meant_to_be_used_up() -> None:
    assert kept(lock="asyncio.Semaphore(1)") == MAYBE


@pytest.mark.parametrize("lock", ["asyncio.Semaphore(3)", "asyncio.Semaphore(given)", "trio.CapacityLimiter(2)"])
def test_a_semaphore_of_several_is_silent(lock: str) -> None:
    assert kept(lock=lock) == []


ONCE = "async def main():\n    await Room().f(1)\n\nif __name__ == '__main__':\n    asyncio.run(main())"


def test_who_runs_once_keeps_it_from_others_only() -> None:
    private = ROOM.replace("{name}", "_f")
    text = private.format(lock="asyncio.Lock()", body=TAKES[0], more="") + ONCE.replace(".f", "._f")
    assert [finding for finding in find(program_of(text)) if finding.rule == "AWA206"] == []
    enters = "    async def g(self):\n        async with self._lock: await self.io()"
    text = private.format(lock="asyncio.Lock()", body=TAKES[0], more=enters) + ONCE.replace(".f", "._f")
    found = [finding for finding in find(program_of(text)) if finding.rule == "AWA206"]
    assert [(each.function, each.confidence) for each in found] == [("Room._f", POSSIBLE)]


@pytest.mark.parametrize(
    ("calls", "found"),
    [
        ("room = Room()\n    await room.f(1)\n    await room.f(2)", F),
        ("await asyncio.gather(*(room.f(n) for n in range(2)))", F),
        ("for n in range(2): await room.f(n)", F),
        ("await Room().f(1)\n    await Room().f(2)", []),
    ],
)
def test_a_second_call_on_the_same_object_says_that_it_comes_again(calls: str, found: list[object]) -> None:
    assert kept(rest="room = Room()\n" + ONCE.replace("await Room().f(1)", calls)) == found


@pytest.mark.parametrize("name", ["close", "stop", "disconnect", "__aexit__", "shutdown", "test_f"])
def test_who_ends_the_use_of_an_object_may_keep_it_shut(name: str) -> None:
    assert kept(name=name) == []


GIVES = [
    "self._lock.release()",
    "lock = self._lock\n        lock.release()",
    "for lock in (self._lock, _GATE): lock.release()",
    "getattr(self, '_lock').release()",
    "give(self._lock)",
    "return self._lock",
    "self.rows.append(self._lock)",
    "loop.call_later(1, self._lock.release)",
    "self._lock = asyncio.Lock()",
    "return self._lock.locked()",
    "Room(given=1, _lock=key)",
    "async with self._lock as held: pass",
    "await asyncio.wait_for(self._lock.acquire(), 1)",
    "self.changed = asyncio.Condition(self._lock)",
    "del self._lock",
]


@pytest.mark.parametrize("statement", GIVES)
def test_whatever_else_is_done_with_it_may_give_it_back(statement: str) -> None:
    assert kept(more=f"    async def g(self, key):\n        {statement}") == []


@pytest.mark.parametrize("lock", ["given or asyncio.Lock()", "given", "make_lock()", "asyncio.Condition(given)"])
def test_a_lock_that_was_handed_in_is_somebody_elses(lock: str) -> None:
    assert kept(lock=lock) == []


def test_a_condition_that_is_waited_for_is_given_back_by_the_wait() -> None:
    body = ["await self._lock.acquire()", "while True: await self._lock.wait()"]
    assert kept(*body, lock="asyncio.Condition()") == []


def test_another_file_may_give_it_back(tmp_path: Path) -> None:
    text = "import asyncio\n" + ROOM.format(lock="asyncio.Lock()", name="f", body=TAKES[0], more="")
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "room.py").write_text(text)
    arguments = ["check", "--isolated", "--no-cache", "--output-format", "concise", str(tmp_path)]
    alone = CliRunner().invoke(main, arguments)
    assert "AWA206" in alone.output
    (tmp_path / "door.py").write_text("from room import Room\n\ndef opened(room: Room):\n    room._lock.release()\n")
    assert "AWA206" not in CliRunner().invoke(main, arguments).output
