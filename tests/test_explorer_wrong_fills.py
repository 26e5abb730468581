"""Fills of a cache that look like `setdefault` and are wrong: the explorer catches them, and passes their twins."""

from __future__ import annotations

from types import ModuleType

import pytest

from awaitomic.remedies import setdefault
from explorer import Ending, Scenario, World, check_after, check_alone, check_before
from explorer.search import explore
from remedies.outcome import outcome

HEAD = """
import asyncio

answers = 0
cache = {}

async def load(key):
    global answers
    answers += 1
    number = answers
    await asyncio.sleep(1)
    return f"answer {number}"

async def forget(key):
    cache.pop(key, None)

async def start_anew(key):
    global cache
    cache = {}
"""

RACE = """
async def get(key):
    if key not in cache:
        cache[key] = await load(key)
    return cache[key]
"""

EARLY_RETURN = """
async def get(key):
    if key in cache:
        return cache[key]
    row = await load(key)
    cache[key] = row
    return row
"""

RESULT_USED = """
async def get(key):
    if key in cache:
        return cache[key]
    row = await load(key)
    row = cache.setdefault(key, row)
    return row
"""

READ_AGAIN = """
async def get(key):
    if key not in cache:
        value = await load(key)
        cache.setdefault(key, value)
    return cache[key]
"""

AWAITED_INSIDE = """
async def get(key):
    if key not in cache:
        cache.setdefault(key, await load(key))
    return cache[key]
"""

WRONG = {
    "the own value is returned": RESULT_USED.replace("row = cache.setdefault", "cache.setdefault"),
    "a placeholder is stored before the await": READ_AGAIN.replace(
        "        value = await", "        cache[key] = None\n        value = await"
    ).replace("cache.setdefault(key, value)", "cache[key] = value"),
    "what is made of the own value is returned": RESULT_USED.replace(
        "    row = cache", "    shown = row.upper()\n    row = cache"
    ).replace("    return row", "    return shown.lower()"),
    "the store is an assignment again": RESULT_USED.replace("row = cache.setdefault(key, row)", "cache[key] = row"),
}
RIGHT = {
    "the result is used": RESULT_USED,
    "the entry is read again": READ_AGAIN,
    "the await inside the argument, of a container that stays": AWAITED_INSIDE,
}


def _has_one_row(ending: Ending) -> bool:
    """Everybody has got what is kept; a task that was struck has got nothing."""
    kept = dict(ending.state[1:])
    return all(result == ("returns", kept.get("a")) for result in ending.results if result[0] == "returns")


def _scenario(*names: str, **more: object) -> Scenario:
    def setup(module: ModuleType, count: int) -> World:
        functions = [getattr(module, names[number % len(names)]) for number in range(count)]
        return World(
            [lambda function=function: function("a") for function in functions],  # type: ignore[misc]  # default binds
            observe=lambda: module.cache,
        )

    return Scenario("cache", setup, **more)  # type: ignore[arg-type]  # the fields' types differ


GETTERS = _scenario("get", invariant=_has_one_row)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_fill_is_caught(name: str) -> None:
    assert check_before(HEAD + WRONG[name], GETTERS).mode == "fifo"


@pytest.mark.parametrize("name", RIGHT)
def test_its_correct_twin_passes(name: str) -> None:
    assert check_after(HEAD + RIGHT[name], GETTERS) == []


@pytest.mark.parametrize("before", [RACE, EARLY_RETURN])
def test_what_the_remedy_writes_is_one_of_the_right_ones(before: str) -> None:
    found = outcome(setdefault.propose, "AWA102", HEAD + before)
    assert found.text is not None
    assert found.text.removeprefix(HEAD) == (READ_AGAIN if before is RACE else RESULT_USED)
    check_before(HEAD + before, GETTERS)
    assert check_alone(HEAD + before, found.text, GETTERS) == []


def _no_error(ending: Ending) -> bool:
    return all(result[0] != "raises" for result in ending.results)


def test_with_the_await_inside_the_argument_a_new_container_gets_nothing() -> None:
    """The method was looked up before the await, in the container that has been thrown away."""
    case = _scenario("get", "start_anew", invariant=_no_error)
    assert check_before(HEAD + AWAITED_INSIDE, case).ending.results[0][:2] == ("raises", "KeyError")
    assert check_after(HEAD + READ_AGAIN, case, counts=(2,), faults=(None,)) == []
    assert check_after(HEAD + RACE, case, counts=(2,), faults=(None,)) == []


NONE_FIRST = """
async def find_row(key):
    global answers
    answers += 1
    number = answers
    await asyncio.sleep(1)
    return None if number == 1 else f"answer {number}"

async def look(key):
    row = cache.get(key)
    if row is None:
        row = await find_row(key)
        cache[key] = row
    return row

async def get(key):
    return await look(key), await look(key)
"""


def test_a_stored_none_would_never_be_replaced() -> None:
    """One task that asks twice sees the difference, so the remedy does not take such a test."""
    filled = NONE_FIRST.replace("cache[key] = row", "row = cache.setdefault(key, row)")
    different = check_alone(HEAD + NONE_FIRST, HEAD + filled, _scenario("get"))
    assert any(line.startswith("unexpected: success: result was") for line in different)
    assert outcome(setdefault.propose, "AWA102", HEAD + NONE_FIRST).verdict == "none-is-missing"


HEADED = """
async def load_lines(key):
    line = await load(key)
    return [line]

async def get(key):
    if key not in cache:
        row = await load_lines(key)
        cache[key] = row
        row.append("end")
    return len(cache[key])
"""


def test_a_change_behind_the_store_would_be_made_twice() -> None:
    case = _scenario("get", invariant=lambda ending: "'end', 'end'" not in str(ending.state))
    filled = HEADED.replace("cache[key] = row", "row = cache.setdefault(key, row)")
    assert check_after(HEAD + HEADED, case) == []
    assert check_before(HEAD + filled, case).mode == "fifo"
    assert outcome(setdefault.propose, "AWA102", HEAD + HEADED).verdict == "changed-afterwards"


REFRESH = """
async def refresh(key):
    row = await load(key)
    cache[key] = row.replace("answer", "refreshed")
"""


@pytest.mark.parametrize("number", [2, 3])
def test_what_another_task_puts_in_its_place_meanwhile_stays(number: int) -> None:
    """A refresh comes first or last as in some serial order; before, an older answer could take its place."""
    case = _scenario("get", "refresh", invariant=lambda ending: "refreshed" in str(ending.state))
    check_before(HEAD + REFRESH + RACE, case, counts=(number,))
    assert check_after(HEAD + REFRESH + READ_AGAIN, case, counts=(number,), faults=(None,)) == []


def test_what_is_removed_during_the_load_is_stored_again_as_before() -> None:
    """The limit that the remedy tells: an outdated answer comes back. All endings with two tasks are the old ones."""
    case = _scenario("get", "forget")
    before, after = (
        set(explore(HEAD + text, case, 2, "any_ready", None).endings) for text in (EARLY_RETURN, RESULT_USED)
    )
    assert after == before
    assert any("answer" in str(ending.state) for ending in after)
