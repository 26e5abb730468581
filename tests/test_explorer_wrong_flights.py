"""Single flights that look right and are wrong: the explorer catches them, and passes what the remedy writes."""

from __future__ import annotations

from types import ModuleType

import pytest

from awaitomic.remedies import single_flight
from explorer import Ending, Scenario, World, check_after, check_alone, check_before
from explorer.oracle import find_violation
from remedies.outcome import outcome

HEAD = """
import asyncio

opened = []

async def connect():
    await asyncio.sleep(1)
    opened.append("pool")
    return f"pool {len(opened)}"

class Client:
    def __init__(self):
        self._pool = None
"""

RACE = """
    async def get(self):
        if self._pool is None:
            self._pool = await connect()
        return self._pool
"""

REST = """
    async def get_or_try_again(self):
        try:
            return await self.get()
        except Exception:
            return await self.get()
"""

FLIGHT = """        self._pool_task = None

    async def get(self):
        if self._pool is None:
            if self._pool_task is None or self._pool_task.done():
                self._pool_task = asyncio.create_task(self._connect_pool())
            return await asyncio.shield(self._pool_task)
        return self._pool

    async def _connect_pool(self):
        \"\"\"Fill `_pool`, once for all who wait for it in `get`.\"\"\"
        self._pool = await connect()
        return self._pool
"""

DROPPING = """        self._pool_task = None

    async def get(self):
        if self._pool is None:
            if self._pool_task is None:
                self._pool_task = asyncio.create_task(self._connect_pool())
            await asyncio.shield(self._pool_task)
        return self._pool

    async def _connect_pool(self):
        try:
            self._pool = await connect()
        finally:
            self._pool_task = None
"""

WAITERS_STORE = """        self._pool_task = None

    async def get(self):
        if self._pool is None:
            if self._pool_task is None or self._pool_task.done():
                self._pool_task = asyncio.create_task(connect())
            self._pool = await asyncio.shield(self._pool_task)
        return self._pool
"""

WAITERS_DROP = """        self._pool_task = None

    async def get(self):
        if self._pool is None:
            if self._pool_task is None:
                self._pool_task = asyncio.create_task(self._connect_pool())
            try:
                await asyncio.shield(self._pool_task)
            finally:
                self._pool_task = None
        return self._pool

    async def _connect_pool(self):
        self._pool = await connect()
"""

RIGHT = {"what the remedy writes": FLIGHT, "a task that drops itself": DROPPING}
WRONG = {
    "each who waits stores by himself": (WAITERS_STORE, None),
    "the task is not kept": (
        FLIGHT.replace("self._pool_task = asyncio", "task = asyncio").replace("(self._pool_task)", "(task)"),
        None,
    ),
    "no shield": (FLIGHT.replace("asyncio.shield(self._pool_task)", "self._pool_task"), "cancel"),
    "everybody who waits drops the task": (WAITERS_DROP, "cancel"),
    "a failed task is kept": (FLIGHT.replace(" or self._pool_task.done()", ""), "exception"),
    "the task is dropped only after success": (
        DROPPING.replace("        try:\n            self._pool =", "        self._pool =").replace(
            "        finally:\n            self", "        self"
        ),
        "exception",
    ),
}


def _is_one(ending: Ending) -> bool:
    """One pool at most, which all have got; whoever was cancelled is the only one without, and a second try helps."""
    pools = len(ending.calls)
    failed = [result for result in ending.results if result[0] != "returns"]
    cancelled = [result for result in failed if result[1] == "CancelledError"]
    returned = {result[1] for result in ending.results if result[0] == "returns"}
    return pools <= 1 and len(cancelled) <= 1 and (not cancelled or len(failed) == 1) and returned <= {ending.state}


def _helps(ending: Ending) -> bool:
    """Who tries again after a failure succeeds."""
    return _is_one(ending) and ending.results[0][0] == "returns"


def _scenario(*names: str, **more: object) -> Scenario:
    def setup(module: ModuleType, count: int) -> World:
        client = module.Client()
        tasks = [getattr(client, names[min(number, len(names) - 1)]) for number in range(count)]
        return World(tasks, observe=lambda: client._pool, calls=lambda: module.opened)

    return Scenario("pool", setup, **more)  # type: ignore[arg-type]  # the fields' types differ


GETTERS = _scenario("get", invariant=_is_one)
TRIES_AGAIN = _scenario("get_or_try_again", "get", invariant=_helps)


def _is_caught(text: str, fault: str | None) -> bool:
    scenario = TRIES_AGAIN if fault == "exception" else GETTERS
    modes = ("fifo", "any_ready")
    return any(
        find_violation(text, scenario, count, mode, fault) is not None  # type: ignore[arg-type]  # plain strings
        for count in (2, 3)
        for mode in modes
    )


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_flight_is_caught(name: str) -> None:
    text, fault = WRONG[name]
    assert _is_caught(HEAD + text + REST, fault)


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_one_passes(name: str) -> None:
    text = HEAD + RIGHT[name] + REST
    assert check_after(text, GETTERS, counts=(2,)) == []
    assert check_after(text, TRIES_AGAIN, counts=(2,), faults=("exception",)) == []


def test_of_three_one_may_go_away() -> None:
    assert check_after(HEAD + FLIGHT + REST, GETTERS, counts=(3,), faults=("cancel",)) == []


@pytest.mark.parametrize("name", RIGHT)
def test_undisturbed_a_right_one_is_as_if_one_came_after_the_other(name: str) -> None:
    assert check_after(HEAD + RIGHT[name] + REST, _scenario("get"), faults=(None,)) == []


def test_the_remedy_writes_the_right_one() -> None:
    found = outcome(single_flight.propose, "AWA102", HEAD + RACE + REST)
    assert found.text == HEAD + FLIGHT + REST
    assert found.verdict == "unsafe"
    check_before(HEAD + RACE + REST, GETTERS)


GOES_ON = [
    "cancel at sleep #1: state was None, is 'pool 1'",
    "cancel at sleep #1: calls was (), is ('pool',)",
    "cancel at inner step #1: only after",
    "cancel at inner step #2: only after",
    "cancel at inner step #3: only after",
    "cancel at yield #1: only after",
]


def test_a_task_alone_sees_only_that_the_work_goes_on_when_it_is_cancelled() -> None:
    assert check_alone(HEAD + RACE + REST, HEAD + FLIGHT + REST, _scenario("get"), GOES_ON) == []


CLOSE = """
    async def close(self):
        if self._pool is not None:
            closed.append(self._pool.close())
            self._pool = None
"""
CLOSED = HEAD.replace("opened = []", "opened = []\nclosed = []").replace(
    'return f"pool {len(opened)}"', "return Pool(len(opened))"
)
POOL = """
class Pool:
    def __init__(self, number):
        self.number = number

    def close(self):
        return self.number
"""
LOOKED_FOR = RACE.replace("return self._pool", "return self._pool.number")


def test_one_that_is_closed_meanwhile_is_had_from_the_task_and_not_looked_for_again() -> None:
    """Between the end of the task and the turn of those who wait for it, somebody may have closed what it made."""
    before = CLOSED + RACE + CLOSE + POOL
    found = outcome(single_flight.propose, "AWA102", before)
    assert found.text is not None
    assert any(reason.startswith("`Client.close` (line") for reason in found.because)
    assert check_after(found.text, _scenario("get", "get", "close"), counts=(3,), faults=(None,)) == []
    assert outcome(single_flight.propose, "AWA102", CLOSED + LOOKED_FOR + CLOSE + POOL).verdict == "written-elsewhere"
    wrong = found.text.replace("return await asyncio.shield(self._pool_task)", "await asyncio.shield(self._pool_task)")
    wrong = wrong.replace(
        "        return self._pool\n\n    async def _connect",
        "        return self._pool.number\n\n    async def _connect",
    )
    assert find_violation(wrong, _scenario("get", "get", "close"), 3, "any_ready") is not None


ASKS_ITSELF = """
async def load(client):
    await asyncio.sleep(1)
    return client

class Client:
    def __init__(self):
        self._pool = None
        self._pool_task = None

    async def get(self):
        if self._pool is None:
            if self._pool_task is None or self._pool_task.done():
                self._pool_task = asyncio.create_task(self._load_pool())
            return await asyncio.shield(self._pool_task)
        return self._pool

    async def _load_pool(self):
        {before}
        self._pool = await load("pool")
        {after}
        return self._pool
"""


def test_a_task_that_asks_for_itself_before_it_has_stored_anything_waits_for_ever() -> None:
    """So such work is refused; behind the store it finds what it has stored."""
    hanging = "import asyncio\nopened = []\n" + ASKS_ITSELF.format(before="await self.get()", after="pass")
    fine = "import asyncio\nopened = []\n" + ASKS_ITSELF.format(before="pass", after="await self.get()")
    found = find_violation(hanging, _scenario("get"), 2)
    assert found is not None
    assert found.reason.startswith("deadlock")
    assert check_after(fine, _scenario("get"), counts=(2,), faults=(None,)) == []


BY_CALLER = """
import asyncio

opened = []

async def connect(host):
    await asyncio.sleep(1)
    if host is None:
        raise ValueError("no host")
    return "pool"

class Client:
    def __init__(self):
        self._pool = None

    async def get(self, host):
        if self._pool is None:
            self._pool = await connect(host)
        return self._pool

    async def right(self):
        return await self.get("example")

    async def wrong(self):
        return await self.get(None)
"""


def _right_is_served(ending: Ending) -> bool:
    return bool(ending.results[0] == ("returns", "pool"))


def test_who_asks_for_something_else_would_get_the_failure_of_another() -> None:
    """So work that needs what only the caller has given is refused."""
    assert outcome(single_flight.propose, "AWA102", BY_CALLER).verdict == "differs-by-caller"
    case = _scenario("right", "wrong", invariant=_right_is_served)
    shared = BY_CALLER.replace(
        "        self._pool = None\n", "        self._pool = None\n        self._task = None\n", 1
    ).replace(
        "            self._pool = await connect(host)\n",
        "            if self._task is None or self._task.done():\n"
        "                self._task = asyncio.create_task(self._connect_pool(host))\n"
        "            return await asyncio.shield(self._task)\n",
    )
    shared += (
        "\n    async def _connect_pool(self, host):\n"
        "        self._pool = await connect(host)\n        return self._pool\n"
    )
    assert check_after(BY_CALLER, case, counts=(2,), faults=(None,)) == []
    assert find_violation(shared, case, 2) is not None


FORGOTTEN = """
import asyncio

opened = []
prices = {"tea": 10}

async def load(name):
    price = prices[name]
    await asyncio.sleep(1)
    return price

class Client:
    def __init__(self):
        self._pool = {}

    async def get(self):
        if "tea" not in self._pool:
            self._pool["tea"] = await load("tea")
        return self._pool["tea"]

    async def change(self):
        prices["tea"] = 12
        self._pool.pop("tea", None)
        return await self.get()
"""


def _sees_its_change(ending: Ending) -> bool:
    return ending.results[1] in {("returns", 12), ("raises", "KeyError", ("tea",))}


def test_who_has_changed_something_would_share_what_was_loaded_before() -> None:
    """So state that somebody else resets is refused: alone he loads anew, and would now wait for an older load."""
    assert outcome(single_flight.propose, "AWA102", FORGOTTEN).verdict == "written-elsewhere"
    shared = FORGOTTEN.replace(
        "        self._pool = {}\n", "        self._pool = {}\n        self._tasks = {}\n"
    ).replace(
        '            self._pool["tea"] = await load("tea")\n        return self._pool["tea"]\n',
        '            task = self._tasks.get("tea")\n            if task is None or task.done():\n'
        '                task = self._tasks["tea"] = asyncio.create_task(self._load())\n'
        "            return await asyncio.shield(task)\n"
        '        return self._pool["tea"]\n\n'
        '    async def _load(self):\n        self._pool["tea"] = await load("tea")\n        return self._pool["tea"]\n',
    )
    case = _scenario("get", "change", invariant=_sees_its_change)
    assert check_after(FORGOTTEN, case, counts=(2,), faults=(None,)) == []
    assert find_violation(shared, case, 2) is not None
