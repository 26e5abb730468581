"""A lock for each key: what is written, that it holds in every schedule, and where one lock has to do for all."""

from __future__ import annotations

from functools import partial

import pytest

from awaitomic.model.preferences import Granularity, Preferences
from awaitomic.remedies.lock import REMEDY
from explorer import Scenario, World, check_after, check_alone, check_before
from remedies.carried_out import Carried, carried, refusal

BY_KEY = Preferences(Granularity.KEY)

BANK = """
import asyncio
from explorer import outside

class Bank:
    def __init__(self):
        self._rows = {}

    async def rated(self, row):
        await outside("rate")
        return row
"""
ADD = """
    async def add(self, key, amount):
        row = self._rows.get(key, 0)
        row = await self.rated(row)
        self._rows[key] = row + amount
"""
TAIL = "\nbank = Bank()\n"


def _by_key(text: str, rule: str = "AWA101") -> Carried:
    return carried(REMEDY, rule, text, BY_KEY)


def test_the_locks_stand_in_a_table_that_forgets_what_nobody_needs() -> None:
    result = _by_key(BANK + ADD)
    assert result.text.startswith("\nimport asyncio\nimport weakref\nfrom explorer")
    assert (
        "        self._rows = {}\n"
        "        # A key's lock lives as long as some task holds it or waits for it.\n"
        "        self._locks = weakref.WeakValueDictionary()\n"
    ) in result.text
    assert (
        "        async with self._locks.setdefault(key, asyncio.Lock()):\n"
        "            row = self._rows.get(key, 0)\n"
        "            row = await self.rated(row)\n"
        "            self._rows[key] = row + amount\n"
    ) in result.text
    assert "one for each key" in result.proposal.title


def test_without_the_preference_one_lock_serves_all() -> None:
    result = carried(REMEDY, "AWA101", BANK + ADD)
    assert "        self._lock = asyncio.Lock()\n" in result.text
    assert "waits for that of every other" in " ".join(result.proposal.because)


def test_state_that_is_no_entry_gets_one_lock_whatever_the_preference() -> None:
    text = BANK.replace("self._rows = {}", "self._row = 0") + ADD.replace("self._rows[key]", "self._row").replace(
        "self._rows.get(key, 0)", "self._row"
    )
    assert "        self._lock = asyncio.Lock()\n" in _by_key(text).text


DATACLASS = BANK.replace("import asyncio", "import asyncio\nfrom dataclasses import dataclass, field").replace(
    "class Bank:\n    def __init__(self):\n        self._rows = {}",
    "@dataclass\nclass Bank:\n    _rows: dict[str, int] = field(default_factory=dict)",
)

WRITTEN = {
    "a file that says its types says that of the table": (
        BANK.replace("(self):\n        self._rows = {}", "(self) -> None:\n        self._rows: dict[str, int] = {}")
        + ADD,
        "        self._locks: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()\n",
    ),
    "a class with a lock for something else names them after the state": (
        BANK.replace("= {}\n", "= {}\n        self.other_lock = asyncio.Lock()\n") + ADD,
        "        self._row_locks = weakref.WeakValueDictionary()\n",
    ),
    "what the file takes out of the library already": (
        BANK.replace("import asyncio", "import asyncio\nfrom weakref import WeakSet") + ADD,
        "from weakref import WeakSet, WeakValueDictionary\n",
    ),
    "a key of several parts": (
        BANK + ADD.replace("key,", "a, b,").replace("get(a, b, 0)", "get((a, b), 0)").replace("[key]", "[a, b]"),
        "self._locks.setdefault((a, b), asyncio.Lock())",
    ),
    "a key that the function makes first": (
        BANK + ADD.replace("key, amount):\n", 'a, amount):\n        key = f"{a}:x"\n'),
        '        key = f"{a}:x"\n        async with self._locks.setdefault(key, asyncio.Lock()):\n',
    ),
    "a key that is an attribute which nothing changes": (
        BANK + ADD.replace("(self, key,", "(self, message,").replace("key", "message.id"),
        "        async with self._locks.setdefault(message.id, asyncio.Lock()):\n",
    ),
    "an entry that is looked up by a subscript": (
        BANK + ADD.replace("self._rows.get(key, 0)", "self._rows[key]"),
        "        async with self._locks.setdefault(key, asyncio.Lock()):\n            row = self._rows[key]\n",
    ),
    "each turn of a loop": (
        BANK
        + "\n    async def add(self, keys):\n        for key in keys:\n            row = self._rows.get(key, 0)\n"
        + "            row = await self.rated(row)\n            self._rows[key] = row + 1\n",
        "        for key in keys:\n            async with self._locks.setdefault(key, asyncio.Lock()):\n",
    ),
    "another writer, which calls the key something else": (
        BANK + ADD + "\n    async def drop(self, name):\n        self._rows.pop(name, None)\n",
        "        async with self._locks.setdefault(name, asyncio.Lock()):\n            self._rows.pop(name, None)\n",
    ),
    "a helper that writes for its caller": (
        BANK
        + ADD.replace("self._rows[key] = row + amount", "self._put(key, row + amount)")
        + "\n    def _put(self, k, row):\n        self._rows[k] = row\n",
        "            self._put(key, row + amount)\n",
    ),
    "a table that is an attribute of a dataclass": (
        DATACLASS + ADD,
        "    _locks: weakref.WeakValueDictionary[str, asyncio.Lock] = field(\n"
        "        default_factory=weakref.WeakValueDictionary, init=False, repr=False, compare=False\n    )\n",
    ),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_written_is(name: str) -> None:
    text, expected = WRITTEN[name]
    result = _by_key(text)
    assert expected in result.text, result.text


def test_a_table_of_the_module_is_for_one_loop_at_a_time() -> None:
    text = """
import asyncio

rows = {}

async def add(key, amount):
    row = rows.get(key, 0)
    row = await rated(row)
    rows[key] = row + amount

async def rated(row):
    await asyncio.sleep(0)
    return row
"""
    result = _by_key(text)
    assert "    async with _row_locks.setdefault(key, asyncio.Lock()):\n" in result.text
    assert (result.verdict, "one event loop at a time" in result.proposal.because[0]) == ("unsafe", True)


def test_a_table_of_which_nobody_knows_what_it_is_makes_it_unsafe() -> None:
    text = BANK.replace("(self):\n        self._rows = {}", "(self, rows):\n        self._rows = rows") + ADD
    assert "takes two keys for the same" in _by_key(text).proposal.because[-1]


PROVED = {
    "several tasks, some with the same key": ADD,
    "another writer of an entry": ADD + "\n    async def last(self):\n        self._rows['a'] = 7\n",
    "a helper that writes for its caller": (
        ADD.replace("self._rows[key] = row + amount", "self._put(key, row + amount)")
        + "\n    def _put(self, k, row):\n        self._rows[k] = row\n"
    ),
}


@pytest.mark.parametrize("name", PROVED)
def test_no_schedule_goes_wrong_after(name: str) -> None:
    text = BANK + PROVED[name] + TAIL
    scenario = Scenario(
        "add",
        lambda module, count: World(
            [lambda n=n: module.bank.add("aab"[n], 10**n) for n in range(count - 1)]
            + [module.bank.last if hasattr(module.bank, "last") else lambda: module.bank.add("a", 100)],
            lambda: module.bank._rows,
        ),
    )
    assert check_before(text, scenario).mode == "fifo"
    result = _by_key(text)
    assert check_after(result.text, scenario) == []
    assert check_alone(text, result.text, scenario) == []


REFUSED = {
    "somebody who empties the table": (
        "AWA101",
        "whole-container",
        "line 19",
        ADD + "\n    async def forget(self):\n        self._rows.clear()\n",
    ),
    "somebody who puts another table in its place, without waiting": (
        "AWA101",
        "whole-container",
        "`Bank.forget`",
        ADD + "\n    def forget(self):\n        self._rows = {}\n",
    ),
    "somebody who adds several entries": (
        "AWA101",
        "whole-container",
        "`Bank.load`",
        ADD + "\n    async def load(self, rows):\n        self._rows.update(rows)\n",
    ),
    "a limit on the number of all entries": (
        "AWA102",
        "several-keys",
        "decides on all",
        "\n    async def add(self, key):\n        if len(self._rows) < 10:\n            await self.rated(0)\n"
        "            self._rows[key] = 1\n",
    ),
    "a limit that a helper asks for": (
        "AWA102",
        "several-keys",
        "decides on all",
        "\n    async def add(self, key):\n        if self.full():\n            return\n        await self.rated(0)\n"
        "        self._rows[key] = 1\n\n    def full(self):\n        return len(self._rows) > 9\n",
    ),
    "two entries at once": (
        "AWA101",
        "several-keys",
        "`b` (line 18)",
        "\n    async def move(self, a, b):\n        one = self._rows[a]\n        two = self._rows[b]\n"
        "        one = await self.rated(one)\n        self._rows[a] = one - 1\n        self._rows[b] = two + 1\n",
    ),
    "a key that is worked out": (
        "AWA101",
        "key-changes",
        "twice",
        ADD.replace("key", "str(key)").replace("(self, str(key),", "(self, key,"),
    ),
    "a key that is another one after the wait": (
        "AWA101",
        "key-changes",
        "another",
        ADD.replace("(self, key,", "(self, message,").replace("key", "message.id")
        + "\n    def renumber(self, message):\n        message.id = 0\n",
    ),
    "entries without their keys": (
        "AWA101",
        "key-changes",
        "its key is not said",
        "\n    async def add(self):\n        for row in self._rows.values():\n            n = row.n\n"
        "            n = await self.rated(n)\n            row.n = n + 1\n",
    ),
    "positions in a list": (
        "AWA101",
        "container-unknown",
        "`list`",
        ADD.replace("self._rows.get(key, 0)", "self._rows[key]"),
    ),
    "a writer that is awaited by a holder": (
        "AWA101",
        "self-deadlock",
        "`Bank.put`",
        ADD.replace("        self._rows[key]", "        await self.put('log', amount)\n        self._rows[key]")
        + "\n    async def put(self, key, row):\n        await self.rated(row)\n        self._rows[key] = row\n",
    ),
    "a plain writer": (
        "AWA101",
        "sync-writer",
        "line 19",
        ADD + "\n    def put(self, key, row):\n        self._rows[key] = row\n",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_is(name: str) -> None:
    rule, code, words, text = REFUSED[name]
    head = BANK.replace("= {}", "= [0, 0]") if code == "container-unknown" else BANK
    found = refusal(REMEDY, rule, head + text, BY_KEY)
    assert (found.code, words in found.message) == (code, True), found


GUARDED = """
import asyncio
import collections
from explorer import outside

class Bank:
    def __init__(self):
        self._rows = {}
        self._locks = collections.defaultdict(asyncio.Lock)

    async def rated(self, row):
        await outside("rate")
        return row

    async def last(self):
        key = "a"
        async with self._locks[key]:
            self._rows[key] = 7
"""


@pytest.mark.parametrize("preferences", [Preferences(), BY_KEY], ids=["object", "key"])
def test_a_table_of_locks_that_is_there_is_taken_as_the_others_take_it(preferences: Preferences) -> None:
    result = carried(REMEDY, "AWA101", GUARDED + ADD.replace("key", "name"), preferences)
    assert "        async with self._locks[name]:\n            row = self._rows.get(name, 0)\n" in result.text
    assert result.text.count("async with") == 2


def test_a_table_of_locks_of_which_the_others_take_that_of_another_key_is_not() -> None:
    text = GUARDED.replace("self._rows[key] = 7", "self._rows['b'] = 7") + ADD
    assert "self._rows_lock" in carried(REMEDY, "AWA101", text).text
    assert "self._row_locks" in _by_key(text).text


def test_a_table_that_says_that_its_entries_are_locks_and_makes_them_is_taken() -> None:
    text = GUARDED.replace("self._locks =", "self._locks: dict[str, asyncio.Lock] =")
    assert "        async with self._locks[key]:\n            row = " in carried(REMEDY, "AWA101", text + ADD).text


def test_a_table_in_which_a_lock_may_be_missing_is_not() -> None:
    text = GUARDED.replace("collections.defaultdict(asyncio.Lock)", '{"a": asyncio.Lock()}')
    assert "        async with self._rows_lock:\n            row = " in carried(REMEDY, "AWA101", text + ADD).text


def test_who_writes_the_whole_table_takes_one_lock_for_all_although_there_is_one_for_each_key() -> None:
    text = GUARDED + ADD + "\n    async def forget(self):\n        await self.rated(0)\n        self._rows.clear()\n"
    assert (
        "        async with self._rows_lock:\n            self._rows.clear()\n" in carried(REMEDY, "AWA101", text).text
    )
    assert refusal(REMEDY, "AWA101", text, BY_KEY).code == "whole-container"


TWO_TABLES = """
    async def add(self, key, amount):
        row = self._rows.get(key, 0)
        time = self._times.get(key, 0)
        row = await self.rated(row + time)
        self._rows[key] = row + amount
        self._times[key] = time + 1
"""


def test_entries_of_two_tables_under_one_key_have_one_lock() -> None:
    text = BANK.replace("= {}\n", "= {}\n        self._times = {}\n") + TWO_TABLES + TAIL
    scenario = Scenario(
        "two tables",
        lambda module, count: World(
            [partial(module.bank.add, "aba"[n], 10**n) for n in range(count)],
            lambda: (module.bank._rows, module.bank._times),
        ),
    )
    result = _by_key(text)
    assert result.text.count("async with") == 1
    assert "            self._times[key] = time + 1\n" in result.text
    assert check_after(result.text, scenario) == []


def test_what_belongs_to_no_key_stays_unprotected_and_the_reasons_say_so() -> None:
    text = BANK.replace("= {}\n", "= {}\n        self._times = 0\n") + TWO_TABLES
    result = _by_key(text.replace("self._times.get(key, 0)", "self._times").replace("self._times[key]", "self._times"))
    assert "`self._times` belongs to no key" in result.proposal.because[-1]


def test_refused_is_a_span_over_entries_of_two_tables_with_different_keys() -> None:
    text = BANK.replace("= {}\n", "= {}\n        self._times = {}\n") + TWO_TABLES.replace(
        "key, amount", "key, day, amount"
    )
    text = text.replace("self._times.get(key", "self._times.get(day").replace("self._times[key]", "self._times[day]")
    assert refusal(REMEDY, "AWA101", text, BY_KEY).code == "several-keys"
