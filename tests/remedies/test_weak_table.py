"""Tables that throw locks away: what becomes of each mention, and which tables stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from types import ModuleType
from typing import Any

import pytest

from awaitomic.remedies.lock.weak_table import REMEDY
from explorer import Scenario, World, check_after, check_before
from remedies.carried_out import Carried, carried, refusal

PROGRAM = """\
import asyncio
{imports}
from explorer import outside


class Bank:
    def __init__(self):
        self._locks = {table}
        self.rows = {{}}

{body}


bank = Bank()
"""
IN_PLACE = ["    row = self.rows.get(key, 0)", "    await outside(key)", "    self.rows[key] = row + 1"]
DEEPER = [f"    {line}" for line in IN_PLACE]
MADE = "self._locks.setdefault(key, asyncio.Lock())"
ADD = "async def add(self, key):"


def _program(*lines: str, table: str = "{}", imports: str = "") -> str:
    body = "\n".join(f"    {line}" if line else "" for line in lines)
    return PROGRAM.format(body=body, table=table, imports=imports)


def _scenario() -> Scenario:
    def setup(module: ModuleType, count: int) -> World:
        bank: Any = module.bank
        jobs: list[Callable[[], Coroutine[Any, Any, None]]] = [partial(bank.add, key) for key in "aaab"]
        return World(jobs[:count], observe=lambda: bank.rows)

    return Scenario("bank", setup)


def _body(text: str) -> list[str]:
    lines = text[text.index("    async def add(") :].split("\n")[1:]
    end = next(index for index, line in enumerate(lines) if not line.strip())
    return [line.removeprefix("        ") for line in lines[:end]]


def _mended(*lines: str, table: str = "{}", imports: str = "") -> Carried:
    text = _program(ADD, *lines, table=table, imports=imports)
    assert check_before(text, _scenario(), counts=(3,)), "the locks are no use before"
    result = carried(REMEDY, "AWA203", text)
    assert "self._locks = weakref.WeakValueDictionary()" in result.text
    assert check_after(result.text, _scenario()) == []
    return result


SHAPES: dict[str, tuple[list[str], list[str]]] = {
    "a removal behind the block": (
        [f"    async with {MADE}:", *(f"    {line}" for line in IN_PLACE), "    self._locks.pop(key, None)"],
        [f"async with {MADE}:", *IN_PLACE],
    ),
    "a removal of what is free": (
        [
            f"    lock = {MADE}",
            "    async with lock:",
            *(f"    {line}" for line in IN_PLACE),
            "    if not lock.locked():",
            "        self._locks.pop(key, None)",
        ],
        [f"lock = {MADE}", "async with lock:", *IN_PLACE],
    ),
    "a removal in a finally": (
        [
            f"    lock = {MADE}",
            "    try:",
            "        async with lock:",
            *(f"    {line}" for line in DEEPER),
            "    finally:",
            "        if key in self._locks and not self._locks[key].locked():",
            "            del self._locks[key]",
        ],
        [f"lock = {MADE}", "async with lock:", *IN_PLACE],
    ),
    "a removal of what may have gone": (
        [
            f"    async with {MADE}:",
            *(f"    {line}" for line in IN_PLACE),
            "    try:",
            "        del self._locks[key]",
            "    except KeyError:",
            "        pass",
            "    return",
        ],
        [f"async with {MADE}:", *IN_PLACE, "return"],
    ),
    "a lock that is made if there is none": (
        [
            "    if key not in self._locks:",
            "        self._locks[key] = asyncio.Lock()",
            "    async with self._locks[key]:",
            *(f"    {line}" for line in IN_PLACE),
            "    self._locks.pop(key, None)",
        ],
        [f"async with {MADE}:", *IN_PLACE],
    ),
    "a lock that is asked for, and made if there is none": (
        [
            "    lock = self._locks.get(key)",
            "    if lock is None:",
            "        lock = asyncio.Lock()",
            "        self._locks[key] = lock",
            "    async with lock:",
            *(f"    {line}" for line in IN_PLACE),
            "    self._locks.pop(key, None)",
        ],
        [
            "lock = self._locks.get(key)",
            "if lock is None:",
            "    lock = asyncio.Lock()",
            "    self._locks[key] = lock",
            "async with lock:",
            *IN_PLACE,
        ],
    ),
    "a lock that is taken by hand": (
        [
            f"    lock = {MADE}",
            "    await lock.acquire()",
            "    try:",
            *(f"    {line}" for line in IN_PLACE),
            "    finally:",
            "        lock.release()",
            "    self._locks.pop(key, None)",
        ],
        [f"lock = {MADE}", "await lock.acquire()", "try:", *IN_PLACE, "finally:", "    lock.release()"],
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_the_table_forgets_by_itself(name: str) -> None:
    before, after = SHAPES[name]
    result = _mended(*before)
    assert _body(result.text) == after
    assert result.verdict == "safe"


def test_a_table_that_makes_locks_makes_them_where_they_are_looked_up() -> None:
    result = _mended(
        "    async with self._locks[key]:",
        *(f"    {line}" for line in IN_PLACE),
        "    del self._locks[key]",
        table="defaultdict(asyncio.Lock)",
        imports="from collections import defaultdict\n",
    )
    assert _body(result.text) == [f"async with {MADE}:", *IN_PLACE]
    assert "defaultdict" not in result.text


def test_a_getter_whose_callers_keep_the_lock() -> None:
    result = carried(
        REMEDY,
        "AWA203",
        _program(
            "def _lock_of(self, key):",
            "    if key not in self._locks:",
            "        self._locks[key] = asyncio.Lock()",
            "    return self._locks[key]",
            "",
            ADD,
            "    async with self._lock_of(key):",
            *(f"    {line}" for line in IN_PLACE),
            "    self._locks.pop(key, None)",
        ),
    )
    assert f"    def _lock_of(self, key):\n        return {MADE}\n" in result.text
    assert result.verdict == "safe"
    assert check_after(result.text, _scenario()) == []


def test_a_public_getter_may_have_other_callers() -> None:
    result = carried(
        REMEDY,
        "AWA203",
        _program(
            "def lock_of(self, key):",
            f"    return {MADE}",
            "",
            ADD,
            "    async with self.lock_of(key):",
            *(f"    {line}" for line in IN_PLACE),
            "    self._locks.pop(key, None)",
        ),
    )
    assert result.verdict == "unsafe"
    assert any("`lock_of` is public" in why for why in result.proposal.because)


def test_a_variable_of_the_module() -> None:
    text = _program(
        ADD, "    async with _locks.setdefault(key, asyncio.Lock()):", *(f"    {line}" for line in IN_PLACE)
    ).replace("\n\nbank", "        _locks.pop(key, None)\n\n\n_locks: dict[str, asyncio.Lock] = {}\nbank")
    result = carried(REMEDY, "AWA203", text)
    assert "\n_locks: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()\n" in result.text
    assert "pop(" not in result.text


def test_an_object_with_slots_has_the_same_attribute() -> None:
    text = _program(ADD, *SHAPES["a removal behind the block"][0])
    text = text.replace("class Bank:\n", 'class Bank:\n    __slots__ = ("_locks", "rows")\n\n')
    assert carried(REMEDY, "AWA203", text).verdict == "safe"


def test_an_object_that_is_copied_is_not_mended_unasked() -> None:
    text = _program(ADD, *SHAPES["a removal behind the block"][0]) + "\n\ndef other():\n    return copy.copy(bank)\n"
    result = carried(REMEDY, "AWA203", "import copy\n" + text)
    assert result.verdict == "unsafe"


USE = [f"    async with {MADE}:", *(f"    {line}" for line in IN_PLACE)]
DROP = ["    self._locks.pop(key, None)"]
OTHER = ["", "def other(self, key):"]
REFUSED: dict[str, tuple[str, list[str]]] = {
    "the locks are counted": ("table-used", [*USE, *DROP, *OTHER, "    return len(self._locks)"]),
    "they are gone through": ("table-used", [*USE, *DROP, *OTHER, "    return [key for key in self._locks]"]),
    "all are thrown away": ("table-used", [*USE, *DROP, *OTHER, "    self._locks.clear()"]),
    "the table is handed on": ("table-used", [*USE, *DROP, *OTHER, "    return self._locks"]),
    "it is looked up by name": ("table-used", [*USE, *DROP, *OTHER, "    return getattr(self, '_locks')"]),
    "it is used through another object": ("table-used", [*USE, *DROP, *OTHER, "    return key._locks"]),
    "somebody asks if there is a lock": ("table-used", [*USE, *DROP, *OTHER, "    return key in self._locks"]),
    "a lock is put into it": ("table-used", [*USE, *DROP, *OTHER, "    self._locks[key] = asyncio.Lock()"]),
    "it is made anew": ("table-made", [*USE, *DROP, *OTHER, "    self._locks = {}"]),
    "a lock that must be there is looked up": (
        "lookup-form",
        [*USE, *DROP, *OTHER, "    return self._locks[key].locked()"],
    ),
    "nobody keeps the lock that is taken": (
        "lookup-form",
        [
            f"    await {MADE}.acquire()",
            "    try:",
            *(f"    {line}" for line in IN_PLACE),
            "    finally:",
            "        self._locks[key].release()",
            "        self._locks.pop(key, None)",
        ],
    ),
    "a lock is taken here and given back elsewhere": (
        "lookup-form",
        [*USE, *DROP, "", "async def take(self, key):", f"    lock = {MADE}", "    await lock.acquire()"],
    ),
    "the lock is handed on": (
        "lookup-form",
        [*USE, *DROP, "", "async def take(self, key):", f"    lock = {MADE}", "    return lock, self.rows[key]"],
    ),
    "the lock has another name, too": (
        "lookup-form",
        [*USE, *DROP, "", "async def take(self, key):", f"    lock = {MADE}", "    other = lock", "    return other"],
    ),
    "who calls the getter does not keep it": (
        "lookup-form",
        [
            "    async with self._lock_of(key):",
            *(f"    {line}" for line in IN_PLACE),
            *DROP,
            "",
            "def _lock_of(self, key):",
            f"    return {MADE}",
            "",
            "async def take(self, key):",
            "    await self._lock_of(key).acquire()",
        ],
    ),
    "the key is another one by then": (
        "lookup-form",
        [
            "    if key not in self._locks:",
            "        self._locks[key] = asyncio.Lock()",
            "    async with self._locks[key]:",
            *(f"    {line}" for line in IN_PLACE),
            "    key = None",
            *DROP,
        ],
    ),
    "the method does nothing else": (
        "removal-form",
        [*USE, "", "def forget(self, key):", '    """Forget a lock."""', "    self._locks.pop(key, None)"],
    ),
    "somebody removes what nobody needs": (
        "removal-form",
        [*USE, *DROP, *OTHER, "    if self.rows[key] == 0:", "        self._locks.pop(key)"],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_table_stays(name: str) -> None:
    code, lines = REFUSED[name]
    assert refusal(REMEDY, "AWA203", _program(ADD, *lines)).code == code


def test_a_table_of_something_else_than_plain_locks_stays() -> None:
    text = _program(ADD, *USE, *DROP).replace("asyncio.Lock()", "asyncio.Condition()")
    assert refusal(REMEDY, "AWA203", text).code == "table-used"


# -- wrong repairs -------------------------------------------------------------------------------------------------

WEAK = "weakref.WeakValueDictionary()"
WRONG = {
    "the removal has stayed": [*USE, *DROP],
    "a lock is stored, and looked up again": [
        "    if key not in self._locks:",
        "        self._locks[key] = asyncio.Lock()",
        "    async with self._locks.get(key) or asyncio.Lock():",
        *(f"    {line}" for line in IN_PLACE),
    ],
    "nobody keeps the lock that is taken": [
        f"    await {MADE}.acquire()",
        "    try:",
        *(f"    {line}" for line in IN_PLACE),
        "    finally:",
        "        if key in self._locks:",
        "            self._locks[key].release()",
    ],
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_repair_is_caught(name: str) -> None:
    text = _program(ADD, *WRONG[name], table=WEAK, imports="import weakref\n")
    assert check_before(text, _scenario(), counts=(3,))
