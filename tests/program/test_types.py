"""Types from initialisers: they tell a list's `clear` from an event's, and a lock from what is only named like one."""

from __future__ import annotations

import pytest

from .reading import program_of

INITIALISERS = [
    ("a display", "self.x = {}", "dict"),
    ("a comprehension", "self.x = [n for n in range(3)]", "list"),
    ("a constructor", "self.x = set()", "set"),
    ("an imported constructor", "self.x = defaultdict(list)", "collections.defaultdict"),
    ("a constructor under another name", "self.x = Ring()", "collections.deque"),
    ("a lock", "self.x = asyncio.Lock()", "asyncio.Lock"),
    ("a lock or what was given", "self.x = given or asyncio.Lock()", "asyncio.Lock"),
    ("a lock if there is none", "self.x = asyncio.Lock() if given is None else given", "asyncio.Lock"),
    ("a class of the file", "self.x = Part()", "class:program.py:Part"),
    ("an annotation", "self.x: dict[str, int] = load()", "dict"),
    ("an optional annotation", "self.x: asyncio.Event | None = None", "asyncio.Event"),
    ("an annotation in quotes", "self.x: 'Part' = load()", "class:program.py:Part"),
    ("the annotation of the parameter", "self.x = part", "class:program.py:Part"),
    ("nothing that tells", "self.x = load()", None),
    ("a parameter without annotation", "self.x = given", None),
]

HOLDER = """
from collections import defaultdict
from collections import deque as Ring

class Part:
    pass

class Holder:
    def __init__(self, given, part: Part):
        {line}
"""


@pytest.mark.parametrize(("line", "name"), [c[1:] for c in INITIALISERS], ids=[c[0] for c in INITIALISERS])
def test_the_type_of_an_attribute(line: str, name: str | None) -> None:
    assert program_of(HOLDER.format(line=line)).module.attribute_type("program.py:Holder", "x").name == name


def test_construction_tells_more_than_later_assignments() -> None:
    source = """
    class Holder:
        def __init__(self):
            self.rows = []

        def load(self):
            self.rows = read()
    """
    assert program_of(source).module.attribute_type("program.py:Holder", "rows").name == "list"


def test_none_in_construction_leaves_the_word_to_later_assignments() -> None:
    source = """
    class Holder:
        def __init__(self):
            self.lock = None

        async def get(self):
            if self.lock is None:
                self.lock = asyncio.Lock()
    """
    assert program_of(source).module.attribute_type("program.py:Holder", "lock").name == "asyncio.Lock"


def test_assignments_that_disagree_tell_nothing() -> None:
    source = """
    class Holder:
        def set(self):
            self.rows = []

        def reset(self):
            self.rows = {}
    """
    assert program_of(source).module.attribute_type("program.py:Holder", "rows").name is None


def test_fields_of_a_dataclass_and_attributes_of_a_base_count() -> None:
    source = """
    from dataclasses import dataclass, field

    @dataclass
    class Base:
        guard: asyncio.Lock = field(default_factory=asyncio.Lock)
        rows: list[str] = field(default_factory=list)

    class Derived(Base):
        pass
    """
    module = program_of(source).module
    assert module.attribute_type("program.py:Derived", "guard").name == "asyncio.Lock"
    assert module.attribute_type("program.py:Derived", "rows").name == "list"


@pytest.mark.parametrize(
    ("line", "bound"),
    [("asyncio.Semaphore(3)", 3), ("asyncio.Semaphore()", 1), ("asyncio.Semaphore(given)", None)],
    ids=["written out", "left out", "not known"],
)
def test_the_bound_of_a_semaphore(line: str, bound: int | None) -> None:
    typed = program_of(HOLDER.format(line=f"self.x = {line}")).module.attribute_type("program.py:Holder", "x")
    assert typed.bound == bound


def test_a_class_that_is_nested_is_known_by_its_qualified_name() -> None:
    source = """
    class Outer:
        class Inner:
            def __init__(self):
                self.rows = []
    """
    assert program_of(source).module.attribute_type("program.py:Outer.Inner", "rows").name == "list"
