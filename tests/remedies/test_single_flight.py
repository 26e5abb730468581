"""Single flight: what goes into the shared task, what the callers do with its result, and what no task is made for."""

from __future__ import annotations

import pytest

from awaitomic.remedies import plan, single_flight
from awaitomic.rules import find

from .outcome import Outcome, analysed, outcome

PROGRAM = """\
import asyncio
import contextvars
import functools

from services import connect, load, log

user = contextvars.ContextVar("user")

class Store:
    def __init__(self, dsn):
        self._dsn = dsn
        self._pool = None
        self._rows = {{}}
        self._count = 0
        self._token = None
        self._lock = asyncio.Lock()

{body}

async def main():
    store = Store("dsn")
    await asyncio.gather(store.get(1), store.get(1))
"""


def _indented(body: str) -> str:
    return "\n".join(" " * 4 + line if line else line for line in body.strip("\n").split("\n"))


def program(body: str) -> str:
    return PROGRAM.format(body=_indented(body))


def asked(body: str) -> Outcome:
    return outcome(single_flight.propose, "AWA102", program(body))


def made(body: str) -> str:
    """Give the methods that are made of one, at the margin."""
    found = asked(body)
    assert found.verdict == "unsafe", found
    assert found.text is not None
    start = found.text.index("    async def get")
    end = found.text.index("\nasync def main")
    return "\n".join(line[4:] for line in found.text[start:end].strip("\n").split("\n")) + "\n"


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
        task = self._row_tasks[key, kind] = asyncio.create_task(self._load_row(key, kind))
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
            shared_task = self._row_tasks[task] = asyncio.create_task(self._load_row(task))
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
            task = self._row_tasks[name] = asyncio.create_task(self._load_row(address, name))
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


ATTRIBUTE = (
    "async def get(self, x):\n    if self._pool is None:\n        self._pool = await {made}\n    return self._pool\n"
)
ENTRY = "async def get(self, key{more}):\n    if {test}:\n        {work}\n    return {given}\n"


def attribute(made: str = "connect(self._dsn)", more: str = "") -> str:
    return ATTRIBUTE.format(made=made) + more


def entry(
    more: str = "",
    test: str = "key not in self._rows",
    work: str = "self._rows[key] = await load(key)",
    given: str = "self._rows[key]",
) -> str:
    return ENTRY.format(more=more, test=test, work=work, given=given)


CLOSING = """
async def close(self):
    if self._pool is not None:
        await self._pool.close()
        self._pool = None
"""

REFUSED = {
    "a parameter decides": (
        entry(", timeout=1", work="self._rows[key] = await load(key, timeout)"),
        "differs-by-caller",
    ),
    "who asks is logged": (entry(", who=0", work="log(who); self._rows[key] = await load(key)"), "differs-by-caller"),
    "an attribute of what only the caller has": (attribute("connect(x)"), "differs-by-caller"),
    "what comes of a call before the test": (
        "async def get(self, key):\n    name = user.get()\n    if key not in self._rows:\n"
        "        self._rows[key] = await load(key, name)\n    return self._rows[key]\n",
        "differs-by-caller",
    ),
    "somebody stores": (attribute(more="\ndef use(self, pool):\n    self._pool = pool\n"), "written-elsewhere"),
    "somebody forgets what may be out of date": (
        attribute(more="\ndef renew(self):\n    self._pool = None\n"),
        "written-elsewhere",
    ),
    "somebody takes an entry out": (
        entry() + "\ndef forget(self, key):\n    self._rows.pop(key, None)\n",
        "written-elsewhere",
    ),
    "somebody closes, and those who waited look for it": (
        attribute().replace("return self._pool", "return self._pool.name") + CLOSING,
        "written-elsewhere",
    ),
    "more is stored": (
        attribute().replace("    return", "        self._token = 1\n    return"),
        "several-states",
    ),
    "more is counted": (entry(work="self._count += 1; self._rows[key] = await load(key)"), "several-states"),
    "an old entry goes for the new one": (
        entry(work="self._rows[key] = await load(key); self._rows.popitem()"),
        "several-states",
    ),
    "what is there is replaced if it is closed": (
        attribute().replace("is None:", "is None or self._pool.closed:"),
        "refilled",
    ),
    "it may ask for itself": (attribute("connect(self.get)"), "waits-for-itself"),
    "it may ask for itself in a nested function": (attribute("connect(lambda: self.get(0))"), "waits-for-itself"),
    "who did the work is told so": (
        "async def get(self, x):\n    if self._pool is not None:\n        return False\n"
        "    self._pool = await connect(self._dsn)\n    return True\n",
        "single-flight-shape",
    ),
    "each gets a copy": (
        "async def get(self, key):\n    if key in self._rows:\n        return self._rows[key]\n"
        "    self._rows[key] = row = await load(key)\n    return list(row)\n",
        "single-flight-shape",
    ),
    "what the work binds is used behind it": (
        "async def get(self, x):\n    if self._pool is None:\n        name = await load(self._dsn)\n"
        "        self._pool = await connect(name)\n        print(name)\n    else:\n        name = None\n"
        "    return self._pool, name\n",
        "single-flight-shape",
    ),
    "a loop goes on to its next round": (
        "async def get(self, keys):\n    for key in keys:\n        if key not in self._rows:\n"
        "            row = await load(key)\n            if not row:\n                continue\n"
        "            self._rows[key] = row\n",
        "single-flight-shape",
    ),
    "a test of how much there is": (
        "async def get(self, x):\n    if self._count < 3:\n        self._count = await load(self._dsn)\n",
        "single-flight-shape",
    ),
    "the names of locals are looked up": (entry(work="self._rows[key] = await load(locals())"), "single-flight-shape"),
    "a key that may be another one": (
        entry(test="self._token not in self._rows", work="self._rows[self._token] = await load(self._token)").replace(
            "self._rows[key]\n", "1\n"
        )
        + "\ndef renew(self):\n    self._token = 2\n",
        "key-changes",
    ),
    "a generator": (entry().replace("return", "yield").replace("await asyncio.gather", "print"), "no-method"),
    "a helper stores": (
        "async def get(self, x):\n    if self._pool is None:\n        await self.connect()\n    return self._pool\n\n"
        "async def connect(self):\n    self._pool = await connect(self._dsn)\n",
        "write-in-callee",
    ),
}


@pytest.mark.parametrize(("body", "code"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(body: str, code: str) -> None:
    assert asked(body).verdict == code


NEAR = {
    "a parameter that the work does not need": entry(", timeout=1"),
    "a parameter in the key": entry(
        ", kind=0", "(key, kind) not in self._rows", "self._rows[key, kind] = await load(kind)"
    ).replace("return self._rows[key]", "return self._rows[key, kind]"),
    "another state is written by somebody else": attribute(more="\ndef use(self, token):\n    self._token = token\n"),
    "another condition, too": entry(", use=1", "use and key not in self._rows").replace(
        "return self._rows[key]", "print(self._rows)"
    ),
    "it asks for itself when there is something": attribute().replace(
        "\n    return", "\n        await self.get(0)\n    return"
    ),
    "an object of a method of the same name": attribute("services.get(self._dsn)"),
    "all entries of other keys": entry(work="self._rows[key] = await load(await self.get(key - 1))"),
    "a lock under the work": entry(work="async with self._lock: row = await load(key)\n        self._rows[key] = row"),
}


@pytest.mark.parametrize("body", NEAR.values(), ids=NEAR)
def test_what_is_near_to_it_is_not(body: str) -> None:
    assert asked(body).verdict == "unsafe"


def test_who_closes_what_is_there_may_do_so() -> None:
    found = asked(attribute(more=CLOSING))
    assert found.verdict == "unsafe"
    assert found.because[3] == (
        "`Store.close` (line 26) closes only what is there: "
        "what is being made at the time is stored afterwards, as before"
    )


def test_entries_that_need_each_other_are_told_of() -> None:
    found = asked(NEAR["all entries of other keys"])
    assert (
        found.because[3] == "the work asks `Store.get` for other entries: two that need each other would wait for ever"
    )


LOCKED = """
import asyncio

class Store:
    def __init__(self):
        self.rows = {}
        self.locks = {}

    async def get(self, key):
        async with self.locks.setdefault(key, asyncio.Lock()):
            if key not in self.rows:
                self.rows[key] = await connect(key)
            return self.rows[key]

    async def drop(self, key):
        self.locks.pop(key, None)
"""


def test_who_holds_a_lock_would_not_hold_it_in_the_task() -> None:
    assert outcome(single_flight.propose, "AWA102", LOCKED).verdict == "locked-already"


LOOPS = {
    "a variable of the module": (
        "import asyncio\npool = None\nasync def get():\n    global pool\n    if pool is None:\n"
        "        pool = await connect()\n    return pool\n",
        "no-method",
    ),
    "an attribute of the class": (
        "import asyncio\nclass Store:\n    pool = None\n    @classmethod\n    async def get(cls):\n"
        "        if cls.pool is None:\n            cls.pool = await connect()\n        return cls.pool\n",
        "no-method",
    ),
    "an entry of a table of the class": (
        "import asyncio\nclass Store:\n    rows = {}\n    async def get(self, key):\n"
        "        if key not in self.rows:\n            self.rows[key] = await connect(key)\n"
        "        return self.rows[key]\n",
        "shared-by-loops",
    ),
    "a table of the module": (
        "import asyncio\nrows = {}\nclass Store:\n    async def get(self, key):\n"
        "        if key not in rows:\n            rows[key] = await connect(key)\n        return rows[key]\n",
        "shared-by-loops",
    ),
    "another library": (
        "import trio\nclass Store:\n    def __init__(self):\n        self.pool = None\n    async def get(self):\n"
        "        if self.pool is None:\n            self.pool = await connect()\n        return self.pool\n",
        "foreign-loop",
    ),
    "a class without a place": (
        "import asyncio\nfrom typing import Protocol\nclass Store(Protocol):\n    pool = None\n"
        "    def __init__(self):\n        self.pool = None\n    async def get(self):\n"
        "        if self.pool is None:\n            self.pool = await connect()\n        return self.pool\n",
        "unfit-class",
    ),
}


@pytest.mark.parametrize(("text", "code"), LOOPS.values(), ids=LOOPS)
def test_a_task_belongs_to_one_loop_and_one_object(text: str, code: str) -> None:
    assert outcome(single_flight.propose, "AWA102", text).verdict == code


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
    assert '    _pool_task: "asyncio.Task[None] | None" = field(default=None, init=False, ' in found.text
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
