"""Which function a call reaches: by name, by type, through bases and overrides, and how the caller waits for it."""

from __future__ import annotations

import pytest

from awaitomic.model.event import Call, Suspend
from awaitomic.model.location import Location
from awaitomic.program.calls import awaited_calls, targets_of, translate

from .reading import function_of

FILE = """
class Part:
    async def work(self): ...

class Root:
    async def close(self): ...

class Base(Root):
    async def close(self): ...
    async def open(self): ...

class Store(Base):
    def __init__(self, part: Part):
        self.part = part
        self.spare = Part()

    async def close(self): ...

    async def put(self, key): ...

    @staticmethod
    async def check(key): ...

    @classmethod
    async def make(cls): ...

    async def f(self, key, other: Part, unknown):
        {body}

class Cached(Store):
    async def put(self, key): ...

async def load(key): ...

async def put(key): ...

store = Store(Part())
"""

TARGETS = [
    ("a function of the module", "await load(key)", ["load"]),
    ("a method and its override", "await self.put(key)", ["Store.put", "Cached.put"]),
    ("a method that a subclass inherits", "await self.open()", ["Base.open"]),
    ("the method of the base", "await super().close()", ["Base.close"]),
    ("the method of the base, named", "await super(Store, self).close()", ["Base.close"]),
    ("the method behind the base", "await super(Base, self).close()", ["Root.close"]),
    ("nothing behind what is no base", "await super(Part, self).close()", []),
    ("nothing behind the last", "await super(Root, self).close()", []),
    ("nothing behind what is not known", "await super(unknown, self).close()", []),
    ("nothing behind the class of whatever it is", "await super(type(self), self).close()", []),
    ("nothing on another object", "await super(Store, other).close()", []),
    ("nothing with arguments that are not seen", "await super(*unknown).close()", []),
    ("a method by the annotation of an attribute", "await self.part.work()", ["Part.work"]),
    ("a method by the constructor of an attribute", "await self.spare.work()", ["Part.work"]),
    ("a method by the annotation of a parameter", "await other.work()", ["Part.work"]),
    ("a method of an object of the module", "await store.open()", ["Base.open"]),
    ("a method under a local name", "put = self.put\n        await put(key)", ["Store.put", "Cached.put"]),
    ("a method through an alias of the object", "part = self.part\n        await part.work()", ["Part.work"]),
    ("a static method", "await self.check(key)", ["Store.check"]),
    ("a function defined in the function", "async def inner(): ...\n        await inner()", ["Store.f.inner"]),
    (
        "a function defined in the function, under another name",
        "async def inner(): ...\n        again = inner\n        await again()",
        ["Store.f.inner"],
    ),
    ("nothing, if the object is not known", "await unknown.put(key)", []),
    ("nothing, if the name is bound to something else", "load = unknown.load\n        await load(key)", []),
    ("nothing, for a library", "await asyncio.sleep(1)", []),
]


@pytest.mark.parametrize(("body", "names"), [case[1:] for case in TARGETS], ids=[case[0] for case in TARGETS])
def test_a_call_reaches(body: str, names: list[str]) -> None:
    _, resolver = function_of(FILE.format(body=body), "Store.f")
    calls = [event for event in resolver.function.events if isinstance(event, Call)]
    found = [target.function.qualname for call in calls for target in targets_of(resolver, call)]
    assert found == names


def test_a_class_in_a_function_calls_what_is_above_it() -> None:
    text = """
def make():
    class Base:
        async def close(self): ...
    class Store(Base):
        async def f(self):
            await super(Store, self).close()
"""
    _, resolver = function_of(text, "make.Store.f")
    calls = [event for event in resolver.function.events if isinstance(event, Call)]
    assert [each.function.qualname for call in calls for each in targets_of(resolver, call)] == ["make.Base.close"]


WAITS = [
    ("awaited on the spot", "await self.put(key)", ["awaited"]),
    ("made first and awaited later", "coming = self.put(key)\n        await coming", ["awaited"]),
    ("with a time limit", "await asyncio.wait_for(self.put(key), 5)", ["wait_for"]),
    ("shielded", "await asyncio.shield(self.put(key))", ["shield"]),
    ("several at once", "await asyncio.gather(self.put(1), self.open())", ["gather", "gather"]),
    ("one for each key", "await asyncio.gather(*(self.put(k) for k in key))", ["gather"]),
    ("as a task", "await asyncio.create_task(self.put(key))", ["task"]),
    ("started and not awaited", "asyncio.create_task(self.put(key))\n        await asyncio.sleep(1)", []),
]


@pytest.mark.parametrize(("body", "how"), [case[1:] for case in WAITS], ids=[case[0] for case in WAITS])
def test_how_the_caller_waits(body: str, how: list[str]) -> None:
    _, resolver = function_of(FILE.format(body=body), "Store.f")
    suspends = [event for event in resolver.function.events if isinstance(event, Suspend)]
    assert [call.how.value for event in suspends for call in awaited_calls(resolver, event)] == how


TRANSLATED = [
    ("the state of the object that is called", "await self.part.work()", "self.n", "self.part.n"),
    ("the state of the same object", "await self.put(key)", "self.rows", "self.rows"),
    ("an entry by its argument", "await self.put(other)", "self.rows[key]", "self.rows[other]"),
    ("an entry by a literal", "await self.put(key)", "self.rows['all']", "self.rows['all']"),
    ("an entry by what only the callee knows", "await self.put(key)", "self.rows[hashed]", "self.rows"),
]


@pytest.mark.parametrize(
    ("body", "theirs", "mine"), [case[1:] for case in TRANSLATED], ids=[case[0] for case in TRANSLATED]
)
def test_the_caller_says_the_callees_state_in_its_own_terms(body: str, theirs: str, mine: str) -> None:
    _, resolver = function_of(FILE.format(body=body), "Store.f")
    call = next(event for event in resolver.function.events if isinstance(event, Call))
    target = targets_of(resolver, call)[0]
    assert str(translate(resolver, target, _location(theirs, target.function.class_name or ""))) == mine


def _location(text: str, owner: str) -> Location:
    source = f"class {owner}:\n    def f(self, key, hashed):\n        {text} = 1\n"
    _, resolver = function_of(source, f"{owner}.f")
    event = resolver.function.events[-2]
    place = getattr(event, "place", None)
    assert place is not None
    found = resolver.place(place)
    assert found is not None
    return found
