"""*Certain* is only what is seen: two tasks at one time, on an object (and an entry) that is seen to be the same."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of

CERTAIN, LIKELY = Confidence.CERTAIN, Confidence.LIKELY

METER = """
class Meter:
    def __init__(self):
        self.n = 0

    async def add(self):
        n = self.n
        await asyncio.sleep(0)
        self.n = n + 1

    async def drop(self):
        await asyncio.sleep(0)
        self.n = 0

    async def add_both(self):
        await self.add()
        await self.drop()
"""

HERE = "    async def run(self):\n        "
SEEN = [
    ("in a loop, by its own object", f"{HERE}for _ in range(3):\n            asyncio.create_task(self.add())"),
    ("by way of a method of its own", f"{HERE}await asyncio.gather(self.add_both(), self.add_both())"),
    ("two methods side by side", f"{HERE}asyncio.create_task(self.add())\n        asyncio.create_task(self.drop())"),
    (
        "in two methods of one object",
        f"{HERE}for _ in range(3):\n            asyncio.create_task(self.add())\n\n"
        "    async def stop(self):\n        asyncio.create_task(self.drop())",
    ),
    ("in a nested function", f"{HERE}async def one():\n            await self.add()\n\n"
     "        await asyncio.gather(one(), one())"),
    ("a subclass starts them", "class Loud(Meter):\n" + f"{HERE}await asyncio.gather(self.add(), self.add())"),
    ("made once, in one function", "async def main():\n    m = Meter()\n    await asyncio.gather(m.add(), m.add())"),
    (
        "made once, and captured",
        "async def main():\n    m = Meter()\n\n    async def one():\n        await m.add()\n\n"
        "    await asyncio.gather(*(one() for _ in range(3)))",
    ),
    (
        "made once, and handed to both",
        "async def one(m: Meter):\n    await m.add()\n\n"
        "async def main():\n    m = Meter()\n    await asyncio.gather(one(m), one(m))",
    ),
    (
        "handed to the one that starts them",
        "async def main(m: Meter):\n    for _ in range(3):\n        asyncio.create_task(m.add())",
    ),
    ("kept in the module", "m = Meter()\n\nasync def main():\n    await asyncio.gather(m.add(), m.add())"),
    (
        "kept in the module, started elsewhere",
        "m = Meter()\n\nasync def one():\n    await m.add()\n\n"
        "async def main():\n    await asyncio.gather(*(one() for _ in range(3)))",
    ),
]  # fmt: skip

HOUSE = """
class House:
    def __init__(self):
        self.meter = Meter()
        self.spare = Meter()

    def renew(self):
        self.spare = Meter()

    @property
    def made(self):
        return Meter()

    async def run(self):
        {run}
"""
ONE_METER = [
    "meter = self.meter\n        await asyncio.gather(meter.add(), meter.add())",
    "meter = self.spare\n        await asyncio.gather(meter.add(), meter.add())",
    "meter = self.spare\n        for _ in range(3): asyncio.create_task(meter.add())",
    "await asyncio.gather(self.meter.add(), self.meter.add())",
    "for _ in range(3): asyncio.create_task(self.meter.add())",
]
MAYBE_ANOTHER = [
    "for _ in range(3): asyncio.create_task(self.spare.add())",
    "for _ in range(3):\n            meter = self.spare\n            asyncio.create_task(meter.add())",
    "first = self.spare\n        await asyncio.sleep(0)\n        second = self.spare\n"
    "        await asyncio.gather(first.add(), second.add())",
    "await asyncio.gather(self.meter.add(), self.spare.add())",
    "await asyncio.gather(self.made.add(), self.made.add())",
]

FAR = [
    (
        "the object of an attribute",
        "class House:\n    def __init__(self):\n        self.meter = Meter()\n\n"
        "    async def one(self):\n        await self.meter.add()\n\n"
        "    async def run(self):\n        await asyncio.gather(self.one(), self.one())",
    ),
    (
        "two attributes of one class",
        "class House:\n    def __init__(self, own: Meter, other: Meter):\n"
        "        self.own = own\n        self.other = other\n\n"
        "    async def run(self):\n        asyncio.create_task(self.own.add())\n"
        "        asyncio.create_task(self.other.drop())",
    ),
    (
        "what each is handed by a loop",
        "async def one(m: Meter):\n    await m.add()\n\n"
        "async def main(meters: list[Meter]):\n    await asyncio.gather(*(one(m) for m in meters))",
    ),
    (
        "two that are handed over",
        "async def main(a: Meter, b: Meter):\n    await asyncio.gather(a.add(), b.add())",
    ),
]


def strongest(rest: str) -> Confidence | None:
    found = find(program_of(f"{METER}\n{rest}\n"))
    return max((each.confidence for each in found if each.function == "Meter.add"), default=None)


@pytest.mark.parametrize("rest", [case[1] for case in SEEN], ids=[case[0] for case in SEEN])
def test_one_object_is_seen(rest: str) -> None:
    assert strongest(rest) is CERTAIN


@pytest.mark.parametrize("rest", [case[1] for case in FAR], ids=[case[0] for case in FAR])
def test_each_may_have_another_object(rest: str) -> None:
    assert strongest(rest) is not CERTAIN


@pytest.mark.parametrize("run", ONE_METER)
def test_what_is_looked_up_once_or_never_changes_is_one_object(run: str) -> None:
    (finding,) = (each for each in find(program_of(METER + HOUSE.format(run=run))) if each.function == "Meter.add")
    assert finding.confidence is CERTAIN
    assert not any("nothing in sight" in each for each in finding.evidence)


@pytest.mark.parametrize("run", MAYBE_ANOTHER)
def test_what_is_looked_up_again_and_may_have_changed_may_be_another_object(run: str) -> None:
    assert strongest(HOUSE.format(run=run)) is not CERTAIN


def test_what_another_class_sets_anew_may_be_another_object() -> None:
    house = HOUSE.format(run=ONE_METER[3])
    anew = "class Big(House):\n    def move(self):\n        self.meter = Meter()"
    assert strongest(f"{house}\n{anew}") is not CERTAIN


def test_the_evidence_says_what_is_not_seen() -> None:
    (finding,) = (each for each in find(program_of(f"{METER}\n{FAR[0][1]}\n")) if each.function == "Meter.add")
    assert finding.confidence is LIKELY
    assert "but nothing in sight says that two of them have the same object" in finding.evidence


TABLE = """
counts = {{"a": 0}}

async def count(key, jobs=None, items=()):
    {key}
    n = counts[key]
    await asyncio.sleep(0)
    counts[key] = n + 1

async def visit(key):
    await count(key)

async def main(keys, one):
    {main}
"""
SAME = [
    ("one that is written out", "await asyncio.gather(count('a'), count('a'))"),
    ("one for a whole loop", "for _ in range(3):\n        asyncio.create_task(count(one))"),
    ("one that was looked up before", "key = keys[0]\n    await asyncio.gather(*(count(key) for _ in range(3)))"),
    ("by way of a caller", "await asyncio.gather(visit('a'), visit('a'))"),
]
OTHER = [
    ("two that are written out", "pass", "await asyncio.gather(count('a'), count('b'))"),
    ("two variables", "pass", "await asyncio.gather(count(one), count(keys))"),
    ("by way of a caller", "pass", "await asyncio.gather(*(visit(key) for key in keys))"),
    ("out of a queue", "key = await jobs.get()", "await asyncio.gather(count('a'), count('a'))"),
    ("worked out", "key = hash(items)", "await asyncio.gather(count('a'), count('a'))"),
]


def of_table(main: str, key: str = "pass") -> Confidence | None:
    found = find(program_of(TABLE.format(key=key, main=main)))
    return max((each.confidence for each in found), default=None)


@pytest.mark.parametrize("main", [case[1] for case in SAME], ids=[case[0] for case in SAME])
def test_one_key_is_seen(main: str) -> None:
    assert of_table(main) is CERTAIN


@pytest.mark.parametrize(("key", "main"), [case[1:] for case in OTHER], ids=[case[0] for case in OTHER])
def test_each_brings_its_key(key: str, main: str) -> None:
    assert of_table(main, key) in {LIKELY, Confidence.POSSIBLE}
