"""Splits that look right and are not: the explorer catches them, and passes what the remedy makes instead."""

from __future__ import annotations

import pytest

from awaitomic.remedies.split import REMEDY
from explorer import Scenario, World, check_after, check_alone
from remedies.carried_out import carried, refusal

HEAD = """
import asyncio
from explorer import outside

lock = asyncio.Lock()
rows = []
"""

PUT = """
async def put(row):
    text = await outside("spell", row)
    async with lock:
        number = len(rows)
        await outside("save", text)
        rows[number:] = [f"{number} {row}"]
    await outside("tell", text)
    return number
"""

PART = """
async def put(row):
    text = await outside("spell", row)
    async with lock:
        number = await _put_part_locked(row, text)
    await outside("tell", text)
    return number

async def _put_part_locked(row, text):
    number = len(rows)
    await outside("save", text)
    rows[number:] = [f"{number} {row}"]
    return number

async def _put_locked(row):
    text = await outside("spell", row)
    number = await _put_part_locked(row, text)
    await outside("tell", text)
    return number
"""

LOAD = """
async def load():
    async with lock:
        rows.clear()
        return await put("one")
"""

LOAD_LOCKED = LOAD.replace("put(", "_put_locked(")

TASKS = """
async def two():
    return await put("two")

async def three():
    return await put("three")

tasks = [load, two, three]
"""

ORIGINAL = HEAD + PUT + LOAD + TASKS
SPLIT = HEAD + PART + LOAD_LOCKED + TASKS

SCENARIO = Scenario(
    "tasks", lambda module, count: World(module.tasks[:count], lambda: [*module.rows, *getattr(module, "seen", ())])
)

WRONG = {
    "a forgotten call site": HEAD + PART + LOAD + TASKS,
    "a second call site that was forgotten": HEAD
    + PART
    + LOAD_LOCKED.replace("rows.clear()", 'rows.clear()\n        await _put_locked("none")\n        await put("half")')
    + TASKS,
    "a public half that lost the lock": HEAD
    + PART.replace("    async with lock:\n        number = await", "    number = await")
    + LOAD_LOCKED
    + TASKS,
    "a part that is called without the lock by the variant's own kin": HEAD
    + PART.replace(
        "    async with lock:\n        number = await _put_part_locked(row, text)", "    number = await both()"
    )
    + "\nasync def both():\n    async with lock:\n        pass\n    return await _put_part_locked('b', 'b')\n"
    + LOAD_LOCKED
    + TASKS,
    "a variant that somebody calls who does not hold the lock": HEAD
    + PART
    + LOAD_LOCKED
    + TASKS.replace('put("two")', '_put_locked("two")'),
    "a variant that goes on when the lock is released": HEAD
    + PART
    + LOAD_LOCKED.replace('return await _put_locked("one")', 'asyncio.create_task(_put_locked("one"))')
    + TASKS,
    "a part of which the lock covers too little": HEAD
    + PART.replace("    number = len(rows)\n    await", "    await")
    .replace("_part_locked(row, text):", "_part_locked(row, text, number):")
    .replace("_part_locked(row, text)\n", "_part_locked(row, text, number)\n")
    .replace("    async with lock:", "    number = len(rows)\n    async with lock:")
    .replace("    number = await _put_part_locked(row, text, number)\n    await", "    number = 0\n    await")
    + LOAD
    + TASKS,
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_split_is_caught(name: str) -> None:
    assert check_after(WRONG[name], SCENARIO, (2, 3), (None,))


def test_the_split_by_hand_is_what_the_remedy_makes_and_passes() -> None:
    made = carried(REMEDY, "AWA301", ORIGINAL)
    assert made.verdict == "safe"
    assert check_after(made.text, SCENARIO) == []
    assert check_after(SPLIT, SCENARIO) == []
    assert check_alone(ORIGINAL, made.text, SCENARIO) == []
    assert check_alone(ORIGINAL, SPLIT, SCENARIO) == []


BESIDE = HEAD + PART + LOAD_LOCKED + "tasks = [load]\n"
GATHERED = BESIDE.replace('return await _put_locked("one")', "await asyncio.gather(_put_locked('1'), _put_locked('2'))")
ONE_BY_ONE = BESIDE.replace('return await _put_locked("one")', "await _put_locked('1'), await _put_locked('2')")


def test_variants_side_by_side_under_one_hold_lose_a_row_and_one_after_the_other_do_not() -> None:
    scenario = Scenario(
        "load",
        lambda module, count: World(module.tasks[:count], lambda: list(module.rows)),
        invariant=lambda ending: ending.state == ("0 1", "1 2"),
    )
    assert check_after(GATHERED, scenario, (1,), (None,))
    assert check_after(ONE_BY_ONE, scenario, (1,), (None,)) == []


FORGETFUL = {
    "a result that is not given back": SPLIT.replace(
        "        number = await _put_part", "        await _put_part"
    ).replace("    text = await", "    number = None\n    text = await", 1),
    "what is done behind the part": SPLIT.replace('    await outside("tell", text)\n', "", 1),
    "what is done before the part": SPLIT.replace('    text = await outside("spell", row)\n', "    text = row\n", 1),
    "an argument that is not the one": SPLIT.replace(
        "_put_part_locked(row, text)\n", "_put_part_locked('one', text)\n", 1
    ),
}


@pytest.mark.parametrize("name", FORGETFUL)
def test_a_split_that_forgets_something_shows_with_one_task(name: str) -> None:
    first = Scenario("put", lambda module, count: World(module.tasks[1 : 1 + count], lambda: module.rows))
    assert check_alone(ORIGINAL, FORGETFUL[name], first)


SIGNAL = """
import asyncio
from explorer import outside

lock = asyncio.Lock()
asked = asyncio.Event()
rows = []
seen = []
"""

HOLDER = """
async def hold():
    async with lock:
        if not seen:
            await asked.wait()
        rows.append("held")

async def load():
    async with lock:
        await put("one")
"""

RELYING = {
    "announces itself before it waits for the lock": """
async def put(row):
    asked.set()
    async with lock:
        await outside("save")
        rows.append(row)

async def two():
    await put("two")

tasks = [hold, two]
""",
    "returns early without the lock": """
async def put(row):
    if row == "two":
        return
    async with lock:
        await outside("save")
        rows.append(row)

async def ask():
    await put("two")
    asked.set()

tasks = [hold, ask]
""",
    "turns somebody away without the lock": """
async def put(row):
    if row == "two":
        raise ValueError
    async with lock:
        await outside("save")
        rows.append(row)

async def ask():
    try:
        await put("two")
    except ValueError:
        asked.set()

tasks = [hold, ask]
""",
}


def _widened(text: str) -> str:
    """Take the lock around the whole of `put`, which relies on being outside for its first lines."""
    head, _, body = text.partition("async def put(row):\n")
    before, _, rest = body.partition("    async with lock:\n")
    lines = "".join(f"    {line}\n" for line in before.splitlines())
    return f"{head}async def put(row):\n    async with lock:\n{lines}{rest}"


STARTED = Scenario(
    "signal",
    lambda module, count: World(module.tasks[:count], lambda: module.rows),
    invariant=lambda ending: True,  # the one waits for the other: there is no serial order
)


@pytest.mark.parametrize("name", RELYING)
def test_the_lock_around_the_whole_is_caught_where_the_method_relies_on_being_outside(name: str) -> None:
    text = SIGNAL + HOLDER + RELYING[name]
    assert check_after(text, STARTED, (2,), (None,)) == []
    assert check_after(_widened(text), STARTED, (2,), (None,))


@pytest.mark.parametrize("name", RELYING)
def test_the_remedy_leaves_the_lock_where_it_is_or_says_that_it_does_not(name: str) -> None:
    made = carried(REMEDY, "AWA301", SIGNAL + HOLDER + RELYING[name])
    if made.verdict == "safe":
        assert check_after(made.text, STARTED, (2,), (None,)) == []
    else:
        assert "turned away" in made.proposal.because[0]


CONDITION = """
import asyncio
from explorer import outside

changed = asyncio.Condition()
rows = ["a"]
seen = []

async def take():
    async with changed:
        while len(rows) < 2:
            await changed.wait()
        return rows.pop()

async def add():
    async with changed:
        rows.append("b")
        seen.append("added")
        changed.notify_all()

async def swap():
    async with changed:
        before = len(seen)
        row = await take()
        seen[before:] = [row]

tasks = [swap, add]
"""


def test_a_condition_that_lets_others_in_makes_the_split_unsafe_and_this_is_why() -> None:
    made = carried(REMEDY, "AWA301", CONDITION)
    assert made.verdict == "unsafe"
    assert "lets others in" in made.proposal.because[0]
    assert any(violation.ending.state for violation in check_after(made.text, SCENARIO, (2,), (None,)))


def test_what_would_have_to_be_written_twice_is_refused_if_it_is_long() -> None:
    long = ORIGINAL.replace('    await outside("tell", text)\n', '    await outside("tell", text)\n' * 6)
    assert "written twice" in refusal(REMEDY, "AWA301", long).message
