"""Splits of generators and context managers that look right and are not: the explorer catches them."""

from __future__ import annotations

import pytest

from awaitomic.remedies.split import REMEDY
from explorer import Ending, Scenario, World, check_after, check_alone
from remedies.carried_out import carried

HEAD = """
import asyncio
from contextlib import aclosing, asynccontextmanager
from explorer import outside

lock = asyncio.Lock()
rows = ["a", "b"]
going = []
seen = []
"""

SCAN = """
async def scan():
    async with lock:
        going.append("through")
        try:
            for row in list(rows):
                await outside("read", row)
                yield row
        finally:
            await outside("end")
            going.pop()
"""

HALVES = """
async def scan():
    async with lock:
        async with aclosing(_scan_locked()) as items:
            async for row in items:
                yield row

async def _scan_locked():
    going.append("through")
    try:
        for row in list(rows):
            await outside("read", row)
            yield row
    finally:
        await outside("end")
        going.pop()
"""

USERS = """
async def load():
    async with lock:
        found = [row async for row in scan()]
        rows[:] = []
        return found

async def first():
    async with aclosing(scan()) as items:
        async for row in items:
            return row

async def put():
    async with lock:
        seen.extend(going)
        await outside("put")
        rows.append("c")

tasks = [load, first, put]
"""

LOADED = USERS.replace("in scan()]", "in _scan_locked()]")
ORIGINAL = HEAD + SCAN + USERS
SPLIT = HEAD + HALVES + LOADED


def _nobody_goes_through(ending: Ending) -> bool:
    """Tell whether nobody put a row while somebody went through them, and nobody was left in the middle."""
    return "through" not in str(ending.state)


SCENARIO = Scenario(
    "tasks",
    lambda module, count: World(module.tasks[:count], lambda: [module.rows, module.seen, module.going]),
    invariant=_nobody_goes_through,
)
FIRST = Scenario("first", lambda module, count: World(module.tasks[1 : 1 + count], lambda: module.going))

CLOSED = """\
    async with lock:
        async with aclosing(_scan_locked()) as items:
            async for row in items:
                yield row
"""

WRONG = {
    "a public half that lost the lock": SPLIT.replace(
        CLOSED,
        "    async for row in _scan_locked():\n        yield row\n",
    ),
    "a public half that takes the lock for each step": SPLIT.replace(
        CLOSED,
        "    async for row in _scan_locked():\n        async with lock:\n            yield row\n",
    ),
    "a variant that somebody goes through who does not hold the lock": SPLIT.replace(
        "async with aclosing(scan()) as items", "async with aclosing(_scan_locked()) as items"
    ),
    "a use that was forgotten": SPLIT.replace("in _scan_locked()]", "in scan()]"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_split_of_a_generator_is_caught(name: str) -> None:
    assert WRONG[name] != SPLIT
    assert check_after(WRONG[name], SCENARIO, (2, 3), (None,))


def test_a_generator_that_is_only_gone_through_is_not_cleaned_up_in_time() -> None:
    plain = SPLIT.replace(
        CLOSED, "    async with lock:\n        async for row in _scan_locked():\n            yield row\n"
    )
    assert plain != SPLIT
    assert check_alone(ORIGINAL, plain, FIRST)


def test_the_split_by_hand_is_what_the_remedy_makes_and_passes() -> None:
    made = carried(REMEDY, "AWA301", ORIGINAL)
    assert made.verdict == "safe"
    for text in (made.text, SPLIT):
        assert check_after(text, SCENARIO, (2, 3), (None,)) == []
        assert check_alone(ORIGINAL, text, FIRST) == []


CHANGE = """
@asynccontextmanager
async def change():
    async with lock:
        before = list(rows)
        try:
            yield rows
        except ValueError:
            rows[:] = before
            raise
        await outside("commit")

async def load():
    async with lock:
        async with change() as current:
            current.clear()

async def note():
    async with change() as current:
        current.append("c")
        await outside("note")
        raise ValueError

tasks = [load, note]
"""

CHANGE_LOCKED = """
@asynccontextmanager
async def change():
    async with lock:
        async with _change_locked() as current:
            yield current

@asynccontextmanager
async def _change_locked():
    before = list(rows)
    try:
        yield rows
    except ValueError:
        rows[:] = before
        raise
    await outside("commit")
""" + CHANGE[CHANGE.index("\nasync def load") :].replace("change()", "_change_locked()", 1)

NOTE = Scenario("note", lambda module, count: World(module.tasks[1 : 1 + count], lambda: module.rows))
CHANGES = Scenario("changes", lambda module, count: World(module.tasks[:count], lambda: module.rows))


def test_a_manager_that_is_only_gone_through_never_hears_of_the_error() -> None:
    deaf = CHANGE_LOCKED.replace(
        "        async with _change_locked() as current:\n            yield current\n",
        "        yield await _change_locked().__aenter__()\n",
        1,
    )
    assert deaf != CHANGE_LOCKED
    assert check_alone(HEAD + CHANGE, HEAD + deaf, NOTE)


def test_the_split_of_a_manager_is_what_the_remedy_makes_and_passes() -> None:
    made = carried(REMEDY, "AWA301", HEAD + CHANGE)
    assert made.verdict == "safe"
    for text in (made.text, HEAD + CHANGE_LOCKED):
        assert check_alone(HEAD + CHANGE, text, NOTE) == []
        assert check_after(text, CHANGES, (2,)) == []
