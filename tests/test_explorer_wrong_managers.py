"""Variants that are called where a manager only seems to hold the lock: the explorer catches them.

They say what `awaitomic.program.locks.holdings` must not believe: a manager holds a lock where it does so at its yield.
"""

from __future__ import annotations

import pytest

from awaitomic.remedies.split import REMEDY
from explorer import Scenario, World, check_after, check_alone
from remedies.carried_out import carried, refusal

HEAD = """
import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from explorer import outside

lock = asyncio.Lock()
rows = []

async def put(row):
    async with lock:
        {put}

async def _put_locked(row):
    number = len(rows)
    await outside("save", row)
    rows[number:] = [f"{{number}} {{row}}"]

@asynccontextmanager
async def turn():
    {turn}

async def load():
    {load}

async def two():
    await put("two")

async def three():
    await put("three")

tasks = [load, two, three]
"""

HELD = "async with lock:\n        yield"
BODY = 'number = len(rows)\n        await outside("save", row)\n        rows[number:] = [f"{number} {row}"]'

SCENARIO = Scenario("tasks", lambda module, count: World(module.tasks[:count], lambda: list(module.rows)))


def _text(load: str, turn: str = HELD, put: str = "await _put_locked(row)") -> str:
    return HEAD.format(put=put, turn=turn, load=load)


WRONG = {
    "a manager that gives the lock back before its yield": _text(
        'async with turn(): await _put_locked("one")', "async with lock: ...\n    yield"
    ),
    "a manager that takes the lock only afterwards": _text(
        'async with turn(): await _put_locked("one")', "yield\n    async with lock: ..."
    ),
    "a manager that holds it on some ways": _text(
        'async with turn(): await _put_locked("one")',
        "if rows:\n        async with lock: yield\n    else: yield",
    ),
    "a stack that has ended": _text(
        'async with AsyncExitStack() as stack: await stack.enter_async_context(turn())\n    await _put_locked("one")'
    ),
    "a manager that is entered with the lock held": _text("async with lock, turn(): ..."),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_variant_without_the_lock_is_caught(name: str) -> None:
    assert check_after(WRONG[name], SCENARIO, (2, 3), (None,))


HOLDERS = {
    "a manager": 'async with turn(): await put("one")',
    "a stack": 'async with AsyncExitStack() as stack:\n        await stack.enter_async_context(turn())\n'
    '        await put("one")',
}  # fmt: skip


@pytest.mark.parametrize("name", HOLDERS)
def test_the_remedy_calls_the_variant_where_the_manager_holds_the_lock(name: str) -> None:
    original = _text(HOLDERS[name], put=BODY).replace("_put_locked", "_save_locked")
    made = carried(REMEDY, "AWA301", original)
    assert made.verdict == "safe"
    assert check_after(original, SCENARIO, (1,), (None,))
    assert check_after(made.text, SCENARIO) == []
    assert check_alone(original, made.text, SCENARIO) == []


def test_the_remedy_enters_the_variant_of_a_manager_where_the_lock_is_held() -> None:
    original = _text("async with lock:\n        async with turn(): await _put_locked('one')")
    made = carried(REMEDY, "AWA301", original)
    assert made.verdict == "safe"
    assert "async with _turn_locked(): await _put_locked('one')" in made.text
    assert check_after(original, SCENARIO, (1,), (None,))
    assert check_after(made.text, SCENARIO) == []


REFUSED = {
    "what an object takes that is entered": ("lock-in-manager", "async with lock:\n        async with Turn(): ..."),
    "what is handed on": ("through-callback", "async with lock: await run(lambda: put('one'))"),
    "what is awaited by who holds it": ("through-callback", "await alone(put)"),
    "the lock as an argument": ("through-callback", "async with lock: await under(lock)"),
    "what a decorator takes": ("lock-in-decorator", "async with lock: await decorated()"),
}

OTHERS = """
class Turn:
    async def __aenter__(self):
        async with lock: await outside("save")
    async def __aexit__(self, *exc): ...

def locked(function):
    async def inside(*args):
        async with lock: return await function(*args)
    return inside

@locked
async def decorated(): await outside("save")

async def run(work): return await work()

async def alone(work):
    async with lock: return await work("one")

async def under(lock):
    async with lock: await outside("save")
"""


@pytest.mark.parametrize("name", REFUSED)
def test_refused_is(name: str) -> None:
    code, load = REFUSED[name]
    text = _text(load) + OTHERS
    assert check_after(text, SCENARIO, (1,), (None,))[0].reason.startswith("deadlock")
    assert refusal(REMEDY, "AWA301", text).code == code
