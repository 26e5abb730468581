"""Where a new lock is made: the way each kind of class makes its attributes."""

from __future__ import annotations

import pytest

from awaitomic.remedies.lock import REMEDY
from remedies.carried_out import carried, refusal
from remedies.lazily import METHOD, locked

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
        "    _lock: asyncio.Lock = field(\n        default_factory=asyncio.Lock, init=False, repr=False, "
        "compare=False\n    )\n",
        "safe",
    ),
    "in a file with lines as long it stands on one": (
        "from dataclasses import dataclass\n\n@dataclass(kw_only=True)\nclass Client:\n    url: str  #"
        + " long" * 20
        + "\n"
        "    conn: object = None\n",
        "    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False, repr=False, compare=False)\n",
        "safe",
    ),
    "a frozen dataclass with slots gets the same field": (
        "import dataclasses\n\n@dataclasses.dataclass(slots=True)\nclass Client:\n    conn: object = None\n",
        "    _lock: asyncio.Lock = dataclasses.field(\n        default_factory=asyncio.Lock, init=False, repr=False, "
        "compare=False\n    )\n",
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
    "an attrs class whose file does not have the function for fields yet": (
        "from attrs import define\n\n@define\nclass Client:\n    conn: object = None\n",
        "    _lock: asyncio.Lock = field(factory=asyncio.Lock, init=False, repr=False, eq=False)\n",
        "safe",
    ),
    "an attrs class of the old kind": (
        "import attr\n\n@attr.s\nclass Client:\n    conn = attr.ib(default=None)\n",
        "    _lock = attr.ib(factory=asyncio.Lock, init=False, repr=False, eq=False)\n",
        "safe",
    ),
    "a dataclass that writes its own constructor gets it there": (
        "from dataclasses import dataclass\n\n@dataclass\nclass Client:\n    conn: object\n\n"
        "    def __init__(self):\n        self.conn = None\n",
        "        self.conn = None\n        self._lock = asyncio.Lock()\n",
        "safe",
    ),
    "a model of pydantic gets a private attribute, by which it is equal to none": (
        "from pydantic import BaseModel\n\nclass Client(BaseModel):\n    conn: object = None\n",
        "    _conn_lock: asyncio.Lock = PrivateAttr(default_factory=asyncio.Lock)\n",
        "unsafe",
    ),
    "slots that go on where those of the base end": (
        "from base import NAMES\n\nclass Client:\n    __slots__ = NAMES + ('conn',)\n\n    def __init__(self):\n"
        "        self.conn = None\n",
        "    __slots__ = NAMES + ('conn', '_lock')\n",
        "safe",
    ),
    "an instance that is made in __new__ gets it there": (
        "\nclass Client:\n    def __new__(cls):\n        self = super().__new__(cls)\n        self.conn = None\n"
        "        return self\n",
        "        self.conn = None\n        self._lock = asyncio.Lock()\n        return self\n",
        "safe",
    ),
    "the one instance gets it when it is made, not each time that it is asked for": (
        "\nclass Client:\n    one = None\n\n    def __new__(cls):\n        if cls.one is None:\n"
        "            cls.one = super().__new__(cls)\n        return cls.one\n\n    def __init__(self):\n"
        "        self.conn = None\n",
        "            cls.one = super().__new__(cls)\n            cls.one._lock = asyncio.Lock()\n"
        "        return cls.one\n",
        "unsafe",
    ),
    "a class with a metaclass is not trusted": (
        "\nclass Meta(type): ...\n\nclass Client(metaclass=Meta):\n    def __init__(self):\n        self.conn = None\n",
        "        self.conn = None\n        self._lock = asyncio.Lock()\n",
        "unsafe",
    ),
    "a class whose attributes others look through is not trusted": (
        "\ndef dump(client):\n    return client.__dict__\n\nclass Client:\n    def __init__(self):\n"
        "        self.conn = None\n",
        "        self._lock = asyncio.Lock()\n",
        "unsafe",
    ),
    "a constructor that calls the next one last": (
        "\nclass Base:\n    def __init__(self, url):\n        self.url = url\n\nclass Client(Base):\n"
        "    def __init__(self):\n        self.conn = None\n        super().__init__('x')\n",
        "        self.conn = None\n        self._lock = asyncio.Lock()\n        super().__init__('x')\n",
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
    result = locked(head)
    assert expected in result.text, result.text
    assert result.verdict == verdict, result.proposal.because
    assert "async with self." in result.text


def test_the_field_function_is_imported_beside_the_decorator() -> None:
    result = locked("from dataclasses import dataclass\n\n@dataclass\nclass Client:\n    conn: object = None\n")
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
    result = locked(head + "        self.conn = None\n")
    assert '        "Url",\n        "_lock",\n        "conn",\n' in result.text


def test_slots_of_several_on_a_line_stay_so() -> None:
    head = (
        "\nclass Client:\n    __slots__ = ('open', 'conn',\n                 'url', 'age')\n\n    def __init__(self):\n"
    )
    result = locked(head + "        self.conn = None\n")
    assert "    __slots__ = ('open', 'conn',\n                 'url', 'age', '_lock')\n" in result.text


def test_a_base_of_the_file_that_makes_the_state_gets_the_lock() -> None:
    head = "\nclass Base:\n    def __init__(self):\n        self.conn = None\n\nclass Client(Base):\n"
    result = locked(head, METHOD)
    assert "        self.conn = None\n        self._lock = asyncio.Lock()\n\nclass Client(Base):\n" in result.text


def test_state_of_the_class_gets_a_lock_of_the_class() -> None:
    result = locked("\nclass Client:\n    conn = None\n", METHOD.replace("self.conn", "Client.conn"))
    assert "    conn = None\n    _lock = asyncio.Lock()\n" in result.text
    assert result.verdict == "unsafe"
    assert "second one" in result.proposal.because[-1]


@pytest.mark.parametrize(
    "head",
    [
        "import attr\n\n@attr.s\nclass Client:\n    rows = attr.ib(factory=dict)\n",
        "from pydantic import BaseModel\n\nclass Client(BaseModel):\n    rows: dict[str, int] = {}\n",
        "from pydantic import BaseModel, PrivateAttr\n\nclass Client(BaseModel):\n"
        "    rows: dict = PrivateAttr(default_factory=dict)\n",
    ],
)
def test_what_only_looks_like_state_of_the_class_gets_a_lock_in_each_instance(head: str) -> None:
    rows = """
    async def get(self, key):
        if key not in self.rows:
            self.rows[key] = await self.make()
        return self.rows[key]

    async def make(self):
        await asyncio.sleep(0)
"""
    assert "_lock = asyncio.Lock()" not in locked(head, rows).text
    assert (
        "_lock: asyncio.Lock = PrivateAttr(" in locked(head, rows).text or "attr.ib(factory=" in locked(head, rows).text
    )
    shared = locked("class Client:\n    rows = {}\n", rows)
    assert "    rows = {}\n    _lock = asyncio.Lock()\n" in shared.text


@pytest.mark.parametrize(
    ("head", "made"),
    [
        ("from pydantic import BaseModel\nfrom pydantic.fields import PrivateAttr\n", "= PrivateAttr("),
        ("from pydantic import BaseModel\nfrom models import PrivateAttr\n", "= pydantic.PrivateAttr("),
        ("from pydantic.main import BaseModel\n", "= pydantic.PrivateAttr("),
    ],
)
def test_what_describes_a_private_attribute_is_imported_if_it_is_not_there(head: str, made: str) -> None:
    result = locked(f"{head}\nclass Client(BaseModel):\n    conn: object = None\n")
    assert made in result.text
    assert ("import pydantic\n" in result.text) == ("pydantic." in made)


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
    assert "    result = None\n    result_lock = Lock()\n" in result.text
    assert "        async with result_lock:\n            if result is None:\n" in result.text
    assert result.text.startswith("from asyncio import Lock, sleep\n")


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


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("from asyncio import sleep", "from asyncio import Lock, sleep"),
        ("from asyncio import Event, sleep", "from asyncio import Event, Lock, sleep"),
        ("from asyncio import Queue, sleep", "from asyncio import Lock, Queue, sleep"),
        ("from asyncio import sleep, Event", "from asyncio import sleep, Event, Lock"),
        ("from asyncio import Lock as Mutex, sleep", "from asyncio import Lock as Mutex, sleep"),
        (
            "from asyncio import (\n    Queue,\n    sleep,\n)",
            "from asyncio import (\n    Lock,\n    Queue,\n    sleep,\n)",
        ),
        (
            "from asyncio import (\n    Event,\n    Future,  # both\n    sleep,\n)",
            "from asyncio import (\n    Event,\n    Future,  # both\n    Lock,\n    sleep,\n)",
        ),
    ],
)
def test_the_class_of_locks_is_taken_out_of_the_library_as_the_file_does(line: str, expected: str) -> None:
    head = "\nclass Client:\n    def __init__(self):\n        self.conn = None\n"
    result = carried(REMEDY, "AWA102", f"{line}\n{head}{METHOD.replace('asyncio.sleep', 'sleep')}")
    assert result.text.startswith(f"{expected}\n\nclass Client:")
    assert f"self._lock = {'Mutex' if 'Mutex' in line else 'Lock'}()" in result.text


def test_a_name_that_means_something_else_here_is_not_taken_out_of_the_library() -> None:
    head = "\nLock = None\n\nclass Client:\n    def __init__(self):\n        self.conn = None\n"
    text = f"from asyncio import sleep\n{head}{METHOD.replace('asyncio.sleep', 'sleep')}"
    assert "self._lock = asyncio.Lock()" in carried(REMEDY, "AWA102", text).text
