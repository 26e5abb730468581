"""Where a new lock is made: the way each kind of class makes its attributes, and where it is refused."""

from __future__ import annotations

import pytest

from awaitomic.remedies.lock import REMEDY
from remedies.carried_out import Carried, carried, refusal

METHOD = """
    async def get(self):
        if self.conn is None:
            self.conn = await self.make()
        return self.conn

    async def make(self):
        await asyncio.sleep(0)
"""


def _made(head: str, body: str = METHOD) -> Carried:
    return carried(REMEDY, "AWA102", f"import asyncio\n{head}{body}")


FITS = {
    "an __init__ gets it after the state": (
        "\nclass Client(object):\n    def __init__(self, url):\n        self.conn = None\n        self.url = url\n",
        "        self.conn = None\n        self._lock = asyncio.Lock()\n        self.url = url\n",
        "safe",
    ),
    "a state that is made in a branch gets it after the whole branch": (
        "\nclass Client:\n    def __init__(self, conn=None):\n        if conn:\n"
        "            self.conn = conn\n        else:\n"
        "            self.conn = None\n        self.open = True\n",
        "            self.conn = None\n        self._lock = asyncio.Lock()\n        self.open = True\n",
        "safe",
    ),
    "an __init__ that may return early gets it first": (
        '\nclass Client:\n    def __init__(self, url):\n        """Make it."""\n        if not url:\n'
        "            return\n"
        "        self.conn = None\n",
        '        """Make it."""\n        self._lock = asyncio.Lock()\n        if not url:\n',
        "safe",
    ),
    "a class without an __init__ gets one above its methods": (
        "\nclass Client:\n    conn = None\n",
        "    conn = None\n\n    def __init__(self):\n        self._lock = asyncio.Lock()\n\n    async def get(self):\n",
        "safe",
    ),
    "an annotated file gets an annotated __init__": (
        "\ndef f() -> None: ...\n\nclass Client:\n    conn = None\n",
        "    def __init__(self) -> None:\n        self._lock = asyncio.Lock()\n",
        "safe",
    ),
    "a mix-in, whose state others make, hands everything on, and takes a name that no other will have": (
        "\nclass Client:\n",
        "    def __init__(self, *args, **kwargs):\n        super().__init__(*args, **kwargs)\n"
        "        self._conn_lock = asyncio.Lock()\n",
        "unsafe",
    ),
    "a class with an unknown base hands everything on, and takes a name that no base will have": (
        "\nfrom base import Base\n\nclass Client(Base):\n    conn = None\n",
        "    def __init__(self, *args, **kwargs):\n        super().__init__(*args, **kwargs)\n"
        "        self._conn_lock = asyncio.Lock()\n",
        "unsafe",
    ),
    "a class whose lock has another purpose gets one named after the state": (
        "\nclass Client:\n    def __init__(self):\n        self.conn = None\n        self.rows = {}\n"
        "        self.row_lock = asyncio.Lock()\n\n    async def put(self, key):\n        async with self.row_lock:\n"
        "            self.rows[key] = 1\n",
        "        self.conn = None\n        self._conn_lock = asyncio.Lock()\n",
        "safe",
    ),
    "an empty __init__ is filled": (
        "\nclass Client:\n    conn = None\n\n    def __init__(self):\n        pass  # nothing yet\n",
        "    def __init__(self):\n        self._lock = asyncio.Lock()  # nothing yet\n",
        "safe",
    ),
    "a single slot becomes two": (
        "\nclass Client:\n    __slots__ = ('conn',)\n\n    def __init__(self):\n        self.conn = None\n",
        "    __slots__ = ('conn', '_lock')\n",
        "safe",
    ),
    "a dataclass gets a field that is no part of its value": (
        "from dataclasses import dataclass\n\n@dataclass(kw_only=True)\nclass Client:\n    url: str\n"
        "    conn: object = None\n",
        "    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False, repr=False, compare=False)\n",
        "safe",
    ),
    "a frozen dataclass with slots gets the same field": (
        "import dataclasses\n\n@dataclasses.dataclass(slots=True)\nclass Client:\n    conn: object = None\n",
        "    _lock: asyncio.Lock = dataclasses.field(default_factory=asyncio.Lock, init=False, "
        "repr=False, compare=False)\n",
        "safe",
    ),
    "a dataclass with __post_init__ gets it there": (
        "from dataclasses import dataclass\n\n@dataclass\nclass Client:\n    conn: object = None\n\n"
        "    def __post_init__(self):\n        self.rows = {}\n",
        "        self.rows = {}\n        self._lock = asyncio.Lock()\n",
        "safe",
    ),
    "an attrs class gets a field of attrs": (
        "from attrs import define, field\n\n@define\nclass Client:\n    conn: object = field(default=None)\n",
        "    _lock: asyncio.Lock = field(factory=asyncio.Lock, init=False, repr=False, eq=False)\n",
        "safe",
    ),
    "a class that is copied is not trusted": (
        "import copy\n\nclass Client:\n    def __init__(self):\n        self.conn = None\n\n    def twin(self):\n"
        "        return copy.copy(self)\n",
        "        self._lock = asyncio.Lock()\n",
        "unsafe",
    ),
}


@pytest.mark.parametrize("name", FITS)
def test_fits(name: str) -> None:
    head, expected, verdict = FITS[name]
    result = _made(head)
    assert expected in result.text, result.text
    assert result.verdict == verdict, result.proposal.because
    assert "async with self." in result.text


def test_the_field_function_is_imported_beside_the_decorator() -> None:
    result = _made("from dataclasses import dataclass\n\n@dataclass\nclass Client:\n    conn: object = None\n")
    assert result.text.startswith("import asyncio\nfrom dataclasses import dataclass, field\n")
    instance: dict[str, type] = {}
    exec(compile(result.text, "client.py", "exec"), instance)
    assert instance["Client"](1) == instance["Client"](1)
    assert repr(instance["Client"](1)) == "Client(conn=1)"


def test_slots_in_order_stay_in_order() -> None:
    head = (
        '\nclass Client:\n    __slots__ = (\n        "Url",\n        "conn",\n        "open",\n    )\n'
        "\n    def __init__(self):\n"
    )
    result = _made(head + "        self.conn = None\n")
    assert '        "Url",\n        "_lock",\n        "conn",\n' in result.text


def test_a_base_of_the_file_that_makes_the_state_gets_the_lock() -> None:
    head = "\nclass Base:\n    def __init__(self):\n        self.conn = None\n\nclass Client(Base):\n"
    result = _made(head, METHOD)
    assert "        self.conn = None\n        self._lock = asyncio.Lock()\n\nclass Client(Base):\n" in result.text


def test_state_of_the_class_gets_a_lock_of_the_class() -> None:
    result = _made("\nclass Client:\n    conn = None\n", METHOD.replace("self.conn", "Client.conn"))
    assert "    conn = None\n    _lock = asyncio.Lock()\n" in result.text
    assert result.verdict == "unsafe"
    assert "second one" in result.proposal.because[-1]


MODULE = """import asyncio

pool = None

async def get():
    global pool
    if pool is None:
        pool = await make()
    return pool

async def make():
    await asyncio.sleep(0)
"""


def test_state_of_a_module_gets_a_lock_of_the_module_which_a_second_loop_could_not_use() -> None:
    result = carried(REMEDY, "AWA102", MODULE)
    assert "pool = None\n_pool_lock = asyncio.Lock()\n" in result.text
    assert "    async with _pool_lock:\n        if pool is None:\n" in result.text
    assert result.verdict == "unsafe"


def test_a_lock_of_the_module_is_unsafe_even_if_the_program_itself_runs_one_loop() -> None:
    assert carried(REMEDY, "AWA102", MODULE + "\nasyncio.run(asyncio.wait([get(), get()]))\n").verdict == "unsafe"


def test_state_of_a_closure_gets_a_lock_beside_it() -> None:
    text = """from asyncio import sleep

def cached(function):
    result = None

    async def wrapper():
        nonlocal result
        if result is None:
            result = await function()
        return result

    return wrapper
"""
    result = carried(REMEDY, "AWA102", text)
    assert "    result = None\n    result_lock = asyncio.Lock()\n" in result.text
    assert "        async with result_lock:\n            if result is None:\n" in result.text
    assert result.text.startswith("import asyncio\nfrom asyncio import sleep\n")


REFUSED = {
    "a named tuple": ("unfit-class", "from typing import NamedTuple\n\nclass Client(NamedTuple):\n    conn: object\n"),
    "an enumeration": ("unfit-class", "from enum import Enum\n\nclass Client(Enum):\n    A = 1\n    conn = None\n"),
    "a model of pydantic": (
        "unfit-class",
        "from pydantic import BaseModel\n\nclass Client(BaseModel):\n    conn: object = None\n",
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


def test_a_class_whose_own_init_makes_attributes_plainly_can_make_a_lock_whatever_its_base() -> None:
    text = """import asyncio
from lib import CameraEntity

class Camera(CameraEntity):
    def __init__(self, url):
        self._url = url
        self._image = None

    async def image(self):
        if self._image is None:
            self._image = await load(self._url)
        return self._image
"""
    result = carried(REMEDY, "AWA102", text)
    assert "        self._image = None\n        self._image_lock = asyncio.Lock()\n" in result.text


def test_a_class_that_only_declares_its_attributes_may_be_a_model() -> None:
    text = """import asyncio
from lib import CameraEntity

class Camera(CameraEntity):
    image: bytes | None = None

    async def load(self):
        if self.image is None:
            self.image = await fetch()
        return self.image
"""
    assert refusal(REMEDY, "AWA102", text).code == "unfit-class"
