"""Classes that have no place for a new lock, and constructors that would not make it."""

from __future__ import annotations

import pytest

from awaitomic.remedies.lock import REMEDY
from awaitomic.remedies.shared.attribute import owner_class
from awaitomic.remedies.shared.declined import Declined
from remedies.carried_out import facts_of, refusal
from remedies.lazily import METHOD

REFUSED = {
    "a named tuple": ("unfit-class", "from typing import NamedTuple\n\nclass Client(NamedTuple):\n    conn: object\n"),
    "an enumeration": ("unfit-class", "from enum import Enum\n\nclass Client(Enum):\n    A = 1\n    conn = None\n"),
    "a model of sqlmodel": (
        "unfit-class",
        "from sqlmodel import SQLModel\n\nclass Client(SQLModel):\n    conn: object = None\n",
    ),
    "a class that is built from its annotations": (
        "unfit-class",
        "from typing import Protocol\n\nclass Client(Protocol):\n    conn: object\n",
    ),
    "a frozen dataclass with a constructor of its own": (
        "unfit-class",
        "from dataclasses import dataclass\n\n@dataclass(slots=True)\nclass Client:\n    conn: object\n\n"
        "    def __init__(self):\n        self.conn = None\n",
    ),
    "one instance that is given out at once": (
        "init-not-called",
        "\nclass Client:\n    one = None\n\n    def __new__(cls):\n        if cls.one is not None:\n"
        "            return cls.one\n        return super().__new__(cls)\n\n    def __init__(self):\n"
        "        self.conn = None\n",
    ),
    "a model of pydantic at one remove": (
        "unfit-class",
        "from pydantic import PrivateAttr\nfrom ours import Base\n\nclass Client(Base):\n"
        "    conn: object = PrivateAttr(None)\n",
    ),
    "an unknown generator of classes": (
        "unfit-class",
        "from pydantic.dataclasses import dataclass\n\n@dataclass\nclass Client:\n    conn: object = None\n",
    ),
    "slots that are computed": (
        "unfit-class",
        "\nclass Client:\n    __slots__ = tuple('conn'.split())\n\n    def __init__(self):\n        self.conn = None\n",
    ),
    "names that are both taken": (
        "name-taken",
        "\nclass Client:\n    def __init__(self):\n        self.conn = None\n        self._lock = 1\n"
        "        self._conn_lock = 2\n        self._conn_update_lock = 3\n",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_is(name: str) -> None:
    code, head = REFUSED[name]
    assert refusal(REMEDY, "AWA102", f"import asyncio\n{head}{METHOD}").code == code


def test_refused_is_a_subclass_that_never_runs_the_constructor_with_the_lock() -> None:
    text = f"import asyncio\n\nclass Client:\n    def __init__(self):\n        self.conn = None\n{METHOD}\n" + (
        "class Sub(Client):\n    def __init__(self):\n        self.conn = None\n"
    )
    assert refusal(REMEDY, "AWA102", text).code == "init-not-called"


BELOW = {
    "a dataclass below a plain class": (
        "class Client:\n    conn = None\n",
        "@dataclass\nclass Sub(Client):\n    url: str = ''\n",
    ),
    "a plain class below a dataclass": (
        "@dataclass\nclass Client:\n    conn: object = None\n",
        "class Sub(Client):\n    def __init__(self):\n        self.conn = None\n",
    ),
}


@pytest.mark.parametrize("name", BELOW)
def test_refused_is_a_constructor_below_that_would_not_make_the_lock(name: str) -> None:
    above, below = BELOW[name]
    text = f"import asyncio\nfrom dataclasses import dataclass\n\n{above}{METHOD}\n{below}"
    assert refusal(REMEDY, "AWA102", text).code == "init-not-called"


def test_refused_are_users_that_share_no_class() -> None:
    """No program is known in which they do not: the state would not be the same one."""
    text = f"import asyncio\n\nclass Client:\n    def __init__(self):\n        self.conn = None\n{METHOD}\n"
    text += "class Other: ..."
    program = facts_of(text)
    client, other = (each.id for each in program.module.classes.values())
    assert owner_class(program, client, "conn", [client]).qualname == "Client"
    with pytest.raises(Declined) as declined:
        owner_class(program, client, "conn", [client, other])
    assert declined.value.refusal.code == "no-common-class"
