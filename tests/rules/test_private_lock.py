"""AWA203: reported where each call has a lock of its own, silent wherever others can have the same one."""

from __future__ import annotations

import pytest

from awaitomic.findings.precedence import resolve
from awaitomic.model.finding import Role
from awaitomic.rules import find
from program.reading import program_of

TILL = """
import threading
import filelock
import functools

class Gates:
    turn = asyncio.Lock()

class Till:
    def __init__(self, given=None):
        self.totals = {{}}
        self.given = given
        self.later = None
        self.table = {{}}
        self.filled = {{}}

    def open(self):
        self.later = asyncio.Lock()

    def fill(self, key):
        self.filled[key] = asyncio.Lock()

    @property
    def anew(self):
        return asyncio.Lock()

    @functools.cached_property
    def kept(self):
        return asyncio.Lock()

    @property
    def on_demand(self):
        if self.later is None:
            self.later = asyncio.Lock()
        return self.later

    def make(self):
        lock = asyncio.Lock()
        return lock

    @functools.cache
    def make_once(self):
        return asyncio.Lock()

    async def make_later(self):
        return asyncio.Lock()

    @contextlib.asynccontextmanager
    async def region(self):
        async with asyncio.Lock():
            yield

    async def add(self, k, lock=None):
        {body}

till = Till()
"""

WORK = ["    n = self.totals[k]", "    await asyncio.sleep(0)", "    self.totals[k] = n + 1"]


def found(*body: str) -> list[str]:
    text = TILL.format(body="\n        ".join(body))
    all_found = [each for each in resolve(find(program_of(text))) if each.function.startswith("Till.add")]
    return [each.rule for each in all_found if each.rule != "AWA205"]  # what a lock of threads does to the loop


REPORTED = [
    ["turn = asyncio.Lock()", "async with turn:"],
    ["mine: asyncio.Lock = asyncio.Lock()", "async with mine:"],
    ["async with asyncio.Lock():"],
    ["async with asyncio.Lock() as held:"],
    ["async with asyncio.Condition():"],
    ["async with asyncio.Semaphore(1):"],
    ["async with self.anew:"],
    ["async with self.make():"],
    ["gate = self.make()", "async with gate:"],
    ["async with await self.make_later():"],
    ["async with self.region():"],
    ["async with getattr(self, '_never', asyncio.Lock()):"],
    ["async with self.table.get(k, asyncio.Lock()):"],
    ["with threading.Lock():"],
]


@pytest.mark.parametrize("header", REPORTED, ids=[case[-1] for case in REPORTED])
def test_a_lock_of_a_calls_own_keeps_nobody_out(header: list[str]) -> None:
    assert found(*header, *WORK) == ["AWA203"]


def test_a_lock_that_is_taken_by_hand_is_as_private() -> None:
    work = [*WORK, "finally:", "    turn.release()"]
    assert found("turn = asyncio.Lock()", "await turn.acquire()", "try:", *work) == ["AWA203"]


SILENT = [
    ["async with Gates.turn:"],
    ["async with self.kept:"],
    ["async with self.on_demand:"],
    ["async with self.make_once():"],
    ["async with self.filled.setdefault(k, asyncio.Lock()):"],
    ["async with self.filled.get(k, asyncio.Lock()):"],
    ["async with getattr(self, 'later', asyncio.Lock()):"],
    ["lock = lock or asyncio.Lock()", "async with lock:"],
    ["if lock is None:", "    lock = asyncio.Lock()", "async with lock:"],
    ["mine = asyncio.Lock() if lock is None else lock", "async with mine:"],
    ["mine = asyncio.Lock()", "self.filled[k] = mine", "async with mine:"],
    ["mine = asyncio.Lock()", "announce(mine)", "async with mine:"],
    ["mine = self.filled[k] = asyncio.Lock()", "async with mine:"],
    ["with filelock.FileLock('till.lock'):"],
]


@pytest.mark.parametrize("header", SILENT, ids=[case[-2] if len(case) > 1 else case[0] for case in SILENT])
def test_a_lock_that_others_can_have_is_believed(header: list[str]) -> None:
    assert found(*header, *WORK) == []


def test_the_tasks_of_a_call_may_share_its_lock() -> None:
    nested = ["lock = asyncio.Lock()", "async def one():", "    async with lock:", *(f"    {line}" for line in WORK)]
    assert found(*nested, "await asyncio.gather(one(), one())") == []


def test_a_lock_that_does_not_cover_the_span_is_not_the_reason() -> None:
    first, *rest = WORK
    assert found(first.strip(), "async with asyncio.Lock():", *rest) == ["AWA101"]


def test_who_ignores_the_rule_still_sees_what_is_lost() -> None:
    text = TILL.format(body="\n        ".join(["async with asyncio.Lock():", *WORK]))
    rules = [finding.rule for finding in find(program_of(text))]
    assert rules == ["AWA101", "AWA203"]


def test_the_trace_says_where_the_lock_is_made_and_where_it_is_taken() -> None:
    text = TILL.format(body="\n        ".join(["async with self.make():", *WORK]))
    (finding,) = resolve(find(program_of(text)))
    notes = [(each.role, each.extent.line - finding.extent.line, each.note) for each in finding.trace]
    assert notes[0][::2] == (Role.ACQUIRE, "made here, for this one call")
    assert notes[1] == (Role.ACQUIRE, -3, "`self.make()` is taken, and keeps nobody out")
    assert "it is made anew on line" in finding.evidence[-1]


DOORS = """
visitors = 0

class Door:
    seen = {{}}
    opened = 0

    def __init__(self, lock=None):
        self.turn = {made}
        self.own = 0

    async def count(self, k):
        global visitors
        async with self.turn:
            {body}

{main}
"""
WIDER = ["n = visitors", "await asyncio.sleep(0)", "visitors = n + 1"]
IN_CLASS = ["n = Door.opened", "await asyncio.sleep(0)", "Door.opened = n + 1"]
OWN = ["n = self.own", "await asyncio.sleep(0)", "self.own = n + 1"]
SEVERAL = "async def main():\n    await asyncio.gather(*(door.count(1) for door in [Door() for _ in range(3)]))"
TWO = "async def main():\n    left, right = Door(), Door()\n    await asyncio.gather(left.count(1), right.count(1))"
ONE = "async def main():\n    door = Door()\n    await asyncio.gather(*(door.count(1) for _ in range(3)))"
KEPT = "door = Door()\nasync def main():\n    await asyncio.gather(*(door.count(1) for _ in range(3)))"


def of_doors(body: list[str], main: str, made: str = "asyncio.Lock()") -> list[str]:
    text = DOORS.format(body="\n            ".join(body), main=main, made=made)
    return [finding.rule for finding in resolve(find(program_of(text)))]


@pytest.mark.parametrize("main", [SEVERAL, TWO], ids=["several", "two"])
@pytest.mark.parametrize("body", [WIDER, IN_CLASS], ids=["module", "class"])
def test_a_lock_of_each_instance_protects_nothing_that_all_share(body: list[str], main: str) -> None:
    assert of_doors(body, main) == ["AWA203"]


@pytest.mark.parametrize("main", [ONE, KEPT], ids=["one", "kept"])
def test_the_lock_of_the_only_instance_is_believed(main: str) -> None:
    assert of_doors(WIDER, main) == []


def test_the_lock_of_an_instance_protects_what_is_its_own() -> None:
    assert of_doors(OWN, SEVERAL) == []


def test_a_lock_that_instances_are_given_is_believed() -> None:
    assert of_doors(WIDER, SEVERAL, "lock or asyncio.Lock()") == []


ONE = """
class Store:
    _instance = None

    def __new__(cls):
        {new}

    def __init__(self):
        {init}

    async def put(self):
        async with self.turn:
            await asyncio.sleep(0)

def store():
    return Store()
"""
KEEPS = "if cls._instance is None:\n            cls._instance = super().__new__(cls)\n        return cls._instance"
NEW_EACH = "return super().__new__(cls)"
MAKES = "self.turn = asyncio.Lock()"


def of_one(new: str, init: str) -> list[str]:
    found = resolve(find(program_of(ONE.format(new=new, init=init))))
    return [f"{finding.rule} {finding.function} {finding.state} {finding.confidence}" for finding in found]


def test_a_constructor_that_runs_again_replaces_the_lock_of_the_one_instance() -> None:
    assert of_one(KEEPS, MAKES) == ["AWA203 Store.__init__ self.turn likely"]


@pytest.mark.parametrize(
    "init",
    [
        f"if not hasattr(self, 'turn'):\n            {MAKES}",
        f"if hasattr(self, 'turn'):\n            return\n        {MAKES}",
    ],
)
def test_a_constructor_that_looks_first_is_silent(init: str) -> None:
    assert of_one(KEEPS, init) == []


def test_a_class_of_many_instances_replaces_nothing() -> None:
    assert of_one(NEW_EACH, MAKES) == []


TABLE = """
class Pages:
    def __init__(self):
        self.locks = {{}}

    async def load(self, key):
        lock = self.locks.setdefault(key, asyncio.Lock())
        {body}

pages = Pages()
"""
USE = "async with lock:\n                await fetch(key)"


def of_pages(body: str) -> list[tuple[str, str, str]]:
    found = resolve(find(program_of(TABLE.format(body=body))))
    return [(finding.rule, finding.state, str(finding.confidence)) for finding in found]


def test_a_lock_that_is_thrown_away_is_possible_where_nothing_is_seen_to_be_lost() -> None:
    ends = "finally:\n            if not lock.locked():\n                self.locks.pop(key, None)"
    assert of_pages(f"try:\n            {USE}\n        {ends}") == [("AWA203", "self.locks[key]", "possible")]


def test_a_lock_under_which_work_is_done_anyway_is_thrown_away_too_soon() -> None:
    work = "async with lock:\n                await publish(key)"
    likely = [("AWA203", "self.locks[key]", "likely")]
    ends = "finally:\n            if not lock.locked():\n                self.locks.pop(key, None)"
    assert of_pages(f"try:\n            {work}\n        {ends}") == likely
    assert of_pages("async with lock:\n            await publish(key)\n        self.locks.pop(key, None)") == likely


@pytest.mark.parametrize(
    "work",
    [
        "if key not in self.sent:\n                await publish(key)",
        "while key not in self.sent:\n                await publish(key)",
        "if key in self.sent:\n                return\n            await publish(key)",
        "if await self.sent.contains(key):\n                return\n            await publish(key)",
        "done = await self.sent.contains(key)\n            if not done:\n                await publish(key)",
        "if not (done := await self.sent.contains(key)):\n                await publish(key)",
        "await self.sent.contains(key) or await publish(key)",
        "if await self.sent.contains(key): return\n            self.sent[key] = await fetch(key)",
        "match await self.sent.state(key):\n                case None: await publish(key)",
    ],
)
def test_a_lock_under_which_it_is_asked_if_the_work_is_done_may_go(work: str) -> None:
    assert of_pages(f"async with lock:\n            {work}\n        self.locks.pop(key, None)") == []


@pytest.mark.parametrize(
    "work",
    [
        "there = await self.sent.contains(key)\n            await publish(key)\n            if there: return",
        "sent = await publish(key)\n            if not sent: return",
        "if await publish(key): print(key)",
        "sent = await publish(key)\n            if not sent.ok: return\n            await sent.json()",
    ],
)
def test_what_no_work_depends_on_is_no_look(work: str) -> None:
    likely = [("AWA203", "self.locks[key]", "likely")]
    assert of_pages(f"async with lock:\n            {work}\n        self.locks.pop(key, None)") == likely


CALLEES = [
    ("there = await self.sent.contains(key)\n        if there: return\n        await send(key)", []),
    ("if not await self.known(key): await send(key)", []),
    ("there = await self.sent.contains(key)\n        await send(key)", ["AWA203"]),
    ("await self.inner(key)", []),
    ("await self.outer(key)", ["AWA203"]),
]


@pytest.mark.parametrize(("body", "rules"), CALLEES)
def test_a_callee_that_awaits_its_look_may_find_the_work_done(body: str, rules: list[str]) -> None:
    callees = (
        f"    async def publish(self, key):\n        {body}\n\n"
        "    async def inner(self, key):\n        if await self.sent.contains(key): return\n        await send(key)\n\n"
        "    async def outer(self, key):\n        await send(key)\n\n"
    )
    work = "async with lock:\n            await self.publish(key)\n        self.locks.pop(key, None)"
    text = TABLE.replace("pages = Pages()", callees + "pages = Pages()").format(body=work)
    assert [finding.rule for finding in resolve(find(program_of(text)))] == rules


def test_a_lock_of_the_function_around_is_the_one_of_the_table() -> None:
    work = "async def later():\n            async with lock:\n                await publish(key)\n"
    ends = "            self.locks.pop(key, None)\n        await asyncio.gather(later(), later())"
    assert of_pages(work + ends) == [("AWA203", "self.locks[key]", "likely")]
    rebound = work.replace("async with lock", "lock = asyncio.Lock()\n            async with lock")
    assert of_pages(rebound + ends) == []


@pytest.mark.parametrize(("test", "rules"), [("if key not in self.sent:", []), ("async with send(key):", ["AWA203"])])
def test_a_callee_that_asks_first_may_find_the_work_done(test: str, rules: list[str]) -> None:
    callee = f"    async def publish(self, key):\n        {test}\n            await send(key)\n\n"
    work = "async with lock:\n            await self.publish(key)\n        self.locks.pop(key, None)"
    text = TABLE.replace("pages = Pages()", callee + "pages = Pages()").format(body=work)
    assert [finding.rule for finding in resolve(find(program_of(text)))] == rules


def test_a_lock_that_stays_or_goes_when_the_work_is_done_is_silent() -> None:
    assert of_pages(f"try:\n            {USE}\n        finally:\n            done(key)") == []
    assert of_pages("async with lock:\n            await fetch(key)\n        self.locks.pop(key, None)") == []


def test_what_the_constructor_empties_with_the_lock_is_told() -> None:
    text = ONE.format(new=KEEPS, init=MAKES + "\n        self.rows = {}")
    (finding,) = resolve(find(program_of(text)))
    assert "`self.turn` is made anew, and `self.rows` emptied, whenever" in finding.message
    (finding,) = resolve(find(program_of(text.replace("self.rows = {}", "self.rows = rows"))))
    assert "emptied" not in finding.message


def test_a_class_that_keeps_its_instance_is_meant_to_be_called_by_others() -> None:
    text = ONE.format(new=KEEPS, init=MAKES).replace("def store():\n    return Store()", "")
    assert [str(finding.confidence) for finding in resolve(find(program_of(text)))] == ["likely"]


def test_a_class_that_only_the_main_program_makes_once_is_possible() -> None:
    text = ONE.format(new=KEEPS, init=MAKES).replace("def store():\n    return Store()", "def main():\n    Store()")
    assert [str(finding.confidence) for finding in resolve(find(program_of(text)))] == ["possible"]
