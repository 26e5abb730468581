"""AWA201 of a store: reported where a lock is free between the look and the addition, silent where it need not be."""

from __future__ import annotations

import pytest

from awaitomic.findings.precedence import resolve
from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of

ROWS = """
class Rows:
    def __init__(self, db, other):
        self._lock = asyncio.Lock()
        self._other = asyncio.Lock()
        self.db = db
        self.backup = other

    async def put(self, table, name):
        {body}
"""
LOOK = "async with self._lock: row = await self.db.get_row(table, name)"
LEAVE = "if row: return row"
ADD = "async with self._lock: await self.db.insert(table, name)"
USER = "async with self._lock: row = await self.db.get_users_by_name"
AGAIN = "if not await self._known(name)"
WAIT = "await asyncio.sleep(0)"


def found(*body: str) -> list[tuple[str, str, Confidence]]:
    text = ROWS.format(body="\n        ".join(body))
    return [(finding.rule, finding.state, finding.confidence) for finding in resolve(find(program_of(text)))]


REPORTED = [
    ("it returns what is there", [LOOK, LEAVE, ADD]),
    ("with a wait in between", [LOOK, LEAVE, WAIT, ADD]),
    ("it asks for None", [LOOK, "if row is not None: return row", ADD]),
    ("the addition is in a branch", [LOOK, "if not row:", f"    {ADD}"]),
    ("in the other branch", [LOOK, "if row is not None: print(row)", f"else: \n            {ADD}"]),
    ("what is there is an error", [LOOK, "if row: raise KeyError(name)", ADD]),
    (
        "looked for in two ways",
        [
            "row = None",
            LOOK,
            "if not row:",
            "    async with self._lock: row = await self.db.find(table, name.lower())",
            LEAVE,
            ADD,
        ],
    ),
    (
        "by hand",
        [LOOK, LEAVE, "await self._lock.acquire()", "try:", f"    {ADD[23:]}", "finally:", "    self._lock.release()"],
    ),
    ("with keywords", [LOOK, LEAVE, "async with self._lock: await self.db.create_row(where=table, name=name)"]),
    ("of one kind", [f"{USER}(name)", LEAVE, "async with self._lock: await self.db.insert_user(name, table)"]),
    ("as a part", [LOOK, LEAVE, "async with self._lock: await self.db.insert(table, {'name': name})"]),
    (
        "by what a local says of it",
        [
            "match = {'name': name.lower()}",
            LOOK.replace("table, name", "table, match"),
            LEAVE,
            ADD.replace("table, name", "table, name.row()"),
        ],
    ),
    (
        "by a part that has a name",
        [
            "key = getattr(name, 'key', None)",
            "match = {'key': key}",
            LOOK.replace("table, name", "table, match"),
            LEAVE,
            ADD.replace("table, name", "table, name.row()"),
        ],
    ),
    (
        "what is awaited in between looks for nothing",
        [LOOK, LEAVE, "async with self._lock:", "    await self.note(name)", f"    {ADD[23:]}"],
    ),
    (
        "what is tested in between is something else",
        [LOOK, LEAVE, "async with self._lock:", "    if not await self.is_open(): return", f"    {ADD[23:]}"],
    ),
]


@pytest.mark.parametrize("body", [case[1] for case in REPORTED], ids=[case[0] for case in REPORTED])
def test_a_lock_that_is_free_between_the_look_and_the_addition_covers_neither(body: list[str]) -> None:
    assert found(*body) == [("AWA201", "self.db", Confidence.LIKELY)]


SILENT = [
    (
        "one region",
        [LOOK.replace(": ", ":\n            "), "    if row: return row", "    await self.db.insert(table)"],
    ),
    ("it looks again", [LOOK, LEAVE, "async with self._lock:", f"    {LOOK[23:]}", f"    {LEAVE}", f"    {ADD[23:]}"]),
    ("another store", [LOOK, LEAVE, ADD.replace("self.db", "self.backup")]),
    (
        "by what a local says of something else",
        ["match = {'name': self.owner}", LOOK.replace("table, name", "table, match"), LEAVE, ADD],
    ),
    (
        "by what a local said before",
        ["match = name", "match = {'name': 1}", LOOK.replace("table, name", "table, match"), LEAVE, ADD],
    ),
    ("another lock", [LOOK, LEAVE, ADD.replace("_lock", "_other")]),
    ("another table", [LOOK, LEAVE, "async with self._lock: await self.db.insert('log')"]),
    (
        "nothing in common but a number",
        [LOOK.replace("table, name", "table, 1"), LEAVE, "async with self._lock: await self.db.insert('log', 1)"],
    ),
    (
        "nothing in common but how it is called",
        [
            LOOK.replace("table, name", "table, timeout=self.limit"),
            LEAVE,
            "async with self._lock: await self.db.insert('log', timeout=self.limit)",
        ],
    ),
    ("another kind", [f"{USER}(name)", LEAVE, "async with self._lock: await self.db.insert_message(name, table)"]),
    ("a kind that is not told", [f"{USER}(name)", LEAVE, "async with self._lock: await self.db.insert(name, table)"]),
    ("another row of the table", [LOOK, LEAVE, "async with self._lock: await self.db.insert(table, other)"]),
    (
        "another table by its name",
        [LOOK.replace("table", "'names'"), LEAVE, "async with self._lock: await self.db.insert('log', name)"],
    ),
    (
        "only the table in common",
        [LOOK.replace("table, name", "'names'"), LEAVE, "async with self._lock: await self.db.insert('names', name)"],
    ),
    ("a helper looks again", [LOOK, LEAVE, "async with self._lock:", f"    {AGAIN}:", f"        {ADD[23:]}"]),
    (
        "a helper looks again, into a local",
        [
            LOOK,
            LEAVE,
            "async with self._lock:",
            "    known = await self._known(name)",
            "    if known: return",
            f"    {ADD[23:]}",
        ],
    ),
    (
        "other state is asked for the same",
        [LOOK, LEAVE, "async with self._lock:", "    if name in self.names: return", f"    {ADD[23:]}"],
    ),
    ("only if it is there", [LOOK, "if not row: return", ADD]),
    ("only if it is there, in a branch", [LOOK, "if row:", f"    {ADD}"]),
    ("whatever is there", [LOOK, "print(row)", ADD]),
    ("something else is tested", [LOOK, "if name: return", ADD]),
    ("it is stored again", [LOOK, LEAVE, ADD.replace("insert", "set")]),
    ("the store looks itself", [LOOK, LEAVE, ADD.replace("insert", "insert_or_ignore")]),
    ("the error is expected", [LOOK, LEAVE, "try:", f"    {ADD}", "except KeyError: pass"]),
    ("the look is without a lock", ["row = await self.db.get_row(table, name)", LEAVE, ADD]),
    ("the addition is without a lock", [LOOK, LEAVE, "await self.db.insert(table, name)"]),
    ("a store of its own", ["db = {}", LOOK.replace("self.db", "db"), LEAVE, ADD.replace("self.db", "db")]),
]


@pytest.mark.parametrize("body", [case[1] for case in SILENT], ids=[case[0] for case in SILENT])
def test_what_a_lock_need_not_cover_is_silent(body: list[str]) -> None:
    assert found(*body) == []


def test_who_nobody_else_calls_is_possible_at_most() -> None:
    text = ROWS.format(body=f"{LOOK}\n        {LEAVE}\n        {ADD}").replace("async def put", "async def _put")
    assert [str(finding.confidence) for finding in find(program_of(text))] == ["possible"]
