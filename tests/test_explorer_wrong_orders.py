"""Repairs of lock orders that look right and are wrong: the explorer catches them, and passes the right ones."""

from __future__ import annotations

from types import ModuleType

import pytest

from awaitomic.remedies.lock import reorder
from explorer import Scenario, World, check_after
from remedies.carried_out import carried, refusal

HEAD = """
import asyncio

class Session:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.n = 0

class Desk:
    def __init__(self):
        self.a = asyncio.Lock()
        self.b = asyncio.Lock()
        self.n = 0
        self.session = Session()
        self.old = [self.session]
"""

FORTH = """
    async def forth(self):
        async with self.a, self.b:
            await asyncio.sleep(1)
"""
BACK = """
    async def back(self):
        async with self.b, self.a:
            await asyncio.sleep(1)
"""
AGAIN = BACK.replace("back", "again")

COUNT = """
    async def count(self):
        async with self.a:
            n = self.n
            await asyncio.sleep(1)
            async with self.b:
                self.n = n + 1
"""
BACK_AND_COUNT = """
    async def back(self):
        async with self.b:
            await asyncio.sleep(1)
            async with self.a:
                self.n = self.n + 10
"""
USE = """
    async def use(self):
        async with self.a, self.session.lock:
            session = self.session
            n = session.n
            await asyncio.sleep(1)
            session.n = n + 1
"""
RENEW_AND_BUMP = """
    async def renew(self):
        async with self.a:
            await asyncio.sleep(1)
            self.session = Session()
            self.old.append(self.session)

    async def bump(self):
        session = self.session
        async with session.lock:
            n = session.n
            await asyncio.sleep(1)
            session.n = n + 10

    async def back(self):
        async with self.session.lock:
            async with self.a:
                await asyncio.sleep(1)
"""


def turned(text: str, one: str, other: str) -> str:
    """Let two expressions change places."""
    return text.replace(one, "\0").replace(other, one).replace("\0", other)


def scenario(*tasks: str) -> Scenario:
    def setup(module: ModuleType, count: int) -> World:
        desk = module.Desk()
        methods = [getattr(desk, tasks[number % len(tasks)]) for number in range(count)]
        return World(methods, observe=lambda: (desk.n, [session.n for session in desk.old]))

    return Scenario("desk", setup)


WRONG = {
    "both sides are turned": (turned(FORTH, "self.a", "self.b") + turned(BACK, "self.a", "self.b"), ("forth", "back")),
    "only one of two places is turned": (
        FORTH + turned(BACK, "self.a", "self.b") + AGAIN,
        ("forth", "again", "back"),
    ),
    "something is done in between with the first lock alone": (
        turned(COUNT, "self.a", "self.b") + COUNT.replace("count", "other"),
        ("count", "other"),
    ),
    "the second lock is named before the first one is held": (
        turned(USE, "self.a", "self.session.lock") + RENEW_AND_BUMP.partition("    async def back")[0],
        ("renew", "use", "bump"),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_order_is_caught(name: str) -> None:
    body, tasks = WRONG[name]
    assert check_after(HEAD + body, scenario(*tasks), (2, 3), (None,))


RIGHT = {
    "all places that take the two at once are turned": (FORTH + BACK + AGAIN, ("forth", "back", "again")),
    "of two sides, the one that takes both at once is turned": (
        COUNT + BACK,
        ("count", "back"),
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_the_remedy_turns_what_can_be_turned(name: str) -> None:
    body, tasks = RIGHT[name]
    done = carried(reorder.REMEDY, "AWA302", HEAD + body)
    assert done.verdict == "safe"
    assert check_after(HEAD + body, scenario(*tasks), (2, 3), (None,))
    assert check_after(done.text, scenario(*tasks), (2, 3), (None, "exception", "cancel")) == []


REFUSED = {
    "between-locks": COUNT + BACK_AND_COUNT,
    "names-change": USE + RENEW_AND_BUMP,
}


@pytest.mark.parametrize("code", REFUSED)
def test_the_remedy_leaves_the_others(code: str) -> None:
    assert refusal(reorder.REMEDY, "AWA302", HEAD + REFUSED[code]).code == code
