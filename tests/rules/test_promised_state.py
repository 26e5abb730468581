"""AWA105 between two states in the few lines that decide it; whole programs stand in ``fixtures/early_publish/``."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence, Finding
from awaitomic.rules import find
from program.reading import program_of

FEED = """
import collections

class Reader:
    def __init__(self):
        self.wire = None

class Feed:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.readers = {{}}
        self.asked = set()
        self.latest = {{}}
        self.counts = collections.defaultdict(int)
        self.started = False
        self.wire = None
        self.known = {{"a": 1}}

    def forget(self, key):
        del self.readers[key]
        self.asked.discard(key)
        self.counts[key] = 0

    async def _fill(self, key):
        self.latest[key] = await request(key)

    async def f(self, key, other, reader):
        {body}

feed = Feed()
"""

CLAIM = "self.readers[key] = [reader]"
FILL = "self.latest[key] = await request(key)"


def findings(*lines: str) -> list[Finding]:
    program = program_of(FEED.format(body="\n        ".join(lines)))
    return [finding for finding in find(program) if finding.rule == "AWA105" and finding.function == "Feed.f"]


REPORTED = [
    ("an entry of another table", ["if key in self.readers:", "    return self.latest[key]", CLAIM, FILL]),
    (
        "used where the ways meet",
        ["if key not in self.readers:", "    " + CLAIM, "    " + FILL, "return self.latest[key]"],
    ),
    (
        "looked up with get",
        ["readers = self.readers.get(key)", "if readers is not None:", "    return self.latest[key]", CLAIM, FILL],
    ),
    ("a member of a set", ["if key in self.asked:", "    return self.latest[key]", "self.asked.add(key)", FILL]),
    ("an empty entry", ["if key in self.readers:", "    return self.latest[key]", "self.readers[key] = None", FILL]),
    (
        "filled by what is awaited",
        ["if key in self.readers:", "    return self.latest[key]", CLAIM, "await self._fill(key)"],
    ),
    (
        "stored later on",
        [
            "if key in self.readers:",
            "    return self.latest[key]",
            CLAIM,
            "news = await request(key)",
            "self.latest[key] = news",
        ],
    ),
    (
        "changed by way of the entry",
        ["if key in self.readers:", "    self.latest[key].append(reader)", "else:", "    " + CLAIM, "    " + FILL],
    ),
    (
        "taken back after a failure",
        [
            "if key in self.readers:",
            "    return self.latest[key]",
            CLAIM,
            "try:",
            "    " + FILL,
            "except OSError:",
            "    del self.readers[key]",
            "    raise",
        ],
    ),
]


@pytest.mark.parametrize("lines", [case[1] for case in REPORTED], ids=[case[0] for case in REPORTED])
def test_reported(lines: list[str]) -> None:
    assert [(each.state, each.confidence) for each in findings(*lines)] == [("self.latest[key]", Confidence.LIKELY)]


SILENT = [
    (
        "an amount that is filled up again is no promise",
        [
            "if self.counts[key] <= 0:",
            "    self.counts[key] = 9",
            "    await request(key)",
            "for each in self.latest[key]:",
            "    await each.send()",
            "self.latest[key] = [each for each in self.latest[key] if not each.sent]",
        ],
    ),
    ("the other is never used by who finds the first", ["if key in self.readers:", "    return", CLAIM, FILL]),
    ("the other is asked for", ["if key in self.readers:", "    return self.latest.get(key)", CLAIM, FILL]),
    (
        "the other is tested",
        [
            "if key in self.readers:",
            "    if key in self.latest:",
            "        return self.latest[key]",
            "    return",
            CLAIM,
            FILL,
        ],
    ),
    ("both are tested", ["if key in self.readers and key in self.latest:", "    return self.latest[key]", CLAIM, FILL]),
    (
        "its absence is caught",
        [
            "if key in self.readers:",
            "    try:",
            "        return self.latest[key]",
            "    except KeyError:",
            "        return",
            CLAIM,
            FILL,
        ],
    ),
    (
        "the second caller waits first",
        ["if key in self.readers:", "    await self.readers[key].wait()", "    return self.latest[key]", CLAIM, FILL],
    ),
    (
        "both are there before the await",
        ["if key in self.readers:", "    return self.latest[key]", CLAIM, "self.latest[key] = None", FILL],
    ),
    (
        "the other comes first",
        [
            "if key in self.readers:",
            "    return self.latest[key]",
            "self.latest[key] = make()",
            CLAIM,
            "await request(key)",
            "self.latest[key] = make()",
        ],
    ),
    (
        "another key",
        ["if key in self.readers:", "    return self.latest[other]", CLAIM, "self.latest[other] = await request(key)"],
    ),
    ("used under another key", ["if key in self.readers:", "    return self.latest[other]", CLAIM, FILL]),
    (
        "a flag says nothing of one key",
        ["if self.started:", "    return self.latest[key]", "self.started = True", FILL],
    ),
    (
        "nothing is waited for in between",
        [
            "if key in self.readers:",
            "    return self.latest[key]",
            CLAIM,
            "self.latest[key] = make()",
            "await request(key)",
        ],
    ),
    (
        "a table that makes its entries",
        ["if key in self.readers:", "    return self.counts[key]", CLAIM, "self.counts[key] = await request(key)"],
    ),
    (
        "the claim goes down when all is done",
        [
            "if key in self.readers:",
            "    return self.latest[key]",
            CLAIM,
            "try:",
            "    " + FILL,
            "finally:",
            "    del self.readers[key]",
        ],
    ),
    (
        "a mode that is switched",
        ["if key in self.readers:", "    del self.readers[key]", "    return self.latest[key]", CLAIM, FILL],
    ),
    (
        "the second caller makes it, too",
        ["if key in self.readers:", "    self.latest[key] = make()", "    return self.latest[key]", CLAIM, FILL],
    ),
    (
        "the first caller uses it before he waits: it is there",
        [
            "if key in self.readers:",
            "    return self.latest[key]",
            "old = self.latest[key]",
            CLAIM,
            "self.latest[key] = await request(old)",
        ],
    ),
    (
        "the first caller uses it behind the claim: it is there",
        [
            "if key in self.readers:",
            "    return self.latest[key]",
            CLAIM,
            "self.latest[key] = await request(self.latest[key])",
        ],
    ),
    (
        "it was used before the test: it is there",
        ["old = self.latest[key]", "if key in self.readers:", "    return self.latest[key]", CLAIM, FILL],
    ),
    (
        "a lock over all of it",
        [
            "async with self.lock:",
            "    if key in self.readers:",
            "        return self.latest[key]",
            "    " + CLAIM,
            "    " + FILL,
        ],
    ),
]


@pytest.mark.parametrize("lines", [case[1] for case in SILENT], ids=[case[0] for case in SILENT])
def test_silent(lines: list[str]) -> None:
    assert findings(*lines) == []


def test_an_object_may_be_stored_before_its_parts_are_there() -> None:
    stored = ["made = Reader()", "self.readers[key] = made", "made.wire = await request(key)"]
    (finding,) = findings("if key in self.readers:", "    return self.readers[key].wire", *stored)
    assert finding.state == "self.readers[key].wire"
    assert findings("if key in self.readers:", "    return self.readers[key]", *stored) == []
    tested = "    return self.readers[key].wire if self.readers[key].wire else None"
    assert findings("if key in self.readers:", tested, *stored) == []


def test_one_claim_is_explained_once() -> None:
    (finding,) = findings(
        "if not self.started:", "    self.started = True", "    self.wire = await dial()", "self.wire.send(key)"
    )
    assert finding.state == "self.started"


def test_the_story_ends_where_the_other_task_uses_what_is_not_there() -> None:
    (finding,) = findings("if key in self.readers:", "    return self.latest[key]", CLAIM, FILL)
    assert [step.extent.line for step in finding.trace] == [29, 31, 32, 32]
    assert finding.rival is not None
    assert finding.rival.extent.line == 30
    assert "`self.readers[key]` is there before the await and `self.latest[key]` only after it" in finding.message
