"""A lock for a Python before 3.10: it is made where a running loop first needs it, or not at all."""

from __future__ import annotations

import pytest

from awaitomic.model.preferences import Granularity, Preferences
from awaitomic.remedies.lock import REMEDY
from awaitomic.source.project import SourceTree
from explorer import Scenario, World, check_after, check_alone, check_before
from remedies.carried_out import carried, refusal

CLIENT = """
import asyncio
from explorer import outside

class Client:
    def __init__(self):
        self.conn = None
        self.made = 0

    async def get(self):
        if self.conn is None:
            await self.open()
        return self.conn

    async def open(self):
        await outside("open")
        self.made += 1
        self.conn = f"connection {self.made}"

client = Client()
"""


@pytest.fixture(autouse=True)
def _old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SourceTree, "oldest_python", (3, 9))


HELPED = CLIENT.replace("open(self)", "_open(self)").replace("self.open()", "self._open()")


def test_the_lock_is_made_on_first_use_with_no_await_in_between() -> None:
    result = carried(REMEDY, "AWA102", HELPED)
    assert "        self.conn = None\n        self._lock = None\n" in result.text
    assert (
        "        if self._lock is None:\n"
        "            self._lock = asyncio.Lock()\n"
        "        async with self._lock:\n"
        "            if self.conn is None:\n"
    ) in result.text


def test_no_schedule_goes_wrong_after() -> None:
    scenario = Scenario("get", lambda module, count: World([module.client.get] * count, lambda: module.client.made))
    assert check_before(HELPED, scenario).mode == "fifo"
    after = carried(REMEDY, "AWA102", HELPED).text
    assert check_after(after, scenario) == []
    assert check_alone(HELPED, after, scenario) == []


def test_a_file_that_says_its_types_says_that_there_may_be_none_yet() -> None:
    typed = HELPED.replace("(self)", "(self) -> None")
    assert '        self._lock: "asyncio.Lock | None" = None\n' in carried(REMEDY, "AWA102", typed).text
    future = "from __future__ import annotations\n" + typed
    assert "        self._lock: asyncio.Lock | None = None\n" in carried(REMEDY, "AWA102", future).text


def test_the_lock_of_a_key_is_made_in_a_coroutine_anyway() -> None:
    text = CLIENT.replace("self.conn = None", "self.rows = {}").replace("if self.conn is None:", "n = self.rows.get(1)")
    text = text.replace("            await self.open()", "        await outside(n)\n        self.rows[1] = n")
    text = text.replace("return self.conn", "return n").replace('f"connection {self.made}"', "1")
    result = carried(REMEDY, "AWA101", text, Preferences(Granularity.KEY))
    assert "        self._locks = weakref.WeakValueDictionary()\n" in result.text


def test_another_library_makes_its_locks_where_it_likes() -> None:
    text = HELPED.replace("import asyncio\nfrom explorer import outside", "from anyio import sleep as outside")
    assert "        self._lock = Lock()\n" in carried(REMEDY, "AWA102", text).text


FIELDS = """from dataclasses import dataclass

@dataclass
class Client:
    conn: object = None
    made: int = 0

"""

REFUSED = {
    "state of a class": HELPED.replace("self.conn", "Client.conn").replace(
        "    def __init__(self):\n        Client.conn = None\n", "    conn = None\n    def __init__(self):\n"
    ),
    "a field of a dataclass": HELPED.replace(HELPED[HELPED.index("class") : HELPED.index("    async def get")], FIELDS),
    "a method that has to be split": CLIENT,
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_is(name: str) -> None:
    assert refusal(REMEDY, "AWA102", REFUSED[name]).code == "old-python"
