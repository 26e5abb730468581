"""Locks that go by any name: told by what made them, who handed them over, or whose method is decorated."""

from __future__ import annotations

import pytest

from awaitomic.rules import find
from program.reading import program_of

TILL = """
import aiorwlock, redlock, functools

class Gate(asyncio.Semaphore):
    pass

class Sized(asyncio.Semaphore):
    def __init__(self, name):
        super().__init__(1)

def guarded(call):
    @functools.wraps(call)
    async def inner(self, *args):
        async with self.{decorated}:
            return await call(self, *args)
    return inner

class Till:
    def __init__(self, turn, lock, size):
        self.n = 0
        self.turn = {made}
        self.other = {other}

    {decorator}
    async def add(self):
        {take}:
            n = self.n
            await asyncio.sleep(0)
            self.n = n + 1

async def main(size):
    till = Till({given}, None, size)
    await asyncio.gather(till.add(), till.add())
"""


def rules(
    made: str,
    *,
    given: str = "None",
    take: str = "async with self.turn",
    decorator: str = "",
    decorated: str = "turn",
    other: str = "None",
) -> set[str]:
    """Give the rules that report the span of a till whose `turn` is made so."""
    text = TILL.format(made=made, given=given, take=take, decorator=decorator, decorated=decorated, other=other)
    return {finding.rule for finding in find(program_of(text)) if finding.function == "Till.add"}


LOCKS = [
    ("kept under another name", "lock", "None"),
    ("handed over as a lock", "turn", "asyncio.Lock()"),
    ("made by what sounds like one", "redlock.Mutex('till')", "None"),
    ("the writing side of a lock", "aiorwlock.RWLock().writer", "None"),
    ("a semaphore of one under another name", "Gate(1)", "None"),
    ("a semaphore of one by default", "Gate()", "None"),
    ("a semaphore of unknown size", "Gate(size)", "None"),
    ("a semaphore with a constructor of its own", "Sized(5)", "None"),
]


@pytest.mark.parametrize(("made", "given"), [case[1:] for case in LOCKS], ids=[case[0] for case in LOCKS])
def test_a_lock_of_any_name_protects(made: str, given: str) -> None:
    assert rules(made, given=given) == set()


NONE = [
    ("nothing says what it is", "turn", "None", {"AWA101"}),
    ("handed over as something else", "turn", "redlock.Client()", {"AWA101"}),
    ("handed over as a semaphore of several", "turn", "asyncio.Semaphore(5)", {"AWA101"}),
    ("made by what does not sound like one", "redlock.Client()", "None", {"AWA101"}),
    ("a semaphore of several under another name", "Gate(5)", "None", {"AWA101", "AWA204"}),
]


@pytest.mark.parametrize(("made", "given", "told"), [case[1:] for case in NONE], ids=[case[0] for case in NONE])
def test_what_is_none_does_not(made: str, given: str, told: set[str]) -> None:
    assert rules(made, given=given) == told


def test_how_many_a_subclass_of_a_semaphore_lets_in_is_told() -> None:
    text = TILL.format(
        made="Gate(5)", given="None", take="async with self.turn", decorator="", decorated="turn", other=0
    )
    (finding,) = (each for each in find(program_of(text)) if each.rule == "AWA204")
    assert "5 tasks can hold it at once" in finding.message


def test_a_decorator_may_take_what_only_the_class_knows_as_a_lock() -> None:
    assert rules("asyncio.Lock()", take="if True", decorator="@guarded") == set()


@pytest.mark.parametrize("made", ["asyncio.Semaphore(5)", "turn", "redlock.Client()"])
def test_what_it_takes_otherwise_is_none(made: str) -> None:
    assert rules(made, take="if True", decorator="@guarded") == {"AWA101"}


def test_another_attribute_that_it_takes_is_none_either() -> None:
    assert rules("asyncio.Lock()", take="if True", decorator="@guarded", decorated="other") == {"AWA101"}


GATE = """
class Gate:
    def __init__(self, {name}):
        self.gate = {name}
        self.n = 0

    async def add(self):
        async with self.gate:
            n = self.n
            await asyncio.sleep(0)
            self.n = n + 1

    async def run(self):
        await asyncio.gather(self.add(), self.add())

def made(turn):
    return Gate(turn)

def first():
    return {first}

def second():
    return {second}
"""


def is_reported(first: str, second: str, name: str = "gate") -> bool:
    found = find(program_of(GATE.format(first=first, second=second, name=name)))
    return any(finding.function == "Gate.add" for finding in found)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Gate(asyncio.Lock())", "made(asyncio.Lock())"),
        ("made(asyncio.Lock())", "Gate(None)"),
        ("made(asyncio.Lock())", "made(asyncio.Lock())"),
    ],
)
def test_it_is_a_lock_if_all_hand_one_over(first: str, second: str) -> None:
    assert not is_reported(first, second)


@pytest.mark.parametrize("other", ["Gate(open_session())", "made(open_session())"])
def test_one_that_hands_over_a_lock_does_not_vouch_for_others(other: str) -> None:
    assert is_reported("Gate(asyncio.Lock())", other)


@pytest.mark.parametrize("name", ["block", "clock", "unlocked_at"])
def test_a_word_is_a_lock_only_as_a_whole(name: str) -> None:
    assert is_reported("None", "None", name)
