"""Where a new lock is made in a class that has its attributes from others: a mix-in, a dataclass below a dataclass."""

from __future__ import annotations

from awaitomic.remedies.lock import REMEDY
from remedies.carried_out import carried, refusal
from remedies.lazily import METHOD, locked

MIXED_IN = """import asyncio

class ClientMixin:
    {state}
    async def get(self):
        if self.conn is None:
            self.conn = await self.make()
        return self.conn

    async def make(self):
        await asyncio.sleep(0)

class Base:
    def __init__(self):
        self.url = "x"

class Client(ClientMixin, Base):
{init}
"""


def test_a_mix_in_has_its_lock_from_the_class_that_makes_its_state() -> None:
    text = MIXED_IN.format(state="", init="    def __init__(self):\n        self.conn = None\n")
    result = carried(REMEDY, "AWA102", text)
    assert "        self.conn = None\n        self._conn_lock = asyncio.Lock()\n" in result.text
    assert result.text.count("def __init__") == 2
    assert "in `Client`" in result.proposal.because[0]


def test_a_mix_in_with_state_of_its_own_runs_the_next_constructor() -> None:
    result = carried(REMEDY, "AWA102", MIXED_IN.format(state="conn = None\n", init="    pass\n"))
    made: dict[str, type] = {}
    exec(compile(result.text, "client.py", "exec"), made)
    client = made["Client"]()
    assert (client.url, result.verdict) == ("x", "unsafe")
    assert client._conn_lock is not made["Client"]()._conn_lock


BESIDE = """
class Base:
    def __init__(self):
        {up}self.url = "x"

class Middle(Base):
    pass

class Client(Middle, ClientMixin):
    pass
"""


def _mixed_in_last(up: str) -> str:
    return MIXED_IN.partition("class Base:")[0].format(state="conn = None\n") + BESIDE.format(up=up)


def test_refused_is_a_mix_in_behind_a_class_that_does_not_hand_the_construction_on() -> None:
    found = refusal(REMEDY, "AWA102", _mixed_in_last(""))
    assert found.code == "init-not-called"
    assert "`Base.__init__`, which comes first in `Client`" in found.message


def test_a_mix_in_behind_a_class_that_hands_the_construction_on() -> None:
    result = carried(REMEDY, "AWA102", _mixed_in_last("super().__init__()\n        "))
    made: dict[str, type] = {}
    exec(compile(result.text, "client.py", "exec"), made)
    client = made["Client"]()
    assert (client.url, result.verdict) == ("x", "unsafe")
    assert client._conn_lock is not made["Client"]()._conn_lock


def test_a_dataclass_below_a_dataclass_makes_the_lock_as_it_makes_the_state() -> None:
    head = "from dataclasses import dataclass\n\n@dataclass\nclass Client:\n    conn: object = None\n"
    result = locked(head, METHOD + "\n@dataclass\nclass Sub(Client):\n    url: str = ''\n")
    made: dict[str, type] = {}
    exec(compile(result.text, "client.py", "exec"), made)
    assert made["Sub"](url="x")._lock is not made["Sub"](url="x")._lock
    assert made["Sub"](url="x") == made["Sub"](url="x")


def test_a_hook_that_a_subclass_replaces_is_no_place_for_the_lock() -> None:
    hook = "\n    def __post_init__(self):\n        self.rows = {}\n"
    head = f"from dataclasses import dataclass\n\n@dataclass\nclass Client:\n    conn: object = None\n{hook}"
    below = f"\n@dataclass\nclass Sub(Client):\n    url: str = ''\n{hook}"
    assert "    _lock: asyncio.Lock = field(" in locked(head, METHOD + below).text
    assert "        self._lock = asyncio.Lock()\n" in locked(head).text
