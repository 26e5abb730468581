"""What a property, or a call of a getter, stands for: the state that it returns, on all ways, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitomic.model.event import Return
from awaitomic.model.location import Location
from awaitomic.program.resolve import Resolver

from .across import lay_out, program_at
from .reading import function_of

POOL = """
import contextlib
import functools

_everybody = {{}}

def everybody():
    return _everybody

class Session:
    def __init__(self):
        self.rows = []

class Pool:
    limit = 3

    def __init__(self):
        self._workers = []
        self._other = []
        self._table: dict[str, Session] = {{}}
        self._session = None

    {getter}

class User:
    def __init__(self, pool: Pool):
        self.pool = pool

    async def f(self, key, other):
        return {expression}
"""


def returned_by(resolver: Resolver) -> Location | None:
    (value,) = (event.value for event in resolver.function.events if isinstance(event, Return) and event.value)
    return resolver.value(value)


def stands_for(expression: str, *getter: str) -> Location | None:
    source = POOL.format(expression=expression, getter="\n    ".join(getter) or "pass")
    return returned_by(function_of(source, "User.f")[1])


def place_of(location: Location | None) -> str:
    """Give a location by its own steps, not as it is written."""
    return "" if location is None else location.name + "".join(map(str, location.steps))


def by_property(*body: str, decorator: str = "@property") -> tuple[str, ...]:
    return (decorator, "def workers(self):", *(f"    {line}" for line in body))


def by_call(*body: str) -> tuple[str, ...]:
    return ("def session(self, key, kind='plain'):", *(f"    {line}" for line in body))


PROPERTIES = [
    ("an attribute", by_property("return self._workers")),
    (
        "with a comment and a check",
        by_property("'''All of them.'''", "if self.limit < 0:", "    raise ValueError", "return self._workers"),
    ),
    ("made on first use", by_property("if self._workers is None:", "    self._workers = []", "return self._workers")),
    ("by way of a local", by_property("found = self._workers", "return found")),
    ("nothing, or the attribute", by_property("if not self.limit:", "    return None", "return self._workers")),
    (
        "one that can be set",
        (*by_property("return self._workers"), "@workers.setter", "def workers(self, new):", "    self._workers = new"),
    ),
    (
        "by way of another one",
        (*by_property("return self.inner"), "@property", "def inner(self):", "    return self._workers"),
    ),
]


@pytest.mark.parametrize("getter", [case[1] for case in PROPERTIES], ids=[case[0] for case in PROPERTIES])
def test_a_property_stands_for_what_it_returns(getter: tuple[str, ...]) -> None:
    location = stands_for("self.pool.workers", *getter)
    assert place_of(location) == "self.pool._workers"
    assert str(location) == "self.pool.workers"


NO_PLACE = [
    ("a copy", by_property("return list(self._workers)")),
    ("a slice", by_property("return self._workers[:]")),
    ("a new list", by_property("return [w for w in self._workers if w]")),
    ("one of two", by_property("return self._workers or self._other")),
    ("now one, now the other", by_property("if self.limit:", "    return self._other", "return self._workers")),
    ("kept from the first time", by_property("return self._workers", decorator="@functools.cached_property")),
    ("a generator", by_property("yield self._workers")),
    ("replaced before it is returned", by_property("found = self._workers", "self._workers = []", "return found")),
    (
        "a local that is bound again",
        by_property("found = self._workers", "if self.limit:", "    found = []", "return found"),
    ),
    ("itself", by_property("return self.workers")),
]


@pytest.mark.parametrize("getter", [case[1] for case in NO_PLACE], ids=[case[0] for case in NO_PLACE])
def test_a_property_that_gives_something_else_is_its_own_place(getter: tuple[str, ...]) -> None:
    assert place_of(stands_for("self.pool.workers", *getter)) == "self.pool.workers"


CALLS = [
    ("an entry", by_call("return self._table[key]")),
    ("looked up with get", by_call("return self._table.get(key)")),
    (
        "found, or made and kept",
        by_call(
            "if key in self._table:",
            "    return self._table[key]",
            "made = Session()",
            "self._table[key] = made",
            "return made",
        ),
    ),
    (
        "found by get, or made and kept",
        by_call(
            "found = self._table.get(key)",
            "if found is None:",
            "    found = Session()",
            "    self._table[key] = found",
            "return found",
        ),
    ),
    (
        "found, or loaded and kept",
        by_call(
            "if key in self._table:",
            "    return self._table[key]",
            "made = load(key)",
            "if made is None:",
            "    made = Session()",
            "self._table[key] = made",
            "return made",
        ),
    ),
    (
        "made and kept in one go",
        by_call(
            "found = self._table.get(key)",
            "if found is None:",
            "    found = self._table[key] = Session()",
            "return found",
        ),
    ),
    (
        "kept and named in one go",
        by_call(
            "found = self._table.get(key)",
            "if found is None:",
            "    self._table[key] = found = Session()",
            "return found",
        ),
    ),
    ("setdefault", by_call("return self._table.setdefault(key, Session())")),
    ("found without an error", by_call("try:", "    return self._table[key]", "except KeyError:", "    return None")),
]


@pytest.mark.parametrize("getter", [case[1] for case in CALLS], ids=[case[0] for case in CALLS])
def test_a_call_stands_for_the_entry_of_its_argument(getter: tuple[str, ...]) -> None:
    location = stands_for("self.pool.session(other)", *getter)
    assert place_of(location) == "self.pool._table[other]"
    assert str(location) == "self.pool.session(other)"


UNKNOWN = [
    ("a new object each time", by_call("return Session()")),
    (
        "kept only sometimes",
        by_call("made = Session()", "if self.limit:", "    self._table[key] = made", "return made"),
    ),
    (
        "found, or made and not kept",
        by_call("found = self._table.get(key)", "if found is None:", "    found = Session()", "return found"),
    ),
    ("kept under another name", by_call("made = Session()", "self._table[made.name] = made", "return made")),
    ("the key is another one", by_call("key = key.lower()", "return self._table[key]")),
    ("the key is made from it", by_call("return self._table[key.lower()]")),
    ("taken out", by_call("return self._table.pop(key)")),
    ("looked up and taken out", by_call("found = self._table[key]", "del self._table[key]", "return found")),
    ("replaced behind its back", by_call("found = self._table[key]", "self._table[key] = Session()", "return found")),
    ("under the parameter that is not given", by_call("return self._table[kind]")),
    ("the object itself", by_call("return self")),
    ("nothing", by_call("self._table[key] = Session()")),
    ("decorated", ("@functools.cache", *by_call("return self._table[key]"))),
    ("awaited", ("async " + by_call()[0], "    return self._table[key]")),
]


@pytest.mark.parametrize("getter", [case[1] for case in UNKNOWN], ids=[case[0] for case in UNKNOWN])
def test_a_call_that_gives_no_certain_place_stands_for_nothing(getter: tuple[str, ...]) -> None:
    assert stands_for("self.pool.session(other)", *getter) is None


def test_keys_are_those_of_the_call() -> None:
    getter = by_call("return self._table[key]")
    assert place_of(stands_for("self.pool.session('a')", *getter)) == "self.pool._table['a']"
    assert place_of(stands_for("self.pool.session(key=other)", *getter)) == "self.pool._table[other]"
    assert place_of(stands_for("self.pool.session(other.name).rows", *getter)) == "self.pool._table[other.name].rows"
    assert str(stands_for("self.pool.session(other.name).rows", *getter)) == "self.pool.session(other.name).rows"
    assert stands_for("self.pool.session()", *getter) is None


def test_a_function_of_the_module_stands_for_its_variable() -> None:
    assert place_of(stands_for("everybody()")) == "_everybody"


DERIVED = """
class Pool:
    def __init__(self):
        self._workers = []

    @property
    def workers(self):
        return self._workers

class Special(Pool):
    {body}

class User:
    def __init__(self, pool: Pool, special: Special):
        self.pool = pool
        self.special = special

    async def f(self):
        return self.{which}.workers
"""


@pytest.mark.parametrize(
    ("which", "body", "place"),
    [
        ("pool", "pass", "self.pool._workers"),
        ("special", "pass", "self.special._workers"),
        ("pool", "@property\n    def workers(self):\n        return list(self._workers)", "self.pool.workers"),
        ("special", "@property\n    def workers(self):\n        return self._staff", "self.special._staff"),
        ("pool", "workers = ()", "self.pool.workers"),
        ("special", "workers = ()", "self.special.workers"),
    ],
)
def test_what_a_subclass_may_find_elsewhere_stands_for_nothing(which: str, body: str, place: str) -> None:
    resolver = function_of(DERIVED.format(which=which, body=body), "User.f")[1]
    assert place_of(returned_by(resolver)) == place


def test_parts_keep_the_names_that_the_program_uses() -> None:
    location = stands_for("self.pool.workers[key]", *by_property("return self._workers"))
    assert location is not None
    assert location.parent is not None
    assert (str(location), str(location.parent)) == ("self.pool.workers[key]", "self.pool.workers")
    assert str(location.parent.parent) == "self.pool"
    assert str(location.anywhere()) == "self.pool._workers"


def test_getters_are_found_in_other_files(tmp_path: Path) -> None:
    pool = POOL.format(expression="None", getter="\n    ".join(by_property("return self._workers")))
    user = (
        "from pool import Pool\nclass User:\n    def __init__(self):\n        self.pool = Pool()\n"
        "    async def f(self):\n        return self.pool.workers\n"
    )
    lay_out(tmp_path, {"pool.py": pool, "user.py": user})
    program = program_at(tmp_path, "user.py")
    assert place_of(returned_by(program.named("User.f"))) == "self.pool._workers"
