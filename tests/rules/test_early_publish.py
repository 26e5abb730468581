"""AWA105 in the few lines that decide it; whole programs stand in ``fixtures/early_publish/``."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence, Finding
from awaitomic.rules import find
from program.reading import program_of

LINK = """
class Database:
    pass

class Link:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.opened = asyncio.Event()
        self.started = False
        self.closing = False
        self.users = 0
        self.wire = None
        self.db = None
        self.pages = {{}}
        self.counts = {{}}

    async def _open(self):
        self.wire = await dial()

    async def release(self, key):
        self.users -= 1
        self.counts[key] -= 1

    async def send(self, text):
        await self.f("key")
        await self.wire.send(text)

    async def f(self, key):
        {body}

link = Link()
"""


def findings(*lines: str) -> list[Finding]:
    program = program_of(LINK.format(body="\n        ".join(lines)))
    return [finding for finding in find(program) if finding.rule == "AWA105" and finding.function == "Link.f"]


REPORTED = [
    (
        "a flag, and its callers rely on it",
        ["if self.started:", "    return", "self.started = True", "await self._open()"],
        "self.started",
    ),
    (
        "a flag, and the second caller himself",
        ["if not self.started:", "    self.started = True", "    await self._open()", "return self.wire"],
        "self.started",
    ),
    (
        "the work stores what it gets",
        ["if not self.started:", "    self.started = True", "    self.wire = await dial()", "return self.wire"],
        "self.started",
    ),
    (
        "taken down only after a failure",
        [
            "if self.started:",
            "    return",
            "self.started = True",
            "try:",
            "    await self._open()",
            "except OSError:",
            "    self.started = False",
            "    raise",
        ],
        "self.started",
    ),
    ("counted, then tested", ["self.users += 1", "if self.users == 1:", "    await self._open()"], "self.users"),
    (
        "counted, then tested the other way",
        ["self.users += 1", "if self.users > 1:", "    return", "await self._open()"],
        "self.users",
    ),
    (
        "tested, then counted",
        ["first = self.users == 0", "self.users += 1", "if first:", "    await self._open()"],
        "self.users",
    ),
    (
        "counted on both ways",
        ["if self.users == 0:", "    self.users += 1", "    await self._open()", "else:", "    self.users += 1"],
        "self.users",
    ),
    (
        "counted for each key",
        [
            "self.counts[key] = self.counts.get(key, 0) + 1",
            "if self.counts[key] == 1:",
            "    await self.subscribe(key)",
        ],
        "self.counts[key]",
    ),
    (
        "stored, then opened",
        ["if self.db is None:", "    self.db = Database()", "    await self.db.connect()", "return self.db"],
        "self.db",
    ),
    (
        "stored, then opened as a local",
        ["if self.db is None:", "    db = Database()", "    self.db = db", "    await db.connect()", "return self.db"],
        "self.db",
    ),
    (
        "stored in a cache, then loaded",
        [
            "if key in self.pages:",
            "    return self.pages[key]",
            "page = Database()",
            "self.pages[key] = page",
            "await page.load()",
            "return page",
        ],
        "self.pages[key]",
    ),
]


@pytest.mark.parametrize(("lines", "state"), [case[1:] for case in REPORTED], ids=[case[0] for case in REPORTED])
def test_reported(lines: list[str], state: str) -> None:
    assert [(finding.state, finding.confidence) for finding in findings(*lines)] == [(state, Confidence.LIKELY)]


POSSIBLE = [
    ("only the names speak for it", ["if self.started:", "    return", "self.started = True", "await connect()"]),
    (
        "an empty entry, and a subscription",
        [
            "if key not in self.pages:",
            "    self.pages[key] = set()",
            "    await self.subscribe(key)",
            "self.pages[key].add(1)",
        ],
    ),
]


@pytest.mark.parametrize("lines", [case[1] for case in POSSIBLE], ids=[case[0] for case in POSSIBLE])
def test_possible(lines: list[str]) -> None:
    assert [finding.confidence for finding in findings(*lines)] == [Confidence.POSSIBLE]


SILENT = [
    ("set after the work", ["if not self.started:", "    await self._open()", "    self.started = True"]),
    ("counted after the work", ["if self.users == 0:", "    await self._open()", "self.users += 1"]),
    (
        "opened, then stored",
        ["if self.db is None:", "    db = Database()", "    await db.connect()", "    self.db = db", "return self.db"],
    ),
    ("closing need not be done twice", ["if self.closing:", "    return", "self.closing = True", "await self.shut()"]),
    (
        "taken down in any case",
        [
            "if self.started:",
            "    return",
            "self.started = True",
            "try:",
            "    await self._open()",
            "finally:",
            "    self.started = False",
        ],
    ),
    (
        "the second caller gets an error",
        ["if self.started:", "    raise RuntimeError", "self.started = True", "await self._open()"],
    ),
    (
        "the second caller waits",
        [
            "if self.started:",
            "    await self.opened.wait()",
            "    return",
            "self.started = True",
            "await self._open()",
            "self.opened.set()",
        ],
    ),
    (
        "a lock over all of it",
        [
            "async with self.lock:",
            "    if self.started:",
            "        return",
            "    self.started = True",
            "    await self._open()",
        ],
    ),
    (
        "a placeholder that others wait for",
        [
            "if key in self.pages:",
            "    return await self.pages[key]",
            "self.pages[key] = job = asyncio.ensure_future(self._open())",
            "await connect(job)",
            "return 1",
        ],
    ),
    ("a state by name", ["if self.started:", "    return", "self.started = State.OPENING", "await self._open()"]),
    (
        "a mode that is switched",
        [
            "if not self.started:",
            "    self.started = True",
            "    await self._open()",
            "else:",
            "    self.started = False",
            "    await self._open()",
        ],
    ),
    ("no work behind it", ["if self.started:", "    return", "self.started = True", "await asyncio.sleep(1)"]),
]


@pytest.mark.parametrize("lines", [case[1] for case in SILENT], ids=[case[0] for case in SILENT])
def test_silent(lines: list[str]) -> None:
    assert findings(*lines) == []


COUNTED = """
class Engine:
    def __init__(self):
        self.users = 0

    {decorator}
    async def __aenter__(self):
        self.users += 1
        if self.users == 1:
            await self.open()

    async def __aexit__(self, *exc_info):
        self.users -= 1
"""


def test_a_counter_of_users_expects_several_although_entering_is_done_once_as_a_rule() -> None:
    (finding,) = find(program_of(COUNTED.format(decorator="")))
    assert (finding.rule, finding.confidence) == ("AWA105", Confidence.LIKELY)
    assert finding.evidence == ("`self.users` counts users, so it expects several at a time",)
    assert find(program_of(COUNTED.format(decorator="@synchronized"))) == []


def test_what_is_counted_down_nowhere_counts_no_users() -> None:
    (finding,) = find(program_of(COUNTED.format(decorator="").replace("self.users -= 1", "pass")))
    assert finding.confidence is Confidence.POSSIBLE


OPENED = """
class LinkManager:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.started = False

    async def send(self, text):
        await self.start()
        await self.wire.send(text)

    async def start(self):
        if self.started:
            return
        self.started = True
        self.wire = await dial()

async def main(link: LinkManager):
    CALLS
"""


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ("await link.send('a')", False),
        ("await asyncio.gather(link.send('a'), link.send('b'))", True),
    ],
)
def test_who_opens_an_object_is_one_unless_several_are_seen(calls: str, expected: bool) -> None:
    found = [each for each in find(program_of(OPENED.replace("CALLS", calls))) if each.rule == "AWA105"]
    assert [each.confidence > Confidence.POSSIBLE for each in found] == [expected]
