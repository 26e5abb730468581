"""Locking: what goes under the lock, what may be trusted, and what is refused as it would hang or protect nothing."""

from __future__ import annotations

import pytest

from awaitomic.remedies.lock import REMEDY
from explorer import Scenario, World, check_after, check_alone, check_before
from remedies.carried_out import carried, refusal

SHORT = """
import asyncio

class Client:
    def __init__(self):
        self._pool = None

    async def pool(self):
        if self._pool is None:
            self._pool = await self._connect()
        return self._pool

    async def _connect(self):
        await asyncio.sleep(1)
        return object()
"""

ENSURE = """
import asyncio

class Client:
    def __init__(self):
        self._conn = None

    async def ensure(self):
        if self._conn is None:
            await self.connect(3)
        return self._conn

    async def connect(self, timeout, *, retry=False) -> None:
        \"\"\"Connect.

        Once is enough.
        \"\"\"
        conn = await asyncio.open_connection("host", timeout)
        self._conn = conn
"""

HELPER = """
import asyncio

class Client:
    def __init__(self):
        self._conn = None

    async def send(self, data):
        if self._conn is None:
            await self._connect()

    async def ping(self):
        if not self._conn:
            await self._connect()

    async def _connect(self):
        conn = await asyncio.open_connection("host", 1)
        self._conn = conn
"""

EXISTING = """
import asyncio

class Store:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.rows = {}

    async def put(self, key, value):
        async with self._lock:
            self.rows[key] = value
            await self._save()

    async def _save(self):
        await asyncio.sleep(0)

    async def fill(self, key):
        if key not in self.rows:
            await self.put("log", key)
            self.rows[key] = await self._load(key)
        return self.rows[key]

    async def _load(self, key):
        await asyncio.sleep(0)
        return key
"""

WRITERS = """
import asyncio

class Bank:
    def __init__(self):
        self.total = 0

    async def add(self, amount):
        total = self.total
        await asyncio.sleep(0)
        self.total = total + amount

    async def set(self, amount):
        await asyncio.sleep(0)
        self.total = amount
"""


def _lines(text: str, name: str) -> str:
    """Give the method with a name, up to the next one."""
    start = text.index(f"    async def {name}(")
    end = text.find("\n\n    ", start)
    return text[start:end] if end > 0 else text[start:].rstrip()


def test_a_lazy_pool_gets_a_lock_beside_its_state_and_returns_outside_of_it() -> None:
    result = carried(REMEDY, "AWA102", SHORT)
    assert result.verdict == "safe"
    assert "        self._pool = None\n        self._lock = asyncio.Lock()\n" in result.text
    assert _lines(result.text, "pool") == (
        "    async def pool(self):\n"
        "        async with self._lock:\n"
        "            if self._pool is None:\n"
        "                self._pool = await self._connect()\n"
        "        return self._pool"
    )


def test_the_early_return_goes_under_the_lock_and_what_stands_behind_the_write_does_not() -> None:
    text = SHORT.replace(
        "        if self._pool is None:\n            self._pool = await self._connect()\n",
        "        if self._pool is not None:\n            return self._pool\n"
        "        self._pool = await self._connect()\n",
    )
    result = carried(REMEDY, "AWA102", text)
    assert _lines(result.text, "pool") == (
        "    async def pool(self):\n"
        "        async with self._lock:\n"
        "            if self._pool is not None:\n"
        "                return self._pool\n"
        "            self._pool = await self._connect()\n"
        "        return self._pool"
    )


def test_every_other_coroutine_that_writes_takes_the_lock_around_its_own_write() -> None:
    result = carried(REMEDY, "AWA101", WRITERS)
    assert result.verdict == "safe"
    assert "        async with self._lock:\n            total = self.total\n" in _lines(result.text, "add")
    assert _lines(result.text, "set").endswith(
        "        await asyncio.sleep(0)\n        async with self._lock:\n            self.total = amount"
    )


def test_a_public_sibling_that_is_awaited_inside_becomes_two_in_the_same_fix() -> None:
    result = carried(REMEDY, "AWA102", ENSURE)
    assert "                await self._connect_locked(3)\n" in result.text
    assert (
        '    async def connect(self, timeout, *, retry=False) -> None:\n        """Connect.\n\n'
        '        Once is enough.\n'
        '        """\n        async with self._lock:\n            await self._connect_locked(timeout, retry=retry)\n\n'
        "    async def _connect_locked(self, timeout, *, retry=False) -> None:\n"
        '        """Connect. Caller must hold `_lock`."""\n'
    ) in result.text
    assert result.proposal.plan.renames == (("Client.connect", "Client._connect_locked"),)


def test_a_private_helper_leaves_the_lock_to_all_of_its_callers() -> None:
    result = carried(REMEDY, "AWA102", HELPER)
    assert result.text.count("async with self._lock:") == 2
    assert "async with" not in _lines(result.text, "_connect")


def test_the_lock_that_guards_the_state_is_taken_and_the_method_that_takes_it_is_split() -> None:
    result = carried(REMEDY, "AWA102", EXISTING)
    assert [reason.partition(":")[0] for reason in result.proposal.because] == ["one lock serves all entries"]
    assert result.text.count("asyncio.Lock()") == 1
    assert 'await self._put_locked("log", key)' in result.text
    assert _lines(result.text, "put").endswith("            await self._put_locked(key, value)")


def test_what_is_set_in_one_go_with_a_writer_goes_under_the_lock_with_it() -> None:
    text = """
import asyncio

class Server:
    def __init__(self):
        self._ready = None
        self._task = None

    async def start(self):
        if self._ready is None:
            self._ready = object()
            self._task = asyncio.create_task(asyncio.sleep(1))
        return self._ready, self._task

    async def restart(self):
        if self._task is not None:
            await asyncio.sleep(0)
            self._task = None
"""
    result = carried(REMEDY, "AWA102", text)
    assert (
        "        async with self._lock:\n            if self._ready is None:\n                self._ready = object()\n"
    ) in _lines(result.text, "start")


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        pytest.param("await fetch(1)", "`fetch(…)` (line 9)", id="an unknown function may take long"),
        pytest.param("await self.load()", "not in this file", id="an inherited method may come back for the lock"),
        pytest.param("await maker(self)", "not in this file", id="who gets the object may come back for the lock"),
        pytest.param("await asyncio.to_thread(print)\n        await get()", "`get()`", id="one long wait is enough"),
    ],
)
def test_a_lock_over_a_wait_that_is_not_known_to_be_short_is_unsafe(inside: str, reason: str) -> None:
    text = f"""
import asyncio

class Counter:
    def __init__(self):
        self.n = 0
    async def bump(self):
        n = self.n
        {inside}
        self.n = n + 1
"""
    result = carried(REMEDY, "AWA101", text)
    assert result.verdict == "unsafe"
    assert reason in " ".join(result.proposal.because)


def test_a_coroutine_that_never_gave_way_before_makes_the_fix_unsafe() -> None:
    result = carried(
        REMEDY,
        "AWA101",
        WRITERS.replace("        await asyncio.sleep(0)\n        self.total = amount", "        self.total = amount"),
    )
    assert result.verdict == "unsafe"
    assert "never gave way" in result.proposal.because[0]


def test_a_method_that_closes_makes_the_fix_unsafe_because_it_would_wait() -> None:
    result = carried(
        REMEDY, "AWA101", WRITERS.replace("async def set(self, amount)", "async def close(self, amount=0)")
    )
    assert result.verdict == "unsafe"
    assert "cleans up" in result.proposal.because[0]


def test_a_plain_function_that_only_takes_away_what_is_not_there_makes_the_fix_unsafe() -> None:
    result = carried(REMEDY, "AWA102", SHORT + "\n    def forget(self):\n        self._pool = None\n")
    assert result.verdict == "unsafe"
    assert "`Client.forget` (line 18)" in result.proposal.because[0]


def test_a_file_that_names_no_event_loop_is_taken_to_run_on_asyncio_but_not_trusted() -> None:
    text = SHORT.replace("import asyncio\n", "from server import wait\n").replace("asyncio.sleep(1)", "wait()")
    result = carried(REMEDY, "AWA102", text)
    assert result.text.startswith("\nimport asyncio\n\nfrom server import wait\n")
    assert "asyncio is taken to be meant" in result.proposal.because[-1]


def test_a_module_of_trio_gets_a_lock_of_trio() -> None:
    result = carried(REMEDY, "AWA102", SHORT.replace("asyncio", "trio"))
    assert "self._lock = trio.Lock()" in result.text


REFUSED = {
    "a plain function that adds can lose and be lost": (
        "AWA101",
        "sync-writer",
        "line 18",
        WRITERS + "\n    def add_now(self, amount):\n        self.total += amount\n",
    ),
    "a plain helper that a plain public function calls": (
        "AWA101",
        "sync-writer",
        "`Bank.add_now`",
        WRITERS
        + "\n    def add_now(self, amount):\n        self._add(amount)\n"
        + "\n    def _add(self, amount):\n        self.total += amount\n",
    ),
    "a caller that relies on the writer never giving way": (
        "AWA101",
        "new-suspension",
        "`Bank.use`",
        WRITERS.replace("        await asyncio.sleep(0)\n        self.total = amount", "        self.total = amount")
        + "\n    async def use(self):\n        n = self.n\n        await self.set(1)\n        self.n = n + 1\n",
    ),
    "a generator that yields between read and write": (
        "AWA101",
        "yield-inside",
        "line 10",
        WRITERS.replace(
            "await asyncio.sleep(0)\n        self.total = total", "yield total\n        self.total = total"
        ),
    ),
    "a wait that only a taker of the lock can end": (
        "AWA102",
        "waits-for-holder",
        "`Source.give`",
        """
import asyncio

class Source:
    def __init__(self):
        self.ready = asyncio.Event()
        self.item = None

    async def get(self):
        if self.item is None:
            await self.ready.wait()
            self.item = await self.make()

    async def make(self):
        await asyncio.sleep(0)

    async def give(self, item):
        self.item = item
        self.ready.set()
""",
    ),
    "a recursion through an override that cannot be split": (
        "AWA102",
        "self-deadlock",
        "overridden",
        ENSURE
        + "\nclass Sub(Client):\n    async def connect(self, timeout, *, retry=False):\n"
        + "        await super().connect(1)\n",
    ),
    "a shielded call of a sibling that would take the lock": (
        "AWA102",
        "outlives-lock",
        "`Client.connect`",
        ENSURE.replace("await self.connect(3)", "await asyncio.shield(self.connect(3))"),
    ),
    "a gathered call of a sibling that would take the lock": (
        "AWA102",
        "runs-beside",
        "`Client.connect`",
        ENSURE.replace("await self.connect(3)", "await asyncio.gather(self.connect(3), asyncio.sleep(1))"),
    ),
    "two libraries of event loops": ("AWA102", "foreign-loop", "trio", "import trio\n" + SHORT),
    "an event loop whose locks are not known": (
        "AWA102",
        "foreign-loop",
        "curio",
        SHORT.replace("asyncio", "curio"),
    ),
    "state of an object that a parameter brings in": (
        "AWA101",
        "foreign-state",
        "account.balance",
        """
import asyncio

async def add(account, amount):
    balance = account.balance
    await asyncio.sleep(0)
    account.balance = balance + amount
""",
    ),
    "a throttle that would let in one task only": (
        "AWA102",
        "serialises",
        "several",
        SHORT.replace(
            "self._pool = None\n\n", "self._pool = None\n        self.gate = asyncio.Semaphore(5)\n\n"
        ).replace(
            "            self._pool = await self._connect()\n",
            "            async with self.gate:\n                self._pool = await self._connect()\n",
        ),
    ),
    "a lock order that another method takes the other way round": (
        "AWA101",
        "lock-order",
        "holders wait",
        """
import asyncio

class Bank:
    def __init__(self):
        self.a_lock = asyncio.Lock()
        self.b_lock = asyncio.Lock()
        self.a = 0

    async def one(self):
        async with self.a_lock:
            self.a = 1
            async with self.b_lock:
                await asyncio.sleep(0)

    async def two(self):
        async with self.b_lock:
            await self.bump()

    async def bump(self):
        a = self.a
        await asyncio.sleep(0)
        self.a = a + 1
""",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_is(name: str) -> None:
    rule, code, words, text = REFUSED[name]
    found = refusal(REMEDY, rule, text)
    assert (found.code, words in found.message) == (code, True), found


# -- proof ---------------------------------------------------------------------------------------------------------

OUTSIDE = """
import asyncio
from explorer import outside
"""

LOCK_SCENARIO = Scenario(
    "add",
    lambda module, count: World(
        [lambda amount=i: module.bank.add(amount) for i in range(1, count)] + [module.bank.last],
        lambda: module.bank.total,
    ),
)

PROVED = {
    "a lock over read and write, and in the other writer": """
class Bank:
    def __init__(self):
        self.total = 0

    async def add(self, amount):
        total = self.total
        await outside("bank")
        self.total = total + amount

    async def last(self):
        await asyncio.sleep(0)
        self.total += 10

bank = Bank()
""",
    "a lock, and a split of the method that is awaited under it": """
class Bank:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.total = 0

    async def note(self, amount):
        async with self._lock:
            total = self.total
            await outside("note")
            self.total = total + amount

    async def last(self):
        await self.note(100)

    async def add(self, amount):
        total = self.total
        await outside("bank")
        self.total = total + amount
        await self.note(0)

bank = Bank()
""",
    "a lock that the callers of a helper hold": """
class Bank:
    def __init__(self):
        self.total = None

    async def add(self, amount):
        if self.total is None:
            await self._open(amount)
        return self.total

    async def last(self):
        if not self.total:
            await self._open(100)
        return self.total

    async def _open(self, amount):
        await outside("open")
        self.total = amount

bank = Bank()
""",
}


@pytest.mark.parametrize("name", PROVED)
def test_no_schedule_goes_wrong_after(name: str) -> None:
    text = OUTSIDE + PROVED[name]
    assert check_before(text, LOCK_SCENARIO).mode == "fifo"
    rule = "AWA102" if "is None" in text else "AWA101"
    result = carried(REMEDY, rule, text)
    assert check_after(result.text, LOCK_SCENARIO) == []
    assert check_alone(text, result.text, LOCK_SCENARIO) == []
