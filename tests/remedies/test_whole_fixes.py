"""What all fixes together make of a text, as who maintains it would read it: what only shows once several meet."""

from __future__ import annotations

import pytest

from awaitomic.config import Settings
from awaitomic.engine.fix import FixResult, fix_text
from awaitomic.model.finding import Confidence
from engine.fakes import source

ANYTHING = Settings(confidence=Confidence.POSSIBLE, unsafe_fixes=True)

START = "import asyncio\n\n\n"
LATE_LOCK = START + (
    "class Controller:\n"
    "    def __init__(self, api):\n"
    "        self.api = api\n"
    "        self._update_lock = {made}\n"
    "        self.at = 0\n\n"
    "    async def connect(self):\n"
    "        self.at = 1\n"
    "        self._update_lock = asyncio.Lock()\n"
    "        await self.api.start()\n\n"
    "    async def reset(self):\n"
    "        self.at = 0\n"
    "        await self.api.reset()\n\n"
    "    async def update(self):\n"
    "        async with self._update_lock:\n"
    "            if self.at:\n"
    "                self.at = await self.api.get(self.at)\n\n\n"
    "async def main(api):\n"
    "    c = Controller(api)\n"
    "    await asyncio.gather(c.connect(), c.update(), c.update(), c.reset(), c.reset())\n"
)


def fixed(text: str) -> FixResult:
    return fix_text(source(text), ANYTHING)


def test_what_is_taken_before_the_loop_needs_no_copy() -> None:
    text = START + (
        "class Pool:\n    def __init__(self):\n        self._conns = {}\n\n    def put(self, key, conn):\n"
        "        self._conns[key] = conn\n\n    async def close(self):\n        for key in self._conns:\n"
        "            await self._conns[key].close()\n        self._conns.clear()\n"
    )
    assert fixed(text).text.endswith(
        "        conns = dict(self._conns)\n        self._conns.clear()\n        for key in conns:\n"
        "            await conns[key].close()\n"
    )


def test_a_lock_that_is_made_later_is_taken_by_nobody_new() -> None:
    result = fixed(LATE_LOCK.format(made="None"))
    assert result.applied == ()
    refused = {finding.function: finding.refusal for finding in result.remaining}
    assert {name: refusal.code for name, refusal in refused.items() if refusal is not None} == {
        "Controller.connect": "other-lock",
        "Controller.reset": "other-lock",
    }
    reset = refused["Controller.reset"]
    assert reset is not None
    assert reset.message == (
        "`Controller.connect` (line 12) makes the lock `self._update_lock`, which may not be there yet in "
        "`Controller.reset`"
    )


def test_a_lock_that_is_replaced_is_taken_by_all_but_by_who_replaces_it() -> None:
    result = fixed(LATE_LOCK.format(made="asyncio.Lock()"))
    assert "        async with self._update_lock:\n            self.at = 0\n" in result.text
    (left,) = result.remaining
    assert left.refusal is not None
    assert (left.function, left.refusal.code) == ("Controller.connect", "other-lock")
    assert left.refusal.message.endswith("makes the lock `self._update_lock` only behind what it would have to cover")


def test_a_static_method_takes_the_lock_of_its_class_by_the_name_of_that() -> None:
    text = START + (
        "class Thing:\n    total = 0\n\n    @staticmethod\n    async def add(n):\n"
        "        Thing.total = await compute(Thing.total, n)\n\n    @classmethod\n    async def take(cls, n):\n"
        "        cls.total = await compute(cls.total, -n)\n\n\n"
        "async def compute(a, b):\n    await asyncio.sleep(1)\n    return a + b\n\n\n"
        "async def main():\n    await asyncio.gather(Thing.add(1), Thing.add(2), Thing.take(1))\n"
    )
    new = fixed(text).text
    assert "        async with Thing._lock:\n            Thing.total = await compute(Thing.total, n)\n" in new
    assert "        async with cls._lock:\n            cls.total = await compute(cls.total, -n)\n" in new


def test_a_name_that_a_static_method_has_for_something_else_names_no_lock() -> None:
    text = START + (
        "class Thing:\n    total = 0\n\n    @staticmethod\n    async def add(n):\n"
        "        Thing.total = await compute(Thing.total, n)\n\n    @classmethod\n    async def take(cls, Thing):\n"
        "        cls.total = await compute(cls.total, Thing)\n\n\n"
        "async def compute(a, b):\n    await asyncio.sleep(1)\n    return a + b\n\n\n"
        "async def main():\n    await asyncio.gather(Thing.add(1), Thing.add(2), Thing.take(1))\n"
    )
    new = fixed(text).text
    assert "        async with Thing._lock:\n            Thing.total = await compute(Thing.total, n)\n" in new
    assert "        async with cls._lock:\n            cls.total = await compute(cls.total, Thing)\n" in new


def test_where_there_are_several_locks_each_says_what_it_is_for() -> None:
    text = START + (
        "class Client:\n    def __init__(self):\n        self._token = None\n        self._conn = None\n\n"
        "    async def token(self):\n        if self._token is None:\n            self._token = await login()\n"
        "        return self._token\n\n    async def conn(self):\n        if self._conn is None:\n"
        "            self._conn = await connect()\n        return self._conn\n\n\n"
        "async def login():\n    await asyncio.sleep(1)\n\n\nasync def connect():\n    await asyncio.sleep(1)\n"
    )
    new = fixed(text).text
    assert "        self._token_lock = asyncio.Lock()\n" in new
    assert "        self._conn_lock = asyncio.Lock()\n" in new
    alone = fixed(text.replace("        if self._conn is None:\n    ", "")).text
    assert "        self._lock = asyncio.Lock()\n" in alone


@pytest.mark.parametrize(("started", "first"), [("", "if"), ("        asyncio.create_task(tell())\n", "seen = False")])
def test_what_only_a_closure_that_has_not_begun_can_see_stays_outside(started: str, first: str) -> None:
    text = START + (
        "class Client:\n    def __init__(self, session):\n        self.session = session\n        self.ws = None\n\n"
        "    async def connect(self):\n        async def tell():\n            nonlocal seen\n"
        "            async for message in self.ws:\n                seen = True\n\n"
        + started
        + "        seen = False\n"
        "        if not self.ws:\n            self.ws = await self.session.connect()\n"
        "            asyncio.create_task(tell())\n        while not seen:\n            await asyncio.sleep(1)\n"
    )
    assert f"        async with self._lock:\n            {first}" in fixed(text).text


def test_a_test_of_the_state_is_not_left_in_front_of_the_wait_for_the_lock() -> None:
    text = START + (
        "class Rows:\n    def __init__(self):\n        self.rows = None\n\n    async def get(self):\n"
        "        if self.rows is None:\n            self.rows = await fetch()\n        return self.rows\n\n"
        "    async def take(self):\n        if not self.rows:\n            return None\n"
        "        return self.rows.popitem()\n\n\nasync def fetch():\n    await asyncio.sleep(1)\n    return {}\n"
    )
    together = "        async with self._lock:\n            if not self.rows:\n                return None\n"
    assert together + "            return self.rows.popitem()\n" in fixed(text).text
    waiting = text.replace(
        "if not self.rows:\n            return None", "while not self.rows:\n            await fetch()"
    )
    assert "async with" not in fixed(waiting).text


def test_a_lock_for_what_an_entry_has_is_named_after_that() -> None:
    text = START + (
        "class Bank:\n    def __init__(self):\n        self.rows = {}\n        self._lock = asyncio.Lock()\n\n"
        "    async def add(self, key, row):\n        async with self._lock:\n            self.rows[key] = row\n\n"
        "    async def pay(self, key, n):\n        row = self.rows[key]\n        if row.balance >= n:\n"
        "            await self.bank.pay(n)\n            row.balance -= n\n"
    )
    assert "        self._balance_lock = asyncio.Lock()\n" in fixed(text).text


def test_a_method_is_split_when_its_test_is_made_again_under_the_lock() -> None:
    text = START + (
        "class Client:\n    def __init__(self, api):\n        self.api = api\n        self._lock = asyncio.Lock()\n"
        "        self._ready = False\n\n"
        "    async def both(self):\n        async with self._lock:\n            await self.ensure()\n\n"
        "    async def ensure(self):\n        if not self._ready:\n            async with self._lock:\n"
        "                await self.api.open()\n                self._ready = True\n\n\n"
        "async def main(api):\n    c = Client(api)\n    await asyncio.gather(c.both(), c.ensure(), c.ensure())\n"
    )
    assert fixed(text).text.partition("    async def ensure(self):\n")[2].partition("\n\nasync def main")[0] == (
        "        if not self._ready:\n            async with self._lock:\n"
        "                await self._ensure_locked()\n\n"
        "    async def _ensure_locked(self):\n"
        '        """Do the work of `ensure`. Caller must hold `_lock`."""\n'
        "        if not self._ready:\n            await self.api.open()\n            self._ready = True\n"
    )


@pytest.mark.parametrize(("release", "is_pool"), [("(self, conn)", True), ("(self)", False), ("(self, n=1)", False)])
def test_a_pool_is_no_lock_for_its_own_code(release: str, is_pool: bool) -> None:
    text = START + (
        "class Pool:\n    def __init__(self, make):\n        self._make = make\n        self._used = 0\n"
        "        self._free = []\n\n    async def acquire(self):\n        if self._used < 9:\n"
        "            conn = await self._make()\n            self._used += 1\n            return conn\n"
        "        return self._free.pop()\n\n"
        f"    def release{release}:\n        self._free.append(1)\n"
    )
    result = fixed(text)
    assert ("        async with self._lock:\n            if self._used < 9:\n" in result.text) is is_pool
    assert is_pool or [each.refusal.code for each in result.remaining if each.refusal] == ["is-a-lock"]


def test_who_puts_back_what_is_there_takes_no_lock() -> None:
    text = START + (
        "class Monitor:\n    def __init__(self, pool):\n        self.pool = pool\n        self.conn = None\n\n"
        "    async def connect(self):\n        if self.conn is None:\n            self.conn = await self.pool.get()\n\n"
        "    async def __aenter__(self):\n        await self.connect()\n"
        "        self.conn = cast(Connection, self.conn)\n        return {value}\n"
    )
    assert fixed(text.format(value="self")).text.count("async with self._lock:") == 1
    changed = text.replace("cast(Connection, self.conn)", "Wrapped(self.conn)").format(value="self")
    assert fixed(changed).text.count("async with self._lock:") == 2


def test_the_lock_of_another_state_by_its_name_is_not_taken() -> None:
    text = START + (
        "class Device:\n    def __init__(self, api):\n        self.api = api\n        self._status = None\n"
        "        self._status_lock = asyncio.Lock()\n        self._info = None\n\n"
        "    async def fetch(self):\n        async with self._status_lock:\n            if not self._status:\n"
        "                self._status = await self.api.status()\n        if not self._info:\n"
        "            self._info = await self.api.info()\n"
    )
    assert "        async with self._info_lock:\n            if not self._info:\n" in fixed(text).text
    general = text.replace("_status_lock", "_lock")
    assert "        async with self._lock:\n            if not self._info:\n" in fixed(general).text


def test_a_lock_that_only_some_of_the_names_of_a_state_take_is_no_match_for_a_hoist() -> None:
    text = START + (
        "class Till:\n    def __init__(self):\n        self._sum = 0\n\n    @property\n    def sum(self):\n"
        "        return self._sum\n\n    @sum.setter\n    def sum(self, value):\n        self._sum = value\n\n"
        "    async def add(self, item):\n        self.sum += await price(item)\n\n"
        "    async def reset(self):\n        self._sum = await rounded(self._sum)\n\n\n"
        "async def price(item):\n    await asyncio.sleep(1)\n\n\n"
        "async def rounded(sum):\n    await asyncio.sleep(1)\n\n\n"
        "async def main(till: Till):\n    await asyncio.gather(till.add(1), till.add(2), till.reset(), till.reset())\n"
    )
    result = fixed(text)
    assert "        item_price = await price(item)\n        self.sum += item_price\n" in result.text
    assert "async with" not in result.text


def test_what_may_run_meanwhile_is_told_in_one_sentence() -> None:
    close = "    async def close{n}(self):\n        await self.ws.close()\n        self.ws = None\n\n"
    text = START + (
        "class Client:\n    def __init__(self, ws):\n        self.ws = ws\n\n"
        "    def open(self, ws):\n        self.ws = ws\n\n"
        + "".join(close.format(n=number) for number in range(3))
        + "\nasync def main(client: Client):\n"
        "    await asyncio.gather(*(close() for close in (client.close0, client.close1, client.close2)))\n"
    )
    told = [fix.finding.fix.because for fix in fixed(text).applied if fix.finding.fix is not None]
    assert told[0] == ("`Client.close0` may run `Client.close0` and 2 others, which write the state",)


PERHAPS = START + (
    "class Store:\n"
    "    def __init__(self, lock: asyncio.Lock | None = None, wanted=True):\n"
    "        self.n = 0\n"
    "        {made}\n\n"
    "    async def inc(self):\n"
    "        async with self._lock:\n"
    "            n = self.n\n"
    "            await asyncio.sleep(0)\n"
    "            self.n = n + 1\n\n"
    "    async def dec(self):\n"
    "        n = self.n\n"
    "        await asyncio.sleep(0)\n"
    "        self.n = n - 1\n\n"
    "    def stop(self):\n"
    "        {stop}\n\n\n"
    "async def main():\n"
    "    store = Store(asyncio.Lock())\n"
    "    await asyncio.gather(store.inc(), store.dec())\n"
)
MADE = "self._lock = asyncio.Lock()"


@pytest.mark.parametrize(
    ("made", "stop"),
    [
        ("self._lock = lock", "pass"),
        ("self._lock = asyncio.Lock() if wanted else None", "pass"),
        ("self._lock = None\n        if wanted:\n            self._lock = asyncio.Lock()", "pass"),
        (MADE, "self._lock = None"),
        (MADE, "del self._lock"),
    ],
)
def test_a_lock_that_may_be_none_is_taken_by_nobody_new(made: str, stop: str) -> None:
    result = fixed(PERHAPS.format(made=made, stop=stop))
    assert result.applied == ()
    assert {each.refusal.code for each in result.remaining if each.refusal is not None} == {"other-lock"}


@pytest.mark.parametrize("made", [MADE, "self._lock = lock or asyncio.Lock()"])
def test_one_that_is_always_there_is(made: str) -> None:
    (applied,) = fixed(PERHAPS.format(made=made, stop="pass")).applied
    assert applied.finding.function == "Store.dec"


POOL = START + (
    "class Pool:\n"
    "    def __init__(self):\n"
    "        self.free = 0\n\n"
    "    async def wait_free(self):\n"
    "        {wait}\n\n"
    "    async def take(self, most):\n"
    "        n = self.free\n"
    "        await self.wait_free()\n"
    "        if n > most:\n"
    "            return\n"
    "        self.free -= 1\n\n"
    "    async def give(self):\n"
    "        await asyncio.sleep(0)\n"
    "        self.free += 1\n\n\n"
    "async def main():\n"
    "    pool = Pool()\n"
    "    await asyncio.gather(pool.take(7), pool.take(7), pool.give(), pool.give())\n"
)


@pytest.mark.parametrize(
    "wait",
    [
        "while self.free < 1:\n            await asyncio.sleep(0.01)",
        "while True:\n            if self.free:\n                return\n            await asyncio.sleep(0.01)",
    ],
)
def test_no_lock_over_a_callee_that_waits_for_others(wait: str) -> None:
    result = fixed(POOL.format(wait=wait))
    assert result.applied == ()
    assert {each.refusal.code for each in result.remaining if each.refusal is not None} == {"waits-for-holder"}


def test_a_callee_that_waits_for_nobody_goes_under_the_lock() -> None:
    (applied,) = fixed(POOL.format(wait="await asyncio.sleep(0.01)")).applied
    assert applied.finding.fix is not None
    assert applied.finding.fix.strategy == "lock"


BEGINS_AGAIN = START + (
    "class Pool:\n"
    "    def __init__(self):\n"
    "        self.free = 0\n\n"
    "    async def take(self):\n"
    "        n = self.free\n"
    "        if n < 1:\n"
    "            {change}\n"
    "            await asyncio.sleep(0.01)\n"
    "            return await self.take()\n"
    "        await asyncio.sleep(0)\n"
    "        self.free = n - 1\n\n"
    "    async def give(self):\n"
    "        await asyncio.sleep(0)\n"
    "        self.free += 1\n\n\n"
    "async def main():\n"
    "    pool = Pool()\n"
    "    await asyncio.gather(pool.take(), pool.give())\n"
)


def test_no_lock_over_what_calls_itself_until_others_have_changed_the_state() -> None:
    result = fixed(BEGINS_AGAIN.format(change="pass"))
    assert result.applied == ()
    assert {each.refusal.code for each in result.remaining if each.refusal is not None} == {"waits-for-holder"}


def test_what_changes_the_state_itself_may_call_itself_under_the_lock() -> None:
    assert fixed(BEGINS_AGAIN.format(change="self.free = 3")).applied != ()
