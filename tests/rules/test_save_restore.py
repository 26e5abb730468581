"""AWA106 in the few lines that decide it; whole programs stand in ``fixtures/save_restore/``."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence, Finding
from awaitomic.rules import find
from program.reading import program_of

CLIENT = """
import contextlib
import copy
import threading

local = threading.local()

class Client:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.timeout = 5
        self.other = 1
        self.hooks = []
        self.modes = {{}}

    def change(self, key):
        self.timeout, self.other = key, key
        self.hooks.append(key)
        self.modes[key] = key
        local.level = key

    async def f(self, frame, key):
        {body}
"""


def findings(*lines: str) -> list[Finding]:
    program = program_of(CLIENT.format(body="\n        ".join(lines)))
    return [finding for finding in find(program) if finding.rule == "AWA106" and finding.function == "Client.f"]


REPORTED = [
    (
        "a copy is saved, and the state itself changed",
        ["hooks = list(self.hooks)", "self.hooks.append(frame)", "await key()", "self.hooks = hooks"],
        "self.hooks",
    ),
    (
        "restored in any case",
        ["old = self.timeout", "self.timeout = 60", "try:", "    await key()", "finally:", "    self.timeout = old"],
        "self.timeout",
    ),
    (
        "restored if all goes well",
        ["old = self.timeout", "self.timeout = 60", "await key()", "self.timeout = old"],
        "self.timeout",
    ),
    (
        "saved in a tuple",
        ["old = (self.timeout, 1)", "self.timeout = 60", "await key()", "self.timeout = old[0]"],
        "self.timeout",
    ),
    ("taken apart", ["a, b = self.timeout, 1", "self.timeout = 60", "await key()", "self.timeout = a"], "self.timeout"),
    (
        "saved in an attribute of a local",
        ["frame.old = self.timeout", "self.timeout = 60", "await key()", "self.timeout = frame.old"],
        "self.timeout",
    ),
    (
        "a copy of a list",
        ["old = list(self.hooks)", "self.hooks.append(key)", "await key()", "self.hooks = old"],
        "self.hooks",
    ),
    (
        "a copy by its method",
        ["old = self.hooks.copy()", "self.hooks.append(key)", "await key()", "self.hooks[:] = old"],
        "self.hooks",
    ),
    (
        "a copy by copy.copy",
        ["old = copy.copy(self.hooks)", "self.hooks.append(key)", "await key()", "self.hooks = old"],
        "self.hooks",
    ),
    (
        "an entry",
        ["old = self.modes['m']", "self.modes['m'] = 1", "await key()", "self.modes['m'] = old"],
        "self.modes['m']",
    ),
    (
        "changed by a callee",
        ["old = self.timeout", "self.change(60)", "await key()", "self.timeout = old"],
        "self.timeout",
    ),
]


@pytest.mark.parametrize(("lines", "state"), [case[1:] for case in REPORTED], ids=[case[0] for case in REPORTED])
def test_reported(lines: list[str], state: str) -> None:
    assert [(finding.state, finding.confidence) for finding in findings(*lines)] == [(state, Confidence.LIKELY)]


POSSIBLE = [
    (
        "put back only after a failure",
        [
            "old = self.timeout",
            "self.timeout = 60",
            "try:",
            "    await key()",
            "except OSError:",
            "    self.timeout = old",
        ],
    ),
    ("of a parameter", ["old = frame.level", "frame.level = 0", "await key()", "frame.level = old"]),
]


@pytest.mark.parametrize("lines", [case[1] for case in POSSIBLE], ids=[case[0] for case in POSSIBLE])
def test_possible(lines: list[str]) -> None:
    assert [finding.confidence for finding in findings(*lines)] == [Confidence.POSSIBLE]


SILENT = [
    ("what was saved is changed itself", ["rows = self.modes", "await key()", "rows[key] = 1", "self.modes = rows"]),
    ("so it is by a call", ["hooks = self.hooks", "await key()", "hooks.append(key)", "self.hooks = hooks"]),
    (
        "a lock over all of it",
        [
            "async with self.lock:",
            "    old = self.timeout",
            "    self.timeout = 60",
            "    await key()",
            "    self.timeout = old",
        ],
    ),
    ("back before it waits", ["old = self.timeout", "self.timeout = 60", "key()", "self.timeout = old", "await key()"]),
    (
        "set after it has waited",
        ["await key()", "old = self.timeout", "self.timeout = 60", "key()", "self.timeout = old"],
    ),
    (
        "restored if it is still one's own",
        [
            "old = self.timeout",
            "mine = object()",
            "self.timeout = mine",
            "await key()",
            "if self.timeout is mine:",
            "    self.timeout = old",
        ],
    ),
    ("nothing changed meanwhile by itself", ["old = self.timeout", "await key()", "print(old)"]),
    ("something else is stored", ["old = self.timeout", "self.timeout = 60", "await key()", "self.timeout = 5"]),
    ("another state gets it", ["old = self.timeout", "self.timeout = 60", "await key()", "self.last = old"]),
    ("put before what has come", ["old = self.hooks", "self.hooks = []", "await key()", "self.hooks[:0] = old"]),
    ("of a thread", ["old = local.level", "local.level = 0", "await key()", "local.level = old"]),
    (
        "of an object of this call",
        ["c = Client()", "old = c.timeout", "c.timeout = 60", "await key()", "c.timeout = old"],
    ),
]


@pytest.mark.parametrize("lines", [case[1] for case in SILENT], ids=[case[0] for case in SILENT])
def test_silent(lines: list[str]) -> None:
    assert findings(*lines) == []


MANAGER = """
import contextlib

class ConsoleManager:
    def __init__(self):
        self.level = 1
        self.lock = asyncio.Lock()

    @contextlib.{kind}
    {how}def quiet(self):
        level = self.level
        self.level = 0
        try:
            yield
        finally:
            self.level = level

    async def {name}(self):
        {enter}with self.quiet():
            {body}
"""


@pytest.mark.parametrize(
    ("kind", "how", "name", "enter", "body", "expected"),
    [
        ("contextmanager", "", "work", "", "await show()", [Confidence.LIKELY]),
        ("contextmanager", "", "work", "", "show()", []),
        ("contextmanager", "", "test_it", "", "await show()", [Confidence.POSSIBLE]),
        ("asynccontextmanager", "async ", "work", "async ", "show()", [Confidence.LIKELY]),
    ],
)
def test_managers(kind: str, how: str, name: str, enter: str, body: str, expected: list[Confidence]) -> None:
    source = MANAGER.format(kind=kind, how=how, name=name, enter=enter, body=body)
    assert [each.confidence for each in find(program_of(source)) if each.rule == "AWA106"] == expected


def test_a_query_that_is_built_by_chaining_is_made_for_one_use() -> None:
    source = """
    class FindClient:
        def __init__(self):
            self.most = 0
            self.lock = asyncio.Lock()

        def limit(self, most):
            self.most = most
            return self

        def sort(self, key):
            return self

        def skip(self, count):
            {ending}

        async def first(self):
            most = self.most
            try:
                return await self.limit(1).fetch()
            finally:
                self.most = most
    """
    for ending, expected in (("return self", Confidence.POSSIBLE), ("pass", Confidence.LIKELY)):
        found = [each for each in find(program_of(source.format(ending=ending))) if each.rule == "AWA106"]
        assert [each.confidence for each in found] == [expected]


def test_iterating_over_one_object_is_one_consumers_business() -> None:
    source = MANAGER.format(kind="x", how="async ", name="work", enter="", body="await show()")
    source = source.replace("    @contextlib.x\n", "")
    assert [each.confidence for each in find(program_of(source)) if each.rule == "AWA106"] == [Confidence.POSSIBLE]
