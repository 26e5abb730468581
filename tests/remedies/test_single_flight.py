"""Single flight: what goes into the shared task, and what the callers do with its result."""

from __future__ import annotations

import pytest

from awaitomic.remedies import plan, single_flight
from awaitomic.rules import find

from .flights import asked, attribute, entry, made, program
from .outcome import analysed, outcome

WRITTEN = {
    "comments go along, and a return behind the test stays": (
        """
async def get(self, x):
    if self._pool is None:
        # This takes a while.
        self._pool = await connect(self._dsn)  # kept
    return self._pool
""",
        """
async def get(self, x):
    if self._pool is None:
        if self._pool_task is None or self._pool_task.done():
            self._pool_task = asyncio.create_task(self._connect_pool())
        return await asyncio.shield(self._pool_task)
    return self._pool

async def _connect_pool(self):
    \"\"\"Fill `_pool`, once for all who wait for it in `get`.\"\"\"
    # This takes a while.
    self._pool = await connect(self._dsn)  # kept
    return self._pool
""",
    ),
    "an early return": (
        """
async def get(self, x):
    if self._pool is not None:
        return self._pool

    pool = await connect(self._dsn)
    self._pool = pool
    return pool
""",
        """
async def get(self, x):
    if self._pool is not None:
        return self._pool

    if self._pool_task is None or self._pool_task.done():
        self._pool_task = asyncio.create_task(self._connect_pool())
    return await asyncio.shield(self._pool_task)

async def _connect_pool(self):
    \"\"\"Fill `_pool`, once for all who wait for it in `get`.\"\"\"
    pool = await connect(self._dsn)
    self._pool = pool
    return pool
""",
    ),
    "what is used behind the test is looked for there": (
        """
async def get(self, x):
    if not self._pool: self._pool = await connect(self._dsn)
    await self._pool.query(x)
""",
        """
async def get(self, x):
    if not self._pool:
        if self._pool_task is None or self._pool_task.done():
            self._pool_task = asyncio.create_task(self._connect_pool())
        await asyncio.shield(self._pool_task)
    await self._pool.query(x)

async def _connect_pool(self):
    \"\"\"Fill `_pool`, once for all who wait for it in `get`.\"\"\"
    self._pool = await connect(self._dsn)
""",
    ),
    "a local gets the result": (
        """
async def get(self, key):
    row = self._rows.get(key)
    if row is None:
        log(key)
        row = await load(key)
        self._rows[key] = row
    return row.upper()
""",
        """
async def get(self, key):
    row = self._rows.get(key)
    if row is None:
        task = self._row_tasks.get(key)
        if task is None or task.done():
            task = self._row_tasks[key] = asyncio.create_task(self._load_row(key))
        row = await asyncio.shield(task)
    return row.upper()

async def _load_row(self, key):
    \"\"\"Fill `_rows[key]`, once for all who wait for it in `get`.\"\"\"
    try:
        log(key)
        row = await load(key)
        self._rows[key] = row
        return row
    finally:
        self._row_tasks.pop(key, None)
""",
    ),
    "a walrus, a context manager that is waited for, and a key of several parts": (
        """
async def get(self, key, kind=0):
    if (row := self._rows.get((key, kind))) is not None:
        return row
    url = f"{self._dsn}/{key}"
    async with connect(url) as connection:
        row = await connection.load(kind)
    self._rows[key, kind] = row
    return row
""",
        """
async def get(self, key, kind=0):
    if (row := self._rows.get((key, kind))) is not None:
        return row
    task = self._row_tasks.get((key, kind))
    if task is None or task.done():
        task = asyncio.create_task(self._load_row(key, kind))
        self._row_tasks[key, kind] = task
    return await asyncio.shield(task)

async def _load_row(self, key, kind):
    \"\"\"Fill `_rows[key, kind]`, once for all who wait for it in `get`.\"\"\"
    try:
        url = f"{self._dsn}/{key}"
        async with connect(url) as connection:
            row = await connection.load(kind)
        self._rows[key, kind] = row
        return row
    finally:
        self._row_tasks.pop((key, kind), None)
""",
    ),
    "a missing key that is caught, with a local in the way of the task's": (
        """
async def get(self, task):
    try:
        return self._rows[task]
    except KeyError:
        self._rows[task] = row = await load(task)
        return row
""",
        """
async def get(self, task):
    try:
        return self._rows[task]
    except KeyError:
        shared_task = self._row_tasks.get(task)
        if shared_task is None or shared_task.done():
            shared_task = asyncio.create_task(self._load_row(task))
            self._row_tasks[task] = shared_task
        return await asyncio.shield(shared_task)

async def _load_row(self, task):
    \"\"\"Fill `_rows[task]`, once for all who wait for it in `get`.\"\"\"
    try:
        self._rows[task] = row = await load(task)
        return row
    finally:
        self._row_tasks.pop(task, None)
""",
    ),
    "what the key tells comes as a parameter": (
        """
async def get(self, key):
    name = str(key)
    address = self._dsn + name
    if name not in self._rows:
        self._rows[name] = await load(address, lambda row: row[name])
    return self._rows[name]
""",
        """
async def get(self, key):
    name = str(key)
    address = self._dsn + name
    if name not in self._rows:
        task = self._row_tasks.get(name)
        if task is None or task.done():
            task = asyncio.create_task(self._load_row(address, name))
            self._row_tasks[name] = task
        return await asyncio.shield(task)
    return self._rows[name]

async def _load_row(self, address, name):
    \"\"\"Fill `_rows[name]`, once for all who wait for it in `get`.\"\"\"
    try:
        self._rows[name] = await load(address, lambda row: row[name])
        return self._rows[name]
    finally:
        self._row_tasks.pop(name, None)
""",
    ),
    "a local that is looked up in the other branch": (
        """
async def get(self, key):
    if key not in self._rows:
        row = await load(key)
        self._rows[key] = row
    else:
        row = self._rows[key]
    if row:
        print(row)
""",
        """
async def get(self, key):
    if key not in self._rows:
        task = self._row_tasks.get(key)
        if task is None or task.done():
            task = self._row_tasks[key] = asyncio.create_task(self._load_row(key))
        row = await asyncio.shield(task)
    else:
        row = self._rows[key]
    if row:
        print(row)

async def _load_row(self, key):
    \"\"\"Fill `_rows[key]`, once for all who wait for it in `get`.\"\"\"
    try:
        row = await load(key)
        self._rows[key] = row
        return row
    finally:
        self._row_tasks.pop(key, None)
""",
    ),
    "a flag that says that the work is done, which may also fail": (
        """
async def get(self, x):
    if self._token:
        return
    if not self._dsn:
        raise ValueError
    await connect(self._dsn)
    self._token = True
""",
        """
async def get(self, x):
    if self._token:
        return
    if self._get_task is None or self._get_task.done():
        self._get_task = asyncio.create_task(self._get_once())
    await asyncio.shield(self._get_task)

async def _get_once(self):
    \"\"\"Do the work of `get`, once for all who wait for it.\"\"\"
    if not self._dsn:
        raise ValueError
    await connect(self._dsn)
    self._token = True
""",
    ),
    "the name of a function that is there is not taken again": (
        """
async def get(self, x):
    if self._pool is None:
        self._pool = await self._make_pool()
    return self._pool

async def _make_pool(self):
    return await connect(self._dsn)
""",
        """
async def get(self, x):
    if self._pool is None:
        if self._pool_task is None or self._pool_task.done():
            self._pool_task = asyncio.create_task(self._do_make_pool())
        return await asyncio.shield(self._pool_task)
    return self._pool

async def _do_make_pool(self):
    \"\"\"Fill `_pool`, once for all who wait for it in `get`.\"\"\"
    self._pool = await self._make_pool()
    return self._pool

async def _make_pool(self):
    return await connect(self._dsn)
""",
    ),
}


@pytest.mark.parametrize(("body", "after"), WRITTEN.values(), ids=WRITTEN)
def test_callers_await_one_task(body: str, after: str) -> None:
    assert made(body) == after.lstrip("\n")


def test_it_is_unsafe_and_says_why() -> None:
    found = asked(WRITTEN["an early return"][0])
    assert found.because == (
        "the work goes on if the caller that began it is cancelled or times out, even if nobody waits for it any more",
        "it runs in a task of its own, with a copy of that caller's context variables, outside of its timeouts",
        "all who wait get the same exception, and the next caller tries again; "
        "where nobody waits any more, asyncio only logs it",
    )


TYPED = """\
import asyncio
from dataclasses import dataclass, field

@dataclass(slots=True)
class Store:
    dsn: str
    _pool: "Pool | None" = None
    _rows: dict[str, list[int]] = field(default_factory=dict)

    async def get(self, key: str, *, kind: int = 0) -> list[int]:
        if key not in self._rows:
            self._rows[key] = await load(self.dsn, key)
        return self._rows[key]
"""


def test_what_is_declared_is_declared_for_the_task_too() -> None:
    found = outcome(single_flight.propose, "AWA102", TYPED)
    assert found.text is not None
    assert (
        '    _row_tasks: "dict[str, asyncio.Task[list[int]]]" = field(\n'
        "        default_factory=dict, init=False, repr=False, compare=False\n    )\n"
    ) in found.text
    assert "    async def _load_row(self, key: str) -> list[int]:\n" in found.text


def test_the_type_of_an_attribute_is_that_of_what_is_there() -> None:
    text = TYPED.replace(
        "        if key not in self._rows:\n            self._rows[key] = await load(self.dsn, key)\n"
        "        return self._rows[key]\n",
        "        if self._pool is None:\n            self._pool = await connect(self.dsn)\n"
        "        return await self._pool.get(key)\n",
    ).replace('"Pool | None"', "Pool | None")
    found = outcome(single_flight.propose, "AWA102", text)
    assert found.text is not None
    declared = '    _pool_task: "asyncio.Task[None] | None" = field(\n        default=None, init=False, '
    assert declared in found.text
    assert "    async def _connect_pool(self) -> None:\n" in found.text


def test_a_lock_comes_first_and_a_task_where_there_is_none() -> None:
    names = []
    recursive = attribute("asyncio.gather(self._pool)") and entry(
        work="self._rows[key] = connect(await asyncio.gather(self.get(key - 1), self.get(key - 2)))"
    )
    for body in (attribute(), recursive):
        facts = analysed(program(body))
        fix = plan(next(found for found in find(facts) if found.rule == "AWA102"), facts)
        names.append(getattr(fix, "strategy", fix))
    assert names == ["lock", "single-flight"]
