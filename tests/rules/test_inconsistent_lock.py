"""AWA202 in the few lines that decide it: which writes come into what others do under a lock, and which do no harm.

The programs themselves are in ``fixtures/inconsistent_lock/``, where they run in every schedule.
"""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of

BOX = """
class Box:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.other = asyncio.Lock()
        self.turn_lock = make_lock()
        self.n = 0
        self.one = None
        self.rows = {{}}
        self.log = []
        self.closing = False

    async def io(self, *given):
        await asyncio.sleep(1)

    async def span(self, key):
        {span}

    async def put_not(self): return 1

    def set_locked(self, n):
        self.n = n

    async def put(self, n):
        async with self.lock:
            self.set_locked(n)

    async def f(self, key):
        {body}

box = Box()

async def main():
    await asyncio.gather(*[box.span(1) for _ in range(9)], *[box.f(k) for k in range(9)], *[box.put(k) for k in "ab"])

asyncio.run(main())
"""

UPDATE = "async with self.lock: n = self.n; self.n = n + await self.io()"
FILL = "async with self.lock:\n            if self.one is None: self.one = await self.io()"
CLOSE = "async with self.lock: await self.io(self.one); self.one = None"
LOAD = "async with self.lock:\n            if key not in self.rows: self.rows[key] = await self.io()"
RESTORE = "async with self.lock: old = self.n; self.n = 5; await self.io(); self.n = old"

REPORTED = [
    ("a plain store", UPDATE, "self.n = key", "self.n"),
    ("a reset, which an update overwrites", UPDATE, "self.n = 0", "self.n"),
    ("an update that is whole by itself", UPDATE, "self.n += 1", "self.n"),
    ("a store under another lock", UPDATE, "async with self.other: self.n = key", "self.n"),
    (
        "a store after the lock was given back, and a wait",
        UPDATE,
        "async with self.lock: ...\n        await self.io(); self.n = key",
        "self.n",
    ),
    ("a store before the lock is taken", UPDATE, "self.n = key\n        async with self.lock: ...", "self.n"),
    ("a store on one of two ways", UPDATE, "if key: await self.lock.acquire()\n        self.n = key", "self.n"),
    ("by a call of a helper that others call with the lock", UPDATE, "self.set_locked(key)", "self.n"),
    ("an entry under a key that is being loaded", LOAD, "self.rows[key] = 1", "self.rows[key]"),
    ("something new while the old is being closed", CLOSE, "self.one = key", "self.one"),
    ("a value while another one is to be put back", RESTORE, "self.n = key", "self.n"),
    ("a store where something is made for the first time", FILL, "self.one = key", "self.one"),
    (
        "a flag that is asked before the wait only",
        UPDATE,
        "if not self.closing: await self.io(); self.n = key",
        "self.n",
    ),
]

GROW = "async with self.lock:\n            if not self.log: self.log = await self.io()"
REPORTED.append(("an addition to what is found empty", GROW, "self.log.append(key)", "self.log"))

ROOM = "async with self.lock:\n            if {test}: one = await self.io(); {adds}"
LIST = ROOM.format(test="len(self.log) < 3", adds="self.log.append(one)")
COUNT = ROOM.format(test="3 > self.n", adds="self.n += 1")
REPORTED += [
    ("room is taken", LIST, "self.log.append(key)", "self.log"),
    ("all is replaced where room was found", LIST, "self.log = [key]", "self.log"),
    ("a test for more is spoilt", LIST.replace("<", ">"), "self.log.pop()", "self.log"),
    (
        "so is one that failed",
        ROOM.format(test="not len(self.log) <= 3", adds="self.log.append(1)"),
        "self.log.pop()",
        "self.log",
    ),
    ("a place is counted that was free", COUNT, "self.n += 2", "self.n"),
    ("a count that is out of date", UPDATE, "self.n -= 1", "self.n"),
]

SILENT = [
    ("room is made", LIST, "self.log.pop()"),
    ("all room is made", LIST, "self.log.clear()"),
    (
        "room is made where it was not full",
        LIST.replace("len(self.log) < 3", "not len(self.log) >= 3"),
        "self.log.pop()",
    ),
    ("a place is counted back", COUNT, "self.n -= 1"),
    ("the lock is held", UPDATE, "async with self.lock: self.n = key"),
    (
        "the lock is held by hand",
        UPDATE,
        "await self.lock.acquire()\n        self.n = key\n        self.lock.release()",
    ),
    ("the lock has just been given back", UPDATE, "async with self.lock: ...\n        self.n = key"),
    ("under a name of its own", UPDATE, "lock = self.lock\n        async with lock: self.n = key"),
    ("a lock that is not understood", UPDATE, "async with self.turn_lock: self.n = key"),
    ("nothing waits under the lock", "async with self.lock: self.n = self.n + 1", "self.n = key"),
    ("nothing waits between read and write", "async with self.lock: await self.io(); self.n += 1", "self.n = key"),
    (
        "a wait that never waits",
        "async with self.lock: n = self.n; await self.put_not(); self.n = n + 1",
        "self.n = key",
    ),
    (
        "read again after the wait",
        "async with self.lock: n = self.n; await self.io(n); self.n = self.n + 1",
        "self.n = key",
    ),
    ("the lock is not kept", "async with self.lock: n = self.n\n        await self.io(n)", "self.n = key"),
    ("what is only being made is dropped", FILL, "self.one = None"),
    ("an entry that is only being loaded is dropped", LOAD, "self.rows.pop(key, None)"),
    ("an entry that is only being loaded is changed", LOAD, "self.rows[key].append(1)"),
    (
        "an entry that is only being made, and begins empty, is changed",
        "async with self.lock:\n            if key not in self.rows: await self.io(); self.rows[key] = []",
        "self.rows[key].append(1)",
    ),
    ("other state", UPDATE, "self.closing = key"),
    ("only read", UPDATE, "await self.io(self.n)"),
    ("an object that nobody else has", UPDATE, "mine = Box(); mine.n = key"),
    ("the caller holds the lock", UPDATE, "async with self.lock: self.set_locked(key)"),
    (
        "a flag stands as long as the lock is held",
        "async with self.lock: self.closing = True; n = self.n; self.n = n + await self.io()",
        "if not self.closing: self.n = key",
    ),
]


def _reported(span: str, body: str) -> list[tuple[str, str]]:
    program = program_of(BOX.format(span=span, body=body))
    return [(one.function, one.state) for one in find(program) if one.rule == "AWA202" and one.function == "Box.f"]


@pytest.mark.parametrize(("span", "body", "state"), [case[1:] for case in REPORTED], ids=[case[0] for case in REPORTED])
def test_reported(span: str, body: str, state: str) -> None:
    assert _reported(span, body) == [("Box.f", state)]


@pytest.mark.parametrize(("span", "body"), [case[1:] for case in SILENT], ids=[case[0] for case in SILENT])
def test_silent(span: str, body: str) -> None:
    assert _reported(span, body) == []


def test_it_stands_at_the_unlocked_write_and_tells_of_the_span() -> None:
    found = [one for one in find(program_of(BOX.format(span=UPDATE, body="self.n = key"))) if one.rule == "AWA202"]
    (finding,) = (one for one in found if one.function == "Box.f")
    assert finding.confidence is Confidence.CERTAIN
    assert [str(step.role) for step in finding.trace] == ["acquire", "read", "suspend", "write"]
    assert finding.rival is not None
    assert finding.rival.extent == finding.extent
    assert (finding.span.lock, finding.span.write) != ("", 0)


def test_where_nobody_is_seen_to_share_the_object_it_is_only_possible() -> None:
    text = BOX.format(span=UPDATE, body="self.n = key").partition("\nbox = Box()")[0]
    found = [one for one in find(program_of(text)) if one.rule == "AWA202" and one.function == "Box.f"]
    assert all(one.confidence is not Confidence.CERTAIN for one in found)


@pytest.mark.parametrize(
    ("caller", "reported"),
    [
        ("async with self.lock: await self.mid()", []),
        ("await self.mid()", ["Box.g"]),
    ],
)
def test_the_lock_is_missing_where_nobody_above_takes_it(caller: str, reported: list[str]) -> None:
    text = BOX.format(span=UPDATE, body="...").replace(
        "\nbox = Box()",
        f"""
    async def mid(self):
        self._low()

    def _low(self):
        self.n = 9

    async def good(self):
        async with self.lock: await self.mid()

    async def g(self):
        {caller}

box = Box()""",
    )
    text = text.replace("*[box.put(k)", "*[box.g() for k in 'ab'], *[box.good() for k in 'ab'], *[box.put(k)")
    assert [one.function for one in find(program_of(text)) if one.rule == "AWA202"] == reported


@pytest.mark.parametrize(
    ("span", "body"),
    [
        (UPDATE, "async with self.other: self.n = key"),
        ("async with self.lock:\n            if self.n < 5: await self.io(); self.n += 1", "self.n += 1"),
    ],
    ids=["another lock", "an addition to what is added to"],
)
def test_what_hardly_harms_is_only_possible(span: str, body: str) -> None:
    found = [one for one in find(program_of(BOX.format(span=span, body=body))) if one.rule == "AWA202"]
    assert [one.confidence for one in found if one.function == "Box.f"] == [Confidence.POSSIBLE]


def test_a_write_with_a_whole_span_of_its_own_is_that_spans_finding() -> None:
    body = "n = self.n\n        await self.io()\n        self.n = n + 1"
    found = [one for one in find(program_of(BOX.format(span=UPDATE, body=body))) if one.function == "Box.f"]
    assert {one.rule for one in found} == {"AWA101", "AWA202"}
    assert len({one.span.write for one in found}) == 1  # precedence keeps the first one
