"""asyncio's own building blocks run on the explorer's loop as they do on a real one, and leave nothing behind."""

from __future__ import annotations

import asyncio
import gc
import warnings

import pytest

from explorer import Fault, Faults, Journal, Mode, Scenario, World, explore, freeze, load, outside

HEAD = "import asyncio\nfrom explorer import outside\nseen = []\n"

FEATURES = {
    "gather": (
        """
async def one(x):
    await outside("io")
    return x
async def main():
    return await asyncio.gather(one(1), one(2))
""",
        {("returns", (1, 2))},
    ),
    "gather with an error": (
        """
async def bad():
    await outside("io")
    raise ValueError("no")
async def main():
    return await asyncio.gather(bad(), outside("other", 5), return_exceptions=True)
""",
        {("returns", (("raises", "ValueError", ("no",)), 5))},
    ),
    "wait_for": (
        """
async def main():
    return await asyncio.wait_for(outside("io", "in time"), 5)
""",
        {("returns", "in time"), ("raises", "TimeoutError", ())},
    ),
    "timeout": (
        """
async def main():
    try:
        async with asyncio.timeout(5):
            await outside("io")
    except TimeoutError:
        return "late"
    return "in time"
""",
        {("returns", "in time"), ("returns", "late")},
    ),
    "shield": (
        """
async def inner():
    await outside("io")
    seen.append("kept")
async def main():
    task = asyncio.create_task(inner())
    outer = asyncio.ensure_future(asyncio.shield(task))
    await asyncio.sleep(0)
    outer.cancel()
    await task
    return list(seen)
""",
        {("returns", ("kept",))},
    ),
    "TaskGroup": (
        """
async def bad():
    await outside("io")
    raise ValueError("no")
async def main():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(bad())
            group.create_task(asyncio.Event().wait())
    except* ValueError as errors:
        seen.extend(map(str, errors.exceptions))
    return list(seen)
""",
        {("returns", ("no",))},
    ),
    "Queue": (
        """
async def produce(queue):
    for item in range(3):
        await queue.put(item)
async def main():
    queue = asyncio.Queue(1)
    task = asyncio.create_task(produce(queue))
    got = [await queue.get() for _ in range(3)]
    await task
    return got
""",
        {("returns", (0, 1, 2))},
    ),
    "Condition": (
        """
async def waiter(condition):
    async with condition:
        await condition.wait_for(lambda: seen)
        return seen[0]
async def main():
    condition = asyncio.Condition()
    task = asyncio.create_task(waiter(condition))
    await outside("io")
    async with condition:
        seen.append("go")
        condition.notify_all()
    return await task
""",
        {("returns", "go")},
    ),
    "wait for the first": (
        """
async def named(name):
    await outside(name)
    seen.append(name)
async def main():
    tasks = [asyncio.create_task(named(name)) for name in "ab"]
    done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    first = seen[0]
    await asyncio.gather(*rest)
    return first
""",
        {("returns", "a"), ("returns", "b")},
    ),
    "BoundedSemaphore": (
        """
async def use(gate):
    async with gate:
        seen.append(gate._value)
        await outside("io")
async def main():
    gate = asyncio.BoundedSemaphore(2)
    await asyncio.gather(use(gate), use(gate), use(gate))
    return len(seen), gate._value
""",
        {("returns", (3, 2))},
    ),
    "an async generator left early": (
        """
async def numbers():
    try:
        for n in range(5):
            await outside("io")
            yield n
    finally:
        await asyncio.sleep(0)
        seen.append("closed")
async def main():
    async for n in numbers():
        if n == 1:
            break
    while not seen:
        await outside("later")
    return list(seen)
""",
        {("returns", ("closed",))},
    ),
    "a thread": (
        """
async def main():
    return await asyncio.to_thread(divmod, 7, 3)
""",
        {("returns", (2, 1))},
    ),
}

MAIN = Scenario("main", lambda module, count: World([module.main] * count, lambda: None))


@pytest.mark.parametrize("mode", ["fifo", "any_ready"])
@pytest.mark.parametrize("name", FEATURES)
def test_a_feature_gives_what_it_gives_on_a_real_loop(name: str, mode: Mode) -> None:
    source, expected = FEATURES[name]
    outcome = explore(HEAD + source, MAIN, 1, mode)
    assert outcome.complete
    assert {ending.results[0] for ending in outcome.endings} == expected


@pytest.mark.parametrize("name", ["gather", "wait_for", "timeout", "Queue", "Condition", "shield"])
@pytest.mark.parametrize("faults", [None, "exception", "cancel"])
def test_shortcuts_lose_no_ending_of_a_feature(name: str, faults: Faults) -> None:
    source = HEAD + FEATURES[name][0]
    short = explore(source, MAIN, 1, "any_ready", faults)
    full = explore(source, MAIN, 1, "any_ready", faults, reduce=False)
    assert full.complete
    assert {ending.verdict_key() for ending in short.endings} == {ending.verdict_key() for ending in full.endings}


STUCK = """
import asyncio
lock = asyncio.Lock()
async def forgotten():
    await asyncio.sleep(1)
async def main():
    asyncio.create_task(asyncio.Event().wait())
    forgotten()
    async with lock:
        try:
            async with lock:
                pass
        finally:
            await asyncio.sleep(1)
"""


def test_a_deadlocked_run_ends_without_a_word(capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        outcome = explore(STUCK, MAIN, 2)
        gc.collect()
    assert outcome.deadlocks
    assert caught == []
    assert capfd.readouterr() == ("", "")


def test_the_running_loop_is_as_it_was() -> None:
    async def inside() -> bool:
        before = asyncio.get_running_loop()
        explore(STUCK, MAIN, 2)
        await asyncio.sleep(0)
        return asyncio.get_running_loop() is before

    assert asyncio.run(inside())
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()


def test_asyncio_locks_are_as_they_were() -> None:
    initialiser, lock = asyncio.Lock.__init__, asyncio.Lock
    explore(STUCK, MAIN, 1)
    assert asyncio.Lock is lock
    assert asyncio.Lock.__init__ is initialiser


def test_outside_needs_an_explorer() -> None:
    with pytest.raises(RuntimeError, match="outside an exploration"):
        asyncio.run(outside("nothing"))


def test_every_load_is_a_fresh_module() -> None:
    first, second = load("items = []"), load("items = []")
    first.items.append(1)
    assert second.items == []


def test_frozen_values_compare_across_modules() -> None:
    source = "class Point:\n    def __init__(self, x):\n        self.x = x\n        self.me = self\n"
    first, second = load(source), load(source)
    assert freeze(first.Point(1)) == freeze(second.Point(1))
    assert freeze(first.Point(1)) != freeze(second.Point(2))
    assert freeze({1: [2, {3}]}) == freeze({1: (2, frozenset({3}))})
    assert freeze(Fault("io")) == ("raises", "Fault", ("io",))


def test_a_journal_is_compared_as_a_multiset() -> None:
    source = HEAD + "async def main(me):\n    await outside('io')\n    journal.note('call', me)\n"

    def setup(module: object, count: int) -> World:
        module.journal = Journal()  # type: ignore[attr-defined]  # the program's stub
        return World([lambda: module.main(1), lambda: module.main(2)], None, module.journal)  # type: ignore[attr-defined]  # same

    outcome = explore(source, Scenario("journal", setup), 2, "any_ready")
    assert [ending.calls for ending in outcome.endings] == [(("call", 1), ("call", 2))]
