"""The form of AWA105 for containers, in the few lines that decide it: emptied, and filled again over suspensions."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitomic.model.finding import Confidence, Finding
from awaitomic.rules import find
from program.across import findings_at, lay_out
from program.reading import program_of

STORE = """
from collections import defaultdict

class RowStore:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.rows = {{}}
        self.names = []
        self.old = {{}}

    def get(self, key):
        return self.rows.get(key)

    async def _one(self, key):
        self.rows[key] = await fetch(key)

    async def f(self, keys):
        {body}
"""


def findings(*lines: str) -> list[Finding]:
    program = program_of(STORE.format(body="\n        ".join(lines)))
    return [finding for finding in find(program) if finding.rule == "AWA105" and finding.function == "RowStore.f"]


LOOP = ["for key in keys:", "    self.rows[key] = await fetch(key)"]

REPORTED = [
    ("cleared, then filled in a loop", ["self.rows.clear()", *LOOP]),
    ("replaced, then filled in a loop", ["self.rows = {}", *LOOP]),
    ("replaced by one that makes its entries", ["self.rows = defaultdict(list)", *LOOP]),
    (
        "filled where something is missing",
        ["self.rows.clear()", "for key in keys:", "    self.rows.setdefault(key, await fetch(key))"],
    ),
    ("filled at once, after an await", ["self.rows.clear()", "self.rows.update(await fetch(keys))"]),
    ("filled by what is awaited", ["self.rows.clear()", "for key in keys:", "    await self._one(key)"]),
    ("filled by what runs side by side", ["self.rows.clear()", "await asyncio.gather(*[self._one(k) for k in keys])"]),
    (
        "filled by tasks",
        [
            "self.rows.clear()",
            "tasks = [asyncio.create_task(self._one(key)) for key in keys]",
            "await asyncio.wait(tasks)",
        ],
    ),
    (
        "filled by tasks of a group",
        [
            "self.rows.clear()",
            "async with asyncio.TaskGroup() as group:",
            "    for key in keys:",
            "        group.create_task(self._one(key))",
        ],
    ),
    (
        "filled by a function inside",
        [
            "async def one(key):",
            "    self.rows[key] = await fetch(key)",
            "self.rows.clear()",
            "for key in keys:",
            "    await one(key)",
        ],
    ),
    ("two entries by name", ["self.rows.clear()", "self.rows['a'] = await fetch(1)", "self.rows['b'] = 2"]),
    ("only sometimes emptied", ["if not keys:", "    self.rows.clear()", *LOOP]),
    ("again and again", ["while True:", "    self.rows.clear()", *(f"    {line}" for line in LOOP)]),
    ("it was asked before if it is empty", ["if self.rows:", "    print(len(self.rows))", "self.rows.clear()", *LOOP]),
]


@pytest.mark.parametrize("lines", [case[1] for case in REPORTED], ids=[case[0] for case in REPORTED])
def test_reported(lines: list[str]) -> None:
    assert [(finding.state, finding.confidence) for finding in findings(*lines)] == [("self.rows", Confidence.LIKELY)]


SILENT = [
    ("filled as a local", ["rows = {}", "for key in keys:", "    rows[key] = await fetch(key)", "self.rows = rows"]),
    ("emptied and filled at once", ["new = await fetch(keys)", "self.rows.clear()", "self.rows.update(new)"]),
    ("emptied for good", ["self.rows.clear()", "await fetch(keys)"]),
    (
        "emptied again before it is filled",
        ["self.rows.clear()", "await fetch(1)", "self.rows.clear()", "self.rows.update(keys)"],
    ),
    ("replaced as a whole", ["self.rows = {}", "new = await fetch(1)", "self.rows = new", "self.rows.update(keys)"]),
    (
        "taken out, and put back",
        [
            "old, self.rows = self.rows, {}",
            "for key in old:",
            "    if not await fetch(key):",
            "        self.rows[key] = old[key]",
        ],
    ),
    ("copied, then emptied", ["old = dict(self.rows)", "self.rows.clear()", *LOOP]),
    (
        "put back only after a failure",
        ["self.rows.clear()", "try:", "    await fetch(keys)", "except OSError:", "    self.rows.update(keys)"],
    ),
    ("one entry at some time", ["self.rows.clear()", "self.rows[1] = await fetch(1)"]),
    (
        "a buffer that runs over",
        ["while True:", "    self.rows[1] = await fetch(1)", "    if len(self.rows) > 9:", "        self.rows.clear()"],
    ),
    (
        "filled by a task of its own",
        ["self.rows.clear()", "self.task = asyncio.create_task(self._one(1))", "await fetch(1)"],
    ),
    ("nothing suspends", ["self.rows.clear()", "for key in keys:", "    self.rows[key] = key", "await fetch(1)"]),
    (
        "whole before others come, and added to later",
        ["self.rows.clear()", "for key in keys:", "    self.rows[key] = 1", *LOOP],
    ),
    ("whole at once, and added to later", ["self.rows.clear()", "self.rows.update(keys)", *LOOP]),
    (
        "emptied again at the end",
        ["self.rows.clear()", "try:", *(f"    {line}" for line in LOOP), "finally:", "    self.rows.clear()"],
    ),
    (
        "emptied again each time round",
        [
            "while True:",
            "    self.rows.clear()",
            *(f"    {line}" for line in LOOP),
            "    self.rows.clear()",
            "    await fetch(1)",
        ],
    ),
    (
        "a buffer that is empty at first",
        [
            "self.rows = {}",
            "for key in keys:",
            "    self.rows[key] = await fetch(key)",
            "    if len(self.rows) > 9:",
            "        self.rows = {}",
        ],
    ),
    ("a buffer that a function inside empties", ["def flush():", "    self.rows = {}", "self.rows = {}", *LOOP]),
    (
        "the beginning of work without an end",
        ["self.rows = {}", "while True:", "    key = await fetch(keys)", "    self.rows[key] = 1"],
    ),
    (
        "work that comes in",
        ["self.rows = {}", "while self.old:", "    key = await fetch(keys)", "    self.rows[key] = 1"],
    ),
    ("nobody reads it", ["self.old.clear()", "for key in keys:", "    self.old[key] = await fetch(key)"]),
    ("what is no container", ["self.rows = None", *LOOP]),
]


@pytest.mark.parametrize("lines", [case[1] for case in SILENT], ids=[case[0] for case in SILENT])
def test_silent(lines: list[str]) -> None:
    assert findings(*lines) == []


READERS = """
class RowStore:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.rows = {{}}

    async def refresh(self, keys):
        async with self.lock:
            pass
        self.rows.clear()
        for key in keys:
            self.rows[key] = await fetch(key)
            {helper}

    {reader}
"""


def read_by(*lines: str, helper: str = "pass") -> list[Finding]:
    found = find(program_of(READERS.format(reader="\n    ".join(lines), helper=helper)))
    return [finding for finding in found if finding.rule == "AWA105"]


REAL_READERS = [
    ("a lookup", ["def get(self, key):", "    return self.rows[key]"]),
    ("a question for one key", ["def has(self, key):", "    return key in self.rows"]),
    ("a loop", ["def show(self):", "    for row in self.rows.values():", "        print(row)"]),
    ("a copy", ["def all(self):", "    return dict(self.rows)"]),
    ("handed out by a property", ["@property", "def all(self):", "    return self.rows"]),
    ("taken out", ["def take(self, key):", "    return self.rows.pop(key, None)"]),
    (
        "refilled only if there is nothing",
        [
            "async def get(self, key):",
            "    if not self.rows:",
            "        await self.refresh([1])",
            "    return self.rows.get(key)",
        ],
    ),
]


@pytest.mark.parametrize("lines", [case[1] for case in REAL_READERS], ids=[case[0] for case in REAL_READERS])
def test_who_reads_what_is_in_it_is_a_rival(lines: list[str]) -> None:
    (finding,) = read_by(*lines)
    assert (finding.rule, finding.confidence, finding.function) == ("AWA105", Confidence.LIKELY, "RowStore.refresh")
    assert finding.rival is not None
    assert finding.rival.note.endswith("in another task")


NO_READERS = [
    (
        "fetches what is missing",
        [
            "async def get(self, key):",
            "    if key not in self.rows:",
            "        self.rows[key] = await fetch(key)",
            "    return self.rows[key]",
        ],
    ),
    ("asks if there is anything", ["def ready(self):", "    return 1 if self.rows else 0"]),
    ("asks how much there is", ["def count(self):", "    return len(self.rows)"]),
    ("shows it", ["def __repr__(self):", "    return str(list(self.rows))"]),
    ("logs it", ["def show(self):", "    print('rows', self.rows)"]),
    ("puts something in", ["def put(self, key):", "    self.rows[key] = 1"]),
    ("throws something out", ["def drop(self, key):", "    self.rows.pop(key, None)"]),
    ("ends it", ["async def close(self):", "    for row in list(self.rows):", "        await row.close()"]),
    (
        "reads behind a refill of its own",
        ["async def get(self, key):", "    await self.refresh([1])", "    return self.rows.get(key)"],
    ),
    (
        "its helper does",
        [
            "async def get(self, key):",
            "    await self.refresh([1])",
            "    return self._find(key)",
            "",
            "def _find(self, key):",
            "    return self.rows.get(key)",
        ],
    ),
]


@pytest.mark.parametrize("lines", [case[1] for case in NO_READERS], ids=[case[0] for case in NO_READERS])
def test_who_does_not_or_only_after_a_refill_is_none(lines: list[str]) -> None:
    assert read_by(*lines) == []


def test_what_nobody_else_makes_is_made_before_it_is_read() -> None:
    text = READERS.format(reader="def get(self, key):\n        return self.rows[key]", helper="pass")
    made_here = text.replace("self.rows.clear()", "self.rows = {}").replace("        self.rows = {}\n\n", "\n")
    assert made_here.count("self.rows = {}") == 1
    assert find(program_of(made_here)) == []
    declared = made_here.replace("class RowStore:\n", "class RowStore:\n    rows = {}\n")
    assert [finding.rule for finding in find(program_of(declared))] == ["AWA105"]


HELPER = ["def _note(self):", "    return sorted(self.rows)", ""]


def test_a_helper_of_the_refill_is_none() -> None:
    assert read_by(*HELPER, helper="self._note()") == []
    assert read_by(*HELPER, "def notes(self):", "    return self._note()", helper="self._note()") != []


def test_nothing_speaks_for_several_tasks_where_an_object_reads_its_own_rows() -> None:
    text = READERS.replace("RowStore", "Scraper").replace("asyncio.Lock()", "open(1)").replace("async with", "with")
    own = find(program_of(text.format(reader="def all(self):\n        return list(self.rows)", helper="pass")))
    asked = find(program_of(text.format(reader="def get(self, key):\n        return self.rows[key]", helper="pass")))
    assert [finding.confidence for finding in own] == [Confidence.POSSIBLE]
    assert [finding.confidence for finding in asked] == [Confidence.LIKELY]


@pytest.mark.parametrize("name", ["connect", "start", "setup", "on_startup", "initialize", "close", "async_setup"])
def test_what_is_filled_when_its_owner_opens_it_is_silent(name: str) -> None:
    text = READERS.format(reader="def get(self, key):\n        return self.rows[key]", helper="pass")
    assert find(program_of(text.replace("def refresh", f"def {name}"))) == []


def test_two_runs_leave_the_elements_of_a_list_twice_but_not_those_of_a_set() -> None:
    text = READERS.format(reader="pass", helper="pass").replace("self.rows[key] = await fetch(key)", "{add}")
    listed = text.replace("self.rows = {}", "self.rows = []").format(add="self.rows.append(await fetch(key))")
    (finding,) = find(program_of(listed))
    assert (finding.rule, finding.confidence) == ("AWA105", Confidence.LIKELY)
    assert "twice" not in finding.message
    assert "a second run adds the same once more" in finding.message
    locked = "async with self.lock:\n                self.rows.append(1)\n            await fetch(key)"
    assert find(program_of(text.replace("self.rows = {}", "self.rows = []").format(add=locked))) == []
    unique = text.replace("self.rows = {}", "self.rows = set()").format(add="self.rows.add(await fetch(key))")
    assert find(program_of(unique)) == []


ACROSS = {
    "app/data.py": """
        class StoreData:
            def __init__(self):
                self.rows = {}

            async def update(self, keys):
                self.rows.clear()
                for key in keys:
                    self.rows[key] = await fetch(key)
        """,
    "app/manager.py": """
        from app.data import StoreData

        class Manager:
            def __init__(self):
                self.data = StoreData()
        """,
    "app/part.py": """
        class Part:
            def shown(self):
                return self.manager.data.rows.get(self.name)
        """,
}


def test_a_reader_of_an_unknown_object_is_known_by_the_attribute_that_the_object_is_kept_as(tmp_path: Path) -> None:
    lay_out(tmp_path, ACROSS)
    (finding,) = findings_at(tmp_path, "app/data.py")
    assert (finding.state, finding.confidence) == ("self.rows", Confidence.LIKELY)
    assert finding.rival is not None
    assert finding.rival.path.endswith("part.py")


def test_another_name_for_the_object_is_none(tmp_path: Path) -> None:
    lay_out(tmp_path, {**ACROSS, "app/part.py": ACROSS["app/part.py"].replace("manager.data", "manager.other")})
    assert findings_at(tmp_path, "app/data.py") == []
