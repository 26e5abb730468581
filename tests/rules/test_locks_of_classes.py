"""A lock of a class is one for all, by whatever it is reached; and none where somebody may have another one."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from awaitomic.cli import main
from awaitomic.rules import find
from program.reading import program_of
from rules.running import hangs

STORE = """
{before}
class Store{bases}:
    {made}

    @classmethod
    async def load(cls):
        async with {inner}:
            await asyncio.sleep(0)

    async def get(self):
        async with {outer}:
            await self.load()
{more}
"""
MADE = "lock = asyncio.Lock()"
LAZY = (
    "lock = None\n\n    def __init__(self):\n        self.start()\n\n    @classmethod\n    def start(cls):\n"
    "        if cls.lock is None:\n            cls.lock = asyncio.Lock()"
)
GETTER = MADE + "\n\n    {decorator}\n    def turn({first}):\n        return {first}.lock"

ONE_LOCK = [
    ("the instance's way and the class's", MADE, "cls.lock", "self.lock", ""),
    ("the class by its name", MADE, "Store.lock", "self.lock", ""),
    ("both by the class", MADE, "cls.lock", "Store.lock", ""),
    ("the type of the instance", MADE, "cls.lock", "type(self).lock", ""),
    ("the class of the instance", MADE, "cls.lock", "self.__class__.lock", ""),
    ("annotated", "lock: asyncio.Lock = asyncio.Lock()", "cls.lock", "self.lock", ""),
    ("made by a class method", LAZY, "cls.lock", "self.lock", ""),
    ("a property", GETTER.format(decorator="@property", first="self"), "cls.lock", "self.turn", ""),
    ("a getter of the class", GETTER.format(decorator="@classmethod", first="cls"), "cls.turn()", "self.lock", ""),
    ("a subclass leaves it as it is", MADE, "cls.lock", "self.lock", "class Own(Store):\n    name = ''"),
]
BY_NAME = [
    (
        "an instance is given another one by name",
        MADE + '\n\n    def __init__(self):\n        object.__setattr__(self, "lock", asyncio.Lock())',
        "",
    ),
    (
        "an instance is given what its maker says",
        MADE + "\n\n    def __init__(self, lock=asyncio.Lock(), **more):\n        more['lock'] = lock\n"
        "        for name, value in more.items():\n            setattr(self, name, value)",
        "",
    ),
    (
        "an instance has another one in its dict",
        MADE + '\n\n    def __init__(self):\n        self.__dict__["lock"] = asyncio.Lock()',
        "",
    ),
    (
        "an instance has what it is made with in its dict",
        MADE + "\n\n    def __init__(self, lock=asyncio.Lock()):\n        vars(self).update(lock=lock)",
        "",
    ),
]
NOT_SURE = [
    *BY_NAME,
    ("each instance has its own", MADE + "\n\n    def __init__(self):\n        self.lock = asyncio.Lock()", ""),
    ("a subclass has its own", MADE, "class Own(Store):\n    lock = asyncio.Lock()\n\nStore = Own"),
    (
        "an instance is given another one",
        MADE,
        "class Own(Store):\n    def __init__(self):\n        self.lock = asyncio.Lock()\n\nStore = Own",
    ),
    (
        "whoever makes one gives it another one",
        MADE,
        "made = Store\n\ndef Store():\n    found = made()\n    found.lock = asyncio.Lock()\n    return found",
    ),
    (
        "the class may be given another one",
        MADE + "\n\n    def __init__(self):\n        self.lock, Store.lock = Store.lock, asyncio.Lock()",
        "",
    ),
]


def _deadlocks(source: str) -> list[str]:
    return [finding.function for finding in find(program_of(source)) if finding.rule == "AWA301"]


@pytest.mark.parametrize(
    ("made", "inner", "outer", "more"), [each[1:] for each in ONE_LOCK], ids=[e[0] for e in ONE_LOCK]
)
def test_it_is_one_lock(made: str, inner: str, outer: str, more: str) -> None:
    source = STORE.format(before="", bases="", made=made, inner=inner, outer=outer, more=more)
    assert _deadlocks(source) == ["Store.get"]
    assert hangs(source, "Store", "get")


@pytest.mark.parametrize(("made", "more"), [each[1:] for each in NOT_SURE], ids=[each[0] for each in NOT_SURE])
def test_it_may_be_another_one(made: str, more: str) -> None:
    source = STORE.format(before="", bases="", made=made, inner="cls.lock", outer="self.lock", more=more)
    assert _deadlocks(source) == []


@pytest.mark.parametrize("made", [each[1] for each in BY_NAME], ids=[each[0] for each in BY_NAME])
def test_and_then_nothing_hangs(made: str) -> None:
    source = STORE.format(before="", bases="", made=made, inner="cls.lock", outer="self.lock", more="")
    assert not hangs(source, "Store", "get")


def test_a_name_that_is_set_on_another_object_is_none_of_the_locks() -> None:
    more = (
        "class Plain:\n    def __init__(self, **more):\n        self.__dict__.update(more)\n"
        "        for name in more:\n            setattr(self, name, None)"
    )
    source = STORE.format(before="", bases="", made=MADE, inner="cls.lock", outer="self.lock", more=more)
    assert _deadlocks(source) == ["Store.get"]


def test_models_copy_what_their_body_makes() -> None:
    before = "from pydantic import BaseModel"
    source = STORE.format(before=before, bases="(BaseModel)", made=MADE, inner="cls.lock", outer="self.lock", more="")
    assert _deadlocks(source) == []


def test_a_transfer_between_two_objects_takes_the_lock_of_their_class_twice() -> None:
    source = """
        class Account:
            lock = asyncio.Lock()

        async def transfer(source: Account, target: Account):
            async with source.lock, target.lock:
                await asyncio.sleep(0)
        """
    assert _deadlocks(source) == ["transfer"]


BASE = """
import asyncio


class Base:
    lock = asyncio.Lock()

    @classmethod
    async def load(cls):
        async with cls.lock:
            await asyncio.sleep(0)
"""
USER = """
from base import Base


class Store(Base):
    async def get(self):
        async with self.lock:
            await self.load()
"""


def _check(folder: Path, *options: str) -> str:
    (folder / "pyproject.toml").write_text("")
    return CliRunner().invoke(main, ["check", "--no-cache", "--output-format", "concise", *options, str(folder)]).stdout


def test_a_class_in_another_file_has_the_lock(tmp_path: Path) -> None:
    (tmp_path / "base.py").write_text(BASE)
    (tmp_path / "store.py").write_text(USER)
    assert _check(tmp_path).count("AWA301") == 1


def test_a_class_in_another_file_may_have_its_own(tmp_path: Path) -> None:
    (tmp_path / "base.py").write_text(BASE)
    (tmp_path / "store.py").write_text(
        USER.replace("    async def get", "    lock = Base.other()\n\n    async def get")
    )
    assert "AWA301" not in _check(tmp_path, "--confidence", "possible")


def test_who_writes_under_the_lock_by_another_name_is_kept_out() -> None:
    source = """
        class Store:
            lock = asyncio.Lock()
            total = 0

            @classmethod
            async def add(cls, number):
                async with cls.lock:
                    total = cls.total
                    await asyncio.sleep(0)
                    cls.total = total + number

            async def reset(self):
                async with self.lock:
                    Store.total = 0
        """
    assert [finding.rule for finding in find(program_of(source))] == []
    without = source.replace("async with self.lock:", "if True:")
    assert [finding.rule for finding in find(program_of(without))] == ["AWA202"]


def test_orders_of_locks_of_a_class_are_those_of_its_instances() -> None:
    source = """
        class Store:
            one = asyncio.Lock()
            two = asyncio.Lock()

            @classmethod
            async def forth(cls):
                async with cls.one:
                    await asyncio.sleep(0)
                    async with cls.two:
                        await asyncio.sleep(0)

            async def back(self):
                async with self.two:
                    await asyncio.sleep(0)
                    async with self.one:
                        await asyncio.sleep(0)
        """
    assert [finding.rule for finding in find(program_of(source))] == ["AWA302"]


SERVICES = """
class Service:
    {made}
    made = None

    @classmethod
    async def get(cls):
        async with cls.lock:
            await asyncio.sleep(0)
            if cls.made is None:
                cls.made = await cls.build()
            return cls.made

    @classmethod
    async def build(cls):
        return object()

class Base(Service):
    {below}

class Users(Service):
    {below}

    @classmethod
    async def build(cls):
        return await {other}.get()
"""
FOR_EACH = "def __init_subclass__(cls):\n        cls.lock = asyncio.Lock()"


@pytest.mark.parametrize(
    ("made", "below", "other", "hang"),
    [
        (MADE, "pass", "Base", True),
        (MADE, MADE, "Base", False),
        (FOR_EACH, "pass", "Base", False),
        (MADE, MADE, "Users", True),
        (FOR_EACH, "pass", "Users", True),
    ],
)
def test_a_service_may_get_another_one_that_has_its_own_lock(made: str, below: str, other: str, *, hang: bool) -> None:
    source = SERVICES.format(made=made, below=below, other=other)
    assert bool(_deadlocks(source)) is hang
    assert hangs(source, "Users", "get") is hang


GIVEN = """
class Store:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.task = None

    def turn(self):
        {test}
            return None
        return self.lock

    async def load(self):
        lock = self.turn()
        if lock is None:
            return
        async with lock:
            await asyncio.sleep(0)

    async def get(self):
        async with self.lock:
            self.task = asyncio.current_task()
            await self.load()
"""


@pytest.mark.parametrize(
    ("test", "hang"),
    [
        ("if self.lock.locked():", False),
        ("if self.task is asyncio.current_task():", False),
        ("if self.task is None:", True),
    ],
)
def test_a_getter_may_give_no_lock_to_who_has_it(test: str, *, hang: bool) -> None:
    source = GIVEN.format(test=test)
    assert bool(_deadlocks(source)) is hang
    assert hangs(source, "Store", "get") is hang
