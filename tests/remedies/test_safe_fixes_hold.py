"""Safe means safe: programs built at random are repaired, and one task, and then two, are run under every schedule.

Where a repair changes what one task does, or lets two tasks end as neither the old program nor a serial order of them
could, it was not safe. The cases at the end are programs for which that was so once.
"""

from __future__ import annotations

import textwrap
from types import ModuleType

import pytest

from awaitomic import fix_source
from explorer import Scenario, World, check_alone
from explorer.search import explore, serial_outcomes

from .random_programs import program

SEEDS = range(120)
GROUPS = 8


def scenario(*methods: str) -> Scenario:
    def setup(module: ModuleType, count: int) -> World:
        subject = module.Subject()
        return World(
            [getattr(subject, methods[index % len(methods)]) for index in range(count)],
            observe=lambda: (subject.total, subject.extra, subject.counts, subject.box.value, module.shared),
            calls=lambda: list(module.log),
        )

    return Scenario(" and ".join(methods), setup, limit=3_000)


def what_is_wrong(before: str, after: str, *, calm: bool) -> list[str]:
    """Give what a single task notices, deadlocks of two that are new, and for calm programs new endings of two."""
    found = [line for name in ("act", "other", "again") for line in check_alone(before, after, scenario(name))]
    for pair in (("act", "act"), ("act", "other")) if not found else ():
        case = scenario(*pair)
        old, new = explore(before, case, 2, "any_ready"), explore(after, case, 2, "any_ready")
        if new.deadlocks and not old.deadlocks:
            found.append(f"{case.name}: {new.deadlocks[0]}")
        if not calm or old.deadlocks or old.truncated or new.truncated:
            continue  # what hung before has no endings to compare with
        outcomes = (old, serial_outcomes(before, case, 2))
        known = {ending.verdict_key() for outcome in outcomes for ending in outcome.endings}
        found += [f"{case.name}: {ending}" for ending in new.endings if ending.verdict_key() not in known]
    return found


@pytest.mark.parametrize("group", range(GROUPS))
def test_programs_built_at_random_stay_right(group: int, capsys: pytest.CaptureFixture[str]) -> None:
    changed = 0
    for seed in SEEDS[group::GROUPS]:
        calm = bool(seed % 2)
        before = program(seed, calm=calm)
        after = fix_source(before, confidence="possible").text
        if after != before:
            changed += 1
            wrong = what_is_wrong(before, after, calm=calm)
            capsys.readouterr()
            assert wrong == [], f"program {seed}:\n{before}\nbecame\n{after}"
    assert changed > 0


METHOD = """\
import asyncio

holders = []


async def wait(result=1):
    await asyncio.sleep(1)
    return result


async def fill(rows):
    await asyncio.sleep(1)
    rows.append(1)


{top}class Subject:
    def __init__(self):
        self.total = 0
        self.peer = {peer}
        holders.append(self)

    async def act(self{parameters}):
{act}

{more}
"""

PEER = (
    "class Peer:\n    def __init__(self, one):\n        self.one = one\n    {way}\n        self.one.total = 5\n{rest}\n"
)
SINK = "current = self.total\n{}\nself.total = current + 1"
GROWN = "rows = []\nnew = self.total + len(rows)\n{}\nself.total = new"
PROPERTY = (
    "@property\ndef size(self):\n    return self.total\n@size.setter\ndef size(self, value):\n    self.total = value"
)
HELPER = "async def helper(self):\n    {}\n    await wait()"


def _peer(way: str, rest: str = "        return 1") -> str:
    return PEER.format(way=way, rest=rest)


NOT_SAFE = {
    "a local list is filled while it is awaited": (GROWN.format("await fill(rows)"), "", ""),
    "a local list grows in between": (GROWN.format("rows.append(1)\nawait wait()"), "", ""),
    "by its other name": (GROWN.format("copy.append(1)\nawait wait()").replace("new", "copy = rows\nnew", 1), "", ""),
    "an iterator is used up": (
        "rows = iter([1])\nnew = self.total + len(list(rows))\nlist(rows)\nawait wait()\nself.total = new",
        "",
        "",
    ),
    "a child writes its parent": (
        SINK.format("await self.peer.work()"),
        "",
        _peer("async def work(self):", "        await wait()"),
    ),
    "a registry leads back": (
        SINK.format("await self.helper()"),
        HELPER.format("for one in holders: one.total = 5"),
        "",
    ),
    "the attribute is written by its name": (
        SINK.format("await self.helper()"),
        HELPER.format('self.__dict__["total"] = 5'),
        "",
    ),
    "the class has the attribute, too": (SINK.format("await self.helper()"), HELPER.format("Subject.total = 5"), ""),
    "a coroutine is collected, and awaited later": (
        f"works = []\nworks.append(self.helper())\n{SINK.format('await asyncio.gather(*works)')}",
        HELPER.format("self.total = 5"),
        "",
    ),
    "a partial calls back": (
        f"work = functools.partial(self.helper)\n{SINK.format('await work()')}",
        HELPER.format("self.total = 5"),
        "import functools\n\n\n",
    ),
    "a stored callback": (
        SINK.format("await self.peer.work()"),
        "def reset(self):\n    self.total = 5",
        "class Peer:\n    def __init__(self, one):\n        self.call = one.reset\n\n"
        "    async def work(self):\n        self.call()\n        await wait()\n\n\n",
    ),
    "entering a context": (
        SINK.format("with self.peer:\n    await wait()"),
        "",
        _peer("def __enter__(self):", "    def __exit__(self, *error):\n        return None"),
    ),
    "entering a context that calls back": (
        SINK.format("with self.peer:\n    await wait()"),
        "def reset(self):\n    self.total = 5",
        _peer("def __enter__(self):", "    def __exit__(self, *error):\n        return None").replace(
            "self.one.total = 5", "self.one.reset()"
        ),
    ),
    "a child calls its parent": (
        SINK.format("await self.peer.work()"),
        "def reset(self):\n    self.total = 5",
        _peer("async def work(self):", "        await wait()").replace("self.one.total = 5", "self.one.reset()"),
    ),
    "a decorator writes around each call": (
        "self.total += await self.helper()",
        "@counted\n" + HELPER.format("pass"),
        "def counted(function):\n    async def inner(self):\n        self.total += 10\n"
        "        return await function(self)\n\n    return inner\n\n\n",
    ),
    "an object that is awaited": (
        SINK.format("await self.peer"),
        "",
        _peer("def __await__(self):", "        return wait().__await__()"),
    ),
    "an item that is set": (
        SINK.format("self.peer[1] = 2\nawait wait()"),
        "",
        _peer("def __setitem__(self, key, value):"),
    ),
    "the setter of a property": (SINK.format("self.size = 4\nawait wait()"), PROPERTY, ""),
    "locals are looked up by name": (SINK.format("sorted(locals())\nawait wait()"), "", ""),
    "the state may be None": (
        "self.total = self.total or None\nnew = self.total + 1\nawait wait()\nself.total = new",
        "def drop(self):\n    self.total = None",
        "",
    ),
    "the attribute is deleted elsewhere": ("self.total += await wait()", "def drop(self):\n    del self.total", ""),
    "a line of a log does more": (
        SINK.format("print(self.note(current))\nawait wait()"),
        "def note(self, value):\n    holders.append(value)",
        "",
    ),
}


def _method(act: str, more: str, top: str) -> str:
    return METHOD.format(
        top=f"{top}\n\n" if top.startswith("class") else top,
        peer="Peer(self)" if "class Peer" in top else "None",
        parameters="",
        act=textwrap.indent(act, " " * 8),
        more=textwrap.indent(more, " " * 4),
    )


STILL_SAFE = {
    "a decorator that does nothing to the state": (
        "self.total += await self.helper()",
        "@counted\n" + HELPER.format("pass"),
        "calls = []\n\n\ndef counted(function):\n    async def inner(self):\n        calls.append(1)\n"
        "        return await function(self)\n\n    return inner\n\n\n",
    ),
    "a child that calls somebody else": (
        SINK.format("await self.peer.work()"),
        "def reset(self):\n    self.total = 5",
        _peer("async def work(self):", "        await wait()")
        .replace("self.one.total = 5", "self.other.reset()")
        .replace("one", "other")
        .replace("def __init__(self, other)", "def __init__(self, other=None)"),
    ),
}


@pytest.mark.parametrize(("act", "more", "top"), STILL_SAFE.values(), ids=STILL_SAFE)
def test_what_moves_past_other_code_is_safe(act: str, more: str, top: str) -> None:
    text = _method(act, more, top).replace("Peer(self)", "Peer()")
    assert [finding.fix.strategy for finding in fix_source(text, confidence="possible").applied if finding.fix] == [
        "hoist"
    ]


@pytest.mark.parametrize(("act", "more", "top"), NOT_SAFE.values(), ids=NOT_SAFE)
def test_what_moves_past_such_code_is_not_safe(act: str, more: str, top: str) -> None:
    """A lock may still be: it moves nothing."""
    fixed = fix_source(_method(act, more, top), confidence="possible")
    assert all(finding.fix is None or finding.fix.strategy != "hoist" for finding in fixed.applied)
    assert fixed.applied or any(finding.state == "self.total" for finding in fixed.remaining)


def test_a_builtin_that_is_shadowed_is_any_function() -> None:
    text = METHOD.format(
        top="", peer="None", parameters=", len", more="", act=textwrap.indent(GROWN.format("await wait()"), " " * 8)
    )
    assert "hoist" not in {finding.fix.strategy for finding in fix_source(text).applied if finding.fix}


SPLIT = """\
import asyncio


class Queue:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.items = []
        {init}

    async def put(self, item{default}):
        async with self._lock:
            await asyncio.sleep(0)
            self.items.append(item)

    async def put_all(self):
        async with self._lock:
            await self.put(1)

    async def add(self):
        await self.put(2)

    async def nothing(self, item):
        pass
"""


@pytest.mark.parametrize(
    ("init", "default", "splits"),
    [("", "", True), ("", ", seen=()", True), ("", ", seen=[]", False), ("self.put = self.nothing", "", False)],
)
def test_what_is_split_must_be_the_method_and_have_one_set_of_defaults(init: str, default: str, splits: bool) -> None:
    fixed = fix_source(SPLIT.format(init=init or "self.sent = 0", default=default), confidence="possible")
    assert bool(fixed.applied) is splits


BY_NAME = """\
import asyncio
import sys

total = 0

class Till:
    def __init__(self):
        self.total = 0

    def reset(self):
        global total
        total = 0
        self.total = 0

    async def add(self, name):
        global total
        {write} += await self.price(name)

    async def price(self, name):
        await asyncio.sleep(1)
        {lookup}
        return 1

till = Till()
"""


@pytest.mark.parametrize(
    ("write", "lookup"),
    [("total", "sys.modules[__name__].total = 5"), ("self.total", 'getattr(self, "re" + name)()')],
    ids=["a module that is reached by its name", "a method whose name is computed"],
)
def test_what_is_looked_up_by_name_makes_a_hoist_unsafe(write: str, lookup: str) -> None:
    text = BY_NAME.format(write=write, lookup=lookup)
    assert "price = await" not in fix_source(text).text
    assert "price = await" in fix_source(text, unsafe_fixes=True).text
    assert "price = await" in fix_source(BY_NAME.format(write=write, lookup="pass")).text
