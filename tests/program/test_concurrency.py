"""From evidence to confidence: how sure it is that another task comes in between."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence
from awaitomic.rules import find

from .reading import program_of

CERTAIN, LIKELY, POSSIBLE = Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE

TALLY = """
class {owner}:
    def __init__(self):
        self.n = 0

    async def {name}(self):
        n = self.n
        await asyncio.sleep(1)
        self.n = n + 1
"""

OF_A_METHOD = [
    ("a public method can run beside itself", "add", "", LIKELY),
    ("a private method whose callers nobody sees", "_add", "", POSSIBLE),
    ("a lifecycle method runs once", "start", "", None),
    ("so does the hook of one", "on_stop", "", None),
    ("a test runs once", "test_add", "", None),
    (
        "a lifecycle method beside a public one that writes",
        "start",
        "    async def reset(self):\n        self.n = 5\n",
        POSSIBLE,
    ),
    (
        "a private method that a public one awaits",
        "_add",
        "    async def work(self):\n        await self._add()\n",
        LIKELY,
    ),
    (
        "a private method that one task runs",
        "_add",
        "    async def run(self):\n        asyncio.create_task(self._add())\n",
        None,
    ),
    (
        "a private method that several tasks run",
        "_add",
        "    async def run(self):\n        for _ in range(3):\n            asyncio.create_task(self._add())\n",
        CERTAIN,
    ),
    (
        "a task of its own beside a public method",
        "_add",
        "    async def run(self):\n        asyncio.create_task(self._add())\n\n"
        "    def reset(self):\n        self.n = 5\n",
        LIKELY,
    ),
    (
        "two tasks of which each is started once",
        "_add",
        "    async def run(self):\n        asyncio.create_task(self._add())\n"
        "        asyncio.create_task(self._other())\n\n"
        "    async def _other(self):\n        self.n = 5\n",
        CERTAIN,
    ),
    (
        "one of two ways to start the same task",
        "_add",
        "    def begin(self):\n        asyncio.create_task(self._add())\n\n"
        "    def begin_later(self):\n        asyncio.create_task(self._add())\n",
        LIKELY,
    ),
    (
        "one of two ways to start the main task",
        "main",
        "    def begin(self):\n        self.task = asyncio.create_task(self.main())\n\n"
        "    def begin_later(self):\n        self.task = asyncio.create_task(self.main())\n",
        POSSIBLE,
    ),
    (
        "a private method that is handed out as a callback",
        "_add",
        "    def register(self, bus):\n        bus.subscribe(self._add)\n",
        POSSIBLE,
    ),
]


def strongest(source: str) -> Confidence | None:
    return max((finding.confidence for finding in find(program_of(source)) if finding.rule == "AWA101"), default=None)


@pytest.mark.parametrize(
    ("name", "rest", "confidence"), [case[1:] for case in OF_A_METHOD], ids=[case[0] for case in OF_A_METHOD]
)
def test_confidence_of_a_method(name: str, rest: str, confidence: Confidence | None) -> None:
    assert strongest(TALLY.format(owner="TallyManager", name=name) + "\n" + rest) == confidence


OF_A_CLASS = [
    ("an object that anybody can hold", "Tally", LIKELY),
    ("a request is used by one task at a time", "UploadRequest", POSSIBLE),
    ("a cursor is used by one task at a time", "RowCursor", POSSIBLE),
    ("a wrapper is what it wraps", "TransactionWrapper", POSSIBLE),
    ("a wrapper of nothing known", "TallyWrapper", LIKELY),
    ("a fake is used by a test", "FakeTally", POSSIBLE),
]


@pytest.mark.parametrize(
    ("owner", "confidence"), [case[1:] for case in OF_A_CLASS], ids=[case[0] for case in OF_A_CLASS]
)
def test_confidence_by_the_kind_of_class(owner: str, confidence: Confidence) -> None:
    """Each is kept in the module, and keeps a total: that alone would be enough."""
    assert strongest(TALLY.format(owner=owner, name="add") + f"\nkept = {owner}()\n") == confidence


SIGNS = [
    ("a total alone", "Tally", "", "n + 1", "", POSSIBLE),
    ("its kind alone", "TallyManager", "", "[n]", "", POSSIBLE),
    ("a lock alone", "Tally", "self.lock = asyncio.Lock()", "[n]", "", POSSIBLE),
    ("a place in the module alone", "Tally", "", "[n]", "tally = Tally()", POSSIBLE),
    ("its kind and a total", "TallyManager", "", "n + 1", "", LIKELY),
    ("its kind and a lock", "TallyManager", "self.lock = asyncio.Lock()", "[n]", "", LIKELY),
    ("a lock and a total", "Tally", "self.lock = asyncio.Lock()", "n + 1", "", LIKELY),
    ("a place in the module and a total", "Tally", "", "n + 1", "tally = Tally()", LIKELY),
    ("a thread's lock says nothing of tasks", "Tally", "self.lock = threading.Lock()", "n + 1", "", POSSIBLE),
    (
        "a total, but made and used on the spot",
        "Tally",
        "",
        "n + 1",
        "async def work():\n    tally = Tally()\n    await tally.add()",
        POSSIBLE,
    ),
    (
        "two signs, but made and used on the spot",
        "TallyManager",
        "",
        "n + 1",
        "async def work():\n    tally = TallyManager()\n    await tally.add()",
        POSSIBLE,
    ),
    (
        "two signs, and kept by who makes it",
        "TallyManager",
        "",
        "n + 1",
        "class Shop:\n    def __init__(self):\n        self.tally = TallyManager()",
        LIKELY,
    ),
]


@pytest.mark.parametrize(
    ("owner", "owns", "value", "rest", "confidence"), [case[1:] for case in SIGNS], ids=[case[0] for case in SIGNS]
)
def test_one_sign_that_an_object_is_shared_is_too_little_and_two_are_enough(
    owner: str, owns: str, value: str, rest: str, confidence: Confidence
) -> None:
    source = TALLY.format(owner=owner, name="add").replace("n + 1", value)
    source = source.replace("self.n = 0", f"self.n = 0\n        {owns or 'pass'}")
    assert strongest(f"import threading\n{source}\n{rest}\n") == confidence


def test_several_tasks_on_one_request_outweigh_its_kind() -> None:
    rest = "    async def run(self):\n        await asyncio.gather(*(self.add() for _ in range(3)))\n"
    assert strongest(TALLY.format(owner="UploadRequest", name="add") + "\n" + rest) == CERTAIN


GLOBAL = """
total = 0

async def add(n):
    global total
    before = total
    await asyncio.sleep(1)
    total = before + n

async def main():
    {body}

asyncio.run(main())
"""

OF_A_FUNCTION = [
    ("started in a loop", "for n in range(3):\n        asyncio.create_task(add(n))", CERTAIN),
    ("gathered", "await asyncio.gather(add(1), add(2))", CERTAIN),
    ("awaited one after the other, and open to others", "await add(1)\n    await add(2)", LIKELY),
]


@pytest.mark.parametrize(
    ("body", "confidence"), [case[1:] for case in OF_A_FUNCTION], ids=[case[0] for case in OF_A_FUNCTION]
)
def test_confidence_of_a_function(body: str, confidence: Confidence) -> None:
    assert strongest(GLOBAL.format(body=body)) == confidence


CLOSURE = """
async def import_all(sources, pool):
    count = 0

    async def import_one(source):
        nonlocal count
        before = count
        await asyncio.sleep(1)
        count = before + 1

    {body}
    return count
"""

OF_A_CLOSURE = [
    ("awaited in sequence", "for source in sources:\n        await import_one(source)", None),
    ("gathered", "await asyncio.gather(*(import_one(source) for source in sources))", CERTAIN),
    ("started in a loop", "for source in sources:\n        asyncio.create_task(import_one(source))", CERTAIN),
    ("started once", "await asyncio.create_task(import_one(sources))", None),
    ("handed to somebody", "await pool.each(import_one, sources)", POSSIBLE),
    ("given back", "return import_one", LIKELY),
    ("given back with something else", "return import_one, sources", LIKELY),
    ("given back under a name", "return {'import': import_one}", LIKELY),
    ("given back by way of a local", "both = [import_one, pool]\n    return both", LIKELY),
    ("given back or not", "return import_one if sources else None", LIKELY),
    ("given back under the name of what it wraps", "return functools.wraps(pool)(import_one)", LIKELY),
    ("what it makes is given back with something else", "return await import_one(1), sources", None),
    ("something else is given back", "return sources, pool", None),
    ("put into an object of which nothing is known", "return Importer(import_one)", POSSIBLE),
]


@pytest.mark.parametrize(
    ("body", "confidence"), [case[1:] for case in OF_A_CLOSURE], ids=[case[0] for case in OF_A_CLOSURE]
)
def test_confidence_of_a_closure(body: str, confidence: Confidence | None) -> None:
    assert strongest(CLOSURE.format(body=body)) == confidence


def test_tasks_that_run_on_an_object_of_their_own_do_not_meet() -> None:
    rest = (
        "async def main():\n    for _ in range(3):\n        tally = Tally()\n"
        "        asyncio.create_task(tally._add())\n"
    )
    assert strongest(TALLY.format(owner="Tally", name="_add") + "\n" + rest) is None


def test_the_evidence_is_said_in_sentences() -> None:
    (finding,) = find(program_of(GLOBAL.format(body="await asyncio.gather(add(1), add(2))")))
    assert finding.evidence == (
        "several tasks run `add`: they are started at line 12",
        "`total` adds up what several calls bring",
    )


SETTER = """
class Channel:
    def __init__(self):
        self._wire = None

    @property
    def wire(self):
        return self._wire

    @wire.setter
    def wire(self, wire):
        self._wire = wire

    async def {name}(self):
        self.wire = await dial()

    async def drop(self):
        await self.wire.close()
        self._wire = None
"""


@pytest.mark.parametrize(
    ("name", "writer"),
    [("redial", "`Channel.redial` can be called"), ("__aenter__", "`Channel.__aenter__` is by its name a lifecycle")],
)
def test_a_setter_is_run_by_those_who_assign(name: str, writer: str) -> None:
    (finding,) = (each for each in find(program_of(SETTER.format(name=name))) if each.function == "Channel.drop")
    assert any(sentence.startswith(writer) for sentence in finding.evidence)


def test_a_setter_that_nobody_is_seen_to_use_has_unseen_callers() -> None:
    source = SETTER.format(name="redial").replace("self.wire = await", "self.other = await")
    (finding,) = (each for each in find(program_of(source)) if each.function == "Channel.drop")
    assert finding.confidence is POSSIBLE
    assert any("nothing in the project is seen to call it" in sentence for sentence in finding.evidence)
