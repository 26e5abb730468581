"""What says that callers hold a lock, and what happens to a call that does not: AWA202 at the call, or nothing."""

from __future__ import annotations

import pytest

from awaitomic.knowledge.locks import says_caller_holds, sounds_held_by_caller
from awaitomic.model.finding import Confidence
from awaitomic.program.locks.contracts import Basis
from awaitomic.rules import find
from program.reading import program_of

METER = """
class Meter:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.total = 0
        self.spare = 0

    async def {name}(self):
        {says}
        total = self.total
        self.total = total + await fetch()

    async def one(self):
        async with self.lock: await self.{name}()

    async def two(self):
        {two}

    async def bad(self):
        await self.{name}()

async def main(meter):
    await asyncio.gather(*[meter.one() for _ in "ab"], *[meter.two() for _ in "ab"], *[meter.bad() for _ in "ab"])

asyncio.run(main(Meter()))
"""

HELD = "async with self.lock: await self.{name}()"
ASSERTS = "assert self.lock.locked(), 'needs the lock'"
RAISES = "if not self.lock.locked(): raise RuntimeError"
DOCUMENTS = "'Add one. Caller must hold `lock`.'"


@pytest.mark.parametrize(
    ("name", "says", "two", "basis"),
    [
        ("_add", "pass", HELD, Basis.CALLERS),
        ("_add_locked", "pass", "pass", None),
        ("_add_locked", "pass", HELD, Basis.CALLERS),
        ("add", ASSERTS, "pass", Basis.ASSERTED),
        ("add", RAISES, "pass", Basis.ASSERTED),
        ("add", DOCUMENTS, "pass", Basis.DOCUMENTED),
    ],
)
def test_what_is_done_or_written_says_that_callers_hold_the_lock(
    name: str, says: str, two: str, basis: Basis | None
) -> None:
    program = program_of(METER.format(name=name, says=says, two=two.format(name=name)))
    found = program.callers.contract(program.named(f"Meter.{name}").function)
    assert found is not None
    assert found.basis is (basis or Basis.NAMED)
    reported = {(each.rule, each.function) for each in find(program)}
    expected = ("AWA202", "Meter.bad") if basis is not None else ("AWA101", f"Meter.{name}")
    assert expected in reported
    assert basis is None or ("AWA101", f"Meter.{name}") not in reported


@pytest.mark.parametrize(
    ("name", "says", "two"),
    [
        ("_add", "pass", "await self._add()"),
        ("add", "pass", HELD),
        ("_add_locked", "async with self.lock: ...", HELD),
        ("_add", "if self.lock.locked(): raise RuntimeError", "pass"),
        ("_add", "'Takes the lock.'", "pass"),
    ],
    ids=["most do not", "anybody may call it", "it takes the lock itself", "it must not be held", "it says otherwise"],
)
def test_without_that_the_function_is_looked_at_as_it_is(name: str, says: str, two: str) -> None:
    program = program_of(METER.format(name=name, says=says, two=two.format(name=name)))
    assert program.callers.contract(program.named(f"Meter.{name}").function) is None


def test_a_call_that_breaks_only_the_convention_is_silent() -> None:
    text = METER.format(name="_add", says=DOCUMENTS, two="pass").replace("total = self.total\n", "...\n")
    text = text.replace("self.total = total + await fetch()", "self.spare = 1")
    assert [each.rule for each in find(program_of(text))] == []


def test_a_name_alone_makes_a_call_possible() -> None:
    text = METER.format(name="_add", says="pass", two="async with self.lock: await self._add()").replace(
        "        await self._add()\n\nasync def main",
        "        self.put_nolock(1)\n\n    def put_nolock(self, n):\n        self.total = n\n\nasync def main",
    )
    found = [each for each in find(program_of(text)) if each.rule == "AWA202"]
    assert [(each.function, each.confidence) for each in found] == [("Meter.bad", Confidence.POSSIBLE)]


def test_a_function_that_is_also_run_as_a_task_is_looked_at_as_it_is() -> None:
    text = METER.format(name="add", says=DOCUMENTS, two="asyncio.create_task(self.add())")
    assert ("AWA101", "Meter.add") in {(each.rule, each.function) for each in find(program_of(text))}


@pytest.mark.parametrize("name", ["_save_locked", "save_unlocked", "put_nolock", "_run_inner", "_close_impl"])
def test_names_that_say_so(name: str) -> None:
    assert sounds_held_by_caller(name)


@pytest.mark.parametrize("name", ["is_locked", "_is_row_locked", "has_locked", "locked", "inner", "save", "unlock"])
def test_names_that_do_not(name: str) -> None:
    assert not sounds_held_by_caller(name)


@pytest.mark.parametrize(
    "text",
    [
        "Caller must hold `_lock`.",
        "The caller has to hold the lock.",
        "Must be called with the lock held.",
        "Should only be called while holding self._lock.",
        "Assumes that the lock is held.",
        "`_lock` must be held.",
    ],
)
def test_docstrings_that_say_so(text: str) -> None:
    assert says_caller_holds(text)


@pytest.mark.parametrize(
    "text", ["Takes the lock.", "Callers must not hold the lock.", "Holds the lock while it waits.", "Is it locked?"]
)
def test_docstrings_that_do_not(text: str) -> None:
    assert not says_caller_holds(text)


VARIABLES = """
lock = asyncio.Lock()
other = asyncio.Lock()
total = 0

async def add():
    '{says}'
    global total
    seen = total
    total = seen + await fetch()

async def main():
    await asyncio.gather(add(), add())

asyncio.run(main())
"""

NESTED = """
def make():
    lock = asyncio.Lock()
    total = 0

    async def add():
        '{says}'
        nonlocal total
        seen = total
        total = seen + await fetch()

    async def one():
        async with lock: await add()

    return one
"""


@pytest.mark.parametrize(
    ("text", "function", "says", "lock"),
    [
        (VARIABLES, "add", "Caller must hold `lock`.", "lock"),
        (VARIABLES, "add", "Caller must hold `other`.", "other"),
        (VARIABLES, "add", "Caller must hold `lock` or `other`.", None),
        (VARIABLES, "add", "Caller must hold ``lock``.", "lock"),
        (VARIABLES, "add", "Caller must hold the lock of the session.", None),
        (VARIABLES, "add", "Caller must hold something.", None),
        (VARIABLES, "add", "Add to what `lock` is for.", None),
        (NESTED, "make.add", "Caller must hold `lock`.", "lock"),
    ],
)
def test_a_docstring_can_name_a_lock_that_is_a_variable(text: str, function: str, says: str, lock: str | None) -> None:
    program = program_of(text.format(says=says))
    found = program.callers.contract(program.named(function).function)
    documented = found is not None and found.basis is Basis.DOCUMENTED
    assert (str(found.lock) if found is not None and documented else None) == lock
