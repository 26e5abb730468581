"""Writes through parameters count as the caller's, over several calls and files, if the caller has a name for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitomic.model.finding import Confidence
from awaitomic.program import Program
from awaitomic.rules import find
from program.across import findings_at, lay_out, program_at, told
from program.reading import program_of

AGENT = """
    import asyncio
    from context import connect

    class AgentPool:
        def __init__(self):
            self._stacks: dict[str, object] = {}
            self._lock = asyncio.Lock()

        async def handle(self, message):
            await connect(self, message)

        async def close_stacks(self):
            for stack in self._stacks.values():
                await stack.aclose()
            self._stacks.clear()
"""
CONTEXT = """
    import tools

    async def connect(state, names):
        await tools.fill(state, names)
"""
TOOLS = """
    async def fill(state, names):
        opened = await names.open()
        {write}
"""


@pytest.mark.parametrize("write", ["state._stacks.update(opened)", "state._stacks['a'] = opened"])
def test_a_write_two_calls_and_two_files_away(tmp_path: Path, write: str) -> None:
    lay_out(tmp_path, {"agent.py": AGENT, "context.py": CONTEXT, "tools.py": TOOLS.format(write=write)})
    found = [f for f in findings_at(tmp_path, "agent.py") if f.confidence >= Confidence.LIKELY]
    assert told(found) == [("AWA103", "AgentPool.close_stacks", "self._stacks")]
    assert any("`AgentPool.handle`, by calling `fill`, writes" in said for f in found for said in f.evidence)


def test_what_only_reads_is_no_write(tmp_path: Path) -> None:
    read = TOOLS.format(write="print(opened, state._stacks.get('a'))")
    lay_out(tmp_path, {"agent.py": AGENT, "context.py": CONTEXT, "tools.py": read})
    found = [f for f in findings_at(tmp_path, "agent.py") if f.confidence >= Confidence.LIKELY]
    assert told(found) == []


def test_only_what_is_called_is_read(tmp_path: Path) -> None:
    lay_out(
        tmp_path,
        {"agent.py": AGENT, "context.py": CONTEXT, "tools.py": TOOLS.format(write="pass"), "other.py": "import tools"},
    )
    program = program_at(tmp_path, "agent.py")
    find(program)
    assert program.project.tree.files >= {"other.py"}
    assert "other.py" not in program.project._units  # what is loaded is not told otherwise


def writers(text: str, attribute: str) -> list[tuple[str, str]]:
    """Give who writes an attribute of the class ``Pool``, and how, outside construction."""
    program: Program = program_of(text)
    method = program.named("Pool.look")
    location = method.receiver()
    assert location is not None
    found = program.changing_writers(method, location.attribute(attribute))
    return [(rival.function.qualname, access.change.value) for rival, access in found]


POOL = """
import asyncio

class Pool:
    def __init__(self, unknown):
        self.items = []
        self.table = {}
        self.unknown = unknown
        self.count = 0

    def look(self):
        return self.items, self.table, self.unknown, self.count

    async def work(self, key):
        CALL

"""


@pytest.mark.parametrize(
    ("call", "helper", "attribute", "expected"),
    [
        ("put(self.items)", "def put(x): x.append(1)", "items", [("Pool.work", "add")]),
        ("put(self.table, key)", "def put(x, k): x.pop(k, None)", "table", [("Pool.work", "delete")]),
        ("put(self.items, 0)", "def put(x, k): x.pop(k)", "items", [("Pool.work", "take")]),
        ("put(self.unknown)", "def put(x): x.append(1)", "unknown", [("Pool.work", "add")]),
        ("put(self.unknown)", "def put(x): x.update(a=1)", "unknown", []),
        ("put(self)", "def put(x): x.count += 1", "count", [("Pool.work", "augmented")]),
        ("put(self)", "def put(x): inner(x)\ndef inner(y): y.count = 5", "count", [("Pool.work", "assign")]),
        ("put(self)", "def put(x): put(x)\n", "count", []),
        ("put(self, 3)", "def put(x, n):\n    x.count = n\n    put(x, n - 1)", "count", [("Pool.work", "assign")]),
        ("put(Pool(1))", "def put(x): x.count = 5", "count", []),
        ("put(list(self.items))", "def put(x): x.append(1)", "items", []),
        ("put(self)", "def put(x):\n    x = Pool(2)\n    x.count = 5", "count", []),
        ("await put(self)", "async def put(x): x.items += [1]", "items", [("Pool.work", "add")]),
    ],
)
def test_who_writes(call: str, helper: str, attribute: str, expected: list[tuple[str, str]]) -> None:
    assert writers(POOL.replace("CALL", call) + helper + "\n", attribute) == expected


def test_where_the_parameter_says_its_class_the_callee_writes_itself() -> None:
    text = POOL.replace("CALL", "put(self)") + "def put(pool: Pool):\n    pool.count = 5\n"
    assert writers(text, "count") == [("put", "assign")]


def test_a_task_that_is_handed_the_object_runs_beside_its_maker_not_its_maker_beside_itself() -> None:
    task = """
import asyncio

class Line:
    def __init__(self):
        self.value = 0

    def watch(self):
        self._task = asyncio.create_task(count(self))

    async def _step(self):
        self.value = await fetch(self.value)

async def count(line):
    while True:
        await asyncio.sleep(1)
        line.value = line.value + 1

async def main():
    line = Line()
    line.watch()
    await line._step()

asyncio.run(main())
"""
    found = [f for f in find(program_of(task)) if f.function == "Line._step"]
    assert [(f.rule, f.confidence) for f in found] == [("AWA101", Confidence.LIKELY)]
    assert any("a task of its own runs `count`" in said for said in found[0].evidence)


LOCKED = """
import asyncio

class Room:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.clients = {}

    async def broadcast(self, text):
        async with self.lock:
            for client in self.clients.values():
                await client.send(text)

    async def leave(self, name):
        await drop(self, name)

async def drop(room, name):
    LOCK
        room.clients.pop(name, None)
"""


@pytest.mark.parametrize(("lock", "expected"), [("async with room.lock:", []), ("if True:", ["AWA104"])])
def test_a_lock_that_the_callee_takes_keeps_it_out(lock: str, expected: list[str]) -> None:
    assert [f.rule for f in find(program_of(LOCKED.replace("LOCK", lock)))] == expected
