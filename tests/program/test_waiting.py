"""Where other tasks run as a rule: a callee waits as a rule if every way to its normal end does."""

from __future__ import annotations

import pytest

from awaitomic.model.event import Suspend

from .reading import program_of

FILE = """
THERE = []


def note(row):
    THERE.append(row)


class Base:
    async def none_known(self): ...

    async def never(self):
        raise NotImplementedError

    @abc.abstractmethod
    async def sometimes(self):
        pass

    async def once(self): ...

    async def asked_once(self): ...


class One(Base):
    async def never(self):
        return 1

    async def sometimes(self):
        return 1

    async def once(self):
        return 1


class Two(Base):
    async def never(self):
        return 2

    async def sometimes(self):
        await asyncio.sleep(0)


class Store:
    def __init__(self, given):
        self.base = Base()
        self.given = given
        self.there = None
        self.busy = asyncio.Lock()
        self.jobs = asyncio.Queue()

    def change(self, there):
        self.there = there

    async def waits(self):
        await asyncio.sleep(0)

    async def ensures(self):
        if self.there:
            return
        await self.waits()

    async def under_busy(self):
        async with self.busy:
            await self.waits()

    async def takes_busy(self):
        async with self.busy:
            self.n = 1

    async def takes_busy_or_not(self):
        if self.there:
            async with self.busy:
                self.n = 1

    async def callee(self, rows):
        {body}

    async def even(self, n):
        if n:
            return await self.odd(n - 1)
        await self.waits()

    async def odd(self, n):
        return await self.even(n - 1)

    async def evens(self, n):
        if self.there:
            return await self.odds(n - 1)

    async def odds(self, n):
        if self.there:
            return await self.evens(n - 1)
        await self.waits()

    @traced
    async def decorated(self):
        if self.there:
            await self.waits()

    @staticmethod
    async def static(there):
        if not THERE:
            await asyncio.sleep(0)

    async def rows(self):
        yield 1

    async def f(self, unknown, base: Base):
        {wait}
"""


def rules_of(source: str) -> list[bool]:
    """Tell of each suspension point of `f` whether other tasks run there as a rule."""
    program = program_of(source)
    resolver = program.named("Store.f")
    return [program.waiting.at(resolver, event) for event in resolver.function.events if isinstance(event, Suspend)]


def waits(body: str, wait: str = "await self.callee([])") -> bool:
    """Tell whether `f`, which awaits nothing else, waits as a rule."""
    (rule,) = rules_of(FILE.format(body=body.replace("\n", "\n        "), wait=wait))
    return rule


BODIES = [
    ("a wait that nothing avoids", "await self.waits()", True),
    ("nothing if it is there", "if self.there:\n    return\nawait self.waits()", False),
    ("a branch that waits", "if not self.there:\n    await self.waits()", False),
    ("both branches", "if self.there:\n    await self.waits()\nelse:\n    await asyncio.sleep(1)", True),
    ("a callback that was given or not", "if self.given is not None:\n    await self.given()", True),
    ("nothing without a callback", "if not self.given:\n    return\nawait self.given()", True),
    ("nothing where there is none", "if self.given is None:\n    return\nawait self.given()", True),
    ("a callback, or something rare", "if self.given:\n    await self.given()\nelse:\n    await self.ensures()", True),
    ("a refusal without a callback", "if not self.given:\n    raise ValueError\nawait self.ensures()", False),
    ("what another object tells", "if self.given.closed:\n    await self.given.open()", False),
    ("what an argument tells", "if rows:\n    await self.waits()", True),
    ("a refusal of an argument", "if not rows:\n    return\nawait self.waits()", True),
    ("what is made of an argument", "if len(rows) > 1:\n    await self.waits()", True),
    ("what an argument tells in another way", "if rows.closed():\n    await self.waits()", False),
    ("an argument that leads to two that make sure", "if rows:\n    await self.ensures()\nelse:\n    pass", False),
    ("a refusal instead of a wait", "if self.there:\n    raise ValueError\nawait self.waits()", True),
    ("a callee that only makes sure", "await self.ensures()", False),
    ("such a callee, and a wait", "await self.ensures()\nawait self.waits()", True),
    ("a wait in a loop", "for row in rows:\n    await self.waits()", True),
    ("a wait in the inner loop", "for row in rows:\n    for key in row:\n        await self.waits()", True),
    ("a loop that waits for some", "for row in rows:\n    if row:\n        await self.waits()", True),
    (
        "a loop that waits if not there",
        "for row in rows:\n    if not self.there:\n        await self.waits()",
        False,
    ),
    ("a loop in a branch", "if rows:\n    for row in rows:\n        await self.waits()", True),
    ("a loop in a branch of state", "if self.there:\n    for row in rows:\n        await self.waits()", False),
    ("a loop that is left first", "for row in rows:\n    if row:\n        break\n    await self.waits()", True),
    (
        "a loop left by its object",
        "for row in rows:\n    if self.there:\n        break\n    await self.waits()",
        False,
    ),
    ("a loop that ends in its first round", "for row in rows:\n    return await self.waits()", True),
    ("a while loop", "while not self.there:\n    await self.waits()", True),
    ("a while loop with two tests", "while rows and not self.there:\n    await self.waits()", True),
    ("a while loop with a choice", "while rows or self.there:\n    await self.waits()", True),
    ("a loop that tests inside", "while True:\n    if self.there:\n        return\n    await self.waits()", False),
    ("a second loop that waits", "for row in rows:\n    print(row)\nfor row in rows:\n    await self.waits()", True),
    (
        "another try after a failure",
        "while True:\n    try:\n        return await self.waits()\n    except OSError:\n        continue",
        True,
    ),
    ("a comprehension", "return [await self.waits() for row in rows]", True),
    ("a comprehension of some", "return [await self.waits() for row in rows if row]", True),
    ("a handler that waits", "try:\n    return rows[0]\nexcept LookupError:\n    await self.waits()", False),
    ("a handler that does not", "try:\n    await self.waits()\nexcept OSError:\n    return None", True),
    ("a wait at the end of all ways", "try:\n    return rows[0]\nfinally:\n    await self.waits()", True),
    ("the second part of a condition", "return self.there or await self.waits()", False),
    ("a conditional expression", "return self.there if self.there else await self.waits()", False),
    ("something unknown that is left", "async with rows:\n    pass", True),
    ("a timeout around nothing", "async with asyncio.timeout(1):\n    await self.ensures()", False),
    ("a loop over something unknown", "async for row in rows:\n    pass", True),
    ("a lock that is held over a wait", "await self.takes_busy()", True),
    ("a lock that is taken in a branch", "await self.takes_busy_or_not()", False),
    ("what comes out of a queue", "await self.jobs.get()", True),
    ("what goes into one without a bound", "await self.jobs.put(1)\nawait self.ensures()", False),
    ("a recursion that ends with a wait", "await self.even(4)", True),
    ("a recursion that can end without", "await self.odds(4)", False),
    ("a decorator that nobody knows", "await self.decorated()", True),
    ("a static method", "await self.static(1)", False),
    ("a generator of the program", "async for row in self.rows():\n    pass", True),
    ("several at once", "await asyncio.gather(self.ensures(), self.ensures())", True),
]


@pytest.mark.parametrize(("body", "rule"), [case[1:] for case in BODIES], ids=[case[0] for case in BODIES])
def test_a_callee(body: str, rule: bool) -> None:
    assert waits(body) is rule


STUBS = [
    ("of which no override is known", "none_known", True),
    ("of which no override waits", "never", False),
    ("of which one waits", "sometimes", True),
]


@pytest.mark.parametrize(("method", "rule"), [case[1:] for case in STUBS], ids=[case[0] for case in STUBS])
def test_a_method_that_stands_for_others(method: str, rule: bool) -> None:
    assert waits("pass", f"await base.{method}()") is rule


def test_one_override_is_all_there_is_if_only_the_project_makes_the_objects() -> None:
    assert not waits("pass", "await self.base.once()")
    given = FILE.replace("self.base = Base()", "self.base = given")
    assert rules_of(given.format(body="pass", wait="await base.once()")) == [True]


KNOWN = [
    ("with the outcome by which it waits", "if not self.there:\n    await self.ensures()", True),
    ("of something else", "if not self.jobs:\n    await self.ensures()", False),
    ("that a wait has outdated", "if not self.there:\n    await unknown()\n    await self.ensures()", False),
    ("with the outcome by which it does not", "if self.there:\n    await self.ensures()", False),
]


@pytest.mark.parametrize(("wait", "rule"), [case[1:] for case in KNOWN], ids=[case[0] for case in KNOWN])
def test_a_test_that_the_caller_has_made(wait: str, rule: bool) -> None:
    source = FILE.format(body="pass", wait=wait.replace("\n", "\n        "))
    assert rules_of(source)[-1] is rule
