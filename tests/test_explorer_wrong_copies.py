"""Copies that look right and are not: the explorer has to catch every one of them, and to pass its correct twin."""

from __future__ import annotations

import pytest

from explorer import Scenario, World, check_after, check_alone, check_before

PROGRAM = """
from explorer import outside, Journal

journal = Journal()
rooms = {{name: name.upper() for name in "abc"}}
names = list(rooms)

async def close(name):
    rooms.pop(name, None)

async def tell(room):
    journal.note(room)
    await outside("tell")

async def announce():
{body}
"""

LIVE = """
    for name in rooms:
        await tell(rooms[name])
"""

GUARDED = """
    for name in list(rooms):
        if name not in rooms:
            continue
        await tell(rooms[name])
"""

WRONG = {
    "no copy, but another name": """
    copy = rooms
    for name in copy:
        await tell(copy[name])
""",
    "a view, which is no copy": """
    for name, room in rooms.items():
        await tell(room)
""",
    "an iterator, which is no copy": """
    for name in iter(rooms):
        await tell(rooms[name])
""",
    "a generator around what is there, which is no copy": """
    for room in (room for room in rooms.values()):
        await tell(room)
""",
    "a copy in the loop, after the wait": """
    for name in rooms:
        await tell(rooms[name])
        copy = list(rooms)
""",
    "a copy of the wrong container": """
    for name, room in zip(list(names), rooms.values()):
        await tell(room)
""",
    "a copy without a test": """
    for name in list(rooms):
        await tell(rooms[name])
""",
    "a test without continue": """
    for name in list(rooms):
        if name not in rooms:
            pass
        await tell(rooms[name])
""",
    "a test that ends the loop": """
    for name in list(rooms):
        if name not in rooms:
            break
        await tell(rooms[name])
""",
    "a test after the use": """
    for name in list(rooms):
        await tell(rooms[name])
        if name not in rooms:
            continue
""",
    "a test in the copy, where everybody stays": """
    copy = list(rooms)
    for name in copy:
        if name not in copy:
            continue
        await tell(rooms[name])
""",
    "a test of all names beforehand": """
    for name in [name for name in list(rooms) if name in rooms]:
        await tell(rooms[name])
""",
}

RIGHT = {
    "a copy of the keys, and a test": GUARDED,
    "a copy of the values": """
    for room in list(rooms.values()):
        await tell(room)
""",
    "a copy of the pairs in a comprehension": """
    [await tell(room) for name, room in list(rooms.items())]
""",
    "a copy of the dict": """
    copy = dict(rooms)
    for name in copy:
        await tell(copy[name])
""",
    "a copy in a zip": """
    for name, room in zip(list(names), list(rooms.values())):
        await tell(room)
""",
    "a display": """
    for room in [*rooms.values()]:
        await tell(room)
""",
}

SCENARIO = Scenario(
    "announce",
    lambda module, count: World(
        [module.announce, *(lambda: module.close("b") for _ in range(1, count))],
        lambda: dict(module.rooms),
        module.journal,
    ),
)


def program(body: str) -> str:
    return PROGRAM.format(body=body.strip("\n"))


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_copy_is_caught(name: str) -> None:
    assert check_after(program(WRONG[name]), SCENARIO, faults=(None,))
    assert check_before(program(WRONG[name]), SCENARIO).mode == "fifo"


@pytest.mark.parametrize("name", RIGHT)
def test_its_correct_twin_passes(name: str) -> None:
    assert check_after(program(RIGHT[name]), SCENARIO) == []


@pytest.mark.parametrize("name", RIGHT)
def test_a_copy_changes_nothing_for_one_task(name: str) -> None:
    assert check_alone(program(LIVE), program(RIGHT[name]), SCENARIO) == []
