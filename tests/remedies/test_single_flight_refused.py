"""Single flight: what no task is made for, and what is near to it."""

from __future__ import annotations

import pytest

from awaitomic.remedies import single_flight

from .flights import CLOSING, asked, attribute, entry
from .outcome import outcome

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
