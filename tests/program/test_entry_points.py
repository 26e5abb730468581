"""Which functions a framework runs, whether side by side, and what comments and the configuration say of it."""

# ruff: noqa: E501 -- the programs under test are lines of text

from __future__ import annotations

import pytest

from awaitomic.model.conventions import Conventions
from awaitomic.model.finding import Confidence
from awaitomic.program import build
from awaitomic.rules import find
from awaitomic.source.text import decode, parse

CERTAIN, LIKELY, POSSIBLE = Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE

BODY = "    seen = state.latest\n    await asyncio.sleep(1)\n    state.latest = show(seen)\n"
METHOD = "        seen = self.latest\n        await asyncio.sleep(1)\n        self.latest = seen + 1\n"
"""Keeps a total, which is one sign that several tasks call."""


def strongest(source: str, conventions: Conventions | None = None) -> Confidence | None:
    decoded = decode("program.py", ("import asyncio\n" + source).encode())
    program = build(decoded, parse(decoded), conventions or Conventions())
    return max((finding.confidence for finding in find(program) if finding.rule == "AWA101"), default=None)


def board(imports: str, base: str, name: str, decorator: str = "", rest: str = "") -> str:
    marked = f"    {decorator}\n" if decorator else ""
    head = f"{imports}\n\nclass Board({base}):\n    def __init__(self):\n        self.latest = None\n\n"
    return f"{head}{marked}    async def {name}(self):\n{METHOD}\n{rest}"


METHODS = [
    ("nothing says who has it", board("", "", "turn"), POSSIBLE),
    ("a gRPC servicer", board("import grpc", "rpc.BoardServicer", "Turn"), LIKELY),
    ("a gRPC servicer without gRPC", board("", "rpc.BoardServicer", "Turn"), POSSIBLE),
    ("a command of a bot", board("from discord.ext import commands", "Cog", "turn", "@commands.command()"), LIKELY),
    ("a message handler of a widget", board("from textual.app import App", "App", "on_mount_done"), None),
    ("an entity's command", board("import homeassistant", "ToggleEntity", "async_turn_on"), POSSIBLE),
    ("a coordinator's update", board("import homeassistant", "DataUpdateCoordinator", "_async_update_data"), None),
    (
        "a registered handler",
        board(
            "", "", "_turn", rest="    async def run(self):\n        await asyncio.start_server(self._turn, port=1)\n"
        ),
        LIKELY,
    ),
    (
        "a handler that a bot calls one after another",
        board(
            "import telegram",
            "",
            "_turn",
            rest="    def go(self, app):\n        app.add_handler(CommandHandler('x', self._turn))\n",
        ),
        None,
    ),
    (
        "a callback, wrapped",
        board(
            "import functools",
            "",
            "_turn",
            rest="    def go(self, bus):\n        bus.subscribe(functools.partial(self._turn))\n",
        ),
        POSSIBLE,
    ),
    ("kept in the module", board("", "", "turn", rest="board = Board()\n"), LIKELY),
    (
        "kept in the module, and no total",
        board("", "", "turn", rest="board = Board()\n").replace("seen + 1", "show(seen)"),
        POSSIBLE,
    ),
    ("a connection that is opened", board("", "", "connect"), POSSIBLE),
    (
        "a task for each call",
        board(
            "", "", "_turn", rest="    def go(self):\n        asyncio.create_task(self._turn())\n\nboard = Board()\n"
        ),
        LIKELY,
    ),
    (
        "a task that is kept",
        board(
            "",
            "",
            "_turn",
            rest="    def go(self):\n        self.task = asyncio.create_task(self._turn())\n\nboard = Board()\n",
        ),
        None,
    ),
    (
        "a task that is made if there is none",
        board(
            "",
            "",
            "_turn",
            rest="    def go(self):\n        if self.latest is None:\n            asyncio.create_task(self._turn())\n\nboard = Board()\n",
        ),
        None,
    ),
    (
        "tasks of a list of coroutines",
        board(
            "",
            "",
            "_turn",
            rest="    async def go(self):\n        all = [self._turn() for _ in range(2)]\n        await asyncio.gather(*all)\n",
        ),
        CERTAIN,
    ),
    (
        "a lambda that makes the coroutine",
        board(
            "",
            "",
            "_turn",
            rest="    async def go(self, group):\n        for _ in range(2):\n            group.start_soon(lambda: self._turn())\n",
        ),
        CERTAIN,
    ),
]


@pytest.mark.parametrize(("source", "confidence"), [c[1:] for c in METHODS], ids=[c[0] for c in METHODS])
def test_confidence_by_who_calls(source: str, confidence: Confidence | None) -> None:
    assert strongest(source) == confidence


def test_a_configured_decorator_is_an_entry_point() -> None:
    source = board("import house", "", "turn", "@house.endpoint")
    assert strongest(source) == POSSIBLE
    assert strongest(source, Conventions(entry_points=frozenset({"house.endpoint"}))) == LIKELY
    assert strongest(source, Conventions(entry_points=frozenset({"endpoint"}))) == LIKELY


def test_a_configured_class_belongs_to_one_task() -> None:
    source = board("", "", "turn", rest="board = Board()\n")
    assert strongest(source, Conventions(single_owner=frozenset({"Board"}))) == POSSIBLE


def test_an_owner_comment_settles_it() -> None:
    source = board("", "", "turn", rest="board = Board()\n")
    assert strongest(source.replace("class Board():", "class Board():  # awaitomic: owner[one-task]")) is None
    assert strongest(source.replace("class Board():", "# awaitomic: owner[one-task]\nclass Board():")) is None
    assert strongest(source.replace("self.latest = None", "self.latest = None  # awaitomic: owner[one-task]")) is None
    assert (
        strongest(
            source.replace(
                "self.latest = None", "self.other = None  # awaitomic: owner[one-task]\n        self.latest = None"
            )
        )
        == LIKELY
    )


GUARDED = """
class Board:
    def __init__(self, guard):
        self._turns = guard
        self.latest = None  # awaitomic: guarded-by[{lock}]

    async def turn(self):
        async with self.{taken}:
            seen = self.latest
            await asyncio.sleep(1)
            self.latest = seen + 1

board = Board()
"""


def test_a_lock_that_is_named_in_a_comment_protects() -> None:
    assert strongest(GUARDED.format(lock="self._turns", taken="_turns")) is None
    assert strongest(GUARDED.format(lock="self._turns", taken="_other")) == LIKELY
    assert strongest(GUARDED.replace("  # awaitomic: guarded-by[{lock}]", "").format(taken="_turns")) == LIKELY


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("owner", "is followed by its argument in brackets"),
        ("owner[two-tasks]", "unknown owner `two-tasks`"),
        ("guarded-by[a lock]", "is not the name of a lock"),
        ("guarded-by[self._missing]", "there is no `self._missing` here"),
    ],
)
def test_an_annotation_that_cannot_be_used_is_a_mistake(comment: str, said: str) -> None:
    text = f"class Board:\n    def __init__(self):\n        self.latest = None  # awaitomic: {comment}\n"
    decoded = decode("program.py", text.encode())
    (mistake,) = build(decoded, parse(decoded)).unit.annotations.mistakes
    assert said in mistake.message


def test_an_annotation_of_nothing_is_a_mistake() -> None:
    decoded = decode("program.py", b"# awaitomic: owner[one-task]\nprint(1)\n")
    assert len(build(decoded, parse(decoded)).unit.annotations.mistakes) == 1


WAITERS = """
class {name}:
    def __init__(self):
        self.free = 1

    async def acquire(self):
        free = self.free
        await asyncio.sleep(0)
        self.free = free - 1

    def release(self):
        self.free += 1

kept = {name}()
"""


def test_what_a_lock_of_the_program_keeps_of_its_waiters_is_its_own_business() -> None:
    assert strongest(WAITERS.format(name="SlotSemaphore")) == POSSIBLE
    assert strongest(WAITERS.format(name="Slots")) == LIKELY


OWN_LOCK = """
class {owner}:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.peer = None

    async def {name}(self):
        peer = self.peer
        await asyncio.sleep(1)
        self.peer = [peer]
"""


def test_a_lock_says_that_several_tasks_call_but_not_that_several_open_or_close() -> None:
    assert strongest(OWN_LOCK.format(owner="LinkManager", name="ask")) == LIKELY
    assert strongest(OWN_LOCK.format(owner="Link", name="ask")) == POSSIBLE, "the lock may be for something else"
    assert strongest(OWN_LOCK.format(owner="LinkManager", name="connect")) == POSSIBLE
