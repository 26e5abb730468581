"""A lifespan runs once by its name, unless it counts who is inside or asks whether somebody is."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of

LIKELY, POSSIBLE = Confidence.LIKELY, Confidence.POSSIBLE

LIFESPAN = """
from contextlib import asynccontextmanager

OPEN = {{}}
USERS = {{}}
users = 0
session = None

@asynccontextmanager
async def lifespan(app):
    global users, session
    key = id(app)
    {body}
"""

COUNTED = """users += 1
    if users == 1:
        session = await connect()
    yield
    users -= 1"""
LEFT = "\n    if users == 0:\n        await session.close()\n        session = None"
AFTER = "if session is None:\n        session = await connect()\n    users += 1\n    yield\n    users -= 1"
PER_KEY = "if key not in OPEN:\n        OPEN[key] = await connect()\n    yield"
PER_KEY_COUNTED = """if key in OPEN:
        USERS[key] += 1
    else:
        OPEN[key] = await connect()
        USERS[key] = 1
    yield
    USERS[key] -= 1
    if USERS[key] == 0:
        del OPEN[key]"""


def found(body: str, program: str = LIFESPAN) -> list[tuple[str, str, Confidence]]:
    return sorted(
        (finding.rule, finding.state, finding.confidence) for finding in find(program_of(program.format(body=body)))
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (COUNTED, [("AWA105", "users", LIKELY)]),
        (COUNTED + LEFT, [("AWA103", "session", POSSIBLE), ("AWA105", "users", LIKELY)]),
        (AFTER, [("AWA102", "session", LIKELY)]),
        (PER_KEY, [("AWA102", "OPEN[key]", LIKELY)]),
        (PER_KEY_COUNTED, [("AWA102", "OPEN[key]", LIKELY)]),
    ],
)
def test_who_expects_others_inside_runs_several_times(body: str, expected: list[tuple[str, str, Confidence]]) -> None:
    assert found(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        "session = await connect()\n    yield\n    await session.close()\n    session = None",
        "if session is None:\n        session = await connect()\n    yield",
        "OPEN[key] = await connect()\n    yield\n    await OPEN[key].close()\n    del OPEN[key]",
        "if 'db' not in OPEN:\n        OPEN['db'] = await connect()\n    yield",
        "tries = {}\n    if key not in tries:\n        tries[key] = await connect()\n    yield",
        "own = 0\n    own += 1\n    if session is None:\n        session = await connect()\n    own -= 1\n    yield",
        "users += 2\n    if session is None:\n        session = await connect()\n    users -= 2\n    yield",
    ],
)
def test_by_its_name_it_runs_once(body: str) -> None:
    assert found(body) == []


LOCKED = """
from contextlib import asynccontextmanager

lock = asyncio.Lock()
users = 0
session = None

@asynccontextmanager
async def lifespan(app):
    global users, session
    async with lock:
        {body}
    yield
    async with lock:
        users -= 1
        if users == 0:
            await session.close()
            session = None
"""


def test_one_that_counts_under_a_lock_is_right() -> None:
    assert found("users += 1\n        if users == 1:\n            session = await connect()", LOCKED) == []


PLAIN = """
users = 0
session = None

async def startup():
    global users, session
    {body}
"""


def test_what_counts_its_runs_and_is_no_context_manager() -> None:
    counts = "users += 1\n    session = await connect(session)\n    users -= 1"
    assert [rule for rule, _, _ in found(counts, PLAIN)] == ["AWA101"]
    assert found(counts.replace("users", "passed"), PLAIN) == []
